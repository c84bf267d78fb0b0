import { describe, expect, it } from 'vitest'
import type { FakeState } from './fake-api.ts'
import { fakeResults } from './fake-experiment-results.ts'
import { fakeExperiment, fakeItem } from './fake-experiments.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const AT = '/experiments/checkout_button'

const withResults =
  (change: Parameters<typeof fakeResults>[0], experiment: Parameters<typeof fakeExperiment>[2] = {}) =>
  ({ experiments }: FakeState) => {
    experiments.items = [fakeItem(fakeExperiment('checkout_button', 'Checkout button', experiment), fakeResults(change))]
  }

describe('what can be done with an experiment', () => {
  it.each([
    { path: AT, button: 'Stop', route: 'stop', says: 'Checkout button is stopped' },
    { path: AT, button: 'Ship Start today', route: 'ship', says: 'Checkout button is stopped' },
    { path: '/experiments/draft_one', button: 'Start', route: 'start', says: 'Next thing is running' },
    { path: '/experiments/draft_one', button: 'Archive', route: 'archive', says: 'Next thing is archived' },
  ])('$button: happens after a yes, and says what came of it', async ({ path, button, route, says }) => {
    const { page, api } = await open(path)
    await page.click(`.test-actions button:text-is("${button}")`)
    await page.click('dialog[open] >> text=Cancel')
    expect(api.state.experiments.sent).toEqual([])
    await page.click(`.test-actions button:text-is("${button}")`)
    await page.click('dialog[open] button.primary')
    await page.waitForSelector(`[role="status"] >> text=${says}`)
    expect(api.state.experiments.sent.map(({ to }) => to.split('/').at(-1))).toEqual([route])
  })

  it('warns before something is shipped that the experiment does not speak for, and can take it back', async () => {
    const { page, api } = await open(AT, { state: withResults({ verdict: 'inconclusive', variant: null, sentence: 'Nothing' }) })
    await page.click('.test-actions >> text=Ship Start today')
    await page.waitForSelector('dialog >> text=That is not what the experiment says: its verdict is “inconclusive”')
    await page.click('dialog[open] button.primary')
    await page.waitForSelector('.test-actions >> text=Ship Buy now')
    await page.waitForSelector('.range >> text=shipped')
    await page.click('.test-actions >> text=Ship Buy now')
    await page.waitForSelector('dialog >> text=Go back to the control?')
    expect(api.state.experiments.sent).toEqual([{ to: 'POST /api/experiments/checkout_button/ship', body: { variant: 'start_today' } }])
  })

  it('says why one is refused', async () => {
    const { page } = await open(AT, {
      state: ({ experiments }) => {
        experiments.refusals['POST /api/experiments/checkout_button/stop'] = { status: 409, code: 'conflict', error: 'it is not running' }
      },
    })
    await page.click('.test-actions >> text=Stop')
    await page.click('dialog[open] button.primary')
    await page.waitForSelector('[role="alert"] >> text=it is not running')
  })

  it('does not ask for an experiment to be kept running that has ended', async () => {
    const { page } = await open(AT, {
      state: withResults({ verdict: 'keep_running', variant: null, daysLeft: 0 }, { status: 'stopped', ending: 'guardrail' }),
    })
    expect(await page.innerText('[data-testid="verdict"]')).toMatch(/Ended early\s+It was ended before it could say/)
    expect(await page.innerText('.sums-line')).toMatch(/Why it ended\s+a guardrail was harmed/)
    expect(await page.locator('.test-actions >> text=Stop').count()).toBe(0)
  })
})
