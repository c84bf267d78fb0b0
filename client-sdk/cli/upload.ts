import { setTimeout as sleep } from 'node:timers/promises'
import type { BatchAnswer, EventResult, IncomingEvent } from '../../worker/contract/events.ts'
import { type Api, callPatiently } from './api.ts'

export const MAXIMUM_EVENTS = 1000
const IN_FLIGHT = 4
const RESENDS = 8

export interface Upload {
  importId: string
  label: string
  /** Events in the whole import. */
  total: number
  onProgress?: (done: number) => void
  onRejected?: (result: EventResult, event: IncomingEvent) => void
}

export interface Totals {
  accepted: number
  duplicate: number
  rejected: number
  /** True when the first batch was refused as a whole and the rest was not sent: it would fare no better. */
  stopped: boolean
}

/** Groups of events filled up to one request; a group, one person's events, is not torn apart unless it is larger. */
export async function* inBatches(
  groups: AsyncIterable<IncomingEvent[]> | Iterable<IncomingEvent[]>,
  size = MAXIMUM_EVENTS,
): AsyncGenerator<IncomingEvent[]> {
  let batch: IncomingEvent[] = []
  for await (const group of groups) {
    if (batch.length && batch.length + group.length > size) {
      yield batch
      batch = []
    }
    batch.push(...group)
    while (batch.length >= size) yield batch.splice(0, size)
  }
  if (batch.length) yield batch
}

/**
 * Sends batches to `POST /api/import`, four at a time. Events the server could not settle are sent again, alone; what is
 * refused is reported and left. Safe to run again from the beginning: ids that are known count as duplicates.
 * The first batch goes alone and must bring something in; the last waits for all others, so that progress ends at its end.
 */
export async function upload(api: Api, batches: AsyncIterable<IncomingEvent[]>, options: Upload): Promise<Totals> {
  const { importId, label, total, onProgress, onRejected } = options
  const totals: Totals = { accepted: 0, duplicate: 0, rejected: 0, stopped: false }
  const running = new Set<Promise<void>>()
  let failure: unknown
  let sent = 0
  let settled = 0

  const send = async (events: IncomingEvent[], done: number) => {
    let open = events
    for (let attempt = 1; open.length; attempt++) {
      const answer = await callPatiently<BatchAnswer>(api, 'POST', '/api/import', { importId, label, total, done, events: open })
      const again: IncomingEvent[] = []
      for (const result of answer.results) {
        const event = open[result.index] as IncomingEvent
        if (result.status === 'retry') again.push(event)
        else totals[result.status]++
        if (result.status === 'rejected') onRejected?.(result, event)
      }
      if (again.length && attempt >= RESENDS) throw new Error(`${again.length} events could not be stored after ${RESENDS} attempts`)
      open = again
      if (open.length) await sleep(Math.min(10_000, 200 * 2 ** attempt))
    }
    settled += events.length
    onProgress?.(settled)
  }

  const start = async (events: IncomingEvent[]) => {
    sent += events.length
    const task: Promise<void> = send(events, sent)
      .catch((error: unknown) => {
        failure ??= error
      })
      .finally(() => running.delete(task))
    running.add(task)
    if (running.size >= IN_FLIGHT) await Promise.race(running)
  }

  let held: IncomingEvent[] | null = null
  for await (const batch of batches) {
    if (failure) break
    if (held) {
      const first = sent === 0
      await start(held)
      if (first) await Promise.all(running)
      if (totals.rejected === sent) return { ...totals, stopped: true }
    }
    held = batch
  }
  await Promise.all(running)
  if (failure) throw failure
  if (held) await send(held, sent + held.length)
  return totals
}
