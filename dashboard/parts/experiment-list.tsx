import { experiments, type ListedExperiment } from '../experiments.ts'
import { creating, experimentPath, experimentsAt, stateFilter } from '../experiments-address.ts'
import { daysLeftOf, daysLeftWords, STATE_WORDS, STATES, stateWords } from '../experiments-words.ts'
import { count, day } from '../format.ts'
import { VERDICT_WORDS } from '../verdict-words.ts'
import { ExperimentEditor } from './experiment-editor.tsx'
import { Holdout } from './holdout.tsx'
import { withoutVerdict } from './judgement.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { Ghosts, Lesson } from './teaching.tsx'

/** Experiments, those that run first, and the form that makes one. */
export function ExperimentList() {
  if (creating.value === 'experiment') return <ExperimentEditor draft={null} />
  return (
    <>
      {experiments.value?.length === 0 ? <FirstExperiment /> : <List all={experiments.value} />}
      <Holdout />
    </>
  )
}

const FirstExperiment = () => (
  <Lesson
    title="Nothing has been tried out yet"
    name="First experiment"
    request={{
      method: 'POST',
      at: '/api/experiments',
      body: { name: 'Checkout button', funnelStep: 'checkout', variants: [{ name: 'Buy now' }, { name: 'Start today' }], duration: 14 },
    }}
    action={{ href: experimentsAt('experiments', { new: 'experiment' }), says: 'Make an experiment' }}
  >
    Each visitor gets one of two or more variants of anything your pages or servers do, and keeps it. What they pay in the end, less what
    goes back, says which variant to ship, and how sure that is. Nothing is called a winner before it is one.
  </Lesson>
)

function List({ all }: { all: readonly ListedExperiment[] | null }) {
  const state = stateFilter.value
  const shown = state === null ? all : (all?.filter(({ status }) => status === state) ?? null)
  return (
    <section class="panel" aria-labelledby="experiments-title">
      <div class="panel-head wrap">
        <h2 id="experiments-title">{state === null ? 'All experiments' : `${STATE_WORDS[state]} experiments`}</h2>
        <nav class="segments" aria-label="Narrow to a state">
          <a href={experimentsAt('experiments')} aria-current={state === null ? 'true' : undefined}>
            All
          </a>
          {STATES.map((status) => (
            <a key={status} href={experimentsAt('experiments', { state: status })} aria-current={state === status ? 'true' : undefined}>
              {STATE_WORDS[status]}
              {all && <span class="muted"> {count(all.filter((each) => each.status === status).length)}</span>}
            </a>
          ))}
        </nav>
        <a class="primary button" href={experimentsAt('experiments', { new: 'experiment' })}>
          New experiment
        </a>
      </div>
      {shown?.length === 0 ? (
        <p class="lesson">
          No experiment is in this state. <a href={experimentsAt('experiments')}>Show all of them</a>
        </p>
      ) : (
        <ScrollBox labelledBy="experiments-title">
          <table class="numbers text experiment-list">
            <thead>
              <tr>
                <th scope="col">Experiment</th>
                <th scope="col">State</th>
                <th scope="col">What it says</th>
                <th scope="col" class="amounts">
                  People
                </th>
                <th scope="col" class="amounts">
                  Days left
                </th>
              </tr>
            </thead>
            {shown ? (
              <tbody>
                {shown.map((each) => (
                  <Row key={each.key} of={each} />
                ))}
              </tbody>
            ) : (
              <Ghosts rows={4} columns={5} />
            )}
          </table>
        </ScrollBox>
      )}
    </section>
  )
}

/** Of experiments of which no day was looked at yet. */
const SILENT: Readonly<Record<string, string>> = {
  Draft: 'Nobody is drawn until it is started',
  Planned: 'It has not begun',
  Running: 'Its first line comes after its first whole day',
}

function Row({ of: experiment }: { of: ListedExperiment }) {
  const { key, name, summary } = experiment
  const left = daysLeftOf(experiment)
  return (
    <tr data-experiment={key}>
      <th scope="row">
        <a href={experimentPath(key)}>{name}</a>
        <span class="id muted">{key}</span>
      </th>
      <td>{stateWords(experiment)}</td>
      <td class="words">
        {summary ? (
          <Said of={summary} />
        ) : (
          <span class="muted">{SILENT[stateWords(experiment)] ?? 'Its line comes tonight; its page has the result'}</span>
        )}
      </td>
      <td class="amounts">{summary ? count(summary.exposed) : '–'}</td>
      <td class="amounts">{left === null ? '–' : daysLeftWords(left)}</td>
    </tr>
  )
}

function Said({ of: { verdict, sentence, day: at } }: { of: NonNullable<ListedExperiment['summary']> }) {
  const { name, mark } = VERDICT_WORDS[verdict]
  return (
    <>
      <b class={`said ${verdict}`}>
        <span aria-hidden="true">{mark} </span>
        {name}
      </b>{' '}
      {withoutVerdict(sentence, name)} <span class="muted">({day(at)})</span>
    </>
  )
}
