import { signal } from '@preact/signals'
import type { LiveEvent, LiveMessage } from '../worker/contract/analytics.ts'
import { signedOut } from './api.ts'
import { refreshFigures } from './figures.ts'

const LINES = 20

export const feed = signal<LiveEvent[]>([])
/** Null until the socket has said. */
export const activeVisitors = signal<number | null>(null)
export const socketOpen = signal(false)

const FIRST_DELAY_MS = 1000
const LONGEST_DELAY_MS = 30_000

let revision: number | null = null
let attempts = 0

/** Keeps one socket to the live feed, with a longer and longer wait between attempts; `status.ts` polls meanwhile. */
export function startLive(): void {
  if (signedOut.value) {
    setTimeout(startLive, FIRST_DELAY_MS)
    return
  }
  const socket = new WebSocket(new URL('/api/live', location.href.replace(/^http/, 'ws')))
  let first = true
  socket.onopen = () => {
    socketOpen.value = true
    attempts = 0
  }
  socket.onmessage = (message) => {
    take(JSON.parse(String(message.data)) as LiveMessage, first)
    first = false
  }
  socket.onclose = () => {
    socketOpen.value = false
    activeVisitors.value = null
    const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempts++)
    setTimeout(startLive, delayMs * (0.5 + Math.random() / 2))
  }
}

/** The first message of a connection repeats the recent lines, so it replaces what was there. */
function take(message: LiveMessage, first: boolean): void {
  const lines = first ? message.events : [...message.events, ...feed.value]
  feed.value = lines.sort((left, right) => right.at - left.at).slice(0, LINES)
  activeVisitors.value = message.activeVisitors
  const moved = revision !== null && revision !== message.revision
  revision = message.revision
  if (moved) refreshFigures()
}
