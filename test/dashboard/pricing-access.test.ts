import { describe, expect, it } from 'vitest'
import type { FakeState } from './fake-api.ts'
import { fakeResults } from './fake-pricing.ts'
import { accessProblems, tabStops, themeProblems, useDashboard } from './setup.ts'

const open = useDashboard()

const mismatched = ({ pricing }: FakeState) => {
  for (const item of pricing.tests) item.results = fakeResults({ sampleRatio: { pValue: 1e-9, expected: [1, 1, 1], mismatch: true } })
}
const bare = ({ pricing }: FakeState) => {
  pricing.rules = []
  pricing.decisions = []
}

const ROUTES: readonly { path: string; ready: string; state?: (state: FakeState) => void }[] = [
  { path: '/pricing', ready: '[data-product]' },
  { path: '/pricing/products/pro_bundle', ready: '.demand .field' },
  { path: '/pricing/products/starter_bundle', ready: '.demand .lesson' },
  { path: '/pricing?tab=rules', ready: '[data-rule]' },
  { path: '/pricing?tab=rules', ready: '.teach', state: bare },
  { path: '/pricing?tab=rules&new=rule', ready: '.editor' },
  { path: '/pricing?tab=rules&rule=winback', ready: '.editor' },
  { path: '/pricing?tab=rules&rule=germany', ready: '.editor textarea' },
  { path: '/pricing?tab=tests', ready: '[data-test]' },
  { path: '/pricing?tab=tests&new=test&product=pro_bundle', ready: '.editor' },
  { path: '/pricing/tests/t1', ready: '[data-arm]' },
  { path: '/pricing/tests/t1', ready: '.warning', state: mismatched },
  { path: '/pricing?tab=decisions', ready: '[data-decision]' },
  { path: '/pricing?tab=decisions', ready: '.teach', state: bare },
  { path: '/pricing/decisions/d1_0?replay=1', ready: '.inputs' },
]

describe('the pricing pages', () => {
  it.each(ROUTES)(
    'have nothing for axe to find on $path ($ready) in either theme, and need no sideways scrolling at 360 pixels',
    async ({ path, ready, state }) => {
      const { page } = await open(path, { state })
      await page.waitForSelector(ready)
      for (const more of await page.locator('details.more summary').all()) await more.click()
      expect(await accessProblems(page)).toEqual([])
    },
  )

  it('have nothing for axe to find in a preview, a refusal and a question', async () => {
    const { page, api } = await open('/pricing?tab=rules&new=rule')
    await page.fill('[name="name"]', 'Summer')
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('.preview tbody tr')
    expect(await themeProblems(page)).toEqual([])
    api.state.pricing.refusals['POST /api/price-rules/preview'] = { status: 422, code: 'invalid_field', error: 'no', field: 'multiplier' }
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('.refusal')
    expect(await themeProblems(page)).toEqual([])
    await page.goto(`${api.url}/pricing/tests/t1`)
    await page.click('.test-actions >> text=Stop')
    await page.waitForSelector('dialog[open]')
    expect(await themeProblems(page)).toEqual([])
  })

  it('name each chart, and have its numbers in a table of the same panel', async () => {
    for (const path of ['/pricing/products/pro_bundle', '/pricing/tests/t1']) {
      const { page } = await open(path)
      await page.waitForSelector('.field')
      const charts = await page.locator('.field').evaluateAll((fields) =>
        fields.map((field) => ({
          name: field.getAttribute('aria-label') ?? '',
          rows: field.closest('section')?.querySelectorAll('tbody tr').length ?? 0,
        })),
      )
      expect(charts.length).toBeGreaterThan(1)
      for (const { name, rows } of charts) {
        expect(name).toMatch(/the table below/)
        expect(rows).toBeGreaterThan(0)
      }
    }
  })

  it('can be worked by keys alone: a test is stopped without a mouse, and the focus comes back', async () => {
    const { page, api } = await open('/pricing/tests/t1')
    await page.waitForSelector('[data-arm]')
    await page.focus('.test-actions button')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog[open]', { state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stop')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role="status"] >> text=is stopped')
    expect(api.state.pricing.sent).toHaveLength(1)
  })

  it.each(['/pricing', '/pricing/tests/t1', '/pricing?tab=rules&new=rule'])(
    'is toured by Tab alone on %s, each stop visible',
    async (path) => {
      const { page } = await open(path)
      await page.waitForSelector('[data-product], [data-arm], .editor')
      const stops = await tabStops(page, 80)
      expect(stops.filter((stop) => stop.startsWith('invisible'))).toEqual([])
      expect(stops.length).toBeGreaterThan(15)
    },
  )

  it('shows places for what is on its way, and moves little when it comes', async () => {
    const { page, api } = await open('/setup')
    await page.route(/\/api\/(products|price-tests)/, async (route) => {
      await new Promise((done) => setTimeout(done, 400))
      await route.continue()
    })
    await page.addInitScript(() => {
      const seen = { shift: 0 }
      Object.assign(window, { seen })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += (entry as PerformanceEntry & { value: number }).value
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.goto(`${api.url}/pricing`)
    await page.waitForSelector('.ghosts')
    await page.waitForSelector('[data-product]')
    expect(await page.evaluate(() => (window as unknown as { seen: { shift: number } }).seen.shift)).toBeLessThan(0.05)
  })
})
