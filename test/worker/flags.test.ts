import { env, runInDurableObject } from 'cloudflare:test'
import { beforeAll, describe, expect, it } from 'vitest'
import { sendTo } from './fault.ts'
import { type Answer, send, settle, setUpShop } from './shop.ts'

const PAGE = { key: 'pk_demo_storefront' }
const SERVER = { key: 'sk_demo_server' }
const BULK = '/ofrep/v1/evaluate/flags'

type Context = Record<string, unknown>
const ask = (key: string, context: Context, as = PAGE, headers = {}) =>
  send('POST', `${BULK}/${key}`, { ...as, body: { context }, headers })
const askAll = (context: Context, as = PAGE, headers: Record<string, string> = {}) =>
  send('POST', BULK, { ...as, body: { context }, headers })
const flagOf = ({ body }: Answer, key: string) => body.flags.find((flag: { key: string }) => flag.key === key)
const start = async (body: Record<string, unknown>) => {
  const answer = await send('POST', '/api/experiments', { body: { variants: [{ name: 'control' }, { name: 'bold' }], ...body } })
  expect(answer.body).toMatchObject({ success: true })
}
const mint = async (): Promise<string> => (await send('POST', '/api/visitors', PAGE)).body.visitorId
const countsOf = async (key: string) => {
  await settle()
  return (await send('GET', `/api/experiments/${key}`)).body.counts
}

beforeAll(async () => {
  await setUpShop()
  await send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })
  await start({ name: 'hero' })
  await start({ name: 'us only', key: 'us_only', condition: { country: 'US', plan: { $in: ['pro', 'team'] } } })
  await start({ name: 'later', key: 'later', startsAt: '2099-01-01T00:00:00Z', endsAt: '2099-02-01T00:00:00Z' })
  await start({
    name: 'object',
    variants: [
      { name: 'one', config: { columns: 1 } },
      { name: 'two', config: { columns: 2 } },
    ],
  })
  await start({ name: 'dependent', prerequisites: [{ key: 'hero', condition: { value: 'bold' } }] })
})

