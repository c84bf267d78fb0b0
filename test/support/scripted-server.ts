import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as it came over the wire. */
export interface Seen {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  body: string
}

export interface Scripted {
  status: number
  /** JSON, or a text as it is. */
  body?: unknown
  headers?: Record<string, string>
}

/** An answer, none at all, or a connection that breaks. */
export type Step = Scripted | 'silence' | 'break' | ((seen: Seen) => Scripted)

/** A server that answers what a test has written down, one step a request and the last one for ever, and remembers what it was sent. */
export class ScriptedServer {
  seen: Seen[] = []
  steps: Step[] = []
  #server = createServer(async (request, response) => {
    const url = new URL(request.url as string, 'http://scripted')
    let body = ''
    for await (const chunk of request) body += chunk
    const seen = { method: request.method as string, path: url.pathname, query: url.searchParams, headers: request.headers, body }
    this.seen.push(seen)
    const step = (this.steps.length > 1 ? this.steps.shift() : this.steps[0]) ?? { status: 200, body: { success: true } }
    if (step === 'silence') return
    if (step === 'break') return request.socket.destroy()
    const answer = typeof step === 'function' ? step(seen) : step
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers })
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}))
  })

  /** Forgets what it was sent, and answers these steps. */
  script(...steps: Step[]): void {
    this.seen = []
    this.steps = steps
  }

  async start(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((done) => this.#server.close(done))
  }
}
