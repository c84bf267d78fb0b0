import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import type { FunnelAnswer } from '../../worker/contract/funnels.ts'
import { seededRandom } from '../../worker/domain/statistics/seeded-random.ts'
import { backfillDefinitions } from '../../worker/jobs/backfill.ts'
import { eventsOf, insidesOf, reconciled, rollups, sorted, stubOf, sumOfObjects } from './objects.ts'
import { type Answer, send, settle, setUpShop } from './shop.ts'

// Whoever reads a figure lets every outbox reach the database first.
vi.setConfig({ testTimeout: 60_000 })
beforeAll(() => setUpShop({ test: false }))

const NOW = Date.now()
const MINUTE = 60_000
const DAY = 86_400_000
const refusal = ({ status, body }: Answer) => [status, body.code, body.field]
const define = (body: Record<string, unknown>): Promise<Answer> => send('POST', '/api/funnels', { body })
const steps = (...names: string[]) => names.map((name) => ({ name, events: [name] }))
const mint = () => env.CUSTOMERS.newUniqueId().toString()

interface Told {
  event: string
  visitorId?: string
  customerId?: string
  [name: string]: unknown
}

/** Tells events through the front door, a hundred at a time. */
async function tell(events: Told[]): Promise<void> {
  for (let at = 0; at < events.length; at += 100) {
    const { status, body } = await send('POST', '/api/events', { body: { events: events.slice(at, at + 100) } })
    expect([status, body.rejected, body.retry]).toEqual([200, 0, 0])
  }
}

/** Events of one visitor, a minute apart, the last of them now. */
const visit = (visitorId: string, names: string[], over: Record<string, unknown> = {}): Told[] =>
  names.map((event, at) => ({
    event,
    visitorId,
    timestamp: NOW - (names.length - at) * MINUTE,
    ...(event === 'purchase' ? { amount: 50, currency: 'USD', transactionId: `t_${visitorId.slice(0, 24)}` } : {}),
    ...over,
  }))

async function read(search: string): Promise<FunnelAnswer> {
  await settle()
  const { status, body } = await send('GET', `/api/funnel?${search}`)
  expect(status).toBe(200)
  return body as FunnelAnswer
}
const entered = ({ steps }: Pick<FunnelAnswer, 'steps'>) => steps.map((step) => step.entered)

