import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../client-sdk/cli/api.ts'
import { ROOT } from '../../client-sdk/cli/child.ts'
import type { ProviderEventsAnswer } from '../../worker/contract/providers.ts'
import { exportAt, historyAt, SECRETS, SIGN, shiftTo } from '../domain/payments/webhooks.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let folder: string
const shift = shiftTo(Date.now())

const importFiles = async (...names: string[]): Promise<string> => {
  const flags = ['--provider', 'stripe', ...names.map((name) => join(folder, name)), '--url', server.url]
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'client-sdk/cli/import.ts'), ...flags])
  return stdout.trim()
}

describe('the import of what Stripe exports', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fairlead-stripe-'))
    for (const name of ['payments.csv', 'subscriptions.csv'])
      await writeFile(join(folder, name), exportAt(await readFile(join(ROOT, 'test/golden/stripe', name), 'utf8'), shift))
    await writeFile(join(folder, 'other.csv'), 'id,Amount\n1,2\n')
    server = await startServer()
  })
  afterAll(async () => {
    await server?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('takes both files at once, tells them apart by their columns, and takes them once', async () => {
    expect(await importFiles('payments.csv', 'subscriptions.csv')).toBe(
      'payments.csv, subscriptions.csv: 18 accepted, 0 already there, 0 rejected',
    )
    expect(await importFiles('subscriptions.csv', 'payments.csv')).toBe(
      'subscriptions.csv, payments.csv: 0 accepted, 18 already there, 0 rejected',
    )
  })

  it('tells of a file that is no export of Stripe what is missing', async () => {
    await expect(importFiles('other.csv')).rejects.toThrow(/not Stripe's export of payments: it has no column Created date/)
  })

  it('lets refunds that come later find what was imported', async () => {
    await call({ url: server.url }, 'PUT', '/api/providers/stripe', { secret: SECRETS.stripe })
    const refund = historyAt(shift).find(({ type, data }) => type === 'charge.refunded' && data.object.payment_intent === 'pi_H2_0')
    const { headers, body } = await SIGN.stripe(JSON.stringify(refund), SECRETS.stripe, Math.floor(Date.now() / 1000))
    const answer = await fetch(`${server.url}/webhooks/stripe`, { method: 'POST', headers, body })
    expect([answer.status, await answer.json()]).toEqual([200, { success: true, status: 'settled' }])
    const { events } = await call<ProviderEventsAnswer>({ url: server.url }, 'GET', '/api/providers/events')
    expect(events.map(({ type, status }) => [type, status])).toEqual([['charge.refunded', 'settled']])
  })
})
