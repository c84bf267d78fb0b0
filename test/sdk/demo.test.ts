import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { bundleDemo, bundleSdk } from './bundle.ts'
import { FakeApi } from './fake-api.ts'

const CSP = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:"

let browser: Browser
let context: BrowserContext
let page: Page
let api: FakeApi
let origin: string
let files: FakeApi['files']
let errors: string[]

beforeAll(async () => {
  files = { ...(await bundleDemo()), '/sdk.js': { type: 'text/javascript', text: (await bundleSdk()).script } }
  // Prices may take 5 s, so that a busy machine does not turn them into list prices.
  const index = files['/demo/'] as { type: string; text: string }
  index.text = index.text.replace('data-key=', 'data-timeout-ms="5000" data-key=')
  browser = await launchChromium()
})
afterAll(() => browser?.close())

beforeEach(async () => {
  api = new FakeApi()
  api.headers['content-security-policy'] = CSP
  Object.assign(api.files, files)
  origin = await api.start()
  await start({})
})
afterEach(async () => {
  await context.close()
  await api.stop()
  expect(errors).toEqual([])
})

async function start(options: Parameters<Browser['newContext']>[0]) {
  await context?.close()
  context = await browser.newContext(options)
  page = await context.newPage()
  page.setDefaultTimeout(10_000)
  errors = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) errors.push(message.text())
  })
}

const priced = (id: string) => page.locator(`.price[data-product=${id}][data-state=priced] strong`)

describe('the demo storefront', () => {
  it('sells at the decided price, and leaves the money to the shop server', async () => {
    api.disclosure = 'This price was set by an algorithm'
    await page.goto(`${origin}/demo/`)
    await priced('pro_bundle').waitFor()
    expect(await priced('pro_bundle').textContent()).toBe('$449')
    await page.getByRole('link', { name: 'Pro bundle' }).click()
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await page.getByRole('button', { name: 'Check out' }).click()
    await page.getByRole('button', { name: 'Pay' }).click()
    await page.getByRole('heading', { name: /Thank you/ }).waitFor()
    expect(JSON.parse(api.to('/demo/api/checkout')[0]?.body ?? '')).toMatchObject({
      visitorId: 'visitor-1',
      items: [{ productId: 'pro_bundle', quote: 'quote' }],
    })
    const funnel = ['view_item', 'add_to_cart', 'begin_checkout', 'add_payment_info', 'purchase']
    await vi.waitFor(() => expect(funnel.map((name) => api.named(name).length)).toEqual([1, 1, 1, 1, 1]), { timeout: 10_000 })
    expect(api.named('purchase')[0]).toMatchObject({ transactionId: 'ord_1', value: 449, currency: 'USD' })
  })

  it('shows why a price is what it is, and plays another visitor', async () => {
    await page.goto(`${origin}/demo/`)
    await priced('pro_bundle').waitFor()
    await page.getByText('Behind the counter').click()
    const decision = page.locator('.decision', { has: page.locator('summary', { hasText: 'pro_bundle' }) })
    await decision.locator('summary').click()
    await decision.getByText('drawn with probability 0.5').waitFor()
    await page.getByLabel('Country').selectOption('DE')
    await vi.waitFor(() =>
      expect(JSON.parse(api.to('/api/pricing').at(-1)?.body ?? '')).toMatchObject({ country: 'DE', visitorId: 'visitor-1' }),
    )
    await page.getByRole('button', { name: 'Play another visitor' }).click()
    await page.getByText('visitor visitor-').waitFor()
    await vi.waitFor(() => expect(api.visitors).toBe(2))
  })

  it('signs a customer in with the token of the shop server', async () => {
    await page.goto(`${origin}/demo/`)
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign out' }).waitFor()
    expect(JSON.parse(api.to('/api/identify')[0]?.body ?? '')).toMatchObject({ customerId: 'ada@yard.example', token: 'jwt' })
  })

  it('sells at its list prices when the script is blocked', async () => {
    delete api.files['/sdk.js']
    await page.goto(`${origin}/demo/`)
    await page.locator('.price[data-product=pro_bundle][data-state=list]').waitFor()
    expect(await page.locator('.price[data-product=pro_bundle] strong').textContent()).toBe('$499')
  })

  it('stores nothing, asks for list prices and still sells once consent is denied', async () => {
    await page.goto(`${origin}/demo/`)
    await priced('pro_bundle').waitFor()
    await page.getByText('Behind the counter').click()
    await page.getByLabel('Consent').uncheck()
    await vi.waitFor(() => expect(JSON.parse(api.to('/api/pricing').at(-1)?.body ?? '')).toMatchObject({ consent: 'denied' }))
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
    await page.getByRole('link', { name: 'Starter bundle' }).click()
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await page.getByRole('button', { name: 'Check out' }).click()
    await page.getByRole('button', { name: 'Pay' }).click()
    await page.getByRole('heading', { name: /Thank you/ }).waitFor()
    const order = JSON.parse(api.to('/demo/api/checkout')[0]?.body ?? '')
    expect(order).toMatchObject({ customerId: expect.stringMatching(/^guest_/) })
    expect(order).not.toHaveProperty('visitorId')
    expect(await page.evaluate(() => localStorage.length)).toBe(0)
  })

  it.each(['light', 'dark'] as const)('has no serious accessibility fault and does not shift, in %s at 360 px', async (colorScheme) => {
    await start({ colorScheme, viewport: { width: 360, height: 740 } })
    api.disclosure = 'This price was set by an automated decision: it was drawn at random as part of a price test.'
    await page.addInitScript(() => {
      Object.assign(window, { shift: 0 })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[])
          if (!entry.hadRecentInput) (window as unknown as { shift: number }).shift += entry.value
      }).observe({ type: 'layout-shift', buffered: true })
    })
    for (const path of ['', 'product/pro_bundle', 'cart', 'sign-in']) {
      api.files[`/demo/${path}`] = files['/demo/'] as { type: string; text: string }
      await page.goto(`${origin}/demo/${path}`)
      if (!path || path.startsWith('product')) await priced('pro_bundle').waitFor()
      await page.locator('.strip > details > summary').click()
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(
        violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, nodes }) => [id, nodes[0]?.html]),
      ).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
      expect(await page.evaluate(() => (window as unknown as { shift: number }).shift)).toBeLessThan(0.05)
    }
  })
})
