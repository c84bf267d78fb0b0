import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { stepFor } from '../../dashboard/scale.ts'
import { EXPORT_TABLES } from '../../worker/contract/exports.ts'
import { fakeAnalytics, TODAY } from './fake-figures.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const READY = '[data-figure="netRevenue"] .how'
const extras = {
  bonus: 0,
  productIds: ['pro_bundle', 'starter_bundle', 'pro_yearly', 'pro_monthly', 'starter_monthly'],
  countries: ['US', 'DE', 'other'],
}
const shown = (timeframe = '30d', to = TODAY, currency = 'USD') => fakeAnalytics(timeframe, to, currency, true, extras)
const money = (amount: number | null | undefined, currency = 'USD') =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(amount ?? Number.NaN)
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)
const cents = (text: string | null) => Math.round(Number((text ?? '').replace(/[^\d.-]/g, '')) * 100)
const tile = (figure: string) => `[data-figure="${figure}"]`
/** The figures with some of them changed. */
const answering = (page: Page, change: (answer: ReturnType<typeof shown>) => void) =>
  page.route('**/api/analytics*', async (route) => {
    const answer = await (await route.fetch()).json()
    change(answer)
    await route.fulfill({ json: answer })
  })

describe('the revenue page', () => {
  it('shows the figures of the API, each in its unit and with its change', async () => {
    const { page, problems } = await open('/revenue?tab=unit')
    await page.waitForSelector(READY)
    const { figures } = shown()
    for (const id of ['netRevenue', 'averageOrderValue', 'mrr', 'arr', 'arpa', 'ltv', 'cac'] as const)
      expect(
        await page
          .locator(`${tile(id)} .value`)
          .first()
          .textContent(),
      ).toBe(money(figures[id].value))
    for (const [id, text] of [
      ['nrr', '102.1%'],
      ['quickRatio', '3.1×'],
      ['payback', '2.7 months'],
      ['ltvToCac', '5.44×'],
      ['customersNew', '64'],
    ])
      expect(await page.textContent(`${tile(id as string)} .value`)).toBe(text)
    const changeOf = (id: string) => page.locator(`${tile(id)} .change > span`).first()
    expect(await changeOf('nrr').textContent()).toContain('+0.8 pp')
    // Less churn is good news, and costs that fall are.
    expect(await changeOf('grossMrrChurn').getAttribute('class')).toBe('good')
    expect(await changeOf('cac').getAttribute('class')).toBe('good')
    await page.keyboard.press('x')
    await page.waitForSelector('.toggle[aria-pressed="false"]')
    expect((await page.textContent(`${tile('grossMrrChurn')} .change`))?.trim()).toBe('')
    expect(problems).toEqual([])
  })

  it('has a bridge that adds up to the cent, and says so when it does not', async () => {
    const { page } = await open('/revenue?period=90d')
    await page.waitForSelector('.bridge-rows tbody tr')
    const cells = (await page.locator('.bridge-rows tbody td:last-child').allTextContents()).map(cents)
    const [opening, ...rest] = cells
    const closing = rest.pop()
    expect((opening ?? 0) + rest.reduce((sum, amount) => sum + amount, 0)).toBe(closing)
    expect(rest).toHaveLength(5)
    await page.waitForSelector('text=movements add up')
    expect(cents(await page.textContent(`${tile('mrr')} .value`))).toBe(closing)
    await answering(page, (answer) => {
      answer.movements.churn += 1
    })
    await page.reload()
    await page.waitForSelector('text=does not add up by -$1.00')
  })

  it('tells how a figure is made, with the numbers it was made of, and covers nothing', async () => {
    const { page } = await open('/revenue')
    await page.waitForSelector(READY)
    const { netRevenue, refunds } = shown().figures
    await page.click(READY)
    const made = page.locator('#formula-netRevenue')
    expect(await made.textContent()).toContain(netRevenue.formula)
    const numbers = await made.locator('dl div').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)))
    expect(numbers).toContainEqual(['refunds', money(refunds.value)])
    expect(numbers).toContainEqual(['Net revenue', money(netRevenue.value)])
    const covered = await page.evaluate(() => {
      const box = document.querySelector('.made')?.getBoundingClientRect()
      return [...document.querySelectorAll('.tile')].filter((other) => {
        const { top, bottom } = other.getBoundingClientRect()
        return box && box.top < bottom && box.bottom > top
      }).length
    })
    expect(covered).toBe(0)
    await page.click(`${tile('mrr')} .how`)
    expect(await page.locator('.made').count()).toBe(1)
  })

  it('opens and closes a formula with the keyboard alone', async () => {
    const { page } = await open('/revenue')
    const button = page.locator(READY)
    await button.focus()
    await page.keyboard.press('Enter')
    expect(await button.getAttribute('aria-expanded')).toBe('true')
    expect(await page.getAttribute('.made', 'id')).toBe(await button.getAttribute('aria-controls'))
    await page.keyboard.press('Tab')
    await page.keyboard.press('Escape')
    expect(await page.locator('.made').count()).toBe(0)
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
  })

  it('says why there is no figure, and never 0 for it', async () => {
    const { page } = await open('/revenue?tab=unit')
    await answering(page, ({ figures }) => {
      figures.cac = { ...figures.cac, value: null, previous: null, reason: 'No cost is recorded for this time' }
    })
    await page.reload()
    await page.waitForSelector(READY)
    expect(await page.textContent(`${tile('cac')} .value`)).toBe('–No cost is recorded for this time')
    await page.click(`${tile('cac')} .how`)
    expect(await page.textContent('#formula-cac')).toContain('No cost is recorded for this time')
  })

  it('leads to a file of each table, of the very days and currency that are shown', async () => {
    const to = new Date(Date.parse(TODAY) - 40 * 86_400_000).toISOString().slice(0, 10)
    const { page } = await open(`/revenue?period=90d&to=${to}&currency=EUR`)
    await page.waitForSelector(READY)
    const found = new Set<string>()
    for (const tab of ['Retention', 'Unit economics', 'Cohorts', 'Breakdowns', 'Months']) {
      await page.click(`nav[aria-label="Details"] >> text=${tab}`)
      await page.waitForSelector(`section[aria-label="${tab}"]`)
      for (const href of await page.locator('a.csv').evaluateAll((all) => all.map((link) => (link as HTMLAnchorElement).href))) {
        const url = new URL(href)
        const table = url.pathname.replace('/api/export/', '')
        expect(EXPORT_TABLES).toContain(table)
        expect(query(href)).toEqual({ timeframe: '90d', to, currency: 'EUR' })
        found.add(table)
      }
      // Each table that is there has one.
      const panels = page.locator('.details .panel', { has: page.locator('table') })
      for (const panel of await panels.all()) expect(await panel.locator('a.csv').count()).toBeGreaterThan(0)
    }
    expect([...found].sort()).toEqual([...EXPORT_TABLES].sort())
  })

  it('keeps the tab in the address, and Back leads back', async () => {
    const { page } = await open('/revenue?period=7d')
    await page.waitForSelector('.details .segment')
    await page.click('nav[aria-label="Details"] >> text=Cohorts')
    await page.waitForSelector('.heat table')
    expect(query(page.url())).toEqual({ period: '7d', tab: 'cohorts' })
    await page.goBack()
    await page.waitForSelector('.details .segment')
    expect(query(page.url())).toEqual({ period: '7d' })
  })

  it('shows the months of its chart as numbers too', async () => {
    const { page } = await open('/revenue')
    await page.waitForSelector('.movements .segment')
    expect(await page.locator('.movements .column').count()).toBe(13)
    expect(await page.locator('.movements .column.part').count()).toBe(1)
    await page.click('nav[aria-label="Show movements as"] >> text=Table')
    await page.waitForSelector('.movements tbody tr')
    const { months } = shown()
    const rows = await page
      .locator('.movements tbody tr')
      .evaluateAll((all) => all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)))
    expect(rows.map((row) => [row[0], row.at(-1)])).toEqual(
      [...months].reverse().map(({ opening, closing }) => [money(opening), money(closing)]),
    )
    for (const row of rows) {
      const [opening, ...rest] = row.map(cents)
      const closing = rest.pop()
      expect((opening ?? 0) + rest.reduce((sum, amount) => sum + amount, 0)).toBe(closing)
    }
  })

  it('breaks gross revenue down into parts that add up to it', async () => {
    const { page } = await open('/revenue?tab=breakdowns')
    await page.waitForSelector('.sources tbody tr')
    const gross = money(shown().figures.grossRevenue.value)
    for (const kind of ['countries', 'devices', 'sources']) expect(await page.textContent(`.${kind} tfoot td`)).toBe(gross)
    expect(await page.textContent('.sources tbody tr:last-child th')).toBe('Everything else')
  })

  it('toggles the cohorts between people and money', async () => {
    const { page } = await open('/revenue?tab=cohorts')
    await page.waitForSelector('.heat tbody tr')
    const { cohorts } = shown()
    const second = page.locator('.heat tbody tr').first().locator('td').nth(2)
    expect(await second.textContent()).toBe(String(cohorts?.[0]?.activeByMonth[1]))
    await page.click('nav[aria-label="Measure"] >> text=Revenue')
    await page.waitForSelector('.heat td >> text=$')
    expect(await second.textContent()).toBe(`$${Math.round(cohorts?.[0]?.revenueByMonth[1] ?? 0).toLocaleString('en-US')}`)
    expect(await page.locator('.heat td.part').count()).toBe(18)
  })

  it('teaches where nothing recurs yet', async () => {
    const { page } = await open('/revenue')
    await answering(page, ({ movements }) => {
      for (const name of Object.keys(movements) as (keyof typeof movements)[]) movements[name] = 0
    })
    await page.reload()
    await page.waitForSelector('.bridge >> text=subscription_started')
  })

  it('offers to load again a part that did not come', async () => {
    const { page } = await open('/')
    await page.route('**/app/revenue-*.js', (route) => route.abort())
    await page.click('nav[aria-label="Pages"] >> text=Revenue')
    await page.waitForSelector('text=This page could not be loaded')
    await page.unroute('**/app/revenue-*.js')
    await page.click('text=Load it again')
    await page.waitForSelector(READY)
  })
})