describe('a funnel that is defined', () => {
  it('has a version, the same one for the same definition, and the next for another', async () => {
    const one = await define({ name: 'Trial to plan', steps: steps('a', 'b') })
    expect(one.body).toMatchObject({
      success: true,
      funnel: { funnel: 'trial_to_plan@1', version: 1, order: 'ordered', windowHours: 168, builtIn: false },
    })
    expect((await define({ name: 'Trial to plan', steps: steps('a', 'b') })).body.funnel.version).toBe(1)
    const two = await define({ name: 'Trial to plan', steps: steps('a', 'b', 'c') })
    expect(two.body.funnel).toMatchObject({ funnel: 'trial_to_plan@2', version: 2 })
    const { body } = await send('GET', '/api/funnels')
    expect(body.funnels.map(({ funnel }: { funnel: string }) => funnel)).toEqual(['default@1', 'trial_to_plan@2', 'trial_to_plan@1'])
    expect((await send('GET', '/api/funnels/trial_to_plan@1')).body.funnel.steps).toHaveLength(2)
    expect((await send('GET', '/api/funnels/trial_to_plan')).body.funnel.steps).toHaveLength(3)
    expect((await send('GET', '/api/funnels/default')).body.funnel).toMatchObject({ builtIn: true, order: 'implied', backfill: null })
  })

  it('takes events under any of their names', async () => {
    const { body } = await define({ name: 'Aliases', steps: steps('product_view', 'Order Completed') })
    expect(body.funnel.steps).toMatchObject([{ events: ['view_item'] }, { key: 'order_completed', events: ['purchase'] }])
  })

  it('can be archived: its figures stay, and its next version is another', async () => {
    await define({ id: 'short', name: 'Short', steps: steps('a', 'b') })
    const visitorId = mint()
    await tell(visit(visitorId, ['a']))
    expect(entered(await read('funnel=short'))).toEqual([1, 0])
    expect(refusal(await send('DELETE', '/api/funnels/short'))[0]).toBe(200)
    expect((await send('DELETE', '/api/funnels/short')).status).toBe(404)
    // What came before they were told still counts, so this comes after.
    await tell([{ event: 'b', visitorId, timestamp: Date.now() + MINUTE }])
    expect(entered(await read('funnel=short@1'))).toEqual([1, 0])
    expect((await define({ id: 'short', name: 'Short', steps: steps('a', 'b') })).body.funnel.version).toBe(2)
    const { body } = await send('GET', '/api/audit')
    expect(body.entries.map(({ action }: { action: string }) => action)).toEqual(
      expect.arrayContaining(['funnel.saved', 'funnel.archived']),
    )
  })

  it.each([
    ['one step', { steps: steps('a') }, [422, 'invalid_field', 'steps']],
    ['a key twice', { steps: steps('a', 'a') }, [422, 'duplicate_key', 'steps.1.key']],
    [
      'a flawed condition',
      { steps: [{ name: 'a', events: ['a'], condition: { country: { $oops: 1 } } }, ...steps('b')] },
      [422, 'invalid_field', 'steps.0.condition.country.$oops'],
    ],
    [
      'an optional first step',
      { steps: [{ name: 'a', events: ['a'], optional: true }, ...steps('b', 'c')] },
      [422, 'invalid_field', 'steps.0.optional'],
    ],
    ['one required step', { steps: [...steps('a'), { name: 'b', events: ['b'], optional: true }] }, [422, 'invalid_field', 'steps']],
    ['the id of the default', { id: 'default', steps: steps('a', 'b') }, [400, 'reserved_id', 'id']],
    ['an order nobody knows', { steps: steps('a', 'b'), order: 'loose' }, [422, 'invalid_field', 'order']],
    ['a window of nothing', { steps: steps('a', 'b'), windowHours: 0 }, [422, 'invalid_field', 'windowHours']],
    ['a step without events', { steps: [{ name: 'a', events: [] }, ...steps('b')] }, [422, 'invalid_field', 'steps.0.events']],
  ])('is refused with %s', async (_, body, expected) => {
    const answer = await define({ name: 'Refused', ...body })
    expect([answer.body.code, answer.body.field]).toEqual(expected.slice(1))
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
  })

  it('is answered by questions that make sense alone', async () => {
    expect(refusal(await send('GET', '/api/funnel?funnel=nowhere'))).toEqual([404, 'not_found', 'funnel'])
    expect(refusal(await send('GET', '/api/funnel?by=variant'))[1]).toBe('missing_field')
    expect((await send('GET', '/api/funnel?by=shoe_size')).status).toBe(400)
    expect((await send('DELETE', '/api/funnels/default')).status).toBe(400)
  })
})

