import type { ExperimentPageOf } from '../experiments.ts'
import { isTrusted, variantName, WARNING_WORDS } from '../experiments-words.ts'
import { count, days, percent } from '../format.ts'
import { VERDICT_WORDS } from '../verdict-words.ts'
import { Judgement, withoutVerdict } from './judgement.tsx'

const MISMATCH = 'More or fewer people saw some of the variants than were drawn, so its figures cannot be trusted.'

/** The verdict with its reasons, and how much of the plan has come. */
export function ExperimentVerdict({ page: { experiment, results } }: { page: ExperimentPageOf }) {
  const trusted = isTrusted(results)
  const verdict = trusted ? results.verdict : 'invalid'
  // Nobody can keep running what has ended.
  const isCutShort = experiment.status !== 'running' && verdict === 'keep_running'
  const { name, mark } = isCutShort ? { name: 'Ended early', mark: '■' } : VERDICT_WORDS[verdict]
  // Whatever it says of a winner, nobody is to read it beside figures that cannot be trusted.
  const isHidden = !trusted && results.verdict !== 'invalid'
  const sentence = isHidden
    ? MISMATCH
    : isCutShort
      ? 'It was ended before it could say which variant is better.'
      : withoutVerdict(results.sentence, name)
  return (
    <Judgement
      verdict={verdict}
      name={name}
      mark={mark}
      about={trusted && results.variant !== null && !isCutShort && `: ${variantName(experiment.variants, results.variant)}`}
      sentence={sentence}
      // A wrong split has a panel of its own, which says it with its figures.
      reasons={results.sampleRatio?.mismatch ? [] : results.reasons}
    >
      <Plan page={{ experiment, results }} />
    </Judgement>
  )
}

function Plan({ page: { experiment, results } }: { page: Pick<ExperimentPageOf, 'experiment' | 'results'> }) {
  const { plan, daysLeft, daysToVerdict, isFinal } = results
  const isLive = experiment.status === 'running' && daysLeft > 0
  return (
    <div class="plan">
      {plan.sample === null ? (
        <p>
          <b>{count(plan.exposed)}</b> people so far. How many it takes is not known: no history says how the goal varies.
        </p>
      ) : (
        <>
          <p id="plan-words">
            <b>{count(plan.exposed)}</b> of {count(plan.sample)} planned people
            {plan.share !== null && <> ({percent(plan.share)})</>}, to find a change of {percent(plan.minimumDetectableEffect)} with a
            chance of {percent(plan.power)}
          </p>
          <progress aria-labelledby="plan-words" max={1} value={Math.min(1, plan.share ?? 0)} />
        </>
      )}
      <p class="muted">
        {isLive
          ? `${days(Math.ceil(daysLeft))} left until its planned end`
          : isFinal
            ? 'Over, with everybody’s window'
            : 'Over; some people are still in their window'}
        {isLive && daysToVerdict !== null && ` · a verdict is to be expected in ${days(Math.max(1, Math.ceil(daysToVerdict)))}`}
      </p>
    </div>
  )
}

/** What is to be taken with care, and what to do about it. */
export function Warnings({ page: { experiment, results } }: { page: ExperimentPageOf }) {
  // A wrong split has a panel of its own.
  const told = results.warnings.filter(({ code }) => code !== 'sample_ratio_mismatch' || !results.sampleRatio?.mismatch)
  if (told.length === 0) return null
  return (
    <section class="panel cautions" aria-labelledby="warnings-title">
      <h2 id="warnings-title">
        <span aria-hidden="true">⚠ </span>To be taken with care
      </h2>
      <dl>
        {told.map(({ code, message, metric, variant }) => (
          <div key={`${code} ${metric} ${variant}`} data-warning={code}>
            <dt>
              {WARNING_WORDS[code].name}
              <span class="muted">
                {metric !== null && ` · ${results.metrics.find((each) => each.metric === metric)?.name ?? metric}`}
                {variant !== null && ` · ${variantName(experiment.variants, variant)}`}
              </span>
            </dt>
            <dd>{message}</dd>
            <dd class="muted">{WARNING_WORDS[code].todo}</dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
