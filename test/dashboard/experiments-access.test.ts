import { describe, expect, it } from 'vitest'
import type { FakeState } from './fake-api.ts'
import { accessProblems, tabStops, themeProblems, useDashboard } from './setup.ts'

const open = useDashboard()

const none = ({ experiments }: FakeState) => {
  experiments.items = []
}

const ROUTES: readonly { path: string; ready: string; state?: (state: FakeState) => void }[] = [
  { path: '/experiments', ready: '[data-experiment]' },
  { path: '/experiments', ready: '.teach', state: none },
  { path: '/experiments?new=experiment', ready: '[data-testid="sample-size"] b' },
  { path: '/experiments/draft_one?edit=1', ready: '[data-testid="sample-size"] b' },
  { path: '/experiments?tab=metrics', ready: '[data-metric]' },
  { path: '/experiments?tab=metrics&new=metric', ready: '.editor' },
]

describe('the lists and forms of experiments', () => {
  it.each(ROUTES)(
    'axe finds nothing in either theme, and nothing is wider than 360 pixels, on $path ($ready)',
    async ({ path, ready, state }) => {
      const { page } = await open(path, { state })
      await page.waitForSelector(ready)
      for (const more of await page.locator('details.more summary').all()) await more.click()
      expect(await accessProblems(page)).toEqual([])
    },
  )

  it('have nothing for axe to find in a refusal', async () => {
    const { page } = await open('/experiments?new=experiment')
    await page.waitForSelector('.editor')
    await page.click('button:has-text("Start it now")')
    await page.waitForSelector('.refusal')
    expect(await themeProblems(page)).toEqual([])
  })

  it.each(['/experiments', '/experiments?new=experiment'])('are toured by Tab alone on %s, each stop visible', async (path) => {
    const { page } = await open(path)
    await page.waitForSelector('[data-experiment], .editor')
    const stops = await tabStops(page, 80)
    expect(stops.filter((stop) => stop.startsWith('invisible'))).toEqual([])
    expect(stops.length).toBeGreaterThan(15)
  })
})
