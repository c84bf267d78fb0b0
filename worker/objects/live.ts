import { DurableObject } from 'cloudflare:workers'
import type { LiveEvent, LiveMessage } from '../contract/analytics.ts'
import { MINUTE_MS } from '../domain/time.ts'
import type { Env } from '../env.ts'

const LINES_KEPT = 20
const ACTIVE_MS = 5 * MINUTE_MS

/**
 * The dashboard's live feed: one object, fed once a queue batch with a sample, so it is on no hot path. Sockets hibernate;
 * the lines live in memory, for a feed that starts empty after an eviction loses nothing anybody relies on.
 */
export class LiveObject extends DurableObject<Env> {
  #lines: LiveEvent[] = []
  #revision = Date.now()
  /** Objects heard of lately; ids only, in memory only. */
  readonly #active = new Map<string, number>()

  override fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.send(JSON.stringify(this.#message(this.#lines, Date.now())))
    return new Response(null, { status: 101, webSocket: client })
  }

  /** A batch has reached the figures. */
  post(lines: LiveEvent[], objects: string[], now: number): void {
    this.#lines = [...lines, ...this.#lines].sort((a, b) => b.at - a.at).slice(0, LINES_KEPT)
    this.#revision++
    for (const object of objects) this.#active.set(object, now)
    const message = JSON.stringify(this.#message(lines, now))
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(message)
      } catch {
        // It has gone; its own close event clears it away.
      }
    }
  }

  #message(events: LiveEvent[], now: number): LiveMessage {
    for (const [object, at] of this.#active) if (at <= now - ACTIVE_MS) this.#active.delete(object)
    return { events, revision: this.#revision, activeVisitors: this.#active.size }
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.send(JSON.stringify(this.#message([], Date.now())))
  }

  override webSocketClose(socket: WebSocket): void {
    socket.close()
  }
}
