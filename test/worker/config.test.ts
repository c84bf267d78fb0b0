import { env as bindings } from 'cloudflare:test'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { compileConfiguration, forgetConfiguration, readConfiguration, readRootVersion } from '../../worker/config.ts'
import { saveProduct, saveRule, saveSettings } from '../../worker/db/configuration.ts'
import { addTest, replaceTest } from '../../worker/db/price-tests.ts'
import { replaceSecret } from '../../worker/db/snapshot.ts'
import { sha256Hex } from '../../worker/digest.ts'
import { canonicalJson, MAXIMUM_SHARD_BYTES } from '../../worker/domain/configuration.ts'
import { partsOf } from '../../worker/domain/pricing/rulebook.ts'
import type { PriceBook, PriceRule, ProductTerms } from '../../worker/domain/pricing/types.ts'
import type { Env } from '../../worker/env.ts'
import { compileSnapshot } from '../../worker/jobs/compile.ts'

const env = bindings as unknown as Env
const START = Date.UTC(2026, 10, 1)
const line = { at: START, actor: 'test', action: 'test', subject: 'test' }
const settled: Promise<unknown>[] = []
const waitUntil = (promise: Promise<unknown>) => void settled.push(promise)
const background = () => Promise.all(settled.splice(0))
const never = () => new Promise<never>(() => {})

const product = (id: string, listMinor = 49_900): ProductTerms => ({
  id,
  name: id,
  interval: null,
  minimumMargin: null,
  maximumStepPerDay: null,
  rounding: 'auto',
  purchasingPower: false,
  prices: { USD: { listMinor, floorMinor: null, ceilingMinor: null, unitCostMinor: null } },
})
const rule = (id: string, productIds: string[] | null, multiplier = 0.9): PriceRule => ({
  id,
  kind: 'market',
  name: id,
  productIds,
  priority: 0,
  condition: {},
  multiplier,
  sensitivity: null,
  minimum: null,
  maximum: null,
  reference: null,
  startsAt: null,
  endsAt: null,
})
const setSwitch = (optimizationEnabled: boolean) => saveSettings(env.DB, { optimizationEnabled }, line)
const hangingKv = { get: never, put: never } as unknown as KVNamespace
const failingDatabase = {
  prepare() {
    throw new Error('D1 is down')
  },
} as unknown as D1Database
const hangingDatabase = {
  prepare: () => ({ bind: () => ({ first: never, all: never, raw: never, run: never }) }),
  batch: never,
} as unknown as D1Database

beforeEach(() => forgetConfiguration())

describe('an empty database', () => {
  it('yields version 0 with the defaults, and the same secrets to all who ask first at the same time', async () => {
    const [one, two] = await Promise.all([readConfiguration(env, START, waitUntil), readConfiguration(env, START, waitUntil)])
    expect(one.root).toMatchObject({ version: 0, shards: [], keys: [] })
    expect(one.root.pricing).toMatchObject({
      optimizationEnabled: true,
      holdoutShare: 0.05,
      defaultCurrency: 'USD',
      law: {},
      quoteLifetimeMs: 900_000,
      decisionSampleShare: 0.1,
    })
    expect(one.secrets).toEqual(two.secrets)
    expect(await one.slice('anything')).toBeNull()
    forgetConfiguration()
    expect((await readConfiguration(env, START, waitUntil)).secrets).toEqual(one.secrets)
  })

  it('keeps secrets out of every snapshot', async () => {
    const { secrets } = await readConfiguration(env, START, waitUntil)
    await compileConfiguration(env, START)
    const { results } = await env.DB.prepare('SELECT body FROM config_roots UNION ALL SELECT body FROM config_shards').all<{
      body: string
    }>()
    const text = results.map(({ body }) => body).join()
    for (const secret of [secrets.identity, secrets.tombstoneSalt, secrets.signing[0]?.privateKey as string])
      expect(text).not.toContain(secret)
  })
})

