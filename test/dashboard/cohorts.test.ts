import { describe, expect, it } from 'vitest'
import { bucketOf, gather } from '../../dashboard/buckets.ts'
import { coverage, endOfMonth, shiftMonth } from '../../dashboard/calendar.ts'
import { columnsOf } from '../../dashboard/cohort-columns.ts'
import { fakeAnalytics, TODAY } from './fake-figures.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()

describe('the cohorts', () => {
  it('are found where they have moved, by the link of old', async () => {
    const { page } = await open('/cohorts?period=90d&measure=share')
    await page.waitForSelector('.heat td >> text=%')
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/revenue?period=90d&measure=share&tab=cohorts')
  })

  it('prints the number of each cell and hatches only months that are not over', async () => {
    const { page } = await open('/revenue?tab=cohorts')
    await page.waitForSelector('.heat table')
    const cohorts = fakeAnalytics('all', TODAY, 'USD', true, { bonus: 0, productIds: [], countries: [] }).cohorts ?? []
    const first = await page.locator('.heat tbody tr').first().locator('td:not(.size)').allTextContents()
    expect(first.map((text) => Number.parseInt(text, 10))).toEqual(cohorts[0]?.activeByMonth)
    expect(await page.locator('.heat td.part').count()).toBe(18)
  })

  it('keeps the measure in the address', async () => {
    const { page } = await open('/revenue?tab=cohorts')
    await page.click('nav[aria-label="Measure"] >> text=Revenue')
    await page.waitForSelector('.heat td >> text=$')
    expect(new URL(page.url()).searchParams.get('measure')).toBe('revenue')
    await page.reload()
    await page.waitForSelector('.heat td >> text=$')
  })
})

describe('the calendar', () => {
  it('knows months over the end of a year and in a leap year', () => {
    expect(shiftMonth('2025-11', 3)).toBe('2026-02')
    expect(endOfMonth('2024-02')).toBe('2024-02-29')
  })

  it('calls a month whole only when its last day is over and told', () => {
    expect(coverage('2026-10', '2026-11-23', '2026-11-23')).toBe('whole')
    expect(coverage('2026-11', '2026-11-23', '2026-11-23')).toBe('part')
    expect(coverage('2026-11', '2026-11-30', '2026-11-30')).toBe('part')
    expect(coverage('2026-11', '2026-11-30', '2026-12-01')).toBe('whole')
    expect(coverage('2026-12', '2026-11-30', '2027-05-01')).toBe('none')
  })
})

describe('the chart’s rows', () => {
  it('lose no cent between days, weeks and months', () => {
    const { series } = fakeAnalytics('365d', TODAY, 'USD', false, { bonus: 0, productIds: [], countries: [] })
    const net = (rows: typeof series) => Math.round(rows.reduce((sum, row) => sum + row.net, 0) * 100)
    for (const bucket of ['day', 'week', 'month'] as const) {
      const rows = gather(series, bucket)
      expect(net(rows)).toBe(net(series))
      expect(rows.at(-1)?.mrr).toBe(series.at(-1)?.mrr)
    }
    expect(gather(series, 'week').length).toBeLessThanOrEqual(54)
    expect(bucketOf(30)).toBe('day')
  })

  it('leave out months in which no cohort did anything', () => {
    const row = {
      cohort: '1997-01',
      customers: 3,
      activeByMonth: [3, 1, 0, 2, 0, 0],
      revenueByMonth: [9, 2, 0, 4, 0, 0],
      lastMonthComplete: false,
    }
    expect(columnsOf([row])).toBe(4)
  })
})
