import { connect, type Socket } from 'node:net'

export interface Load {
  requests: number
  /** Answers other than 200, or that hold the text of `bad`. */
  failures: number
  seconds: number
  /** Milliseconds of each answer, ascending. */
  latenciesMs: number[]
}

/** Where requests come from, and what an answer must not hold. */
export interface Source {
  next: () => Buffer
  bad?: string
}

const HEAD_END = Buffer.from('\r\n\r\n')

/** Bytes of one request, ready for the socket. */
export function request(method: string, path: string, headers: Record<string, string> = {}, body = ''): Buffer {
  const lines = Object.entries({ host: '127.0.0.1', connection: 'keep-alive', ...headers }).map(([name, value]) => `${name}: ${value}`)
  if (body) lines.push('content-type: application/json', `content-length: ${Buffer.byteLength(body)}`)
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** Length of the first whole answer in a buffer, or null while there is more to come. */
function answerLength(buffer: Buffer): number | null {
  const head = buffer.indexOf(HEAD_END)
  if (head < 0) return null
  const text = buffer.toString('latin1', 0, head).toLowerCase()
  const length = /\r\ncontent-length: *(\d+)/.exec(text)
  if (length) return buffer.length >= head + 4 + Number(length[1]) ? head + 4 + Number(length[1]) : null
  if (!text.includes('transfer-encoding: chunked')) return head + 4
  const end = buffer.indexOf('\r\n0\r\n\r\n', head + 2, 'latin1')
  return end < 0 ? null : end + 7
}

/**
 * Keeps a number of raw keep-alive connections busy for a while, one request at a time each. Written on sockets because
 * an HTTP client costs more than the server it measures.
 */
export async function drive(port: number, { next, bad }: Source, connections: number, durationMs: number): Promise<Load> {
  const load: Load = { requests: 0, failures: 0, seconds: 0, latenciesMs: [] }
  const startedAt = performance.now()
  const run = (socket: Socket) =>
    new Promise<void>((resolve, reject) => {
      let buffer: Buffer = Buffer.alloc(0)
      let sentAt = 0
      const send = () => {
        if (performance.now() - startedAt >= durationMs) return void socket.end(resolve)
        sentAt = performance.now()
        socket.write(next())
      }
      socket.on('data', (chunk: Buffer) => {
        buffer = buffer.length ? Buffer.concat([buffer, chunk]) : chunk
        const length = answerLength(buffer)
        if (length === null) return
        load.requests++
        load.latenciesMs.push(performance.now() - sentAt)
        if (buffer.toString('latin1', 9, 12) !== '200' || (bad && buffer.includes(bad))) load.failures++
        buffer = buffer.subarray(length)
        send()
      })
      socket.once('error', reject)
      socket.once('connect', send)
    })
  await Promise.all(Array.from({ length: connections }, () => run(connect({ port, host: '127.0.0.1', noDelay: true }))))
  load.seconds = (performance.now() - startedAt) / 1000
  load.latenciesMs.sort((a, b) => a - b)
  return load
}

/** Value below which a share of an ascending list lies. */
export const quantile = (ascending: number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * share))] ?? Number.NaN
