import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { call, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { demoExperiment } from '../simulation/catalogue.ts'
import { launchChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let browser: Browser
const errors: string[] = []
const HEADLINES = demoExperiment.variants.map(({ config }) => config.title)

interface Counts {
  counts: { variants: { key: string; exposed: number; buyers: number; netRevenue: number }[]; excluded: number }
}
const admin = <T>(path: string) => call<T>({ url: server.url }, 'GET', path)
const hero = async () => (await admin<Counts>('/api/experiments/hero')).counts

async function open(context: BrowserContext): Promise<Page> {
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => errors.push(String(error)))
  // A busy machine may be slow; what is tested here is which price and variant, not how fast.
  await page.route('**/demo/**', async (route) => {
    if (route.request().resourceType() !== 'document') return route.continue()
    const response = await route.fetch()
    return route.fulfill({
      response,
      body: (await response.text()).replace('data-key=', 'data-timeout-ms="10000" data-flush-ms="200" data-key='),
    })
  })
  return page
}

const shop = async (context: BrowserContext): Promise<Page> => {
  const page = await open(context)
  await page.goto(`${server.url}/demo/`)
  return page
}
const priceOn = async (page: Page, product: string, state = 'priced') =>
  (await page.locator(`.price[data-product=${product}][data-state=${state}] strong`).first().textContent()) ?? ''
const headlineOn = async (page: Page) => {
  await page.locator('.hero[data-decided=true]').waitFor()
  return (await page.locator('.hero h1').textContent()) ?? ''
}
const amountOf = (price: string) => Number(price.replace(/[^\d.]/g, ''))
const storedBy = (page: Page) => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('fl_')))

async function signIn(page: Page, customerId: string): Promise<void> {
  await page.getByRole('link', { name: 'Sign in' }).click()
  await page.getByLabel('Customer').fill(customerId)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Account' }).waitFor()
}

