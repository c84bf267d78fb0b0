import { describe, expect, it } from 'vitest'
import { fakeAnalytics, TODAY } from './fake-figures.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const extras = { bonus: 0, productIds: ['pro_bundle'], countries: ['US'] }
const dollars = (amount: number | null) =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' }).format(amount ?? Number.NaN)
const tile = (name: string) => `[data-figure="${name}"] .value`

describe('the overview', () => {
  it('shows the figures of the API to the cent', async () => {
    const { page, problems } = await open('/')
    const { figures, movements } = fakeAnalytics('30d', TODAY, 'USD', false, extras)
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    expect(await page.textContent(tile('netRevenue'))).toBe(dollars(figures.netRevenue.value))
    expect(await page.textContent(tile('mrr'))).toBe(dollars(figures.mrr.value))
    expect(await page.textContent(tile('averageOrderValue'))).toBe(dollars(figures.averageOrderValue.value))
    expect(await page.textContent(tile('orders'))).toBe(String(figures.orders.value))
    expect(await page.textContent(tile('conversion'))).toBe(`${((figures.conversion.value ?? 0) * 100).toFixed(1)}%`)
    expect(await page.textContent('[data-figure="reportedRevenue"] b')).toBe(dollars(figures.reportedRevenue.value))
    expect(await page.textContent('.bridge tr:last-child td:last-child')).toBe(dollars(movements.closing))
    expect(await page.textContent('.bridge .panel-head')).toContain('add up')
    expect(problems).toEqual([])
  })

  it('shows the same total in tile, chart and table', async () => {
    const { page } = await open('/?period=90d')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const shown = await page.textContent(tile('netRevenue'))
    expect(await page.textContent('[data-testid="chart-net"]')).toBe(shown)
    await page.click('text=Table')
    const cells = await page.locator('.chart tbody tr td:nth-child(2)').allTextContents()
    expect(cells).toHaveLength(90)
    const cents = cells.reduce((sum, text) => sum + Math.round(Number(text.replace(/[$,]/g, '')) * 100), 0)
    expect(dollars(cents / 100)).toBe(shown)
  })

  it('names the day under the pointer with its figures', async () => {
    const { page } = await open('/')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const whole = await page.textContent('[data-testid="chart-net"]')
    await page.hover('.u-over', { position: { x: 1, y: 60 } })
    const { series } = fakeAnalytics('30d', TODAY, 'USD', false, extras)
    await page.waitForFunction(
      (net) => document.querySelector('[data-testid="chart-net"]')?.textContent === net,
      dollars(series[0]?.net ?? 0),
    )
    await page.hover('h1')
    await page.waitForFunction((net) => document.querySelector('[data-testid="chart-net"]')?.textContent === net, whole)
  })

  it('shows a dash with its reason where there is nothing to divide by', async () => {
    const { page, api } = await open('/?period=7d')
    await page.route('**/api/analytics*', async (route) => {
      const answer = await (await route.fetch()).json()
      answer.figures.conversion = { value: null, previous: null, formula: 'Orders ÷ visitor-days' }
      await route.fulfill({ json: answer })
    })
    await page.reload()
    await page.waitForSelector('[data-figure="conversion"] summary')
    expect(await page.textContent(tile('conversion'))).toBe('–There is nothing to divide by in this period')
    expect(api.asked.some((path) => path.startsWith('GET /api/funnel'))).toBe(true)
  })

  it('tells how a figure is made to someone with only a keyboard', async () => {
    const { page } = await open('/')
    const summary = page.locator('[data-figure="netRevenue"] summary')
    await summary.focus()
    await page.keyboard.press('Enter')
    expect(await page.locator('[data-figure="netRevenue"] details p').isVisible()).toBe(true)
    await page.keyboard.press('Escape')
    expect(await page.locator('[data-figure="netRevenue"] details p').isVisible()).toBe(false)
    expect(await summary.evaluate((element) => element === document.activeElement)).toBe(true)
  })

  it('labels both denominators of the funnel', async () => {
    const { page } = await open('/')
    expect(await page.locator('.funnel thead th').allTextContents()).toEqual(['Step', 'People', 'of step before', 'of all who entered'])
    await page.waitForSelector('.funnel tbody tr')
    expect(await page.locator('.funnel tbody tr').count()).toBe(6)
  })

  it('reads its figures again within half a second of a new revision', async () => {
    const { page, api } = await open('/')
    await page.waitForSelector('.badge.live')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const before = await page.textContent(tile('netRevenue'))
    api.state.bonus = 499
    const line = { at: Date.now(), type: 'purchase', productId: 'pro_bundle', country: 'US', amount: 499, currency: 'USD', verified: true }
    api.push({ events: [line] })
    await page.waitForFunction(
      ({ selector, old }) => document.querySelector(selector)?.textContent !== old,
      { selector: tile('netRevenue'), old: before },
      { timeout: 1500 },
    )
    const { figures } = fakeAnalytics('30d', TODAY, 'USD', false, { ...extras, bonus: 499 })
    expect(await page.textContent(tile('netRevenue'))).toBe(dollars(figures.netRevenue.value))
    expect(await page.textContent('.feed li')).toContain('$499.00')
    expect(await page.locator('.feed li').count()).toBe(20)
  })

  it('falls back to asking when the socket is refused, and comes back to it', async () => {
    const { page, api } = await open('/', {
      state: (state) => {
        state.socket = false
      },
    })
    await page.waitForSelector('.badge:not(.live) >> text=Polling')
    const before = await page.textContent(tile('netRevenue'))
    api.state.bonus = 250
    api.state.status.events += 1
    await page.waitForFunction(
      ({ selector, old }) => document.querySelector(selector)?.textContent !== old,
      { selector: tile('netRevenue'), old: before },
      { timeout: 10_000 },
    )
    api.state.socket = true
    await page.waitForSelector('.badge.live', { timeout: 20_000 })
  })

  it('keeps the old figures and says so when a reading fails', async () => {
    const { page, api } = await open('/')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const before = await page.textContent(tile('netRevenue'))
    api.state.failing = true
    await page.click('nav[aria-label="Period"] >> text=7d')
    await page.waitForSelector('[role="alert"] >> text=a store does not answer')
    expect(await page.textContent(tile('netRevenue'))).toBe(before)
  })
})
