import { env } from 'cloudflare:test'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { saveDemand } from '../../worker/db/demand.ts'
import { readSources } from '../../worker/db/snapshot.ts'
import { DAY_MS } from '../../worker/domain/time.ts'
import { send, setUpShop } from './shop.ts'

const PK = 'pk_demo_storefront'

const put = (id: string, product: Record<string, unknown>) => send('PUT', `/api/products/${id}`, { body: { name: id, ...product } })
const usd = (amount: number, over: Record<string, unknown> = {}) => ({ prices: [{ currency: 'USD', amount, ...over }] })
const priced = async (id: string, query: string) =>
  (await send('GET', `/api/pricing/${id}?visitorId=new&${query}`, { key: PK })).body.pricing
const rule = (id: string, body: Record<string, unknown>) =>
  send('PUT', `/api/price-rules/${id}`, { body: { name: id, kind: 'market', ...body } })
/** Has what was put into the database past the routes come into force. */
const compile = () => send('PATCH', '/api/settings', { body: { holdoutShare: 0 } })

/** A list price of some days ago, as if it had been saved then. */
const listedBefore = (id: string, days: number, amountMinor: number) =>
  env.DB.prepare("INSERT INTO price_ledger (product_id, currency, amount_minor, effective_at, reason) VALUES (?, 'USD', ?, ?, 'earlier')")
    .bind(id, amountMinor, Date.now() - days * DAY_MS)
    .run()

beforeAll(async () => {
  await setUpShop({ test: false })
  await compile()
})

