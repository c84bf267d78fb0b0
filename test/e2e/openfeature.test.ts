import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { OFREPProvider } from '@openfeature/ofrep-provider'
import { OpenFeature } from '@openfeature/server-sdk'
import type { Browser, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import { launchChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

/** The published providers as they are, against the running product. */

let server: TestServer
let browser: Browser
const experiments = [
  { name: 'greeting', variants: [{ name: 'control' }, { name: 'bold' }] },
  {
    name: 'columns',
    variants: [
      { name: 'two', config: 2 },
      { name: 'three', config: 3 },
    ],
  },
  {
    name: 'annual',
    variants: [
      { name: 'off', config: false },
      { name: 'on', config: true },
    ],
  },
  {
    name: 'layout',
    variants: [
      { name: 'plain', config: { columns: 1 } },
      { name: 'rich', config: { columns: 2 } },
    ],
  },
  {
    name: 'for pro',
    key: 'for_pro',
    variants: [
      { name: 'no', config: false },
      { name: 'yes', config: true, weight: 0.9999 },
    ].map((variant, at) => ({ weight: at ? 0.9999 : 0.0001, ...variant })),
    condition: { plan: 'pro' },
  },
]

const mint = async () =>
  (await call<{ visitorId: string }>({ url: server.url, key: 'pk_demo_storefront' }, 'POST', '/api/visitors')).visitorId

beforeAll(async () => {
  server = await startServer({ variables: { PRICE_BUDGET: '10000', FIRST_PRICE_BUDGET: '10000' } })
  await configure(server.url)
  for (const experiment of experiments) await call({ url: server.url }, 'POST', '/api/experiments', experiment)
  browser = await launchChromium()
})
afterAll(async () => {
  await OpenFeature.close()
  await browser?.close()
  await server?.stop()
})

/** What the page's bundle puts into its window. */
// biome-ignore lint/suspicious/noExplicitAny: the page's side of these calls is checked by what they answer
type Bundled = Record<string, any>

describe('the provider for servers', () => {
  const provider = (key: string) => new OFREPProvider({ baseUrl: server.url, headers: [['Authorization', `Bearer ${key}`]] })

  it('resolves each type of flag, with variant, reason and metadata', async () => {
    await OpenFeature.setProviderAndWait('typed', provider('sk_demo_server'))
    const client = OpenFeature.getClient('typed')
    const context = { targetingKey: 'cus_typed' }
    const greeting = await client.getStringDetails('greeting', 'fallback', context)
    expect(greeting).toMatchObject({ reason: 'SPLIT', flagMetadata: { experimentId: 'greeting@1', variantId: greeting.variant } })
    expect(['control', 'bold']).toContain(greeting.value)
    expect([2, 3]).toContain(await client.getNumberValue('columns', 0, context))
    expect(typeof (await client.getBooleanDetails('annual', true, context)).variant).toBe('string')
    expect(await client.getObjectValue('layout', {}, context)).toHaveProperty('columns')
    expect(await client.getStringValue('greeting', 'fallback', context)).toBe(greeting.value)
  })

  it('sees a price as an object, the same as the pricing route', async () => {
    await OpenFeature.setProviderAndWait('prices', provider('sk_demo_server'))
    const targetingKey = await mint()
    const price = await OpenFeature.getClient('prices').getObjectValue('price:pro_bundle', {}, { targetingKey, country: 'US' })
    const { pricing } = await call<{ pricing: object }>(
      { url: server.url, key: 'sk_demo_server' },
      'GET',
      `/api/pricing/pro_bundle?visitorId=${targetingKey}&country=US`,
    )
    expect(price).toEqual(pricing)
  })

  it('hears of another result when an attribute changes but the targeting key does not', async () => {
    await OpenFeature.setProviderAndWait('attributes', provider('sk_demo_server'))
    const client = OpenFeature.getClient('attributes')
    expect(await client.getBooleanValue('for_pro', true, { targetingKey: 'cus_1', plan: 'free' })).toBe(false)
    expect(await client.getBooleanValue('for_pro', false, { targetingKey: 'cus_1', plan: 'pro' })).toBe(true)
  })

  it('falls back with a code where there is no such flag, no such key, or nobody to evaluate it for', async () => {
    await OpenFeature.setProviderAndWait('failing', provider('sk_demo_server'))
    const client = OpenFeature.getClient('failing')
    const missing = await client.getStringDetails('nothing', 'fallback', { targetingKey: 'cus_1' })
    expect(missing).toMatchObject({ value: 'fallback', errorCode: 'FLAG_NOT_FOUND' })
    expect(await client.getStringDetails('greeting', 'fallback', {})).toMatchObject({
      value: 'fallback',
      errorCode: 'TARGETING_KEY_MISSING',
    })
    expect(await client.getNumberDetails('greeting', 7, { targetingKey: 'cus_1' })).toMatchObject({ value: 7, errorCode: 'TYPE_MISMATCH' })
    await OpenFeature.setProviderAndWait('stranger', provider('sk_of_nobody'))
    expect(await OpenFeature.getClient('stranger').getStringValue('greeting', 'fallback', { targetingKey: 'cus_1' })).toBe('fallback')
  })
})

describe('the provider for pages', () => {
  /** The web SDK with its provider, as a page's own bundle would hold them. */
  async function openFeature(): Promise<string> {
    const entry = '\0openfeature'
    const built = await build({
      configFile: false,
      logLevel: 'silent',
      plugins: [
        {
          name: 'entry',
          resolveId: (id) => (id === entry ? id : null),
          load: (id) =>
            id === entry
              ? `import { OpenFeature } from '@openfeature/web-sdk'
                 import { OFREPWebProvider } from '@openfeature/ofrep-web-provider'
                 Object.assign(window, { OpenFeature, OFREPWebProvider })`
              : null,
        },
      ],
      build: { write: false, rolldownOptions: { input: entry, output: { format: 'iife' } } },
    })
    const [output] = Array.isArray(built) ? built : [built]
    if (!output || !('output' in output)) throw new Error('the page builds to nothing')
    return output.output[0].code
  }

  let page: Page
  /** Another origin than the Worker's, as a shop's page is. */
  const shop = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>Shop</title>'))
  afterAll(() => shop.close())
  const requests: { status: number; ifNoneMatch: string | undefined }[] = []

  beforeAll(async () => {
    page = await (await browser.newContext()).newPage()
    page.on('response', async (response) => {
      if (response.url().includes('/ofrep/') && response.request().method() === 'POST')
        requests.push({ status: response.status(), ifNoneMatch: (await response.request().allHeaders())['if-none-match'] })
    })
    await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done))
    await page.goto(`http://127.0.0.1:${(shop.address() as AddressInfo).port}/`)
    await page.addScriptTag({ content: await openFeature() })
    await page.evaluate(
      async ({ baseUrl, targetingKey }) => {
        const { OpenFeature, OFREPWebProvider } = window as never as Bundled
        await OpenFeature.setContext({ targetingKey, plan: 'free' })
        const provider = new OFREPWebProvider({ baseUrl, headers: [['Authorization', 'Bearer pk_demo_storefront']], pollInterval: 500 })
        await OpenFeature.setProviderAndWait(provider)
      },
      { baseUrl: server.url, targetingKey: await mint() },
    )
  })

  const details = (key: string, fallback: unknown) =>
    page.evaluate(
      ({ key, fallback }) => {
        const client = (window as never as Bundled).OpenFeature.getClient()
        const type =
          typeof fallback === 'boolean'
            ? 'Boolean'
            : typeof fallback === 'number'
              ? 'Number'
              : typeof fallback === 'object'
                ? 'Object'
                : 'String'
        return client[`get${type}Details`](key, fallback)
      },
      { key, fallback },
    )
  const setPlan = (plan: string) =>
    page.evaluate(async (plan) => {
      const { OpenFeature } = window as never as Bundled
      await OpenFeature.setContext({ ...OpenFeature.getContext(), plan })
    }, plan)

  it('resolves every type from one bulk answer', async () => {
    const greeting = await details('greeting', 'fallback')
    expect(greeting).toMatchObject({ reason: 'SPLIT', flagMetadata: { experimentId: 'greeting@1' } })
    expect([2, 3]).toContain((await details('columns', 0)).value)
    expect((await details('layout', {})).value).toHaveProperty('columns')
    expect(await details('nothing', 'fallback')).toMatchObject({ value: 'fallback', errorCode: 'FLAG_NOT_FOUND' })
  })

  it('is told 304 while nothing changes', async () => {
    await expect
      .poll(() => requests.filter(({ status, ifNoneMatch }) => status === 304 && ifNoneMatch).length, { timeout: 10_000 })
      .toBeGreaterThan(1)
    expect((await details('greeting', 'fallback')).reason).toBe('SPLIT')
  })

  it('never gets 304 when an attribute that matters has changed', async () => {
    for (const [plan, value] of [
      ['pro', true],
      ['free', false],
      ['pro', true],
    ] as const) {
      await setPlan(plan)
      // It may answer from its cache first, and asks at once.
      await expect.poll(async () => (await details('for_pro', !value)).value, { timeout: 5_000 }).toBe(value)
    }
  })

  it('hears of a new experiment by asking again', async () => {
    await call({ url: server.url }, 'POST', '/api/experiments', { name: 'fresh', variants: [{ name: 'a' }, { name: 'b' }] })
    await expect.poll(async () => (await details('fresh', 'fallback')).value, { timeout: 10_000 }).not.toBe('fallback')
  })
})
