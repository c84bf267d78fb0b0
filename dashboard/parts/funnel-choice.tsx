import type { FunnelDefinitionAnswer } from '../../worker/contract/funnels.ts'
import { visit, withQuery } from '../address.ts'
import { busy } from '../attempts.ts'
import { count, percent } from '../format.ts'
import { experiments, funnels } from '../funnel.ts'
import { BREAKDOWNS, breakdown, chosenExperiment, funnelAt } from '../funnel-address.ts'
import { archiveFunnel } from '../funnel-changes.ts'
import { confirmed } from './confirm.tsx'

const newest = (all: readonly FunnelDefinitionAnswer[]) => all.filter((each, at) => all.findIndex(({ id }) => id === each.id) === at)

/** Which funnel, and by what people are told apart. Everything here is a change of the address. */
export function FunnelChoice({ shown }: { shown: FunnelDefinitionAnswer | null }) {
  const all = funnels.value ?? []
  const offered = newest(all)
  // An old version that is shown is offered too.
  const options = shown && !offered.includes(shown) ? [shown, ...offered] : offered
  return (
    <div class="choices">
      <label>
        <span>Funnel</span>
        <select
          disabled={all.length === 0}
          value={shown?.funnel}
          onChange={(event) => {
            const chosen = options.find(({ funnel }) => funnel === event.currentTarget.value)
            if (chosen) visit(funnelAt(offered.includes(chosen) ? chosen.id : chosen.funnel))
          }}
        >
          {options.map((each) => (
            <option key={each.funnel} value={each.funnel}>
              {each.name}
              {offered.includes(each) ? '' : ` (version ${each.version})`}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>Tell people apart by</span>
        <select
          value={breakdown.value ?? ''}
          onChange={(event) => visit(withQuery({ by: event.currentTarget.value || null, experiment: null }))}
        >
          <option value="">nothing</option>
          {BREAKDOWNS.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      {breakdown.value === 'variant' && <ExperimentChoice />}
      <p class="actions">
        <a href={withQuery({ new: 'funnel' })}>New funnel</a>
        {shown && <a href={withQuery({ new: 'version' })}>{shown.builtIn ? 'Copy' : 'Change'}</a>}
        {shown && !shown.builtIn && (
          <button type="button" disabled={busy.value} onClick={() => void archive(shown)}>
            Archive
          </button>
        )}
      </p>
    </div>
  )
}

function ExperimentChoice() {
  const all = experiments.value
  const key = chosenExperiment.value
  if (all?.length === 0) return <p class="muted">There is no experiment yet.</p>
  return (
    <label>
      <span>Experiment</span>
      <select value={key ?? ''} onChange={(event) => visit(withQuery({ experiment: event.currentTarget.value || null }))}>
        <option value="">choose one</option>
        {key !== null && !all?.some((each) => each.key === key) && <option value={key}>{key}</option>}
        {all?.map((each) => (
          <option key={each.key} value={each.key}>
            {each.name}
          </option>
        ))}
      </select>
    </label>
  )
}

async function archive(funnel: FunnelDefinitionAnswer): Promise<void> {
  const yes = await confirmed({
    title: `Archive “${funnel.name}”?`,
    consequences: ['Nobody is counted by it from now on, and it leaves the list. What it counted so far is kept.'],
    action: 'Archive it',
  })
  if (yes) await archiveFunnel(funnel)
}

/** How far customers of before are counted by a funnel that was made after them. */
export function Backfill({ backfill: { done, total } }: { backfill: { done: number; total: number } }) {
  const share = total === 0 ? 1 : Math.min(1, done / total)
  const numbers = `${count(done)} of ${count(total)} customers`
  return (
    <div class="notice backfill" role="status">
      <p>This funnel is new: what people did before it was made is still being counted, so its figures grow.</p>
      <div
        class="bar"
        role="progressbar"
        aria-label="People counted by this funnel"
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={done}
        aria-valuetext={numbers}
      >
        <i style={{ width: `${share * 100}%` }} />
      </div>
      <span class="small">
        {numbers} · {percent(share)}
      </span>
    </div>
  )
}
