import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from './child.ts'
import { freePort } from './ports.ts'

export interface ServeOptions {
  port: number
  persistTo?: string | undefined
  output?: 'inherit' | 'pipe'
  logLevel?: 'warn' | 'error' | 'info'
  /** More variables of the Worker. */
  variables?: Record<string, string>
}

/** Starts the Worker on this machine as the login-free demo. */
export async function serve({
  port,
  persistTo,
  output = 'inherit',
  logLevel = 'error',
  variables = {},
}: ServeOptions): Promise<ChildProcess> {
  const vars = Object.entries({ ENVIRONMENT: 'development', ...variables }).flatMap(([name, value]) => ['--var', `${name}:${value}`])
  return start(
    'wrangler',
    [
      ...['dev', '--ip', '127.0.0.1', '--port', String(port), '--inspector-port', String(await freePort())],
      ...['--log-level', logLevel, '--show-interactive-dev-session', 'false', ...vars],
      ...(persistTo ? ['--persist-to', persistTo] : []),
    ],
    { output },
  )
}

/** Waits until a GET is answered with 200. @throws Error when the child ends first, or the time is over */
export async function untilReady(child: ChildProcess, url: string, patienceMs = 60_000): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  while (performance.now() < giveUpAt) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the server ended before it answered ${url}`)
    const status = await fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
      async (response) => {
        await response.body?.cancel()
        return response.status
      },
      () => 0,
    )
    if (status === 200) return
    await sleep(100)
  }
  throw new Error(`${url} did not answer within ${Math.round(patienceMs / 1000)} s`)
}
