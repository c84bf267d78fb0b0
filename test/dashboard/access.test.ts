import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { accessProblems, tabStops, useDashboard } from './setup.ts'

const open = useDashboard()

const ROUTES = [
  { path: '/', ready: '[data-figure="netRevenue"] summary' },
  { path: '/?chart=table', ready: '.chart table tbody tr' },
  { path: '/forecast', ready: '.models tbody tr' },
  { path: '/forecast?chart=table&metric=revenue', ready: '[data-testid="expected"] tr' },
  { path: '/revenue', ready: '.movements .segment' },
  { path: '/revenue?chart=table', ready: '.movements tbody tr' },
  { path: '/revenue?tab=unit', ready: '.costs .lesson' },
  { path: '/revenue?tab=cohorts', ready: '.heat tbody tr' },
  { path: '/revenue?tab=breakdowns', ready: '.sources tbody tr' },
  { path: '/revenue?tab=months', ready: '.details tbody tr' },
  { path: '/customers', ready: '.customers tbody tr' },
  { path: '/customers/cus_001', ready: '.chain li' },
  { path: '/setup', ready: '.audit tbody tr' },
]

/** Pixels of the chart that have the colour of the bars in the present theme. */
const barPixels = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const canvas = document.querySelector('canvas') as HTMLCanvasElement
    const [red, green, blue] =
      getComputedStyle(document.querySelector('.swatch.net') as Element)
        .color.match(/\d+/g)
        ?.map(Number) ?? []
    const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(0, 0, canvas.width, canvas.height)
    let found = 0
    for (let at = 0; at < data.length; at += 4) if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) found++
    return found
  })

describe('the page', () => {
  it.each(ROUTES)('has nothing for axe to find on $path in either theme, nor sideways scrolling at 360 pixels', async ({ path, ready }) => {
    const { page } = await open(path)
    await page.waitForSelector(ready)
    expect(await accessProblems(page)).toEqual([])
  })

  it('has nothing for axe to find in the teaching page with the help, nor in the sign-in', async () => {
    const { page } = await open('/', {
      clock: true,
      state: ({ status }) => {
        status.events = 0
      },
    })
    await page.waitForSelector('text=waiting for it')
    await page.clock.fastForward(8000)
    await page.waitForSelector('.teach')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    expect(await accessProblems(page)).toEqual([])
    const other = await open('/', {
      state: (state) => {
        state.signedIn = false
      },
    })
    await other.page.waitForSelector('input[name="token"]')
    expect(await accessProblems(other.page)).toEqual([])
  })

  it.each([
    { path: '/', width: 1280, height: 900 },
    { path: '/', width: 360, height: 740 },
    { path: '/revenue?tab=unit', width: 1280, height: 900 },
    { path: '/revenue?tab=unit', width: 360, height: 740 },
    { path: '/customers', width: 1280, height: 900 },
  ])('moves nothing while $path loads at $width pixels', async ({ path, ...viewport }) => {
    const importing = { importId: 'demo', label: 'Demo shop', total: 42_000, done: 10_500, updatedAt: 0, finished: false, stalled: false }
    const { page, api } = await open(path, { viewport })
    api.state.status.imports = [importing]
    await page.addInitScript(() => {
      const seen = { shift: 0 }
      Object.assign(window, { seen })
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += (entry as PerformanceEntry & { value: number }).value
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await page.route(/\/api\/(analytics|customers)/, async (route) => {
      await new Promise((done) => setTimeout(done, 150))
      await route.continue()
    })
    await page.reload()
    await page.waitForSelector('[role="progressbar"]')
    const ready: Record<string, string> = {
      '/': '.products tbody tr',
      '/revenue?tab=unit': '.costs .lesson',
      '/customers': '.customers tbody tr',
    }
    await page.waitForSelector(ready[path] as string)
    if (path === '/') await page.waitForSelector('.feed li')
    expect(await page.evaluate(() => (window as unknown as { seen: { shift: number } }).seen.shift)).toBeLessThan(0.05)
  })

  it.each(['/?compare=off', '/?period=18m'])('draws its bars on %s, where no second reading follows the first', async (path) => {
    const { page } = await open(path)
    await page.waitForSelector('canvas')
    await expect.poll(() => barPixels(page)).toBeGreaterThan(500)
  })

  it('remembers a chosen theme and redraws the chart in it', async () => {
    const { page } = await open('/', { colorScheme: 'light' })
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const inked = () => page.evaluate(() => document.querySelector('canvas')?.toDataURL())
    const before = await inked()
    const lightBars = await barPixels(page)
    expect(lightBars).toBeGreaterThan(500)
    await page.click('[aria-label^="Theme: system"]')
    await page.click('[aria-label^="Theme: light"]')
    await page.waitForFunction((old) => document.querySelector('canvas')?.toDataURL() !== old, before)
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark')
    expect(await barPixels(page)).toBeGreaterThan(lightBars * 0.9)
    await page.reload()
    expect(await page.getAttribute('html', 'data-theme')).toBe('dark')
  })

  it('can be toured by Tab alone, each stop visible', async () => {
    const { page } = await open('/')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const stops = await tabStops(page, 60)
    expect(stops.filter((stop) => stop.startsWith('invisible'))).toEqual([])
    expect(stops.length).toBeGreaterThan(25)
  })
})
