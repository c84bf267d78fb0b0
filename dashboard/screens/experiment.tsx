import { type ExperimentPageOf, experimentPage } from '../experiments.ts'
import { editing } from '../experiments-address.ts'
import { isTrusted, METHOD_WORDS, stateWords, variantName } from '../experiments-words.ts'
import { day } from '../format.ts'
import { ExperimentActions } from '../parts/experiment-actions.tsx'
import { ExperimentEditor } from '../parts/experiment-editor.tsx'
import { Facts, Phases } from '../parts/experiment-facts.tsx'
import { Looks, MetricTable } from '../parts/experiment-metrics.tsx'
import { Segments } from '../parts/experiment-segments.tsx'
import { ExperimentVerdict, Warnings } from '../parts/experiment-verdict.tsx'
import { Exposures, Mismatch } from '../parts/exposures.tsx'
import { ForcedLinks } from '../parts/forced-links.tsx'
import { LiftForest } from '../parts/lift-forest.tsx'
import { LiftHistory } from '../parts/lift-history.tsx'
import { Uplift } from '../parts/uplift.tsx'

/** What an experiment says: the verdict first, then that from which it follows. */
export function ExperimentPage({ id }: { id: string }) {
  const page = experimentPage.value?.of === id ? experimentPage.value : null
  if (!page) {
    return (
      <>
        <h1>Experiment</h1>
        <section class="panel" aria-hidden="true">
          <span class="ghost" />
          <span class="ghost" />
        </section>
      </>
    )
  }
  const { experiment } = page
  if (editing.value && experiment.status === 'draft') {
    return (
      <>
        <h1>{experiment.name}</h1>
        <ExperimentEditor key={id} draft={experiment} />
      </>
    )
  }
  const isDraft = experiment.status === 'draft'
  return (
    <div class="test-page">
      <div class="toolbar">
        <div class="title">
          <h1>{experiment.name}</h1>
          <p class="range">
            <code>{experiment.key}</code> · {stateWords(experiment).toLowerCase()}
          </p>
        </div>
      </div>
      {isDraft ? (
        <p class="notice">This is a draft: nobody is drawn, and everybody gets the control, until it is started.</p>
      ) : (
        <>
          <ExperimentVerdict page={page} />
          <Mismatch page={page} />
        </>
      )}
      <ExperimentActions page={page} />
      {!isDraft && <Warnings page={page} />}
      <Facts page={page} />
      {!isDraft && <Found page={page} />}
      <Phases experiment={experiment} />
      {experiment.status === 'running' && <ForcedLinks experiment={experiment} />}
    </div>
  )
}

function Found({ page }: { page: ExperimentPageOf }) {
  const { results } = page
  const trusted = isTrusted(results)
  return (
    <>
      <MetricTable page={page} trusted={trusted} />
      {trusted && (
        <div class="two-columns">
          <Goals page={page} />
          <History page={page} />
        </div>
      )}
      {trusted && <Looks page={page} />}
      <Exposures page={page} />
      <Segments page={page} trusted={trusted} />
      {trusted && <Uplift page={page} />}
    </>
  )
}

/** Every variant of every goal, on one scale. */
function Goals({ page: { experiment, results } }: { page: ExperimentPageOf }) {
  const goals = results.metrics.filter(({ role }) => role === 'goal')
  const rows = goals.flatMap(({ metric, name, direction, variants }) =>
    variants.slice(1).map(({ key, lift, reason }) => ({
      key: `${metric} ${key}`,
      name: goals.length > 1 ? `${variantName(experiment.variants, key)}: ${name}` : variantName(experiment.variants, key),
      lift,
      reason,
      wanted: direction,
    })),
  )
  const only = goals.length === 1 ? (goals[0]?.name.toLowerCase() ?? '') : 'of each goal'
  return (
    <LiftForest
      title="Lift over the control"
      note={`${only}; ${METHOD_WORDS[results.method].says}`}
      of="Variant"
      rows={rows}
      empty="Too few people have seen these variants to say anything of a difference."
    />
  )
}

function History({ page: { experiment, results } }: { page: ExperimentPageOf }) {
  const retold = results.history.filter(({ isStored }) => !isStored).at(-1)
  const until = retold ? `; up to ${day(retold.day)} as it is known now` : ''
  return (
    <LiftHistory
      history={results.history}
      others={experiment.variants.slice(1)}
      note={`${results.metrics[0]?.name.toLowerCase() ?? 'the first goal'}, with its interval${until}`}
      empty={results.daysLeft > 0 ? 'The first line comes when the first day is over.' : 'Too few people have seen it to draw a line.'}
    />
  )
}