describe('one flag', () => {
  it('answers a variant by the draw, the same for one key and both for many', async () => {
    const seen = new Map<string, string>()
    for (let each = 0; each < 30; each++) {
      const { status, body } = await ask('hero', { targetingKey: `someone ${each}` })
      expect(status).toBe(200)
      expect(body).toMatchObject({
        key: 'hero',
        reason: 'SPLIT',
        metadata: { experimentId: 'hero@1', variantId: body.variant, propensity: 0.5 },
      })
      expect(body.value).toBe(body.variant)
      seen.set(`someone ${each}`, body.value)
    }
    expect(new Set(seen.values())).toEqual(new Set(['control', 'bold']))
    for (const [targetingKey, value] of seen) expect((await ask('hero', { targetingKey })).body.value).toBe(value)
  })

  it('answers the control where it does not apply, and says why', async () => {
    const key = { targetingKey: 'somebody' }
    expect((await ask('us_only', { ...key, country: 'US', plan: 'free' })).body).toEqual({
      key: 'us_only',
      value: 'control',
      variant: 'control',
      reason: 'DEFAULT',
      metadata: {},
    })
    expect((await ask('us_only', { ...key, country: 'US', plan: 'pro' })).body.reason).toBe('SPLIT')
    expect((await ask('later', key)).body).toMatchObject({ value: 'control', reason: 'DISABLED' })
    expect((await ask('object', key)).body.value).toHaveProperty('columns')
  })

  it('heeds its prerequisite', async () => {
    for (let each = 0; each < 20; each++) {
      const context = { targetingKey: `dependent ${each}` }
      const hero = await ask('hero', context)
      const dependent = await ask('dependent', context)
      expect(dependent.body.reason).toBe(hero.body.value === 'bold' ? 'SPLIT' : 'DEFAULT')
    }
  })

  it('is forced by the address for a test by hand, and that is never analysed', async () => {
    const { body } = await ask('hero', { targetingKey: await mint(), url: 'https://shop.example/?hero=1' })
    expect(body).toEqual({ key: 'hero', value: 'bold', variant: 'bold', reason: 'STATIC', metadata: { forced: true } })
  })

  it.each([
    ['an unknown flag', 'nothing', { targetingKey: 'x' }, 404, 'FLAG_NOT_FOUND'],
    ['an unknown product', 'price:nothing', { targetingKey: 'x' }, 404, 'FLAG_NOT_FOUND'],
    ['nobody', 'hero', {}, 400, 'TARGETING_KEY_MISSING'],
    ['a key that is no text', 'hero', { targetingKey: 7 }, 400, 'INVALID_CONTEXT'],
    ['a protected attribute, for a price', 'price:pro_bundle', { targetingKey: 'x', religion: 'any' }, 400, 'INVALID_CONTEXT'],
  ])('is refused for %s', async (_, key, context, status, errorCode) => {
    const answer = await ask(key, context)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ key, errorCode, success: false })
    expect(answer.body.errorDetails).toBeTruthy()
  })

  it('is refused for what is no JSON, and without a key', async () => {
    expect((await send('POST', `${BULK}/hero`, { ...PAGE, body: '{"context":' })).body).toMatchObject({
      status: 400,
      errorCode: 'PARSE_ERROR',
    })
    expect((await send('POST', `${BULK}/hero`, { key: 'pk_nobody', body: { context: {} } })).status).toBe(401)
    expect(
      (await send('POST', `${BULK}/hero`, { headers: { 'x-api-key': 'pk_demo_storefront' }, body: { context: { targetingKey: 'x' } } }))
        .status,
    ).toBe(200)
  })

  it('gives whoever refuses profiling the control, and learns nothing of them', async () => {
    const visitorId = await mint()
    const disabled = { value: 'control', reason: 'DISABLED', metadata: {} }
    expect((await ask('hero', { targetingKey: visitorId }, PAGE, { 'sec-gpc': '1' })).body).toMatchObject(disabled)
    expect((await ask('hero', { consent: 'denied' })).body).toMatchObject(disabled)
    expect((await ask('hero', { targetingKey: visitorId }, PAGE, { 'user-agent': 'Googlebot/2.1' })).body).toMatchObject(disabled)
    const tables = await runInDurableObject(env.CUSTOMERS.get(env.CUSTOMERS.idFromString(visitorId)), (_, { storage }) =>
      storage.sql.exec(`SELECT name FROM sqlite_master WHERE name = 'self'`).toArray(),
    )
    expect(tables).toEqual([])
  })
})

describe('all flags', () => {
  it('come at once, for a page without a preflight too, and with the same answers as one by one', async () => {
    const context = { targetingKey: await mint(), country: 'US', plan: 'pro' }
    const all = await send('POST', BULK, { ...PAGE, body: JSON.stringify({ context }), headers: { 'content-type': 'text/plain' } })
    expect(all.status).toBe(200)
    expect(all.headers.get('access-control-allow-origin')).toBe('*')
    expect(all.body.flags.map(({ key }: { key: string }) => key)).toEqual(['dependent', 'hero', 'later', 'object', 'us_only'])
    for (const flag of all.body.flags) expect((await ask(flag.key, context)).body).toEqual(flag)
  })

  it('are not sent again while context and results stay the same, and are when either changes', async () => {
    const context = { targetingKey: 'steady', country: 'US', plan: 'pro' }
    const first = await askAll(context)
    const etag = first.headers.get('etag') as string
    const again = await askAll(context, PAGE, { 'if-none-match': etag })
    expect([again.status, again.body, again.headers.get('etag')]).toEqual([304, '', etag])
    const other = await askAll({ ...context, plan: 'free' }, PAGE, { 'if-none-match': etag })
    expect(other.status).toBe(200)
    expect(flagOf(other, 'us_only').reason).toBe('DEFAULT')
    await start({ name: 'new one', key: 'new_one' })
    expect((await askAll(context, PAGE, { 'if-none-match': etag })).status).toBe(200)
  })

  it('touch no object, and count nobody as having seen anything', async () => {
    const visitorId = await mint()
    const before = await countsOf('hero')
    await askAll({ targetingKey: visitorId })
    expect(await countsOf('hero')).toEqual(before)
  })

  it('give nobody in particular the controls', async () => {
    for (const flag of (await askAll({})).body.flags) expect(flag.reason).not.toBe('SPLIT')
  })

  it('hold prices where they are asked for, as previews', async () => {
    const all = await askAll({ targetingKey: await mint(), country: 'US', products: ['pro_bundle', 'nothing', 'starter_bundle'] })
    expect(flagOf(all, 'price:pro_bundle')).toMatchObject({ value: { productId: 'pro_bundle', currency: 'USD', listPrice: 499 } })
    expect(flagOf(all, 'price:starter_bundle')).toMatchObject({ reason: 'DEFAULT', value: { optimizedPrice: 199 } })
    expect(flagOf(all, 'price:nothing')).toBeUndefined()
  })
})