describe('the re-check', () => {
  it('brings a kill switch thrown in another isolate into force behind a request after 30 s', async () => {
    await setSwitch(true)
    await compileConfiguration(env, START)
    await setSwitch(false)
    await compileSnapshot(env, START + 1)
    const isOn = async (afterMs: number) => (await readConfiguration(env, START + afterMs, waitUntil)).root.pricing.optimizationEnabled
    expect(await isOn(29_000)).toBe(true)
    expect(settled).toHaveLength(0)
    expect(await isOn(31_000)).toBe(true)
    await background()
    expect(await isOn(31_001)).toBe(false)
  })

  it('lets the first request after a quiet minute wait for it, so that nothing older than 60 s is served', async () => {
    await setSwitch(true)
    await compileConfiguration(env, START)
    await setSwitch(false)
    await compileSnapshot(env, START + 1)
    expect((await readConfiguration(env, START + 60_000, waitUntil)).root.pricing.optimizationEnabled).toBe(false)
    await background()
  })

  it('does not wait for a KV that hangs, because D1 answers', async () => {
    await setSwitch(true)
    await compileConfiguration(env, START)
    await setSwitch(false)
    await compileSnapshot(env, START + 1)
    const began = Date.now()
    const { root } = await readConfiguration({ ...env, CONFIGURATION: hangingKv }, START + 60_000, waitUntil)
    expect(root.pricing.optimizationEnabled).toBe(false)
    expect(Date.now() - began).toBeLessThan(500)
    await background()
  })

  it('answers from the last good root within 200 ms when both stores hang, and at once after that', async () => {
    await compileConfiguration(env, START)
    const { root } = await readConfiguration(env, START, waitUntil)
    const broken = { ...env, CONFIGURATION: hangingKv, DB: hangingDatabase }
    const began = Date.now()
    expect((await readConfiguration(broken, START + 3_600_000, waitUntil)).root).toBe(root)
    expect(Date.now() - began).toBeLessThan(400)
    const again = Date.now()
    expect((await readConfiguration(broken, START + 3_600_300, waitUntil)).root).toBe(root)
    expect(Date.now() - again).toBeLessThan(50)
    settled.length = 0
  })

  it('brings a secret that another isolate has rotated', async () => {
    await compileConfiguration(env, START)
    const before = await readConfiguration(env, START, waitUntil)
    await replaceSecret(env.DB, 'identity', 'rotated', START, line)
    await compileSnapshot(env, START + 1)
    const after = await readConfiguration(env, START + 60_000, waitUntil)
    expect([before.secrets.identity === 'rotated', after.secrets.identity]).toEqual([false, 'rotated'])
    await background()
  })

  it('takes the copy in KV when D1 fails', async () => {
    await setSwitch(true)
    await compileConfiguration(env, START)
    await setSwitch(false)
    await compileSnapshot(env, START + 1)
    const { root } = await readConfiguration({ ...env, DB: failingDatabase }, START + 60_000, waitUntil)
    expect(root.pricing.optimizationEnabled).toBe(false)
    await background()
  })

  it('refuses as unavailable when there is nothing in memory, and neither D1 nor KV has anything', async () => {
    vi.spyOn(console, 'error').mockImplementationOnce(() => {})
    const bare = { ...env, DB: failingDatabase, CONFIGURATION: { get: async () => null } as unknown as KVNamespace }
    await expect(readConfiguration(bare, START, waitUntil)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it.each([
    ['fails', failingDatabase],
    ['hangs', hangingDatabase],
  ])('begins with the copy in KV when D1 %s, without secrets, and has both once D1 is back', async (_, DB) => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    await saveProduct(env.DB, product('alpha'), START, line)
    const { version } = await compileConfiguration(env, START)
    forgetConfiguration()
    const cold = await readConfiguration({ ...env, DB }, START, waitUntil)
    expect(cold).toMatchObject({ hasSecrets: false, root: { version } })
    expect(() => cold.secrets).toThrow(expect.objectContaining({ code: 'unavailable' }))
    expect((await cold.slice('alpha'))?.product.prices.USD?.listMinor).toBe(49_900)
    await readConfiguration(env, START + 1_000, waitUntil)
    await background()
    const warm = await readConfiguration(env, START + 2_000, waitUntil)
    expect(warm.secrets.signing).toHaveLength(1)
    vi.restoreAllMocks()
  })
})

it('never writes a secret into an error, when the database breaks while it stores them', async () => {
  const logged = vi.spyOn(console, 'error').mockImplementation(() => {})
  const breaking = new Proxy(env.DB, {
    get(target, name) {
      if (name === 'batch') return () => Promise.reject(new Error('Network connection lost.'))
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  await env.DB.prepare('DELETE FROM secrets').run()
  const CONFIGURATION = { get: async () => null } as unknown as KVNamespace
  await expect(readConfiguration({ ...env, DB: breaking, CONFIGURATION }, START, waitUntil)).rejects.toMatchObject({ code: 'unavailable' })
  expect(logged.mock.calls.flat().map(String).join(' ')).not.toMatch(/private|MC4CAQ/i)
  expect(JSON.stringify(logged.mock.calls, Object.getOwnPropertyNames(Error.prototype))).not.toContain('MC4CAQ')
  logged.mockRestore()
})

it('is off when the variable says so, whatever the settings say, with another hash', async () => {
  await setSwitch(true)
  await compileConfiguration(env, START)
  const on = await readConfiguration(env, START, waitUntil)
  forgetConfiguration()
  const off = await readConfiguration({ ...env, REVENUE_OPTIMIZATION_ENABLED: 'false' }, START, waitUntil)
  expect([on.root.pricing.optimizationEnabled, off.root.pricing.optimizationEnabled]).toEqual([true, false])
  expect(off.root.pricingHash).not.toBe(on.root.pricingHash)
})

describe('slices', () => {
  it('hold the rules that name the product or all products, and change only with them', async () => {
    for (const id of ['alpha', 'beta']) await saveProduct(env.DB, product(id), START, line)
    await saveRule(env.DB, rule('everywhere', null), START, line)
    await saveRule(env.DB, rule('both', ['alpha', 'beta']), START, line)
    await saveRule(env.DB, rule('only-alpha', ['alpha']), START, line)
    await compileConfiguration(env, START)
    const before = await readConfiguration(env, START, waitUntil)
    const [alpha, beta] = await Promise.all([before.slice('alpha'), before.slice('beta')])
    expect(alpha?.rules.map(({ id }) => id).sort()).toEqual(['both', 'everywhere', 'only-alpha'])
    expect(beta?.rules.map(({ id }) => id).sort()).toEqual(['both', 'everywhere'])
    const { own, rulebook } = partsOf(beta as NonNullable<typeof beta>)
    const { hash, ...rest } = own
    expect(hash).toBe(sha256Hex(canonicalJson(rest)).slice(0, 16))
    expect(beta?.hash).toBe(`${hash}.${rulebook.hash}`)

    await saveRule(env.DB, rule('only-alpha', ['alpha'], 0.8), START, line)
    await saveRule(env.DB, rule('both', ['alpha', 'beta', 'gamma']), START, line)
    await compileConfiguration(env, START)
    const after = await readConfiguration(env, START, waitUntil)
    expect((await after.slice('alpha'))?.hash).not.toBe(alpha?.hash)
    expect((await after.slice('beta'))?.hash).toBe(beta?.hash)
    expect(await after.slice('__proto__')).toBeNull()
    expect(await after.slice('toString')).toBeNull()
  })

  it('leave out what concerns every product, which a version names once, and a past version by the name it had then', async () => {
    for (const id of ['alpha', 'beta']) await saveProduct(env.DB, product(id), START, line)
    await saveRule(env.DB, rule('everywhere', null), START, line)
    const { rulebook, shards, version } = await compileConfiguration(env, START)
    const body = await env.DB.prepare('SELECT body FROM config_shards WHERE hash = ?').bind(rulebook).first<string>('body')
    expect((JSON.parse(body as string) as { rules: PriceRule[] }).rules.map(({ id }) => id)).toEqual(['everywhere'])
    for (const hash of shards) {
      const shard = await env.DB.prepare('SELECT body FROM config_shards WHERE hash = ?').bind(hash).first<string>('body')
      expect(shard).not.toContain('everywhere')
    }
    await saveRule(env.DB, rule('everywhere', null, 0.7), START, line)
    const next = await compileConfiguration(env, START)
    expect(next.shards).toEqual(shards)
    expect(next.rulebook).not.toBe(rulebook)
    const multiplierIn = async (at: Pick<Awaited<ReturnType<typeof readConfiguration>>, 'slice'> | null) =>
      (await at?.slice('alpha'))?.rules.find(({ id }) => id === 'everywhere')?.multiplier
    expect(await multiplierIn(await readConfiguration(env, START, waitUntil))).toBe(0.7)
    expect(await multiplierIn(await readRootVersion(env, version))).toBe(0.9)
  })

  it('hold the running test of the product until it is stopped', async () => {
    await saveProduct(env.DB, product('tested'), START, line)
    const test = {
      id: 'pt_1',
      version: 1,
      productId: 'tested',
      currency: 'USD',
      seed: 'pt_1',
      mode: 'randomised' as const,
      eligibility: 'new' as const,
      arms: [
        { key: 'control', amountMinor: 49_900, weight: 0.5 },
        { key: 'variant_1', amountMinor: 44_900, weight: 0.5 },
      ],
      allocation: 'fixed' as const,
      epochs: [],
      metric: 'net_revenue' as const,
      conversionWindowMs: 14 * 86_400_000,
      segments: null,
      minimumSample: 100,
      windowMs: 3_600_000,
      startsAt: START,
      endsAt: START + 86_400_000,
    }
    const stored = { test, name: 'a test', status: 'running' as const }
    await addTest(env.DB, stored, START, line)
    await compileConfiguration(env, START)
    const running = await readConfiguration(env, START, waitUntil)
    expect((await running.slice('tested'))?.test).toEqual(test)
    await replaceTest(env.DB, stored, { ...stored, status: 'stopped' }, [line])
    await compileConfiguration(env, START)
    const stopped = await readConfiguration(env, START, waitUntil)
    expect((await stopped.slice('tested'))?.test).toBeNull()
    const past = await readRootVersion(env, running.root.version)
    expect((await past?.slice('tested'))?.test).toEqual(test)
    expect(await readRootVersion(env, 999_999)).toBeNull()
  })

  it('know the lowest price before the present one, and what a product with a step limit cost when earlier days closed', async () => {
    const day = 86_400_000
    const limited = (listMinor: number, countries?: Record<string, number>): ProductTerms => {
      const terms = product('aged', listMinor)
      return { ...terms, maximumStepPerDay: 0.1, prices: { USD: { ...terms.prices.USD, ...(countries && { countries }) } as PriceBook } }
    }
    await saveProduct(env.DB, limited(90_00), START - 80 * day, line)
    await saveProduct(env.DB, limited(100_00, { CH: 140_00 }), START - 70 * day, line)
    await saveProduct(env.DB, limited(120_00, { CH: 130_00 }), START - 40 * day, line)
    await saveProduct(env.DB, limited(150_00, { CH: 135_00 }), START - 3 * day, line)
    await saveProduct(env.DB, limited(125_00), START - day / 2, line)
    await saveProduct(env.DB, product('young'), START - day / 2, line)
    await env.DB.prepare("INSERT INTO demand_index VALUES ('aged', 1250, ?)").bind(START).run()
    await compileConfiguration(env, START)
    const { slice } = await readConfiguration(env, START, waitUntil)
    const aged = await slice('aged')
    // 150.00 until noon of yesterday, 120.00 within the 30 days before
    expect(aged?.product.prices.USD).toMatchObject({ listMinor: 125_00, lowest: { '': 120_00 } })
    expect(aged?.past?.prices?.filter(({ country }) => country === '')).toEqual([
      { currency: 'USD', country: '', untilAt: START - 40 * day, listMinor: 100_00 },
      { currency: 'USD', country: '', untilAt: START - 3 * day, listMinor: 120_00 },
      { currency: 'USD', country: '', untilAt: START - day / 2, listMinor: 150_00 },
    ])
    expect(aged?.past?.prices?.filter(({ country }) => country === 'CH').map(({ listMinor }) => listMinor)).toEqual([
      140_00, 130_00, 135_00,
    ])
    expect(aged?.demandIndex).toBe(1.25)
    const young = await slice('young')
    expect(young?.product.prices.USD).toEqual({ listMinor: 49_900, floorMinor: null, ceilingMinor: null, unitCostMinor: null })
    expect([young?.demandIndex, young?.past]).toEqual([null, undefined])
  })
})

it('gives compiles at the same time a version each, the last of which holds everything', async () => {
  await Promise.all(
    ['one', 'two', 'three', 'four'].map(async (id) => {
      await saveProduct(env.DB, product(id), START, line)
      return compileConfiguration(env, START)
    }),
  )
  forgetConfiguration()
  const { slice } = await readConfiguration(env, START, waitUntil)
  for (const id of ['one', 'two', 'three', 'four']) expect((await slice(id))?.product.id).toBe(id)
})

describe('5,000 products', () => {
  const readHashes = async () => (await readConfiguration(env, START, waitUntil)).root.shards

  it('lie in a power of two of content-addressed shards of at most 256 KB, which unrelated edits leave alone', async () => {
    const ids = JSON.stringify(Array.from({ length: 5_000 }, (_, at) => `sku-${at}`))
    await env.DB.batch([
      env.DB.prepare("INSERT INTO products SELECT value, 'Ünit ' || value, NULL, 0.2, 0.1, 0, 0, 'auto', 0 FROM json_each(?)").bind(ids),
      env.DB.prepare(
        "INSERT INTO product_prices SELECT value, c.column1, 1999, 999, 2999, 400 FROM json_each(?), (VALUES ('USD'), ('EUR')) c",
      ).bind(ids),
    ])
    await compileConfiguration(env, START)
    const before = await readHashes()
    expect(Math.log2(before.length) % 1).toBe(0)
    for (const hash of before) {
      const body = await env.DB.prepare('SELECT body FROM config_shards WHERE hash = ?').bind(hash).first<string>('body')
      expect(sha256Hex(body as string).slice(0, 32)).toBe(hash)
      expect(Buffer.byteLength(body as string)).toBeLessThanOrEqual(MAXIMUM_SHARD_BYTES)
    }
    const { slice } = await readConfiguration(env, START, waitUntil)
    for (let at = 0; at < 5_000; at += 97) expect((await slice(`sku-${at}`))?.product.id).toBe(`sku-${at}`)

    await saveProduct(env.DB, product('sku-7', 2_500), START, line)
    await compileConfiguration(env, START)
    const after = await readHashes()
    expect(after.filter((hash, at) => hash !== before[at])).toHaveLength(1)
  })

  it('are read from D1 where KV hangs or has lost them', async () => {
    const { slice } = await readConfiguration({ ...env, CONFIGURATION: hangingKv }, START, waitUntil)
    expect((await slice('sku-42'))?.product.name).toBe('Ünit sku-42')
    forgetConfiguration()
    for (const hash of await readHashes()) await env.CONFIGURATION.delete(`shard:${hash}`)
    expect((await (await readConfiguration(env, START, waitUntil)).slice('sku-43'))?.product.id).toBe('sku-43')
  })

  it('keep the price of the version before when the new shard cannot be read', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const before = await readConfiguration(env, START, waitUntil)
    await before.slice('sku-7')
    await saveProduct(env.DB, product('sku-7', 2_700), START, line)
    const root = await compileSnapshot(env, START + 1)
    await Promise.all(root.shards.map((hash) => env.CONFIGURATION.delete(`shard:${hash}`)))
    const broken = { ...env, DB: failingDatabase }
    const { root: adopted, slice } = await readConfiguration(broken, START + 60_000, waitUntil)
    expect(adopted.version).toBe(root.version)
    expect((await slice('sku-7'))?.product.prices.USD?.listMinor).toBe(2_500)
    await background()
    vi.restoreAllMocks()
  })
})
