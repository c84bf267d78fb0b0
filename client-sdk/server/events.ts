import type * as contract from '../../worker/contract/events.ts'
import { FairleadError } from './errors.ts'
import type { CallOptions, TrackAnswer, TrackResult } from './types.ts'
import type { Wire } from './wire.ts'
import type { BatchAnswer, EventStatus, IncomingEvent, RevenueEventAnswer } from './words.ts'

const MAXIMUM_EVENTS: typeof contract.MAXIMUM_BATCH = 100
/** Below what the Worker takes in a body, with room for what stands around the events. */
const MAXIMUM_BYTES = 500_000

/** An event on its way. */
interface Sent {
  index: number
  id: string
  /** The caller gave no id: calling again with the same event would count it again. */
  isMinted: boolean
  text: string
}

/** Up to 100 events each, and no more than a body may hold; one that is larger by itself travels alone. */
function* batchesOf(sent: readonly Sent[]): Generator<Sent[]> {
  const encoder = new TextEncoder()
  let batch: Sent[] = []
  let bytes = 0
  for (const each of sent) {
    const size = encoder.encode(each.text).length + 1
    if (batch.length === MAXIMUM_EVENTS || (batch.length > 0 && bytes + size > MAXIMUM_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(each)
    bytes += size
  }
  if (batch.length > 0) yield batch
}

export function createEvents(wire: Wire) {
  const named = (event: IncomingEvent) => ({ ...event, id: event.id ?? wire.runtime.mintId() })

  async function recordRevenueEvent(event: IncomingEvent, options?: CallOptions): Promise<RevenueEventAnswer> {
    if (!wire.isSecret)
      throw new FairleadError('unauthorized', 'a revenue event requires a secret key: from a publishable one it would not be revenue')
    const answer = await wire.post<RevenueEventAnswer>('api/revenue/event', named(event), options)
    return event.id ? answer : { ...answer, deduplicable: false }
  }

  /** Sends a batch until each of its events is settled, into `results`. Answers why it gave up where nobody told a result. */
  async function settle(batch: readonly Sent[], results: TrackResult[], options?: CallOptions): Promise<FairleadError | undefined> {
    let open = batch
    for (let tried = 0; ; tried++) {
      const text = `{"events":[${open.map((each) => each.text).join()}]}`
      const outcome = await wire.attempt({ method: 'POST', path: 'api/events', text }, options)
      if ('error' in outcome) {
        if (!outcome.error.retryable || !(await wire.again(tried, outcome.retryAfter, options))) return outcome.error
        continue
      }
      for (const result of (outcome.answer as Partial<BatchAnswer>).results ?? []) {
        const each = open[result.index]
        if (each)
          results[each.index] = { ...result, index: each.index, ...(each.isMinted && result.id === each.id && { deduplicable: false }) }
      }
      open = open.filter(({ index }) => (results[index]?.status ?? 'retry') === 'retry')
      if (open.length === 0 || !(await wire.again(tried, null, options))) return undefined
    }
  }

  async function track(events: readonly IncomingEvent[], options?: CallOptions): Promise<TrackAnswer> {
    const sent = events.map((event, index) => {
      const outgoing = named(event)
      return { index, id: outgoing.id, isMinted: outgoing.id !== event.id, text: JSON.stringify(outgoing) }
    })
    const results: TrackResult[] = []
    let failure: FairleadError | undefined
    let isAnySettled = false
    for (const batch of batchesOf(sent)) {
      const error = await settle(batch, results, options)
      isAnySettled ||= batch.some(({ index }) => (results[index]?.status ?? 'retry') !== 'retry')
      if (!error) continue
      failure = error
      for (const each of batch) results[each.index] ??= unsent(each, error)
      // Too large is a fault of its own; whatever else fails would fail for the next one too.
      if (error.code !== 'body_too_large') break
    }
    if (failure && !isAnySettled) throw failure
    return answerOf(sent.map((each) => results[each.index] ?? unsent(each, failure)))
  }

  /** One event by itself. @throws FairleadError with the code of its refusal */
  async function trackOne(event: IncomingEvent, options?: CallOptions): Promise<TrackResult> {
    const { results } = await track([event], options)
    const { status, code = 'unavailable', message = 'the event was not settled', field } = results[0] as TrackResult
    if (status === 'accepted' || status === 'duplicate') return results[0] as TrackResult
    throw new FairleadError(code, message, { status: 200, ...(field !== undefined && { field }) })
  }

  return { recordRevenueEvent, track, trackOne }
}

function unsent({ index, id }: Sent, failure: FairleadError | undefined): TrackResult {
  if (!failure) return { index, id, status: 'retry' }
  const { code, message, field, retryable } = failure
  return { index, id, status: retryable ? 'retry' : 'rejected', code, message, ...(field !== undefined && { field }) }
}

function answerOf(results: TrackResult[]): TrackAnswer {
  const count = (status: EventStatus) => results.filter((result) => result.status === status).length
  const accepted = count('accepted')
  const counts = { accepted, duplicate: count('duplicate'), rejected: count('rejected'), retry: count('retry') }
  return { success: true, message: `${accepted} of ${results.length} accepted`, ...counts, results }
}
