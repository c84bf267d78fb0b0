import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../client-sdk/cli/build.ts'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { serverExamples } from '../support/readme.ts'

/** The types as a shop's compiler sees them: a directory with what the package ships, and neither our sources nor zod. */

let shop: string

/** What has to compile, and, under `@ts-expect-error`, what must not. */
const CONSUMER = `
import { createServerClient, FairleadError, type Pricing, type ServerClientOptions } from 'fairlead/server'

export const options: ServerClientOptions = { url: 'https://prices.example', key: 'sk_1234', fetch, retries: 1 }
export const fairlead = createServerClient({ ...options, fetch: (url, init) => fetch(url, init) })

export async function use(): Promise<number> {
  const { pricing, visitorId } = await fairlead.pricing.getOptimizedPrice('pro', { userId: 'c', device: 'mobile' }, { timeoutMs: 300 })
  const kept: Pricing = pricing
  const owner: string | null = visitorId
  // @ts-expect-error no such device
  await fairlead.pricing.getOptimizedPrice('pro', { device: 'watch' })
  // @ts-expect-error no such field
  kept.optimisedPrice
  // @ts-expect-error a price test needs its prices
  await fairlead.pricing.startPriceTest({ productId: 'pro', duration: 14 })
  await fairlead.pricing.startPriceTest({ productId: 'pro', testPrices: [1, 2], duration: 14 }, { idempotencyKey: 'k' })
  await fairlead.pricing.startPriceTest({ productId: 'pro', testPrices: [1, 2], duration: 14, allocation: 'thompson', segments: 'device' })
  // @ts-expect-error the arm to ship has to be named
  await fairlead.pricing.shipPriceTest('t')
  const shipped: 'running' | 'stopped' | 'shipped' | 'rolled_back' = (await fairlead.pricing.shipPriceTest('t', 'variant_1')).test.status
  const best: number | null = (await fairlead.pricing.getPriceTest(shipped)).results.arms[0]?.chanceToBeBest ?? null
  await fairlead.pricing.rollBackPriceTest(String(best))
  const { demand } = await fairlead.pricing.getDemand('pro', { currency: 'USD' })
  const gain: number | undefined = demand.suggestion?.gain
  const { elasticity } = await fairlead.analysis.elasticity({ rows: [[1, 2, 'a'], { price: 2, quantity: 1, group: 'a' }] })
  if (elasticity.method === 'log_log') elasticity.within?.robustStandardError
  // @ts-expect-error a price is a number
  await fairlead.analysis.elasticity({ rows: [['1', 2]] })
  const { comparison } = await fairlead.analysis.compare({ arms: [{ n: 10, conversions: 1 }, { n: 10, conversions: 2 }], relative: true })
  const lift: number | null | undefined = comparison.comparisons[0]?.effect
  // @ts-expect-error no such method
  await fairlead.analysis.compare({ arms: [{ values: [1, 2] }, { values: [3, lift ?? 4] }], method: 'guess' })
  const { sampleRatio } = await fairlead.analysis.sampleRatio({ counts: [10, 12], dimensions: { country: { DE: [4, 5] } } })
  const { sampleSize } = await fairlead.analysis.sampleSize({ baseline: 0.2, mde: 0.05, method: 'group_sequential', looks: 4 })
  const z: number | undefined = sampleSize.looks?.[0]?.z
  const { sequential } = await fairlead.analysis.sequential({ look: { effect: sampleRatio.pValue, standardError: 1, n: 100 }, looks: [0.5, z ?? 1] })
  const { uplift } = await fairlead.analysis.uplift({ rows: [[1, 1, 0], [2, 0, 1], { score: 3, treated: true, outcome: sequential.look?.low ?? 0 }, [4, false, 1]] })
  uplift?.curve[0]?.gain
  const { value } = await fairlead.analysis.offPolicy({ rows: [['a', 1, 0.5]], policy: { a: 1 } })
  const { rule, preview } = await fairlead.pricing.saveRule('r', { kind: 'market', name: 'Evening', condition: { hour: { $gte: 18 } } })
  const shown: 'uniform' | 'personal' = rule.lawClass
  const { signals } = await fairlead.pricing.setMarketSignals([{ productId: null, signal: 'competitor', value: preview.changed + shown.length }])
  // @ts-expect-error no such kind of rule
  await fairlead.pricing.saveRule(String(signals.length), { kind: 'weather', name: 'Rain' })
  const { counts } = await fairlead.funnel.getFunnelTest('hero')
  const { results } = await fairlead.track([{ event: 'purchase', amount: 1, anything: true }])
  // @ts-expect-error amounts are numbers
  await fairlead.track([{ event: 'purchase', amount: '1' }])
  // @ts-expect-error what has no route is not there
  await fairlead.payments.startCheckoutSession({})
  try {
    await fairlead.customers.eraseCustomer('c')
  } catch (error) {
    if (error instanceof FairleadError && error.code === 'not_found' && error.retryable) return error.status
    // @ts-expect-error no such code
    if (error instanceof FairleadError && error.code === 'nowhere') return 0
  }
  return counts.variants.length + results.length + (gain ?? value.ips.value) + (owner?.length ?? 0)
}
`