describe('a flood from one address', () => {
  it('is answered 429 with Retry-After, and nobody else’s is', async () => {
    const production = { ...env, ENVIRONMENT: 'production' }
    const from = (address: string) =>
      sendTo(production, 'POST', BULK, { ...PAGE, body: { context: {} }, headers: { 'cf-connecting-ip': address } })
    let answer = await from('203.0.113.7')
    // Twice as many as a minute allows, as a minute may end meanwhile.
    for (let each = 0; each < 2_600 && answer.status === 200; each++) answer = await from('203.0.113.7')
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '10'])
    expect((await from('203.0.113.8')).status).toBe(200)
  })
})

describe('a price as a flag', () => {
  it('is the price the pricing route gives, with its quote', async () => {
    const targetingKey = await mint()
    const { body } = await ask('price:pro_bundle', { targetingKey, country: 'US' })
    const priced = await send('GET', `/api/pricing/pro_bundle?visitorId=${targetingKey}&country=US`, PAGE)
    expect(body.value).toEqual(priced.body.pricing)
    expect(body).toMatchObject({ key: 'price:pro_bundle', reason: 'SPLIT', variant: priced.body.pricing.test.variant })
    expect(body.value.quote).toBeTruthy()
  })
})

describe('a sticky assignment', () => {
  it('keeps whoever was drawn where they are, whatever becomes of the split', async () => {
    await start({ name: 'sticky' })
    const kept = new Map<string, { value: string; sticky: string }>()
    for (let each = 0; each < 20; each++) {
      const all = await askAll({ targetingKey: `sticky ${each}`, sticky: '' })
      kept.set(`sticky ${each}`, { value: flagOf(all, 'sticky').value, sticky: all.body.metadata.sticky })
    }
    await send('PATCH', '/api/experiments/sticky', { body: { weights: [0.99, 0.01] } })
    let moved = 0
    for (const [targetingKey, { value, sticky }] of kept) {
      expect(flagOf(await askAll({ targetingKey, sticky }), 'sticky').value).toBe(value)
      if (flagOf(await askAll({ targetingKey }), 'sticky').value !== value) moved++
      // Another's assignments are as good as none.
      expect(flagOf(await askAll({ targetingKey: `${targetingKey} other`, sticky }), 'sticky').value).toBe(
        flagOf(await askAll({ targetingKey: `${targetingKey} other` }), 'sticky').value,
      )
    }
    expect(moved).toBeGreaterThan(0)
  })

  it('of an earlier version can be left out', async () => {
    await start({ name: 'tainted' })
    const all = await askAll({ targetingKey: 'early bird', sticky: '' })
    expect(flagOf(all, 'tainted').reason).toBe('SPLIT')
    await send('PATCH', '/api/experiments/tainted', { body: { excludeEarlier: true } })
    expect(flagOf(await askAll({ targetingKey: 'early bird', sticky: all.body.metadata.sticky }), 'tainted').reason).toBe('DEFAULT')
    expect(flagOf(await askAll({ targetingKey: 'newcomer', sticky: '' }), 'tainted').reason).toBe('SPLIT')
  })

  it.each(['{', '[]', '{"id||x":7}', 'null', '{"__proto__":{"a":"b"}}'])('of nobody’s making (%s) is as good as none', async (sticky) => {
    const plain = await askAll({ targetingKey: 'x' })
    const odd = await askAll({ targetingKey: 'x', sticky })
    expect(odd.status).toBe(200)
    expect(odd.body.flags).toEqual(plain.body.flags)
  })
})

