import { effect, signal } from '@preact/signals'
import type { StatusAnswer } from '../../worker/contract/analytics.ts'
import { count, percent } from '../format.ts'
import { status, unfinished } from '../status.ts'

type Import = StatusAnswer['imports'][number]

/** A finished bar has said so for this long, and goes. */
const FAREWELL_MS = 8000

/** Imports seen running since the page was opened, each until some seconds after its end, or until it is dismissed. */
const watched = signal<string[]>([])
const leaving = new Set<string>()

const dismiss = (id: string): void => {
  watched.value = watched.value.filter((other) => other !== id)
}

effect(() => {
  const fresh = unfinished.value.map(({ importId }) => importId).filter((id) => !watched.peek().includes(id))
  for (const id of fresh) leaving.delete(id)
  if (fresh.length > 0) watched.value = [...watched.peek(), ...fresh]
  for (const { importId, finished } of status.value?.imports ?? []) {
    if (!finished || leaving.has(importId) || !watched.peek().includes(importId)) continue
    leaving.add(importId)
    setTimeout(dismiss, FAREWELL_MS, importId)
  }
})

/** Along the lower edge: it comes and goes without moving the page, and covers none of its controls. */
export function ImportProgress() {
  const shown = (status.value?.imports ?? []).filter(({ importId }) => watched.value.includes(importId))
  if (shown.length === 0) return null
  return (
    <div class="imports">
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
        <button type="button" class="icon" aria-label={`Dismiss ${name}`} onClick={() => dismiss(importId)}>
          ×
        </button>
      )}
    </div>
  )
}

const percentWidth = (share: number | null): string => (share === null ? '30%' : `${share * 100}%`)
