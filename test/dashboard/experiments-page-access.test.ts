import { describe, expect, it } from 'vitest'
import type { FakeState } from './fake-api.ts'
import { fakeResults } from './fake-experiment-results.ts'
import { fakeExperiment, fakeItem } from './fake-experiments.ts'
import { accessProblems, tabStops, themeProblems, useDashboard } from './setup.ts'

const open = useDashboard()
const AT = '/experiments/checkout_button'

const mismatched = ({ experiments }: FakeState) => {
  const sampleRatio = {
    pValue: 1e-9,
    mismatch: true,
    causes: [{ dimension: 'device' as const, value: 'mobile', pValue: 1e-9, exposed: { buy_now: 1, start_today: 9 } }],
  }
  experiments.items = [fakeItem(fakeExperiment('checkout_button', 'Checkout button'), fakeResults({ sampleRatio, verdict: 'invalid' }))]
}

describe('the page of an experiment', () => {
  it.each([
    { ready: '[data-uplift]', state: undefined },
    { ready: '.warning', state: mismatched },
  ])('has nothing for axe to find in either theme, and nothing is wider than 360 pixels ($ready)', async ({ ready, state }) => {
    const { page } = await open(AT, { state })
    await page.waitForSelector(ready)
    expect(await accessProblems(page)).toEqual([])
  })

  it('has nothing for axe to find in a question', async () => {
    const { page } = await open(AT)
    await page.click('.test-actions >> text=Stop')
    await page.waitForSelector('dialog[open]')
    expect(await themeProblems(page)).toEqual([])
  })

  it('is toured by Tab alone, each stop visible', async () => {
    const { page } = await open(AT)
    await page.waitForSelector('[data-metric]')
    const stops = await tabStops(page, 80)
    expect(stops.filter((stop) => stop.startsWith('invisible'))).toEqual([])
    expect(stops.length).toBeGreaterThan(15)
  })

  it('names each chart, and has its numbers in a table of the same panel', async () => {
    const { page } = await open('/experiments/checkout_button')
    await page.waitForSelector('[data-uplift] .field')
    const charts = await page.locator('.field').evaluateAll((fields) =>
      fields.map((field) => ({
        name: field.getAttribute('aria-label') ?? '',
        rows: field.closest('section')?.querySelectorAll('tbody tr').length ?? 0,
      })),
    )
    expect(charts.length).toBe(4)
    for (const { name, rows } of charts) {
      expect(name).toMatch(/the table below/)
      expect(rows).toBeGreaterThan(0)
    }
  })

  it('can be worked by keys alone: an experiment is stopped without a mouse', async () => {
    const { page, api } = await open('/experiments/checkout_button')
    await page.waitForSelector('[data-metric]')
    await page.focus('.test-actions button')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role="status"] >> text=is stopped')
    expect(api.state.experiments.sent.map(({ to }) => to)).toEqual(['POST /api/experiments/checkout_button/stop'])
  })
})
