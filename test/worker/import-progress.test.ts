import { beforeAll, describe, expect, it, vi } from 'vitest'
import { send, setUpShop } from './shop.ts'

const batch = (done: number, total = 2) =>
  send('POST', '/api/import', {
    key: 'sk_demo_server',
    body: { importId: 'orders', total, done, events: [{ id: `row-${done}`, event: 'page_view', customerId: 'cus_1' }] },
  })
const progress = async () => (await send('GET', '/api/status')).body.imports.map(({ done, finished }: never) => ({ done, finished }))

beforeAll(() => setUpShop({ test: false }))

describe('the progress of an import', () => {
  it('is not set back by a batch that comes late, and begins anew with another run', async () => {
    await batch(2)
    await batch(1)
    expect(await progress()).toEqual([{ done: 2, finished: true }])
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 60_000)
    await batch(1)
    expect(await progress()).toEqual([{ done: 1, finished: false }])
    await batch(2)
    expect(await progress()).toEqual([{ done: 2, finished: true }])
    vi.restoreAllMocks()
  })
})
