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

  it('shows disputes, so that net follows from what is on the page', async () => {
    const { page } = await open('/?chart=table')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const { figures, series } = fakeAnalytics('30d', TODAY, 'USD', false, extras)
    expect(await page.textContent('[data-figure="refunds"] .aside')).toBe(`disputes ${dollars(figures.disputes.value)}`)
    const disputed = series.findLast(({ disputes }) => disputes > 0)
    const cells = await page.locator(`.chart tbody tr:nth-child(${series.length - series.indexOf(disputed as never)}) td`).allTextContents()
    const [net, gross, refunds, disputes] = cells.map((text) => Math.round(Number(text.replace(/[$,]/g, '')) * 100))
    expect(disputes).toBeGreaterThan(0)
    expect(net).toBe((gross ?? 0) - (refunds ?? 0) - (disputes ?? 0))
  })

  it('says which figures are of all currencies while money is of one', async () => {
    const { page, api } = await open('/?currency=EUR')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const tiles = page.locator('.tile', { hasText: 'all currencies' })
    expect(await tiles.evaluateAll((all) => all.map((each) => (each as HTMLElement).dataset.figure))).toEqual(['conversion', 'visitorDays'])
    expect(await page.textContent('.products .panel-head')).toContain('views of all currencies, the rest in EUR')
    expect(await page.textContent('.context')).toContain('Money and orders in EUR only, also sold in USD')
    api.state.currencies = [{ currency: 'EUR', firstDay: '2025-01-01', lastDay: TODAY }]
    await page.reload()
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    expect(await tiles.count()).toBe(0)
  })

  it('draws the conversion of each day from the people of the figure', async () => {
    const { page } = await open('/?period=7d')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const { series } = fakeAnalytics('7d', TODAY, 'USD', false, extras)
    const shares = series.map(({ bought, entered }) => bought / entered)
    const heights = shares.map((share) => (23 - (share / Math.max(...shares)) * 22).toFixed(1))
    const path = await page.getAttribute('[data-figure="conversion"] path', 'd')
    expect(
      path
        ?.split(/[ML]/)
        .slice(1)
        .map((point) => point.split(' ')[1]),
    ).toEqual(heights)
  })

  it('compares recurring revenue with the opening that the bridge shows', async () => {
    const { page } = await open('/')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const [opening, closing] = await page
      .locator('.bridge tr.level td:last-child')
      .evaluateAll((cells) => cells.map((cell) => Number(cell.textContent?.replace(/[$,]/g, ''))))
    const change = (((closing ?? 0) - (opening ?? 0)) / (opening ?? 1)) * 100
    expect(await page.textContent('[data-figure="mrr"] .change')).toContain(`${change < 0 ? '' : '+'}${change.toFixed(1)}%`)
  })

  it('compares with no period that history does not cover', async () => {
    const { page } = await open('/', {
      state: (state) => {
        state.firstDay = new Date(Date.parse(TODAY) - 40 * 86_400_000).toISOString().slice(0, 10)
      },
    })
    await page.waitForSelector('text=No full earlier period to compare with')
    expect(await page.textContent('[data-figure="netRevenue"] .change')).toBe('–nothing to compare with')
  })

  it('gives products the names of the catalogue, here and in the feed', async () => {
    const { page } = await open('/', {
      state: (state) => {
        state.names = { pro_bundle: 'Pro bundle', pro_monthly: 'Pro, monthly' }
      },
    })
    await page.waitForSelector('.products tbody tr')
    await page.waitForSelector('.feed li >> text=Pro bundle')
    const row = page.locator('.products tbody tr', { hasText: 'Pro, monthly' })
    expect(await row.locator('td:last-child').textContent()).toBe('–')
    expect(await page.locator('.products tbody tr', { hasText: 'Pro bundle' }).locator('td:last-child').textContent()).toContain('%')
    expect(await page.locator('.products tbody th', { hasText: 'starter_bundle' }).count()).toBe(1)
  })

  it.each([
    { width: 1280, height: 900 },
    { width: 900, height: 900 },
    { width: 360, height: 740 },
  ])('explains a figure without covering any at $width pixels', async (viewport) => {
    const { page } = await open('/', { viewport })
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const covered: string[] = []
    for (const summary of await page.locator('.tile summary').all()) {
      await summary.click()
      const over = await page.evaluate(() => {
        const shown = document.querySelector('.tile details[open] p')?.getBoundingClientRect()
        if (!shown) return ['no explanation']
        return [...document.querySelectorAll('.tile .value, .reported b')]
          .filter((value) => {
            const box = value.getBoundingClientRect()
            return shown.left < box.right && shown.right > box.left && shown.top < box.bottom && shown.bottom > box.top
          })
          .map((value) => value.textContent)
      })
      covered.push(...over.map(String))
    }
    expect(covered).toEqual([])
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
    expect(await page.textContent('.funnel .panel-head')).toContain('12 purchases reported by browsers not counted')
  })

  it('shows a number of active people that falls without an event', async () => {
    const { page, api } = await open('/')
    await page.waitForSelector('.feed >> text=14 active in 5 min')
    api.push({ activeVisitors: 2 })
    await page.waitForSelector('.feed >> text=2 active in 5 min')
    await page.waitForSelector('.badge >> text=2 active now')
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
