import { DurableObject } from 'cloudflare:workers'
import type { LiveEvent, LiveMessage } from '../contract/analytics.ts'
import { MINUTE_MS, SECOND_MS } from '../domain/time.ts'
import type { Env } from '../env.ts'

const LINES_KEPT = 20
const ACTIVE_MS = 5 * MINUTE_MS
/** Ids are told apart up to this many, so that the record fits one value of storage (2 MB); beyond it the newest count. */
const MAXIMUM_ACTIVE = 20_000
/** Dashboards hear of a falling number, and storage of what has come, at most this often. */
const PAUSE_MS = 5 * SECOND_MS

interface Feed {
  lines: LiveEvent[]
  revision: number
  /** Objects heard of in the last five minutes, and when; no other trace of anybody. */
  active: Map<string, number>
}

/**
 * The dashboard's live feed: one object, fed once a queue batch with a sample, so it is on no hot path.
 *
 * Sockets hibernate, and seconds after the last event the object is gone from memory. So the feed is one stored value,
 * written by the alarm before that: a dashboard opened half a minute after a visit still sees it. While somebody watches,
 * the alarm also tells of people who fall silent, for no event does.
 */
export class LiveObject extends DurableObject<Env> {
  readonly #feed: Feed
  /** When the alarm rings, as far as this memory knows. */
  #ringsAt = Number.POSITIVE_INFINITY
  #isSaved = true

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#feed = ctx.storage.kv.get<Feed>('feed') ?? { lines: [], revision: Date.now(), active: new Map() }
  }

  override async fetch(): Promise<Response> {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.send(this.#message(this.#feed.lines, Date.now()))
    await this.#arm(Date.now())
    return new Response(null, { status: 101, webSocket: client })
  }

  /** A batch has reached the figures. */
  async post(lines: LiveEvent[], objects: string[], now: number): Promise<void> {
    const { active } = this.#feed
    this.#feed.lines = [...lines, ...this.#feed.lines].sort((a, b) => b.at - a.at).slice(0, LINES_KEPT)
    this.#feed.revision++
    for (const object of objects) {
      // Anew, so that the map stays in the order of time.
      active.delete(object)
      active.set(object, now)
    }
    const message = this.#message(lines, now)
    for (const object of active.keys()) {
      if (active.size <= MAXIMUM_ACTIVE) break
      active.delete(object)
    }
    this.#tell(message)
    if (lines.length + objects.length > 0) this.#isSaved = false
    await this.#arm(now)
  }

  override async alarm(): Promise<void> {
    this.#ringsAt = Number.POSITIVE_INFINITY
    if (!this.#isSaved) this.ctx.storage.kv.put('feed', this.#feed)
    this.#isSaved = true
    const before = this.#feed.active.size
    const message = this.#message([], Date.now())
    if (this.#feed.active.size !== before) this.#tell(message)
    await this.#arm(Date.now())
  }

  async #arm(now: number): Promise<void> {
    const [oldest] = this.#feed.active.values()
    const isWatched = oldest !== undefined && this.ctx.getWebSockets().length > 0
    const fadesAt = isWatched ? Math.max(oldest + ACTIVE_MS, now + PAUSE_MS) : Number.POSITIVE_INFINITY
    const at = this.#isSaved ? fadesAt : Math.min(fadesAt, now + PAUSE_MS)
    if (at >= this.#ringsAt) return
    this.#ringsAt = at
    await this.ctx.storage.setAlarm(at)
  }

  #message(events: LiveEvent[], now: number): string {
    const { active, revision } = this.#feed
    for (const [object, at] of active) if (at <= now - ACTIVE_MS) active.delete(object)
    return JSON.stringify({ events, revision, activeVisitors: active.size } satisfies LiveMessage)
  }

  #tell(message: string): void {
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(message)
      } catch {
        // It has gone; its own close event clears it away.
      }
    }
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.send(this.#message([], Date.now()))
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close()
  }
}