describe('a product sold in many countries', () => {
  it('has the list price of the country, or its tier’s share, or that of the currency', async () => {
    const countries = [
      { country: 'CH', amount: 120 },
      { country: 'BR', amount: 80 },
    ]
    const saved = await put('abroad', { ...usd(100, { floor: 45, countries }), purchasingPower: true })
    expect(saved.body.product).toMatchObject({
      rounding: 'auto',
      purchasingPower: true,
      prices: [{ countries: [{ country: 'CH' }, { country: 'BR' }] }],
    })
    expect((await send('GET', '/api/products/abroad')).body.product.prices[0].countries).toEqual([
      { country: 'BR', amount: 80 },
      { country: 'CH', amount: 120 },
    ])
    const lists = await Promise.all(['US', 'CH', 'BR', 'MX', 'IN', 'ET'].map((country) => priced('abroad', `country=${country}`)))
    // Ethiopia's 0.4 of 100 is below the floor.
    expect(lists.map(({ listPrice }) => listPrice)).toEqual([100, 120, 80, 70, 50, 45])
    for (const { listPrice, optimizedPrice, priceClass, personalized, lowest30Days } of lists) {
      expect([optimizedPrice, priceClass, personalized, lowest30Days]).toEqual([listPrice, 'uniform', false, listPrice])
    }
    expect(lists.map(({ explain }) => explain[0].detail)).toEqual([
      'The list price is 100.00 USD',
      'The list price of CH is 120.00 USD',
      'The list price of BR is 80.00 USD',
      'The list price of MX, 70 % by purchasing power (upper_middle), is 70.00 USD',
      'The list price of IN, 50 % by purchasing power (lower_middle), is 50.00 USD',
      'The list price of ET, 40 % by purchasing power (low), is 45.00 USD',
    ])
  })

  it('heeds tiers that the business has set, and shows them to rules', async () => {
    await put('tiered', { ...usd(200), purchasingPower: true })
    const tiers = [
      { id: 'rest', countries: [], share: 1 },
      { id: 'nordic', countries: ['NO', 'SE'], share: 0.9 },
    ]
    expect((await send('PATCH', '/api/settings', { body: { purchasingPowerTiers: tiers } })).body.settings.purchasingPowerTiers).toEqual(
      tiers,
    )
    await rule('nordic', { productIds: ['tiered'], condition: { countryTier: 'nordic' }, multiplier: 1.1 })
    expect(await priced('tiered', 'country=NO')).toMatchObject({ listPrice: 180, optimizedPrice: 198, reason: 'market' })
    expect(await priced('tiered', 'country=IN')).toMatchObject({ listPrice: 200, optimizedPrice: 200, reason: 'list' })
  })

  it('is in no price test where its list price is another', async () => {
    await put('tested', usd(100, { countries: [{ country: 'CH', amount: 120 }] }))
    await send('PATCH', '/api/settings', { body: { law: { US: { uniform: 'allow', randomised: 'allow', personal: 'off' } } } })
    await send('POST', '/api/price-tests', { body: { productId: 'tested', testPrices: [100, 110], duration: 10, mode: 'switchback' } })
    expect(await priced('tested', 'country=US')).toMatchObject({ reason: 'test' })
    expect(await priced('tested', 'country=CH')).toMatchObject({ reason: 'list', optimizedPrice: 120, test: null })
  })

  const countries = (...amounts: number[]) => amounts.map((amount, at) => ({ country: ['CH', 'BR', 'CH'][at], amount }))
  it.each([
    [
      'a country’s price below the floor',
      usd(100, { floor: 90, countries: countries(95, 80) }),
      'price_out_of_bounds',
      'prices.0.countries.1.amount',
    ],
    ['one above the ceiling', usd(100, { ceiling: 110, countries: countries(120) }), 'price_out_of_bounds', 'prices.0.countries.0.amount'],
    [
      'one without the margin',
      { ...usd(100, { unitCost: 40, countries: countries(70) }), minimumMargin: 0.5 },
      'price_out_of_bounds',
      'prices.0.countries.0.amount',
    ],
    [
      'one with more decimals than the currency',
      usd(100, { countries: countries(9.999) }),
      'amount_too_precise',
      'prices.0.countries.0.amount',
    ],
    ['two of one country', usd(100, { countries: countries(95, 80, 90) }), 'duplicate_key', 'prices.0.countries.2.country'],
    ['what no provider can charge', { prices: [{ currency: 'KWD', amount: 12.345 }] }, 'amount_too_precise', 'prices.0.amount'],
    ['a floor that none can', { prices: [{ currency: 'BHD', amount: 12.34, floor: 1.001 }] }, 'amount_too_precise', 'prices.0.floor'],
  ])('refuses %s', async (_, product, code, field) => {
    expect(await put('refused', product)).toMatchObject({ status: 422, body: { code, field } })
    expect((await send('GET', '/api/products/refused')).status).toBe(404)
  })

  it.each([
    [
      'a country in two tiers',
      [
        { id: 'a', countries: [], share: 1 },
        { id: 'b', countries: ['IN', 'PK'], share: 0.5 },
        { id: 'c', countries: ['PK'], share: 0.4 },
      ],
      'duplicate_key',
      'purchasingPowerTiers.2.countries.0',
    ],
    [
      'two tiers of one name',
      [
        { id: 'a', countries: [], share: 1 },
        { id: 'a', countries: ['IN'], share: 0.5 },
      ],
      'duplicate_key',
      'purchasingPowerTiers.1',
    ],
    ['a first tier that pays less', [{ id: 'a', countries: [], share: 0.5 }], 'invalid_field', 'purchasingPowerTiers.0.share'],
  ])('refuses %s', async (_, purchasingPowerTiers, code, field) => {
    expect(await send('PATCH', '/api/settings', { body: { purchasingPowerTiers } })).toMatchObject({ status: 422, body: { code, field } })
  })
})

describe('rounding', () => {
  it.each([
    ['auto', 100, 91],
    ['whole', 99.5, 91],
    ['charm', 100, 90.99],
    ['none', 100, 91.37],
  ])('%s ends a price of %d so', async (rounding, amount, expected) => {
    await put('ended', { ...usd(amount), rounding })
    await rule('ended', { productIds: ['ended'], multiplier: 91.37 / amount })
    expect((await priced('ended', 'country=US')).optimizedPrice).toBe(expected)
  })

  it('makes prices that can be charged and paid out', async () => {
    await put('charged', {
      rounding: 'none',
      prices: [
        { currency: 'KWD', amount: 12.34 },
        { currency: 'HUF', amount: 4_990.5 },
        { currency: 'ISK', amount: 999 },
      ],
    })
    await rule('charged', { productIds: ['charged'], multiplier: 1.0123 })
    const amounts = await Promise.all(
      ['KWD', 'HUF', 'ISK'].map(async (currency) => (await priced('charged', `currency=${currency}`)).optimizedPrice),
    )
    expect(amounts).toEqual([12.49, 5052, 1011])
  })
})

