import { effect, signal } from '@preact/signals'
import type { StatusAnswer } from '../../worker/contract/analytics.ts'
import { count, percent } from '../format.ts'
import { status, unfinished } from '../status.ts'

type Import = StatusAnswer['imports'][number]

/** Imports seen running since the page was opened; they stay, finished, until they are dismissed, so that nothing jumps. */
const watched = signal<string[]>([])
/** True once the page has been painted without the bar: a bar that comes later lies over the page instead of moving it. */
const late = signal(false)

effect(() => {
  if (!status.value) return
  const fresh = unfinished.value.map(({ importId }) => importId).filter((id) => !watched.peek().includes(id))
  if (fresh.length > 0) watched.value = [...watched.peek(), ...fresh]
  else if (watched.peek().length === 0) late.value = true
})

export function ImportProgress() {
  const shown = (status.value?.imports ?? []).filter(({ importId }) => watched.value.includes(importId))
  if (shown.length === 0) return null
  return (
    <div class={late.value ? 'imports late' : 'imports'}>
      {shown.map((one) => (
        <Bar key={one.importId} {...one} />
      ))}
    </div>
  )
}

function Bar({ importId, label, total, done, finished }: Import) {
  const share = finished ? 1 : total ? Math.min(1, done / total) : null
  const name = label || importId
  const numbers = total === null ? `${count(done)} events` : `${count(done)} of ${count(total)} events`
  return (
    <div class="import">
      <span class="import-name">{finished ? `${name}: imported` : name}</span>
      <div
        class="bar"
        role="progressbar"
        aria-label={`Import: ${name}`}
        aria-valuemin={0}
        aria-valuemax={total ?? undefined}
        aria-valuenow={share === null ? undefined : done}
        aria-valuetext={numbers}
      >
        <i class={share === null ? 'unknown' : ''} style={{ width: percentWidth(share) }} />
      </div>
      <span class="import-numbers">
        {numbers}
        {share !== null && !finished ? ` · ${percent(share)}` : ''}
      </span>
      {finished && (
        <button
          type="button"
          class="icon"
          aria-label={`Dismiss ${name}`}
          onClick={() => {
            watched.value = watched.value.filter((id) => id !== importId)
          }}
        >
          ×
        </button>
      )}
    </div>
  )
}

const percentWidth = (share: number | null): string => (share === null ? '30%' : `${share * 100}%`)
