import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../client-sdk/cli/child.ts'
import type { Case } from './cases.ts'
import { drive } from './load.ts'
import type { Server } from './servers.ts'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; hitCount: number }[]
}

/** One command of the inspector's protocol after the other. */
async function inspector(url: URL): Promise<{ send: <T>(method: string, params?: object) => Promise<T>; close: () => void }> {
  const targets = (await (await fetch(new URL('/json', url.href.replace(/^ws/, 'http')))).json()) as { webSocketDebuggerUrl: string }[]
  const target = targets[0]?.webSocketDebuggerUrl
  if (!target) throw new Error('the inspector names no Worker')
  const socket = new WebSocket(target)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true })
    socket.addEventListener('error', reject, { once: true })
  })
  const waiting = new Map<number, (result: unknown) => void>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result: unknown }
    if (id !== undefined) waiting.get(id)?.(result)
  })
  let last = 0
  return {
    send: <T>(method: string, params: object = {}) =>
      new Promise<T>((resolve) => {
        const id = ++last
        waiting.set(id, (result) => resolve(result as T))
        socket.send(JSON.stringify({ id, method, params }))
      }),
    close: () => socket.close(),
  }
}

/** Where the JavaScript of a case spends its time: functions by their own share, most first. */
export async function profile(one: Case, server: Server, connections: number, durationMs: number): Promise<Record<string, string>> {
  const { send, close } = await inspector(await server.miniflare.getInspectorURL())
  await drive(server.port, one, connections, 500)
  await send('Profiler.enable')
  await send('Profiler.setSamplingInterval', { interval: 200 })
  await send('Profiler.start')
  await drive(server.port, one, connections, durationMs)
  const { profile } = await send<{ profile: Profile }>('Profiler.stop')
  close()
  const bundle = join(ROOT, 'dist/bench/product-worker.js')
  const lines = one.server === 'product' && existsSync(bundle) ? readFileSync(bundle, 'utf8').split('\n') : []
  const hits = new Map<string, number>()
  let total = 0
  for (const { callFrame, hitCount } of profile.nodes) {
    const place = lines[callFrame.lineNumber]?.trim().slice(0, 70) ?? ''
    const name = callFrame.url ? `${callFrame.functionName || '(anonymous)'} @${callFrame.lineNumber + 1} ${place}` : callFrame.functionName
    hits.set(name, (hits.get(name) ?? 0) + hitCount)
    total += hitCount
  }
  const ranked = [...hits].sort((a, b) => b[1] - a[1]).slice(0, 30)
  return Object.fromEntries(ranked.map(([name, count]) => [name, `${((100 * count) / total).toFixed(1)} %`]))
}
