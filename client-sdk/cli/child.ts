import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Root of the package. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Keeps wrangler from asking, reporting or looking things up on the network. */
const QUIET = { CI: '1', CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false', WRANGLER_HIDE_BANNER: 'true' }

const SCRIPTS = {
  wrangler: 'node_modules/wrangler/bin/wrangler.js',
  vite: 'node_modules/vite/bin/vite.js',
  vitest: 'node_modules/vitest/vitest.mjs',
} as const
export type Tool = keyof typeof SCRIPTS

export interface ChildOptions {
  /** What to do with its output; `pipe` to read it. */
  output?: 'inherit' | 'pipe' | 'ignore'
  env?: Record<string, string>
}

/** Starts a tool of the package in a process group of its own, so that its own children end with it. */
export function start(tool: Tool, args: string[], { output = 'inherit', env = {} }: ChildOptions = {}): ChildProcess {
  const script = SCRIPTS[tool]
  if (!existsSync(`${ROOT}${script}`)) throw new Error(`${tool} is not installed: run npm ci`)
  return spawn(process.execPath, [script, ...args], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, ...QUIET, ...env },
  })
}

/** Sends a signal to a child and to everything it has started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch {
    // The group is gone already.
  }
}

/** Runs a tool to its end. @throws Error with what it wrote when it fails */
export async function run(tool: Tool, args: string[], options: ChildOptions = {}): Promise<string> {
  const child = start(tool, args, { output: 'pipe', ...options })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${tool} ${args.join(' ')} failed${text ? `:\n${text.trim()}` : ` with code ${code}`}`)
  return text
}

/** Ends the given children when this process is told to end. */
export function endWithUs(children: ChildProcess[]): void {
  let ending = false
  const end = () => {
    if (ending) return
    ending = true
    for (const child of children) signalGroup(child, 'SIGTERM')
    setTimeout(() => {
      for (const child of children) signalGroup(child, 'SIGKILL')
      process.exit(0)
    }, 3_000).unref()
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end)
  // npm passes a signal to its shell, which keeps it to itself: then only the loss of the parent tells.
  const parent = process.ppid
  if (process.env.npm_command) setInterval(() => process.ppid !== parent && end(), 500).unref()
}
