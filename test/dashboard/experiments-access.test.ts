import { AxeBuilder } from '@axe-core/playwright'
import { describe, expect, it } from 'vitest'
import type { FakeState } from './fake-api.ts'
import { fakeResults } from './fake-experiment-results.ts'
import { fakeExperiment, fakeItem } from './fake-experiments.ts'
import { tabStops, useDashboard } from './setup.ts'

const open = useDashboard()

const mismatched = ({ experiments }: FakeState) => {
  const sampleRatio = {
    pValue: 1e-9,
    mismatch: true,
    causes: [{ dimension: 'device' as const, value: 'mobile', pValue: 1e-9, exposed: { buy_now: 1, start_today: 9 } }],
  }
  experiments.items = [fakeItem(fakeExperiment('checkout_button', 'Checkout button'), fakeResults({ sampleRatio, verdict: 'invalid' }))]
}
const none = ({ experiments }: FakeState) => {
  experiments.items = []
}

const ROUTES: readonly { path: string; ready: string; state?: (state: FakeState) => void }[] = [
  { path: '/experiments', ready: '[data-experiment]' },
  { path: '/experiments', ready: '.teach', state: none },
  { path: '/experiments?new=experiment', ready: '[data-testid="sample-size"] b' },
  { path: '/experiments/draft_one?edit=1', ready: '[data-testid="sample-size"] b' },
  { path: '/experiments/checkout_button', ready: '[data-uplift]' },
  { path: '/experiments/checkout_button', ready: '.warning', state: mismatched },
  { path: '/experiments?tab=metrics', ready: '[data-metric]' },
  { path: '/experiments?tab=metrics&new=metric', ready: '.editor' },
]

describe('the pages of experiments', () => {
  it.each(ROUTES)(
    'axe finds nothing in either theme, and nothing is wider than 360 pixels, on $path ($ready)',
    async ({ path, ready, state }) => {
      const { page } = await open(path, { colorScheme: 'light', state })
      await page.waitForSelector(ready)
      for (const more of await page.locator('details.more summary').all()) await more.click()
      const found = async (axe: AxeBuilder) =>
        (await axe.analyze()).violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`)
      expect(await found(new AxeBuilder({ page }))).toEqual([])
      // The other theme differs in its colours alone.
      await page.emulateMedia({ colorScheme: 'dark' })
      expect(await found(new AxeBuilder({ page }).withRules(['color-contrast']))).toEqual([])
      await page.setViewportSize({ width: 360, height: 740 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    },
  )

  it('name each chart, and have its numbers in a table of the same panel', async () => {
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

  it.each(['/experiments', '/experiments/checkout_button', '/experiments?new=experiment'])(
    'are toured by Tab alone on %s, each stop visible',
    async (path) => {
      const { page } = await open(path)
      await page.waitForSelector('[data-experiment], [data-metric], .editor')
      const stops = await tabStops(page, 80)
      expect(stops.filter((stop) => stop.startsWith('invisible'))).toEqual([])
      expect(stops.length).toBeGreaterThan(15)
    },
  )

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