describe('the price ledger', () => {
  it('keeps every list price, of countries too, and tells the lowest before the present one', async () => {
    await put('laddered', usd(100, { countries: [{ country: 'CH', amount: 130 }] }))
    await put('laddered', usd(120, { countries: [{ country: 'CH', amount: 130 }] }))
    await put('laddered', usd(90))
    const { body } = await send('GET', '/api/products/laddered/prices')
    expect(body.prices.map(({ country, amount, reason }: Record<string, unknown>) => [country, amount, reason])).toEqual([
      ['CH', 90, 'own price removed'],
      [null, 90, 'list price saved'],
      [null, 120, 'list price saved'],
      ['CH', 130, 'list price saved'],
      [null, 100, 'list price saved'],
    ])
    expect(body.lowest30Days).toEqual([
      { currency: 'USD', country: null, amount: 100 },
      { currency: 'USD', country: 'CH', amount: 130 },
    ])
    const page = (await send('GET', '/api/products/laddered/prices?limit=2')).body
    expect(page.prices).toEqual(body.prices.slice(0, 2))
    expect((await send('GET', `/api/products/laddered/prices?limit=2&before=${page.next}`)).body.prices).toEqual(body.prices.slice(2, 4))
    await send('DELETE', '/api/products/laddered')
    expect((await send('GET', '/api/products/laddered/prices')).body).toMatchObject({ prices: body.prices, lowest30Days: [] })
    expect((await send('GET', '/api/products/never/prices')).status).toBe(404)
    await expect(env.DB.prepare('UPDATE price_ledger SET amount_minor = 1').run()).rejects.toThrow(/append-only/)
  })

  it('tells each price answer what a reduction is announced against', async () => {
    await put('reduced', usd(80))
    await listedBefore('reduced', 200, 9_000)
    await listedBefore('reduced', 40, 7_000)
    await listedBefore('reduced', 20, 10_000)
    await compile()
    expect(await priced('reduced', 'country=US')).toMatchObject({ listPrice: 80, lowest30Days: 70 })
    expect((await send('GET', '/api/products/reduced/prices')).body.lowest30Days).toEqual([{ currency: 'USD', country: null, amount: 70 }])
    const listing = await send('POST', '/api/pricing', { key: PK, body: { products: ['reduced'] } })
    expect(listing.body.prices[0].lowest30Days).toBe(70)
  })
})

describe('the step limit', () => {
  it('moves the price by a step a day towards what rules ask, and back', async () => {
    await put('stepping', { ...usd(100), maximumStepPerDay: 0.1, rounding: 'none' })
    await listedBefore('stepping', 50, 10_000)
    await rule('doubled', { productIds: ['stepping'], multiplier: 2 })
    const first = await priced('stepping', 'country=US')
    expect(first).toMatchObject({ optimizedPrice: 110, reason: 'market' })
    expect(first.explain.find(({ step }: { step: string }) => step === 'step_limit').detail).toBe(
      'At most 10 % from 100.00 USD, with which the day before closed',
    )
    // As if it had been saved two days before: a step at each close since, and one today.
    const { body } = (await env.DB.prepare("SELECT body FROM price_rules WHERE id = 'doubled'").first<{ body: string }>()) as {
      body: string
    }
    const earlier = 'INSERT INTO price_rule_history (rule_id, body, effective_at) VALUES (?, ?, ?)'
    await env.DB.prepare(earlier)
      .bind('doubled', body, Date.now() - 2 * DAY_MS)
      .run()
    await compile()
    expect(await priced('stepping', 'country=US')).toMatchObject({ optimizedPrice: 133.1, reason: 'market' })
    await send('DELETE', '/api/price-rules/doubled')
    expect(await priced('stepping', 'country=US')).toMatchObject({ optimizedPrice: 108.9, reason: 'step_limit', priceClass: 'uniform' })
  })

  it('counts from what signals and exchange rates were when the day before closed', async () => {
    await put('following', { ...usd(100), maximumStepPerDay: 0.2, rounding: 'none' })
    await listedBefore('following', 50, 10_000)
    const yesterday = new Date(Date.now() - DAY_MS).toISOString().slice(0, 10)
    await env.DB.prepare('INSERT INTO day_closes VALUES (?, ?, ?, ?)')
      .bind('following', 'competitor', yesterday, JSON.stringify({ value: 1, at: Date.now() - DAY_MS }))
      .run()
    const following = { kind: 'competitor', productIds: ['following'], sensitivity: 1, minimum: 0.5, maximum: 2 }
    await rule('rivals', following)
    await send('PUT', '/api/market-signals', { body: { signals: [{ productId: 'following', signal: 'competitor', value: 1.5 }] } })
    expect(await priced('following', 'country=US')).toMatchObject({ optimizedPrice: 120, reason: 'competitor' })
    const { results } = await env.DB.prepare("SELECT day, value FROM day_closes WHERE product_id = 'following' ORDER BY day").all<{
      value: string
    }>()
    expect(results.map(({ value }) => JSON.parse(value).value)).toEqual([1, 1.5])
    await send('PATCH', '/api/settings', { body: { exchangeRates: { EUR: '1.1' } } })
    expect(await env.DB.prepare("SELECT value FROM day_closes WHERE name = 'rates'").first('value')).toBe('{"EUR":"1.1"}')
  })
})

