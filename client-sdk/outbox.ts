import type { BatchAnswer } from '../worker/contract/events.ts'
import { names, read, write } from './store.ts'
import type { DropReason, OutgoingEvent } from './types.ts'
import { exchange } from './wire.ts'

const STORED = 'fl_e_'
const MAXIMUM_EVENTS = 500
const MAXIMUM_BATCH = 10
/** Characters; at three bytes each still below the 64 KB that browsers let outlive a page. */
const MAXIMUM_CHARACTERS = 20_000
const MAXIMUM_BACKOFF_MS = 60_000
/** Events a second that cool off, and how many may be left before those that come are a burst, which can wait for company. */
const COOLING_MS = 1000
const BURST = 4
/** How long any other event waits: long enough for what a click brings with it, short enough to be seen at once. */
const SOON_MS = 250

interface Settings {
  url: string
  flushMs: number
  /** The visitor these events belong to, minted if need be. Null or a rejection: not now. */
  visitorId: () => Promise<string | null>
  knownVisitorId: () => string | null
  onDropped: (event: OutgoingEvent, reason: DropReason) => void
}

export interface Outbox {
  add(event: OutgoingEvent): void
  flush(): Promise<void>
  /** The page goes away: hands over by beacon what no request carries yet. */
  leave(): void
  /** The page is back, or the network is. */
  resume(): void
  clear(reason: DropReason): void
}

/**
 * Events on their way. Each is stored under a key of its own, so tabs do not overwrite each other, and removed only when
 * the server has settled it; what a beacon carried is sent again later, because nobody hears whether it arrived, and the
 * event's id makes the second time harmless.
 */
export function createOutbox({ url, flushMs, visitorId, knownVisitorId, onDropped }: Settings): Outbox {
  const pending = new Map<string, OutgoingEvent>()
  /** Beacons have gone out; sending waits until the page is back. */
  let left = false
  let sending: OutgoingEvent[] = []
  let busy = false
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let notBefore = 0
  let heat = 0
  let lastAddedAt = 0
  /** When the timer rings; 0: not at all. */
  let dueAt = 0

  const settle = (event: OutgoingEvent | undefined, reason?: DropReason) => {
    if (!event || !pending.delete(event.id)) return
    write(STORED + event.id, null)
    if (reason) onDropped(event, reason)
  }
  const store = (event: OutgoingEvent) => write(STORED + event.id, JSON.stringify(event))
  /** Sends after a delay, or sooner where that is planned already. */
  const plan = (delayMs: number) => {
    const now = Date.now()
    const at = Math.max(now + delayMs, notBefore)
    if (dueAt && dueAt <= at) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(flush, at - now)
  }
  const put = (event: OutgoingEvent) => {
    pending.set(event.id, event)
    if (pending.size > MAXIMUM_EVENTS) settle(pending.values().next().value, 'overflow')
  }

  const soonMs = Math.min(flushMs, SOON_MS)
  /** Up to ten events, and the body they make. */
  function pack(from: Iterable<OutgoingEvent>, owner: string) {
    const batch: OutgoingEvent[] = []
    let size = 0
    for (const event of from) {
      event.visitorId ??= owner
      size += JSON.stringify(event).length
      if (batch.length === MAXIMUM_BATCH || (batch.length && size > MAXIMUM_CHARACTERS)) break
      batch.push(event)
    }
    return { batch, body: JSON.stringify({ events: batch }) }
  }

  async function flush() {
    dueAt = 0
    if (busy || left || !pending.size || navigator.onLine === false) return
    busy = true
    let again = true
    let waitMs = 0
    try {
      const owner = await visitorId()
      if (owner) {
        const { batch, body } = pack(pending.values(), owner)
        sending = batch
        // A string goes as text/plain, which spares the browser's preflight.
        const reply = await exchange<Partial<BatchAnswer>>(url, { method: 'POST', body, keepalive: true })
        const { results } = reply.answer
        waitMs = reply.waitMs
        if (reply.ok && results) {
          again = results.some((result) => result.status === 'retry')
          for (const { index, status, code, field } of results) {
            const event = batch[index]
            const rejected = status === 'rejected'
            if (!event || status === 'retry') continue
            // A wrong clock must not cost the event: without a time it gets the server's.
            if (rejected && event.timestamp && field?.endsWith('timestamp')) {
              delete event.timestamp
              store(event)
            } else settle(event, rejected ? (code ?? status) : undefined)
          }
        } else if (/^4(?!08|29)/.test(`${reply.status}`)) {
          again = false
          for (const event of batch) settle(event, reply.code)
        }
      }
    } catch {}
    sending = []
    busy = false
    if (!again) failures = 0
    else {
      const backoffMs = Math.min(MAXIMUM_BACKOFF_MS, (flushMs / 5) * 2 ** failures++)
      notBefore = Date.now() + Math.max(waitMs, backoffMs * (0.5 + Math.random() / 2))
    }
    if (pending.size) plan(again || pending.size >= MAXIMUM_BATCH ? 0 : soonMs)
  }

  const stored = names(STORED).flatMap((name) => {
    try {
      return [JSON.parse(read(name) as string) as OutgoingEvent]
    } catch {
      write(name, null)
      return []
    }
  })
  for (const event of stored.sort((a, b) => Number(a.timestamp) - Number(b.timestamp))) put(event)
  if (pending.size) plan(0)

  return {
    flush,
    add(event) {
      const text = JSON.stringify(event)
      if (text.length > MAXIMUM_CHARACTERS) return onDropped(event, 'too_large')
      put(event)
      write(STORED + event.id, text)
      const now = Date.now()
      heat = Math.max(0, heat - (now - lastAddedAt) / COOLING_MS) + 1
      lastAddedAt = now
      plan(pending.size >= MAXIMUM_BATCH ? 0 : heat > BURST ? flushMs : soonMs)
    },
    leave() {
      const owner = knownVisitorId()
      if (!owner || left || Date.now() < notBefore) return
      left = true
      let unsent = [...pending.values()].filter((event) => !sending.includes(event))
      while (unsent.length) {
        const { batch, body } = pack(unsent, owner)
        if (!navigator.sendBeacon?.(url, body)) return
        unsent = unsent.slice(batch.length)
      }
    },
    resume() {
      left = false
      notBefore = 0
      flush()
    },
    clear(reason) {
      for (const event of [...pending.values()]) settle(event, reason)
    },
  }
}
