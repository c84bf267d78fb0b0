import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { fakeForecast } from './fake-figures.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const READY = '[data-testid="verdict"] b'
const money = (amount: number | undefined, currency = 'USD') =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(amount ?? Number.NaN)
const round = (amount: number | undefined, currency = 'USD') =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency, maximumFractionDigits: 0 }).format(amount ?? Number.NaN)
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

/** Shares of the chart's pixels in which each of some classes has its colour, within what smoothing and layers leave of it. */
const inkOf = (page: Page, swatch: string): Promise<number> =>
  page.evaluate((name) => {
    const canvas = document.querySelector('canvas') as HTMLCanvasElement
    const probe = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D
    probe.fillStyle = getComputedStyle(document.querySelector(`.swatch.${name}`) as Element).color
    probe.fillRect(0, 0, 1, 1)
    const wanted = probe.getImageData(0, 0, 1, 1).data
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height)
    let found = 0
    for (let at = 0; at < data.length; at += 4)
      if ([0, 1, 2, 3].every((part) => Math.abs((data[at + part] ?? 0) - (wanted[part] ?? 0)) < 6)) found++
    return found
  }, swatch)

describe('the forecast page', () => {
  it('begins with the answer: where it goes, how sure that is, against now', async () => {
    const { page, problems } = await open('/forecast')
    const { points, history } = fakeForecast('mrr', 12, 'USD').forecast
    await page.waitForSelector(READY)
    const verdict = (await page.textContent('[data-testid="verdict"]')) ?? ''
    const [last, now] = [points.at(-1), history.at(-1)]
    for (const part of [last?.amount, last?.intervals[1]?.low, last?.intervals[1]?.high]) expect(verdict).toContain(round(part))
    expect(verdict).toContain(`+${(((last?.amount ?? 0) / (now?.amount ?? 1) - 1) * 100).toFixed(1)}%`)
    expect(problems).toEqual([])
  })

  it('keeps metric, horizon and currency in the address, and reads them from a copied link', async () => {
    const { page, api } = await open('/forecast')
    await page.waitForSelector(READY)
    await page.click('nav[aria-label="Metric"] >> text=Net revenue')
    await page.waitForSelector('h2 >> text=Net revenue')
    await page.click('nav[aria-label="Months ahead"] >> text=24')
    await page.selectOption('select', 'EUR')
    await page.waitForFunction(() => document.querySelector('[data-testid="verdict"]')?.textContent?.includes('€'))
    expect(query(page.url())).toEqual({ metric: 'revenue', horizon: '24', currency: 'EUR' })
    expect(api.asked).toContain('GET /api/forecasts/revenue?horizon=24&currency=EUR')
    const { points } = fakeForecast('revenue', 24, 'EUR').forecast
    const total = Math.round(points.reduce((sum, { amount }) => sum + amount, 0) * 100) / 100
    await page.reload()
    await page.waitForSelector(READY)
    expect(await page.textContent('[data-testid="verdict"]')).toContain(`All 24 months together: ${round(total, 'EUR')}`)
    await page.click('nav[aria-label="Months ahead"] >> text=12')
    expect(query(page.url())).toEqual({ metric: 'revenue', currency: 'EUR' })
  })

  it('shows the same numbers in a table, month by month, with every range', async () => {
    const { page } = await open('/forecast?chart=table&horizon=6')
    const { points, history } = fakeForecast('mrr', 6, 'USD').forecast
    await page.waitForSelector('[data-testid="expected"] tr')
    const rows = await page
      .locator('[data-testid="expected"] tr')
      .evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)))
    expect(rows).toEqual(
      points.map(({ amount, intervals }) => [money(amount), ...intervals.map(({ low, high }) => `${money(low)} – ${money(high)}`)]),
    )
    expect(await page.locator('[data-testid="past"] tr').count()).toBe(history.length)
    expect(await page.textContent('[data-testid="past"] tr td')).toBe(money(history.at(-1)?.amount))
  })

  it.each(['light', 'dark'] as const)('draws past, forecast and a fan of three ranges in the %s theme', async (colorScheme) => {
    const { page } = await open('/forecast', { colorScheme })
    await page.waitForSelector('canvas')
    await expect.poll(() => inkOf(page, 'past')).toBeGreaterThan(100)
    await expect.poll(() => inkOf(page, 'future')).toBeGreaterThan(50)
    await expect.poll(() => inkOf(page, 'band95')).toBeGreaterThan(1_000)
  })

  it('is drawn anew when the theme changes', async () => {
    const { page } = await open('/forecast', { colorScheme: 'light' })
    await page.waitForSelector('canvas')
    await expect.poll(() => inkOf(page, 'past')).toBeGreaterThan(100)
    const inked = () => page.evaluate(() => document.querySelector('canvas')?.toDataURL())
    const before = await inked()
    await page.click('[aria-label^="Theme: system"]')
    await page.click('[aria-label^="Theme: light"]')
    await page.waitForFunction((old) => document.querySelector('canvas')?.toDataURL() !== old, before)
    await expect.poll(() => inkOf(page, 'past')).toBeGreaterThan(100)
  })

  it('tells the month under the pointer, past or to come', async () => {
    const { page } = await open('/forecast')
    await page.waitForSelector(READY)
    await page.waitForSelector('.u-over')
    const { history, points } = fakeForecast('mrr', 12, 'USD').forecast
    expect(await page.textContent('[data-testid="fan-expected"]')).toBe(round(points.at(-1)?.amount))
    await page.hover('.u-over', { position: { x: 1, y: 60 } })
    await page.waitForFunction(
      (text) => document.querySelector('[data-testid="fan-past"]')?.textContent === text,
      round(history[0]?.amount),
    )
    expect(await page.textContent('[data-testid="fan-expected"]')).toBe('–')
    await page.hover('h1')
    await page.waitForFunction(
      (text) => document.querySelector('[data-testid="fan-expected"]')?.textContent === text,
      round(points.at(-1)?.amount),
    )
  })

  it('says how far to trust it: the model in words, its error, and how often its ranges held', async () => {
    const { page } = await open('/forecast')
    await page.waitForSelector(READY)
    expect(await page.textContent('[data-testid="model"]')).toBe('Damped trend')
    expect(await page.textContent('[data-testid="error"]')).toBe('4.2% (year before: 20.0%)')
    expect(await page.locator('.coverage tbody td').allTextContents()).toEqual(['52.0%', '77.0%', '90.4%'])
    expect(await page.textContent('.trust')).toContain('8 months of the past')
  })

  it('shows no model that loses to the year before, and counts those', async () => {
    const { page } = await open('/forecast')
    await page.waitForSelector('.models tbody tr')
    expect(await page.locator('.models tbody th').allTextContents()).toEqual([
      'Damped trend chosen',
      'Same as last month',
      'Same as the year before benchmark',
    ])
    expect(await page.textContent('.models')).toContain('2 other models did worse than repeating the year before, and are not shown')
    expect(await page.textContent('.models')).not.toContain('Loser')
  })

  it('warns where little history is known', async () => {
    const { page } = await open('/forecast', {
      state: (state) => {
        state.forecast = { months: 5 }
      },
    })
    await page.waitForSelector('[role="status"] >> text=Only 5 months are over: the last one is repeated')
    expect(await page.textContent('.trust')).toContain('too little history')
    expect(await page.locator('.models').count()).toBe(0)
    expect(await page.locator('canvas').count()).toBe(1)
  })

  it('teaches where there is nothing to continue, and leads to currencies that have something', async () => {
    const { page, problems } = await open('/forecast?currency=USD', {
      state: (state) => {
        state.forecast = { months: 0 }
      },
    })
    await page.waitForSelector('text=No month of MRR in USD is over yet')
    await page.waitForSelector('text=npm run import')
    await page.click('.notice >> text=EUR')
    await page.waitForSelector('text=No month of MRR in EUR is over yet')
    expect(query(page.url())).toEqual({ currency: 'EUR' })
    expect(problems).toEqual([])
  })

  it('shows the default currency, and says so, where the address names none', async () => {
    const { page } = await open('/forecast?currency=ZZZ&horizon=7&metric=profit')
    await page.waitForSelector('[role="status"] >> text=ZZZ in the address is no currency we know')
    await page.waitForSelector(READY)
    expect(await page.inputValue('select')).toBe('USD')
    expect(await page.locator('nav[aria-label="Months ahead"] a[aria-current]').textContent()).toContain('12')
  })
})
