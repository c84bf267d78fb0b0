import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '../../client-sdk/cli/build.ts'
import { signalGroup } from '../../client-sdk/cli/child.ts'
import { migrateLocally } from '../../client-sdk/cli/migrate.ts'
import { freePort } from '../../client-sdk/cli/ports.ts'
import { serve, untilReady } from '../../client-sdk/cli/serve.ts'

export interface TestServer {
  url: string
  persistTo: string
  /** What the server has written so far. */
  output: () => string
  /** Ends the server and everything it started; SIGKILL leaves it no time to tidy up. */
  kill: (signal?: NodeJS.Signals) => Promise<void>
  /** Starts it again on the same port and data; kills it first where it still runs. */
  restart: () => Promise<void>
  /** Ends it and removes its data where `startServer` made the directory. */
  stop: () => Promise<void>
}

export interface TestServerOptions {
  persistTo?: string
  port?: number
  variables?: Record<string, string>
}

/** The whole product as a user runs it, in workerd as a child process, with data of its own. Ready when it answers. */
export async function startServer(options: TestServerOptions = {}): Promise<TestServer> {
  const persistTo = options.persistTo ?? (await mkdtemp(join(tmpdir(), 'fairlead-test-')))
  const port = options.port ?? (await freePort())
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | null = null
  let text = ''

  const launch = async () => {
    child = await serve({ port, persistTo, output: 'pipe', ...(options.variables ? { variables: options.variables } : {}) })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
    }
    await untilReady(child, `${url}/api/health`).catch(async (error: unknown) => {
      await kill('SIGKILL')
      throw new Error(`${error instanceof Error ? error.message : error}\n${text}`)
    })
  }
  const kill = async (signal: NodeJS.Signals = 'SIGTERM') => {
    const running = child
    child = null
    if (!running || running.exitCode !== null || running.signalCode !== null) return
    const ended = once(running, 'close')
    signalGroup(running, signal)
    const patience = setTimeout(() => signalGroup(running, 'SIGKILL'), 5_000)
    await ended
    clearTimeout(patience)
    // Its own children may outlive it for a moment and would still hold the port.
    signalGroup(running, 'SIGKILL')
  }

  await Promise.all([build(false), migrateLocally(persistTo)])
  await launch()
  return {
    url,
    persistTo,
    output: () => text,
    kill,
    restart: async () => {
      await kill('SIGKILL')
      await launch()
    },
    stop: async () => {
      await kill()
      if (!options.persistTo) await rm(persistTo, { recursive: true, force: true })
    },
  }
}