describe('an exposure', () => {
  const viewed = (visitorId: string, experimentId: string, variantId: string, more = {}) =>
    send('POST', '/api/events', {
      ...PAGE,
      body: { events: [{ id: crypto.randomUUID(), event: 'experiment_viewed', visitorId, experimentId, variantId, ...more }] },
    })
  const buy = (visitorId: string, amount: number) =>
    send('POST', '/api/revenue/event', {
      ...SERVER,
      body: { event: 'purchase', visitorId, transactionId: crypto.randomUUID(), amount, currency: 'USD' },
    })

  it('is one flag evaluated for a person of ours, once, and what they then pay is its variant’s', async () => {
    await start({ name: 'paying' })
    const visitorId = await mint()
    const { body } = await ask('paying', { targetingKey: visitorId })
    await ask('paying', { targetingKey: visitorId })
    await settle()
    await buy(visitorId, 40)
    const counts = await countsOf('paying')
    expect(counts.variants.find(({ key }: { key: string }) => key === body.variant)).toEqual({
      key: body.variant,
      exposed: 1,
      buyers: 1,
      netRevenue: 40,
    })
    expect(counts.excluded).toBe(0)
  })

  it('of a person a server asks about is of where and on what they are, as far as those are words we know', async () => {
    await start({ name: 'placed' })
    const contexts = [{ country: 'de', device: 'mobile' }, { country: 'anywhere|', device: 'toaster' }, {}]
    for (const [at, context] of contexts.entries())
      await send('POST', '/ofrep/v1/evaluate/flags/placed', { ...SERVER, body: { context: { targetingKey: `placed_${at}`, ...context } } })
    await settle()
    const { results } = await env.DB.prepare(
      `SELECT dimension, substr(value, 1, instr(value, '|') - 1) AS own, SUM(sum) AS sum FROM rollups
       WHERE metric = 'test_exposed' AND scope = 'placed@1:' AND dimension IN ('country', 'device') GROUP BY 1, 2 ORDER BY 1, 2`,
    ).all()
    expect(results).toEqual([
      { dimension: 'country', own: 'DE', sum: 1 },
      { dimension: 'country', own: 'unknown', sum: 2 },
      { dimension: 'device', own: 'mobile', sum: 1 },
      { dimension: 'device', own: 'unknown', sum: 2 },
    ])
  })

  it('is told by a page as often as it likes, and counts once', async () => {
    await start({ name: 'told' })
    const visitorId = await mint()
    expect((await viewed(visitorId, 'told@1', 'bold')).body.results[0].status).toBe('accepted')
    expect((await viewed(visitorId, 'told@1', 'bold')).body.results[0].status).toBe('duplicate')
    expect((await viewed(visitorId, 'told', 'bold')).body.results[0].status).toBe('duplicate')
    expect((await countsOf('told')).variants[1]).toMatchObject({ key: 'bold', exposed: 1 })
  })

  it('to a second variant takes the person out of both', async () => {
    await start({ name: 'both' })
    const visitorId = await mint()
    await viewed(visitorId, 'both@1', 'bold')
    await viewed(visitorId, 'both@1', 'control')
    await buy(visitorId, 10)
    const counts = await countsOf('both')
    expect(counts.excluded).toBe(1)
    for (const variant of counts.variants) expect(variant).toMatchObject({ exposed: 0, netRevenue: 0 })
  })

  it('on two devices of one person is one, and to different variants excludes them', async () => {
    await start({ name: 'devices' })
    const [one, two, three] = [await mint(), await mint(), await mint()]
    await viewed(one, 'devices@1', 'bold')
    await viewed(two, 'devices@1', 'bold')
    await viewed(three, 'devices@1', 'control')
    for (const visitorId of [one, two]) await send('POST', '/api/identify', { ...SERVER, body: { visitorId, customerId: 'cus_devices' } })
    expect(await countsOf('devices')).toMatchObject({ excluded: 0, variants: [{ exposed: 1 }, { exposed: 1 }] })
    await send('POST', '/api/identify', { ...SERVER, body: { visitorId: three, customerId: 'cus_devices' } })
    expect(await countsOf('devices')).toMatchObject({ excluded: 1, variants: [{ exposed: 0 }, { exposed: 0 }] })
  })

  it('to what is no experiment or variant of ours is behaviour and nothing more', async () => {
    const visitorId = await mint()
    for (const [experimentId, variantId] of [
      ['nothing@1', 'bold'],
      ['hero@1', 'nothing'],
      ['hero@2', 'bold'],
      ['hero@0', 'bold'],
    ] as const)
      expect((await viewed(visitorId, experimentId, variantId)).body.results[0].status).toBe('accepted')
    await settle()
    const { results } = await env.DB.prepare(
      `SELECT DISTINCT scope FROM rollups WHERE metric = 'test_exposed' AND scope LIKE 'nothing%'`,
    ).all()
    expect(results).toEqual([])
  })

  it('is understood in the words of other tags', async () => {
    await start({ name: 'others' })
    const visitorId = await mint()
    await send('POST', '/api/events', {
      ...PAGE,
      body: { events: [{ event: 'experiment_viewed', visitorId, experiment_id: 'others', variation_id: 'bold' }] },
    })
    expect((await countsOf('others')).variants[1].exposed).toBe(1)
  })
})