describe('people on their way', () => {
  it('are one across devices once they say who they are', async () => {
    await define({ id: 'devices', name: 'Devices', steps: steps('device_a', 'device_b', 'device_c') })
    const [phone, laptop] = [mint(), mint()]
    await tell(visit(phone, ['device_a'], { device: 'mobile', timestamp: NOW - 30 * MINUTE }))
    await tell(visit(laptop, ['device_b', 'device_c'], { device: 'desktop' }))
    expect(entered(await read('funnel=devices'))).toEqual([1, 0, 0])
    for (const visitorId of [phone, laptop]) {
      expect((await send('POST', '/api/identify', { body: { visitorId, customerId: 'one_person' } })).status).toBe(200)
    }
    const answer = await read('funnel=devices&by=device')
    expect(entered(answer)).toEqual([1, 1, 1])
    expect(answer.groups).toMatchObject([{ value: 'mobile', steps: [{ entered: 1 }, { entered: 1 }, { entered: 1 }] }])
    expect(answer.steps).toMatchObject([
      { step: 'device_a', ofPrevious: null, ofFirst: 1, droppedOff: 0, medianSeconds: null },
      { ofPrevious: 1, ofFirst: 1, medianSeconds: expect.any(Number) },
      { droppedOff: 0 },
    ])
    // 28 minutes, and one.
    expect(answer.steps[1]?.medianSeconds).toBeGreaterThan((28 * 60) / 1.2)
    expect(answer.steps[1]?.medianSeconds).toBeLessThan(28 * 60 * 1.2)
    expect(answer.days.at(-1)?.entered ?? 0).toBeLessThanOrEqual(1)
    expect(answer.days.reduce((total, { converted }) => total + converted, 0)).toBe(1)
  })

  it('count side by side by variant, with what their purchases bring in less refunds', async () => {
    await define({ id: 'sale', name: 'Sale', steps: [...steps('sale_a'), { name: 'Bought', events: ['purchase'] }] })
    const { body } = await send('POST', '/api/experiments', {
      body: { name: 'Side by side', variants: [{ name: 'Plain' }, { name: 'Bold' }] },
    })
    expect(body.testId).toBe('side_by_side')
    const people = Array.from({ length: 6 }, (_, at) => ({ visitorId: mint(), variantId: at < 2 ? 'plain' : 'bold' }))
    for (const [at, { visitorId, variantId }] of people.entries()) {
      await tell([
        { event: 'experiment_viewed', visitorId, experimentId: 'side_by_side@1', variantId, timestamp: NOW - 10 * MINUTE },
        ...visit(visitorId, at % 2 === 0 ? ['sale_a', 'purchase'] : ['sale_a']),
      ])
    }
    const of = async () => {
      const answer = await read('funnel=sale&by=variant&experiment=side_by_side&currency=USD')
      return {
        revenue: answer.revenue,
        groups: answer.groups?.map(({ value, steps, revenue, revenuePerEntry }) => [
          value,
          ...steps.map((step) => step.entered),
          revenue,
          revenuePerEntry,
        ]),
      }
    }
    expect(await of()).toEqual({
      revenue: 150,
      groups: [
        ['plain', 2, 1, 50, 25],
        ['bold', 4, 2, 100, 25],
      ],
    })
    const transactionId = `t_${people[2]?.visitorId.slice(0, 24)}`
    await tell([{ event: 'refund', visitorId: people[2]?.visitorId as string, transactionId, amount: 20, currency: 'USD' }])
    expect(await of()).toEqual({
      revenue: 130,
      groups: [
        ['plain', 2, 1, 50, 25],
        ['bold', 4, 2, 80, 20],
      ],
    })
    // Whoever turns out to have seen both leaves both.
    await tell([
      { event: 'experiment_viewed', visitorId: people[0]?.visitorId as string, experimentId: 'side_by_side@1', variantId: 'bold' },
    ])
    expect((await of()).groups).toEqual([
      ['plain', 1, 0, 0, 0],
      ['bold', 4, 2, 80, 20],
    ])
    expect(refusal(await send('GET', '/api/funnel?funnel=sale&by=variant&experiment=nowhere'))).toEqual([404, 'not_found', 'experiment'])
  })

  it('of whom nothing is known are a group of their own', async () => {
    await define({ id: 'known', name: 'Known', steps: steps('known_a', 'known_b') })
    await tell([...visit(mint(), ['known_a', 'known_b'], { source: 'ads' }), ...visit(mint(), ['known_a'])])
    const { groups } = await read('funnel=known&by=source')
    expect(groups?.map(({ value, steps }) => [value, ...steps.map((step) => step.entered)])).toEqual([
      ['ads', 1, 1],
      ['unknown', 1, 0],
    ])
  })
})

