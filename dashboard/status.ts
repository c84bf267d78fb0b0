import { computed, signal } from '@preact/signals'
import type { StatusAnswer } from '../worker/contract/analytics.ts'
import { ask, signedOut } from './api.ts'
import { refreshFigures } from './figures.ts'
import { socketOpen } from './live.ts'

export const status = signal<StatusAnswer | null>(null)
/** True while the server gives no answer at all. */
export const offline = signal(false)

export const unfinished = computed(() => status.value?.imports.filter(({ finished, stalled }) => !finished && !stalled) ?? [])
const bare = computed(() => status.value !== null && status.value.events === 0 && unfinished.value.length === 0)

/** `npm run dev` fills an empty database by itself, and makes up the shop first: some seconds in which nothing is told yet. */
const SEEDING_MS = 8000
const early = signal(true)
export const awaitingDemo = computed(() => bare.value && early.value && status.value?.environment === 'development')
/** Nothing has ever arrived and nothing is on its way: the pages then teach. */
export const empty = computed(() => bare.value && !awaitingDemo.value)

const SECOND_MS = 1000

/** Every second while an import runs, often while the first event is awaited or the socket is down, else now and then. */
function pause(): number {
  if (offline.value) return 3 * SECOND_MS
  if (unfinished.value.length > 0) return SECOND_MS
  if (awaitingDemo.value) return SECOND_MS
  if (empty.value) return 2 * SECOND_MS
  return socketOpen.value ? 30 * SECOND_MS : 5 * SECOND_MS
}

export async function readStatus(): Promise<void> {
  try {
    const before = status.value
    const answer = await ask<StatusAnswer>('/api/status')
    status.value = answer
    offline.value = false
    if (!answer.signedIn) signedOut.value = true
    // The socket says when figures move; without it, or while an import fills them, the count of events does.
    if (
      before &&
      before.events !== answer.events &&
      (!socketOpen.value || before.imports.some(({ finished, stalled }) => !finished && !stalled))
    )
      refreshFigures()
  } catch {
    offline.value = !signedOut.value
  }
}

export function startStatus(): void {
  setTimeout(() => {
    early.value = false
  }, SEEDING_MS)
  void keepReading()
}

async function keepReading(): Promise<void> {
  await readStatus()
  setTimeout(keepReading, pause())
}
