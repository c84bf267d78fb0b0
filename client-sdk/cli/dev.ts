/** Everything on this machine and one origin, with a demo shop in an empty database: `npm run dev`. */
import { parseArgs } from 'node:util'
import { DEMO_PUBLISHABLE_KEY, DEMO_SECRET_KEY } from './api.ts'
import { build } from './build.ts'
import { endWithUs } from './child.ts'
import { localState, migrateLocally } from './migrate.ts'
import { isFree } from './ports.ts'
import { prepare, seed } from './seed.ts'
import { serve, untilReady } from './serve.ts'

const welcome = (origin: string) => `
  Fairlead is running. Open

    dashboard    ${origin}/
    storefront   ${origin}/demo
    reference    ${origin}/docs  (${origin}/openapi.json)

  Demo keys, known to this machine only
    browser      ${DEMO_PUBLISHABLE_KEY}
    server       ${DEMO_SECRET_KEY}

  Ctrl-C ends it.
`

const USAGE = `usage: npm run dev [-- --port 8787] [--persist-to <directory>] [--no-seed]
  --port        where to listen on this machine (8787)
  --persist-to  where the data lie (.wrangler/state)
  --no-seed     products and keys of the demo shop, but no history`

async function main(): Promise<void> {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      port: { type: 'string', default: '8787' },
      'persist-to': { type: 'string' },
      seed: { type: 'boolean', default: true },
      help: { type: 'boolean' },
    },
  })
  if (values.help) return console.log(USAGE)
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`--port takes a port, not ${values.port}`)
  if (!(await isFree(port))) throw new Error(`port ${port} is taken; choose another with npm run dev -- --port 8788`)
  const persistTo = values['persist-to']
  const startedAt = performance.now()

  // In an empty database nothing happens before somebody asks, so the server may start while it is being set up.
  const empty = localState(persistTo) === 'empty'
  const ready = Promise.all([build(false), migrateLocally(persistTo)])
  if (!empty) await ready
  const child = await serve({ port, persistTo })
  endWithUs([child])
  child.once('close', (code) => process.exit(code ?? 0))
  await ready

  const url = `http://127.0.0.1:${port}`
  await untilReady(child, `${url}/api/status`)
  console.log(`${welcome(`http://localhost:${port}`)}\n  Ready after ${((performance.now() - startedAt) / 1000).toFixed(1)} s.\n`)

  if (!values.seed) return prepare(url)
  const seededAt = performance.now()
  const totals = await seed(url, Date.now())
  if (!totals) return
  const seconds = ((performance.now() - seededAt) / 1000).toFixed(1)
  console.log(
    `The demo shop is in: ${totals.accepted + totals.duplicate} events in ${seconds} s${totals.rejected ? `, ${totals.rejected} rejected` : ''}.`,
  )
}

await main().catch((error: unknown) => {
  console.error(`dev: ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
})