describe('costs', () => {
  it('teach where there are none, are added with their days, and removed', async () => {
    const { page, api } = await open('/revenue?tab=unit&period=7d')
    await page.waitForSelector('.costs >> text=Begin with one line')
    expect(await page.inputValue('[name="to"]')).toBe(TODAY)
    await page.fill('[name="channel"]', 'search')
    await page.fill('[name="amount"]', '1200.5')
    await page.fill('[name="from"]', '2026-10-01')
    await page.fill('[name="to"]', '2026-12-31')
    await page.click('.cost-form >> text=Add')
    await page.waitForSelector('.costs tbody tr')
    expect(api.state.costs).toMatchObject([
      { channel: 'search', amount: 1200.5, currency: 'USD', from: '2026-10-01', to: '2026-12-31', note: '' },
    ])
    expect(await page.textContent('.costs tbody tr td:nth-child(4)')).toBe('$1,200.50')
    expect(await page.locator('.costs >> text=Begin with one line').count()).toBe(0)
    expect(await page.textContent('.costs [role="status"]')).toBe('Added: search')
    const [asked] = api.asked.filter((path) => path.startsWith('GET /api/costs')).slice(-1)
    expect(query(`http://fake${asked?.slice(4)}`)).toEqual({ from: shown('7d').period.from, to: TODAY, currency: 'USD', limit: '500' })
    page.once('dialog', (dialog) => dialog.accept())
    await page.click('text=Remove')
    await page.waitForSelector('.costs >> text=Begin with one line')
    expect(api.state.costs).toEqual([])
  })

  it('stay in the form when they are refused, with the reason', async () => {
    const { page, api } = await open('/revenue?tab=unit')
    await page.fill('[name="channel"]', 'search')
    await page.fill('[name="amount"]', '10')
    await page.fill('[name="from"]', '2026-10-31')
    await page.fill('[name="to"]', '2026-10-01')
    await page.click('.cost-form >> text=Add')
    await page.waitForSelector('.costs [role="alert"] >> text=the last day lies before the first')
    expect(await page.inputValue('[name="amount"]')).toBe('10')
    expect(api.state.costs).toEqual([])
  })
})

describe('the lines of a chart', () => {
  it.each([
    [0, 1],
    [3, 1],
    [4, 1],
    [3900, 1000],
    [9.9, 2.5],
    [0.031, 0.01],
  ])('for a span of %d stand %d apart', (span, step) => {
    expect(stepFor(span)).toBeCloseTo(step, 10)
  })
})
