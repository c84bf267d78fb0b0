import { execFile } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, DEFAULT_URL } from '../../client-sdk/cli/api.ts'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import { README, serverExamples } from '../support/readme.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** Commands of README that call the local demo, each in one line. */
const commands = [...README.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block = '']) => block.replaceAll('\\\n', ' ').split('\n'))
  .filter((line) => line.startsWith('curl ') && line.includes(DEFAULT_URL))

/** What the examples of the server client print. */
const PRINTED: Record<string, RegExp> = {
  Pricing: /^(449|499|549) USD true 2$/,
  'Price tests': /^3 keep_running shipped rolled_back$/,
  'Price rules': /^true uniform$/,
  Calculators: /^logit pro_bundle .+$/,
  'Funnel and experiments': /^(one_page|two_steps) 2 6$/,
  'Revenue events': /^true \d{4}-\d\d-\d\d duplicate$/,
  Behaviour: /^2 of 2 accepted accepted,accepted$/,
  Analytics: /^\d+(\.\d+)? [A-Z].{10,} \d+$/,
  Forecasts: /^mrr USD \d+ \w+/,
  Identity: /^cus_42 true 3 true$/,
  Flags: /^[A-Z_]+ true$/,
}

let server: TestServer

beforeAll(async () => {
  server = await startServer({ variables: { PRICE_BUDGET: '10000', FIRST_PRICE_BUDGET: '10000' } })
  await configure(server.url)
})
afterAll(() => server?.stop())

describe('README', () => {
  it.each(commands)('runs as it is written: %s', async (command) => {
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replaceAll(DEFAULT_URL, server.url)])
    if (command.includes('/api/export/')) expect(stdout).toMatch(/^[a-z]+(,[a-zA-Z]+)+\r\n/)
    else expect(JSON.parse(stdout)).toMatchObject({ success: true })
  })

  it('has commands to try', () => {
    expect(commands.length).toBeGreaterThan(5)
  })
})

describe('the server client in README', () => {
  // Inside of the package, which finds itself by its own name.
  const directory = join(ROOT, 'dist/examples')
  const secrets: Record<string, string> = {}

  beforeAll(async () => {
    const made = (path: string, body?: object) => call<{ secret: string }>({ url: server.url }, 'POST', path, body)
    const scopes = ['decide', 'behaviour', 'money', 'read', 'admin']
    secrets.FAIRLEAD_KEY = (await made('/api/keys', { name: 'Examples', kind: 'secret', scopes })).secret
    secrets.FAIRLEAD_IDENTITY_SECRET = (await made('/api/settings/identity-secret')).secret
    // A command above has switched it off.
    await call({ url: server.url }, 'PATCH', '/api/settings', { optimizationEnabled: true })
    await mkdir(directory, { recursive: true })
  })
  afterAll(() => rm(directory, { recursive: true, force: true }))

  it.each(serverExamples)('runs as it is written: $system', async ({ system, text }) => {
    const file = join(directory, `${system.replaceAll(' ', '-')}.ts`)
    await writeFile(file, text.replaceAll(DEFAULT_URL, server.url))
    const { stdout } = await promisify(execFile)(process.execPath, [file], { env: { ...process.env, ...secrets } })
    expect(stdout.trim()).toMatch(PRINTED[system] as RegExp)
  })

  it('shows each system', () => {
    expect(serverExamples.map(({ system }) => system)).toEqual(Object.keys(PRINTED))
  })
})
