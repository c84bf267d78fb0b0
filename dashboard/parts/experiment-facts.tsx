import type { ExperimentAnswer } from '../../worker/contract/experiments.ts'
import { conditionWords } from '../condition-words.ts'
import type { ExperimentPageOf } from '../experiments.ts'
import { metrics } from '../experiments.ts'
import { daysLeftOf, daysLeftWords, ENDING_WORDS, METHOD_WORDS, ROLE_WORDS, stateWords } from '../experiments-words.ts'
import { count, dateTime, days, percent, words } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

/** The terms of an experiment, in a few lines. */
export function Facts({ page: { experiment, results } }: { page: ExperimentPageOf }) {
  const { startsAt, endsAt, endedAt, ending, status, coverage, condition, funnelStep, funnel, method, hypothesis } = experiment
  const left = daysLeftOf(experiment)
  const nameOf = (reference: string) =>
    results.metrics.find(({ metric }) => metric === reference)?.name ??
    metrics.value?.find(({ metric }) => metric === reference)?.name ??
    words(reference.split('@')[0] ?? reference)
  const judged = (['goal', 'secondary', 'guardrail'] as const).flatMap((role): [string, string][] => {
    const own = experiment.metrics.filter((each) => each.role === role)
    return own.length > 0
      ? [[`${ROLE_WORDS[role].name}: ${ROLE_WORDS[role].says}`, own.map(({ metric }) => nameOf(metric)).join(', ')]]
      : []
  })
  const audience = condition === null ? 'everybody' : `where ${conditionWords(condition)}`
  const facts: [string, string][] = [
    ...(status === 'draft'
      ? ([['Days', days((endsAt - startsAt) / 86_400_000)]] as [string, string][])
      : ([
          ['Days left', left === null ? (stateWords(experiment) === 'Planned' ? 'not begun' : 'over') : daysLeftWords(left)],
          ['From – until', `${dateTime(startsAt)} – ${dateTime(endedAt ?? endsAt)}`],
        ] as [string, string][])),
    ...(ending === null ? [] : ([['Why it ended', ENDING_WORDS[ending]]] as [string, string][])),
    ['Variants', experiment.variants.map(({ name, weight }) => `${name} ${percent(weight)}`).join(', ')],
    ['Whom it is for', coverage < 1 ? `${percent(coverage)} of ${audience}` : audience],
    ...(funnelStep === null ? [] : ([['Where', `${words(funnelStep).toLowerCase()}, of the funnel ${funnel}`]] as [string, string][])),
    ['When it is looked at', METHOD_WORDS[method].name.toLowerCase()],
    ...judged,
    [
      'Planned people',
      experiment.plannedSample === null
        ? status === 'draft'
          ? 'known once it starts'
          : 'not known: no history says'
        : count(experiment.plannedSample),
    ],
  ]
  return (
    <section class="panel" aria-label="The experiment">
      {hypothesis !== '' && (
        <p class="sentence">
          <span class="muted">Expected: </span>
          {hypothesis}
        </p>
      )}
      <dl class="sums-line">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** Of an experiment that was changed while it ran: what held from when. */
export function Phases({ experiment: { phases, variants } }: { experiment: ExperimentAnswer }) {
  if (phases.length < 2) return null
  return (
    <section class="panel" aria-labelledby="phases-title">
      <h2 id="phases-title">
        Phases <span class="muted">each change of who is drawn, or into what, begins one; the last one is analysed</span>
      </h2>
      <ScrollBox labelledBy="phases-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Version</th>
              <th scope="col">Share in it</th>
              {variants.map(({ key, name }) => (
                <th key={key} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...phases].reverse().map(({ version, from, coverage, weights }) => (
              <tr key={version}>
                <th scope="row">{dateTime(from)}</th>
                <td>{version}</td>
                <td>{percent(coverage)}</td>
                {variants.map(({ key }, at) => (
                  <td key={key}>{percent(weights[at] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