const compiler = {
  target: 'es2022',
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
}

/** Compiles files of the shop. Answers what the compiler had to say, empty when all is well. */
async function compile(compilerOptions: object, files: string[]): Promise<string> {
  const config = join(shop, `tsconfig-${Math.floor(performance.now() * 1000)}.json`)
  await writeFile(config, JSON.stringify({ compilerOptions: { ...compiler, ...compilerOptions }, files }))
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, '-p', config], { cwd: shop }).catch((error) => error)
  return stdout
}

beforeAll(async () => {
  await build(false)
  shop = await mkdtemp(join(tmpdir(), 'fairlead-shop-'))
  const installed = join(shop, 'node_modules/fairlead')
  await mkdir(installed, { recursive: true })
  await mkdir(join(shop, 'node_modules/@cloudflare'))
  await mkdir(join(shop, 'node_modules/@types'))
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'))
  await cp(join(ROOT, 'dist/server'), join(installed, 'dist/server'), { recursive: true })
  for (const types of ['@types/node', '@cloudflare/workers-types'])
    await symlink(join(ROOT, 'node_modules', types), join(shop, 'node_modules', types))
  await writeFile(join(shop, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(shop, 'consumer.ts'), CONSUMER)
})
afterAll(() => rm(shop, { recursive: true, force: true }))

describe('the types of the server client', () => {
  it.each([
    ['Node', { module: 'nodenext', lib: ['es2024'], types: ['node'] }],
    ['Workers', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2024'], types: ['@cloudflare/workers-types'] }],
    ['a framework with the DOM’s types', { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] }],
  ])('compile in %s', async (_, options) => {
    expect(await compile(options, ['consumer.ts'])).toBe('')
  })

  it('stand beside the module where a shop has only copied it', async () => {
    await cp(join(ROOT, 'dist/server'), join(shop, 'fairlead'), { recursive: true })
    await writeFile(join(shop, 'copied.ts'), CONSUMER.replace("'fairlead/server'", "'./fairlead/index.mjs'"))
    expect(await compile({ module: 'nodenext', lib: ['es2024'], types: ['node'] }, ['copied.ts'])).toBe('')
  })

  it('fit the examples of README', async () => {
    const files = await Promise.all(
      serverExamples.map(async ({ text }, at) => {
        await writeFile(join(shop, `example-${at}.ts`), text)
        return `example-${at}.ts`
      }),
    )
    expect(await compile({ module: 'nodenext', lib: ['es2024'], types: ['node'], exactOptionalPropertyTypes: false }, files)).toBe('')
  })

  it('name nothing that a shop does not have', async () => {
    const types = await readFile(join(ROOT, 'dist/server/index.d.ts'), 'utf8')
    expect(types).not.toMatch(/\bimport\b|\bzod\b|\bz\.|\bany\b|worker\/contract/)
    const module = await readFile(join(ROOT, 'dist/server/index.mjs'), 'utf8')
    expect(module).not.toMatch(/^import\b|\bimport\(|\brequire\(|\bprocess\.|\bBuffer\b|node:|zod/m)
  })
})