it('forgets what was told of the market for a product that is removed', async () => {
  await put('brief', usd(100))
  await send('PUT', '/api/market-signals', { body: { signals: [{ productId: 'brief', signal: 'inventory', value: 3 }] } })
  const told = () => env.DB.prepare("SELECT COUNT(*) AS count FROM market_signals WHERE product_id = 'brief'").first('count')
  expect(await told()).toBe(1)
  expect((await send('DELETE', '/api/products/brief')).status).toBe(200)
  expect(await told()).toBe(0)
})

it('reads what days closed with of products with a step limit alone, and of all together', async () => {
  await put('limited', { ...usd(100), maximumStepPerDay: 0.2 })
  await put('unlimited', usd(100))
  const today = new Date().toISOString().slice(0, 10)
  const close = env.DB.prepare("INSERT INTO day_closes VALUES (?, 'demand', ?, '1100')")
  await env.DB.batch(['limited', 'unlimited', 'removed', ''].map((id) => close.bind(id, today)))
  const { catalogue } = await readSources(env.DB, Date.now(), Date.now() - 60 * DAY_MS)
  expect(catalogue.closes.flatMap(({ productId, name }) => (name === 'demand' ? [productId] : [])).sort()).toEqual(['', 'limited'])
})

it('saves the demand of fifty thousand products in parameters that D1 takes', async () => {
  const bound = vi.spyOn(Object.getPrototypeOf(env.DB.prepare('SELECT 1')), 'bind')
  const indices = Array.from({ length: 50_000 }, (_, n) => ({ productId: `product_${n}`, indexThousandths: 1_000 }))
  await saveDemand(env.DB, indices, Date.now())
  const sizes = bound.mock.calls.flat().map((value) => String(value).length)
  bound.mockRestore()
  expect(Math.max(...sizes)).toBeLessThan(2_000_000)
  expect(await env.DB.prepare('SELECT COUNT(*) AS count FROM demand_index').first('count')).toBe(50_000)
  await saveDemand(env.DB, [], Date.now())
  expect(await env.DB.prepare('SELECT COUNT(*) AS count FROM demand_index').first('count')).toBe(0)
})

it('replays a decision under the rules for every product of its own version', async () => {
  await put('replayed', { ...usd(100), maximumStepPerDay: 0.3 })
  await rule('everywhere', { multiplier: 0.9 })
  const { decisionId, optimizedPrice, configVersion } = await priced('replayed', 'country=US')
  expect(optimizedPrice).toBe(90)
  await rule('everywhere', { multiplier: 0.7 })
  expect((await priced('replayed', 'country=US')).optimizedPrice).toBe(70)
  const { body } = await send('GET', `/api/decisions/${decisionId}?replay=1`)
  expect(body).toMatchObject({ configVersion, replay: { identical: true, differences: [] } })
  await send('DELETE', '/api/price-rules/everywhere')
})
