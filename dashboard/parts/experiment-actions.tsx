import { busy } from '../attempts.ts'
import type { ExperimentPageOf } from '../experiments.ts'
import { editorAt, funnelPath } from '../experiments-address.ts'
import { archiveExperiment, shipVariant, startExperiment, stopExperiment } from '../experiments-changes.ts'
import { isTrusted } from '../experiments-words.ts'
import { days } from '../format.ts'
import { VERDICT_WORDS } from '../verdict-words.ts'
import { confirmed } from './confirm.tsx'

/** What can be done with it now; whatever visitors notice is asked first. */
export function ExperimentActions({ page }: { page: ExperimentPageOf }) {
  const { experiment, results } = page
  const { key, name, status, variants, shipped } = experiment
  const trusted = isTrusted(results)
  const canShip = status === 'running' || status === 'stopped'
  return (
    <div class="actions test-actions">
      {status === 'draft' && (
        <>
          <button type="button" class="primary" disabled={busy.value} onClick={() => start(page)}>
            Start
          </button>
          <a href={editorAt()}>Edit</a>
        </>
      )}
      {status === 'running' && (
        <button
          type="button"
          class={trusted && results.verdict === 'roll_back' ? 'primary' : ''}
          disabled={busy.value}
          onClick={() => stop(page)}
        >
          Stop
        </button>
      )}
      {canShip &&
        trusted &&
        variants
          .filter((variant, at) => variant.key !== shipped && (at > 0 || shipped !== null))
          .map((variant) => (
            <button
              key={variant.key}
              type="button"
              class={results.verdict === 'ship' && results.variant === variant.key ? 'primary' : ''}
              disabled={busy.value}
              onClick={() => ship(page, variant)}
            >
              Ship {variant.name}
            </button>
          ))}
      {(status === 'stopped' || status === 'draft') && (
        <button type="button" disabled={busy.value} onClick={() => archive(key, name)}>
          Archive
        </button>
      )}
      {canShip && !trusted && <span class="muted small">No variant can be shipped on figures that cannot be trusted.</span>}
      {status !== 'draft' && <a href={funnelPath(key)}>Funnel by variant</a>}
    </div>
  )
}

async function start({ experiment: { key, name, variants, endsAt, startsAt, coverage } }: ExperimentPageOf): Promise<void> {
  const yes = await confirmed({
    title: `Start “${name}”?`,
    consequences: [
      `Visitors are drawn into ${variants.length} variants within a minute${coverage < 1 ? `, ${Math.round(coverage * 100)} % of those it is for` : ''}, for ${days((endsAt - startsAt) / 86_400_000)}.`,
      'From then on its variants and metrics stay as they are. Caps for outliers and the planned number of people are taken from history now.',
    ],
    action: 'Start the experiment',
  })
  if (yes) await startExperiment(key)
}

async function stop({ experiment: { key, name } }: ExperimentPageOf): Promise<void> {
  const yes = await confirmed({
    title: `Stop “${name}”?`,
    consequences: [
      'Everybody gets the control again within a minute.',
      'What was found out stays here, and purchases of those who saw it still count. A stopped experiment cannot be started again.',
    ],
    action: 'Stop the experiment',
  })
  if (yes) await stopExperiment(key)
}

async function archive(key: string, name: string): Promise<void> {
  const yes = await confirmed({
    title: `Archive “${name}”?`,
    consequences: ['It goes to the end of the list, with its figures. What it had shipped stays shipped.', 'It cannot be taken out again.'],
    action: 'Archive',
  })
  if (yes) await archiveExperiment(key)
}

async function ship({ experiment, results }: ExperimentPageOf, variant: { key: string; name: string }): Promise<void> {
  const isControl = variant.key === experiment.variants[0]?.key
  const isSaid = results.verdict === 'ship' && results.variant === variant.key
  const said = VERDICT_WORDS[results.verdict].name.toLowerCase()
  const yes = await confirmed({
    title: isControl ? 'Go back to the control?' : `Give everybody “${variant.name}”?`,
    consequences: [
      experiment.status === 'running'
        ? `The experiment ends, and everybody gets ${variant.name} within a minute.`
        : `Everybody gets ${variant.name} within a minute.`,
      isSaid ? 'That is what the experiment says.' : `That is not what the experiment says: its verdict is “${said}”.`,
      isControl ? 'The audit log keeps a line of it.' : 'It can be taken back: shipping the control undoes it.',
    ],
    action: `Ship ${variant.name}`,
  })
  if (yes) await shipVariant(experiment.key, variant.key)
}