describe('whoever came before a funnel was defined', () => {
  it('is counted by it from their first event on, when they come again or when the job has told them', async () => {
    const people = Array.from({ length: 7 }, mint)
    for (const visitorId of people) await tell(visit(visitorId, ['old_a', 'old_b'], { country: 'SE' }))
    await settle()
    const { body } = await define({ id: 'old', name: 'Old', steps: steps('old_a', 'old_b', 'old_c') })
    expect(body.funnel.backfill).toMatchObject({ done: 0, total: expect.any(Number) })
    expect(entered(await read('funnel=old'))).toEqual([0, 0, 0])
    await tell(visit(people[0] as string, ['old_c']).map((told) => ({ ...told, timestamp: NOW })))
    expect(entered(await read('funnel=old'))).toEqual([1, 1, 1])

    const slot = Date.now() + 10 * MINUTE
    expect(await backfillDefinitions(env, Date.now())).toContain('waits')
    // A few at a time, and two of them cannot be reached at first.
    const unreachable = new Set([people[3], people[5]])
    const told: string[] = []
    vi.spyOn(console, 'error').mockReturnValue()
    for (let run = 0; run < 60; run++) {
      const said = await backfillDefinitions(env, slot, 5, async (object) => {
        if (unreachable.has(object) && run < 3) throw new Error('not now')
        told.push(object)
        const { hash, text } = await definitions()
        const stub = stubOf(object)
        if ((await stub.adopt(`${Date.now()}\n${hash}`)) === null) await stub.adopt(`${Date.now()}\n${hash}\n${text}`)
      })
      if (said.startsWith('all')) break
      if (run === 1) expect((await send('GET', '/api/funnels/old')).body.funnel.backfill.done).toBeGreaterThan(0)
    }
    vi.restoreAllMocks()
    expect(await backfillDefinitions(env, slot)).toBe('all customers have been told')
    expect(people.every((visitorId) => told.includes(visitorId))).toBe(true)
    const answer = await read('funnel=old&by=country')
    expect(entered(answer)).toEqual([7, 7, 1])
    expect(answer.groups).toMatchObject([{ value: 'SE' }])
    expect((await send('GET', '/api/funnels/old')).body.funnel.backfill).toBeNull()
    // Telling them is no visit.
    expect((await insidesOf(people[1] as string))?.facts).toMatchObject({ events: 2, lastSeenAt: NOW - MINUTE })
  })

  it('is told by the job itself, in few runs', async () => {
    const visitorId = mint()
    await tell(visit(visitorId, ['job_a']))
    await settle()
    await define({ id: 'job', name: 'Job', steps: steps('job_a', 'job_b') })
    const said = await backfillDefinitions(env, Date.now() + 10 * MINUTE)
    expect(said).toMatch(/^(\d+) of \1 customers told$/)
    expect(entered(await read('funnel=job'))).toEqual([1, 0])
  })

  it('takes nothing of it away in an access request, and leaves nothing of it when erased', async () => {
    await tell([{ event: 'job_a', customerId: 'to_export' }])
    const { body } = await send('GET', '/api/customers/to_export/export')
    expect(body.events.map(({ type }: { type: string }) => type)).toEqual(['job_a'])
    await settle()
    expect((await send('DELETE', '/api/customers/to_export')).status).toBe(200)
    await settle()
    const id = env.CUSTOMERS.idFromName('customer:to_export')
    const left = await insidesOf(id)
    expect(left?.facts).toMatchObject({ events: 0, funnels: {}, journeys: {} })
    expect(left?.text).not.toContain('fl:definition')
  })
})

async function definitions(): Promise<{ hash: string; text: string }> {
  const root = await env.DB.prepare('SELECT body FROM config_roots ORDER BY version DESC LIMIT 1').first<string>('body')
  const hash = (JSON.parse(root ?? '{}') as { definitions: string }).definitions
  const text = (await env.DB.prepare('SELECT body FROM config_shards WHERE hash = ?').bind(hash).first<string>('body')) as string
  return { hash, text }
}

