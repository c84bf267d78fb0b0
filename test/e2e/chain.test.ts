import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, DEMO_SECRET_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import type { PricingAnswer } from '../../worker/contract/pricing.ts'
import { launchChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

let server: TestServer
let browser: Browser
const errors: string[] = []

/** A new person's browser in the US, where the demo's prices may be tested. */
async function visitor(): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext()
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (error) => errors.push(String(error)))
  // A busy machine may be slow; what is tested here is which price, not how fast.
  await page.route('**/demo/**', async (route) => {
    if (route.request().resourceType() !== 'document') return route.continue()
    const response = await route.fetch()
    const body = (await response.text()).replace('data-key=', 'data-timeout-ms="10000" data-flush-ms="200" data-key=')
    return route.fulfill({ response, body })
  })
  return { context, page }
}

async function priceOn(page: Page, product: string): Promise<string> {
  const price = page.locator(`.price[data-product=${product}][data-state=priced] strong`)
  await price.first().waitFor()
  return (await price.first().textContent()) ?? ''
}

const figures = () => call<AnalyticsAnswer>({ url: server.url }, 'GET', '/api/analytics?timeframe=7d')

describe('the chain in a browser', () => {
  beforeAll(async () => {
    server = await startServer({ variables: { PRICE_BUDGET: '10000', FIRST_PRICE_BUDGET: '10000' } })
    await configure(server.url)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    expect(errors).toEqual([])
  })

  it('shows every visitor one price, and different visitors different ones', async () => {
    const seen = new Set<string>()
    for (let each = 0; each < 12 && seen.size < 2; each++) {
      const { context, page } = await visitor()
      await page.goto(`${server.url}/demo/`)
      const listed = await priceOn(page, 'pro_bundle')
      await page.getByRole('link', { name: 'Pro bundle' }).click()
      expect(await priceOn(page, 'pro_bundle')).toBe(listed)
      await page.reload()
      expect(await priceOn(page, 'pro_bundle')).toBe(listed)
      seen.add(listed)
      await context.close()
    }
    expect(seen.size).toBeGreaterThan(1)
    for (const price of seen) expect(['$449', '$499', '$549']).toContain(price)
  })

  it('carries a click to the open dashboard, and a purchase into revenue to the cent', async () => {
    const dashboard = await browser.newPage()
    dashboard.on('pageerror', (error) => errors.push(String(error)))
    await dashboard.goto(`${server.url}/`)
    await dashboard.getByText('Happening now').waitFor()
    const before = (await figures()).figures

    const { context, page } = await visitor()
    await page.goto(`${server.url}/demo/`)
    await page.getByRole('link', { name: 'Pro bundle' }).click()
    const price = Number((await priceOn(page, 'pro_bundle')).replace('$', ''))
    await dashboard.getByText('View item').first().waitFor()

    await page.getByRole('button', { name: 'Add to cart' }).click()
    await page.getByRole('button', { name: 'Check out' }).click()
    await page.getByRole('button', { name: 'Pay' }).click()
    await page.getByRole('heading', { name: /Thank you/ }).waitFor()

    const {
      figures: after,
      products,
      currencies,
    } = await until(figures, (answer) => (answer.figures.orders.value ?? 0) > (before.orders.value ?? 0), 30_000)
    expect(after.netRevenue.value).toBeCloseTo((before.netRevenue.value ?? 0) + price, 2)
    const shown = `$${(after.netRevenue.value ?? 0).toLocaleString('en-US', { minimumFractionDigits: 2 })}`
    await dashboard.locator('[data-figure=netRevenue]', { hasText: shown }).waitFor()
    expect(products).toMatchObject([
      { productId: 'pro_bundle', name: 'Pro bundle', gross: price, orders: 1, ordersPerView: expect.any(Number) },
    ])
    expect(currencies).toMatchObject([{ currency: 'USD' }])
    await dashboard.locator('.products th', { hasText: 'Pro bundle' }).waitFor()
    // What the browser reported of the same order stands apart.
    await until(figures, (answer) => answer.figures.reportedRevenue.value === price, 30_000)
    await context.close()
    await dashboard.close()
  })

  it('keeps the price when a visitor signs in, and gives the next person on that browser an id of their own', async () => {
    const { context, page } = await visitor()
    await page.goto(`${server.url}/demo/`)
    const price = await priceOn(page, 'pro_bundle')
    const visitorId = () => page.evaluate(() => localStorage.getItem('fl_visitor'))
    const first = await visitorId()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('link', { name: 'Account' }).waitFor()
    expect(await visitorId()).toBe(first)
    expect(await priceOn(page, 'pro_bundle')).toBe(price)

    await page.getByRole('link', { name: 'Account' }).click()
    await page.getByText('No orders so far').waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await page.goto(`${server.url}/demo/`)
    await priceOn(page, 'pro_bundle')
    expect(await visitorId()).not.toBe(first)
    await context.close()
  })

  it('follows a price to the purchase and its refund on the page of one customer, which is never behind', async () => {
    const api = { url: server.url, key: DEMO_SECRET_KEY }
    const { pricing, visitorId } = await call<PricingAnswer>(api, 'GET', '/api/pricing/pro_bundle?visitorId=new&country=US')
    const customerId = 'cus/loop 1'
    await call(api, 'POST', '/api/revenue/event', { event: 'purchase', transactionId: 'ord_loop', visitorId, quote: pricing.quote })
    await call(api, 'POST', '/api/identify', { visitorId, customerId })
    const page = await browser.newPage()
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(`${server.url}/customers`)
    await page.getByRole('link', { name: customerId }).click()
    const link = page.locator('.link', { hasText: 'ord_loop' })
    const dollars = (amount: number) => amount.toLocaleString('en-US', { style: 'currency', currency: 'USD' })
    await link.locator('.net', { hasText: dollars(pricing.optimizedPrice) }).waitFor()
    await call(api, 'POST', '/api/revenue/event', { event: 'refund', transactionId: 'ord_loop', amount: 49.5, currency: 'USD', customerId })
    await link.locator('.net', { hasText: dollars(pricing.optimizedPrice - 49.5) }).waitFor()
    expect(await link.textContent()).toMatch(/On its own page.*Redeemed.*ord_loop.*-\$49\.50/s)
    await link.getByText('Why this price').click()
    await link.getByText('the same').waitFor()
    await page.close()
  })

  it('reports that every sum is the sum of its objects', async () => {
    const report = await until(
      () => call<{ differing: unknown[]; table: { equal: boolean } }>({ url: server.url }, 'POST', '/api/reconcile'),
      ({ table }) => table.equal,
      30_000,
    )
    expect(report).toMatchObject({ differing: [], table: { equal: true } })
  })
})