describe('a shop with Fairlead, in a browser', () => {
  beforeAll(async () => {
    server = await startServer({ variables: { PRICE_BUDGET: '10000', FIRST_PRICE_BUDGET: '10000' } })
    await configure(server.url)
    await call({ url: server.url }, 'PATCH', '/api/settings', { holdoutShare: 0 })
    browser = await launchChromium()
  })
  beforeEach(() => errors.splice(0))
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  it('goes from the first visit over price, variant, cart and checkout to the figures of the dashboard', async () => {
    const before = await admin<AnalyticsAnswer>('/api/analytics?timeframe=7d')
    const context = await browser.newContext()
    const page = await shop(context)
    const headline = await headlineOn(page)
    expect(HEADLINES).toContain(headline)
    const price = await priceOn(page, 'pro_bundle')
    await page.getByRole('link', { name: 'Pro bundle' }).click()
    expect(await priceOn(page, 'pro_bundle')).toBe(price)
    await page.getByRole('button', { name: 'Add to cart' }).click()
    await page.getByRole('button', { name: 'Check out' }).click()
    await page.getByRole('button', { name: 'Pay' }).click()
    await page.getByText('Thank you, welcome aboard').waitFor()
    const amount = amountOf(price)
    const after = await until(
      () => admin<AnalyticsAnswer>('/api/analytics?timeframe=7d'),
      ({ figures }) => figures.orders.value === (before.figures.orders.value ?? 0) + 1,
      20_000,
    )
    expect(after.figures.netRevenue.value).toBe((before.figures.netRevenue.value ?? 0) + amount)
    const seen = demoExperiment.variants[HEADLINES.indexOf(headline)]?.key
    const counts = await until(hero, ({ variants }) => variants.some(({ key, buyers }) => key === seen && buyers === 1), 20_000)
    expect(counts.variants.find(({ key }) => key === seen)).toMatchObject({ exposed: 1, netRevenue: amount })
    expect(errors).toEqual([])
    await context.close()
  })

  it('keeps price and variant when the same customer signs in on a second browser', async () => {
    // A quote that lives caps the next price, so the second browser must have been shown a higher one to have it lowered.
    const strangers: { context: BrowserContext; page: Page; price: string; headline: string }[] = []
    for (let each = 0; each < 24; each++) {
      const context = await browser.newContext()
      const page = await shop(context)
      const stranger = { context, page, price: await priceOn(page, 'pro_bundle'), headline: await headlineOn(page) }
      const first = strangers.find(({ price, headline }) => amountOf(price) < amountOf(stranger.price) && headline !== stranger.headline)
      strangers.push(stranger)
      if (!first) continue
      const { price, headline } = first
      await signIn(first.page, 'two@browsers.example')
      expect([await priceOn(first.page, 'pro_bundle'), await headlineOn(first.page)]).toEqual([price, headline])
      await signIn(stranger.page, 'two@browsers.example')
      await expect.poll(() => headlineOn(stranger.page), { timeout: 10_000 }).toBe(headline)
      await expect.poll(() => priceOn(stranger.page, 'pro_bundle'), { timeout: 10_000 }).toBe(price)
      for (const { context } of strangers) await context.close()
      return expect(errors).toEqual([])
    }
    throw new Error('two dozen strangers were all drawn into the same')
  })

  it('stores nothing and shows list prices and the control where the browser refuses profiling', async () => {
    const context = await browser.newContext({ extraHTTPHeaders: { 'sec-gpc': '1' } })
    await context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }))
    const page = await shop(context)
    expect(await priceOn(page, 'pro_bundle', 'priced')).toBe('$499')
    expect(await headlineOn(page)).toBe(HEADLINES[0])
    expect(await storedBy(page)).toEqual([])
    expect(errors).toEqual([])
    await context.close()
  })

  it('forgets what it stored once consent is denied, and shows list prices and the control', async () => {
    const context = await browser.newContext()
    const page = await shop(context)
    await priceOn(page, 'pro_bundle')
    expect(await storedBy(page)).not.toEqual([])
    await page.getByText('Behind the counter').click()
    await page.getByLabel('Consent').uncheck()
    await expect.poll(() => storedBy(page)).toEqual([])
    await expect.poll(() => priceOn(page, 'pro_bundle'), { timeout: 10_000 }).toBe('$499')
    await expect.poll(() => headlineOn(page), { timeout: 10_000 }).toBe(HEADLINES[0])
    expect(errors).toEqual([])
    await context.close()
  })

  it('has a thousand events arrive exactly once, across a lost network, a reload and the back-forward cache', async () => {
    const context = await browser.newContext()
    const page = await shop(context)
    await priceOn(page, 'pro_bundle')
    let sent = 0
    const tick = async (count: number) => {
      await page.evaluate(
        ({ from, count }) => {
          for (let n = from; n < from + count; n++)
            (window as never as { fairlead: (...command: unknown[]) => void }).fairlead('track', 'tick', { n })
        },
        { from: sent, count },
      )
      sent += count
    }
    const settled = () =>
      expect
        .poll(() => page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith('fl_e_')).length), { timeout: 60_000 })
        .toBe(0)
    // No more than the SDK keeps at once, which is 500.
    await tick(250)
    await settled()
    await context.setOffline(true)
    await tick(250)
    await context.setOffline(false)
    await settled()
    await tick(250)
    await page.reload()
    await priceOn(page, 'pro_bundle')
    await settled()
    await tick(250)
    await page.goto('about:blank')
    await page.goBack()
    await priceOn(page, 'pro_bundle')
    await settled()
    const visitorId = await page.evaluate(() => localStorage.getItem('fl_visitor'))
    await call({ url: server.url, key: DEMO_SECRET_KEY }, 'POST', '/api/identify', { visitorId, customerId: 'cus_thousand' })
    const { events } = await admin<{ events: { type: string; metadata: { n?: number } }[] }>('/api/customers/cus_thousand/export')
    const ticks = events.filter(({ type }) => type === 'tick').map(({ metadata }) => metadata.n as number)
    expect(ticks.sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, n) => n))
    expect(errors).toEqual([])
    await context.close()
  })

  it('sells on at its list prices when the server is gone, without an error', async () => {
    const context = await browser.newContext()
    const page = await shop(context)
    await priceOn(page, 'starter_bundle')
    await server.kill('SIGKILL')
    await page.getByRole('link', { name: 'Pro bundle' }).click()
    expect(await priceOn(page, 'pro_bundle', 'list')).toBe('$499')
    expect(errors).toEqual([])
    await context.close()
    await server.restart()
  })
})