describe('what goes along with being lost', () => {
  /** Visitors of whom some search and some come by phone, and who go on by lot. */
  function crowd(prefix: string, seed: number, goesOn: (searches: boolean) => number): Told[] {
    const lot = seededRandom(seed)
    return Array.from({ length: 130 }, () => {
      const searches = lot() < 0.4
      const names = [`${prefix}_a`, ...(searches ? ['search'] : []), ...(lot() < goesOn(searches) ? [`${prefix}_b`] : [])]
      const country = (['US', 'DE', 'FR'] as const)[Math.floor(lot() * 3)]
      return visit(mint(), names, { device: lot() < 0.5 ? 'mobile' : 'desktop', country })
    }).flat()
  }

  it('is found where it is planted, with its interval and the people at stake, and claims no cause; where people go on by lot it is nothing', async () => {
    for (const id of ['planted', 'random']) await define({ id, name: id, steps: steps(`${id}_a`, `${id}_b`) })
    await tell([...crowd('planted', 5, (searches) => (searches ? 0.8 : 0.3)), ...crowd('random', 11, () => 0.5)])
    const { drivers } = await read('funnel=planted')
    expect(drivers.map(({ step, feature, value }) => [step, feature, value])).toEqual([['planted_a', 'event', 'search']])
    const [driver] = drivers
    expect(driver?.difference.low).toBeLessThan(0.5)
    expect(driver?.difference.low).toBeGreaterThan(0)
    expect(driver?.difference.high).toBeGreaterThan(0.5)
    expect(driver?.adjustedPValue).toBeLessThan(0.001)
    expect(driver?.adjustedPValue).toBeGreaterThanOrEqual(driver?.pValue as number)
    expect(driver?.atStake).toBeGreaterThan(15)
    expect(driver?.recommendation).toMatch(/may have meant to go on anyway/)
    expect((await read('funnel=random')).drivers).toEqual([])
  })

  it('are variants of an experiment, but not of one whose people are not split as they should be: that has no winner to tell', async () => {
    const names = { even: [60, 60], uneven: [110, 40] } as const
    await define({ id: 'tested', name: 'Tested', steps: steps('tested_a', 'tested_b') })
    for (const [name, people] of Object.entries(names)) {
      await send('POST', '/api/experiments', { body: { name, variants: [{ name: 'Old' }, { name: 'New' }] } })
      await tell(
        people.flatMap((size, at) =>
          Array.from({ length: size }, (_, person) => {
            const visitorId = mint()
            const seen = {
              event: 'experiment_viewed',
              visitorId,
              experimentId: `${name}@1`,
              variantId: ['old', 'new'][at],
              timestamp: NOW - 10 * MINUTE,
            }
            return [seen, ...visit(visitorId, person % 10 < (at === 0 ? 2 : 8) ? ['tested_a', 'tested_b'] : ['tested_a'])]
          }).flat(),
        ),
      )
    }
    const { drivers } = await read('funnel=tested')
    expect((await send('GET', '/api/experiments/uneven')).body.results).toMatchObject({ verdict: 'invalid' })
    expect(drivers.filter(({ feature }) => feature === 'variant').map(({ value }) => value)).toEqual(['even@1|old'])
    expect(drivers.find(({ feature }) => feature === 'variant')?.recommendation).toMatch(/^Of those shown old of even, 20.0 % go on/)
  })
})

describe('all of it', () => {
  it('adds up: the sums are those of all objects, and the log tells them again', async () => {
    await settle()
    expect(sorted(await rollups())).toEqual(sorted(await sumOfObjects()))
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
    const visitorId = mint()
    await tell(visit(visitorId, ['job_a', 'job_b'], { timestamp: NOW - DAY }))
    expect((await eventsOf(visitorId))?.filter(({ body }) => body.kind === 'definition').length).toBeGreaterThan(5)
  })

  it('has room for twenty funnels', async () => {
    const { body } = await send('GET', '/api/funnels')
    const inForce = new Set((body.funnels as { id: string }[]).map(({ id }) => id)).size - 1
    for (let at = inForce; at < 20; at++) expect((await define({ name: `Room ${at}`, steps: steps('a', 'b') })).status).toBe(200)
    expect(refusal(await define({ name: 'One too many', steps: steps('a', 'b') }))).toEqual([409, 'conflict', undefined])
    expect((await define({ id: 'old', name: 'Old', steps: steps('old_a', 'old_z') })).body.funnel.version).toBe(2)
  })
})