describe('a server that asks for a customer', () => {
  it('gets what the browser got before they signed in', async () => {
    const visitorId = await mint()
    const before = await ask('hero', { targetingKey: visitorId })
    await settle()
    await send('POST', '/api/identify', { ...SERVER, body: { visitorId, customerId: 'cus_flag' } })
    const after = await ask('hero', { targetingKey: 'cus_flag' }, SERVER)
    expect(after.body.value).toBe(before.body.value)
    const second = await mint()
    await send('POST', '/api/identify', { ...SERVER, body: { visitorId: second, customerId: 'cus_flag' } })
    expect((await ask('hero', { targetingKey: second }, SERVER)).body.value).toBe(before.body.value)
  })
})

describe('many people', () => {
  it('are taken in by the share an experiment covers, and meet no two of one namespace', async () => {
    await start({ name: 'left', namespace: { id: 'page', from: 0, to: 0.5 } })
    await start({ name: 'right', namespace: { id: 'page', from: 0.5, to: 1 } })
    await start({ name: 'some', coverage: 0.3 })
    const drawn = { left: 0, right: 0, some: 0, both: 0 }
    for (let each = 0; each < 200; each++) {
      const all = await askAll({ targetingKey: `reader ${each}` })
      const isIn = (key: string) => flagOf(all, key).reason === 'SPLIT'
      for (const key of ['left', 'right', 'some'] as const) if (isIn(key)) drawn[key]++
      if (isIn('left') && isIn('right')) drawn.both++
    }
    expect(drawn.both).toBe(0)
    expect(drawn.left + drawn.right).toBe(200)
    expect(drawn.left).toBeGreaterThan(60)
    expect(drawn.some).toBeGreaterThan(30)
    expect(drawn.some).toBeLessThan(90)
  })
})
