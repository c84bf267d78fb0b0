/** Lists outbox entries that could not be applied, and has them sent again: `npm run dead-letters -- --replay-all`. */
import { parseArgs } from 'node:util'
import { type Api, ApiError, call, DEFAULT_URL, keyFor } from './api.ts'

const USAGE = `usage: npm run dead-letters [-- --replay <object>:<seq> | --replay-all] [--url ${DEFAULT_URL}] [--key sk_… with the scope admin]`

interface DeadLetter {
  object: string
  seq: number
  reason: string
  parkedAt: number
  replayedAt: number | null
}

const replay = (api: Api, object: string, seq: number) => call(api, 'POST', '/api/dead-letters/replay', { object, seq })

/** A letter whose object has let go of it, by an erasure for one, is stale: the others still have to go out. */
async function replayIfParked(api: Api, object: string, seq: number): Promise<string> {
  try {
    await replay(api, object, seq)
    return 'on its way again'
  } catch (error) {
    if (error instanceof ApiError && error.code === 'not_found') return 'stale: its object no longer holds it'
    throw error
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      replay: { type: 'string' },
      'replay-all': { type: 'boolean' },
      url: { type: 'string' },
      key: { type: 'string' },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    console.error(USAGE)
    return 0
  }
  const { url = DEFAULT_URL } = values
  const api: Api = { url, ...keyFor(values.key) }
  if (values.replay) {
    const [, object, seq] = /^(.+):(\d+)$/.exec(values.replay) ?? []
    if (!object || !seq) throw new Error(`--replay takes <object>:<seq>, not ${values.replay}`)
    await replay(api, object, Number(seq))
    console.log(`${object}:${seq} is on its way again`)
    return 0
  }
  const { deadLetters } = await call<{ deadLetters: DeadLetter[] }>(api, 'GET', '/api/dead-letters')
  const open = deadLetters.filter((letter) => letter.replayedAt === null)
  if (!open.length) console.log('no dead letters')
  for (const { object, seq, reason, parkedAt } of open) {
    const outcome = values['replay-all'] ? `  → ${await replayIfParked(api, object, seq)}` : ''
    console.log(`${object}:${seq}  ${new Date(parkedAt).toISOString()}  ${reason}${outcome}`)
  }
  return 0
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`dead-letters: ${error instanceof Error ? error.message : error}`)
  return 1
})
