import { describe, expect, it } from 'vitest'
import type { HoldoutAnswer } from '../../worker/contract/holdout.ts'
import type { FakeState } from './fake-api.ts'
import { fakeHoldout } from './fake-experiments.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

const refusing =
  (route: string, field: string, error: string) =>
  ({ experiments }: FakeState) => {
    experiments.refusals[route] = { status: 422, code: 'invalid_field', error, field }
  }

describe('the list of experiments', () => {
  it('shows what runs first, each with its verdict, people and days left', async () => {
    const { page, problems } = await open('/experiments')
    await page.waitForSelector('[data-experiment]')
    expect(await page.locator('[data-experiment]').allInnerTexts()).toEqual([
      expect.stringMatching(/Checkout button\s+checkout_button\s+Running\s+▲ Ship Start today earns 20\.0 % more[\s\S]*8,160\s+6 days/),
      expect.stringMatching(/Next thing[\s\S]*Draft\s+Nobody is drawn until it is started\s+–\s+–/),
      expect.stringMatching(/Long ago[\s\S]*Archived[\s\S]*8,160\s+–/),
    ])
    expect(problems).toEqual([])
  })

  it('is narrowed to a state by the address, and Back widens it again', async () => {
    const { page } = await open('/experiments')
    await page.waitForSelector('[data-experiment]')
    await page.click('.segments >> text=Draft')
    await page.waitForSelector('h2:has-text("Draft experiments")')
    expect(query(page.url())).toEqual({ state: 'draft' })
    expect(await page.locator('[data-experiment]').count()).toBe(1)
    await page.click('.segments >> text=Stopped')
    await page.waitForSelector('text=No experiment is in this state')
    await page.goBack()
    await page.goBack()
    await page.waitForSelector('h2:has-text("All experiments")')
    expect(await page.locator('[data-experiment]').count()).toBe(3)
  })

  it('teaches while there is none, and its one action opens the editor', async () => {
    const { page } = await open('/experiments', {
      state: ({ experiments }) => {
        experiments.items = []
      },
    })
    await page.waitForSelector('text=Nothing has been tried out yet')
    expect(await page.textContent('.teach code')).toMatch(/curl -X POST "http.*\/api\/experiments"[\s\S]*"funnelStep":"checkout"/)
    await page.click('.teach >> text=Make an experiment')
    await page.waitForSelector('.editor')
    expect(query(page.url())).toEqual({ new: 'experiment' })
  })

  it('says of an unknown key that there is no such experiment', async () => {
    const { page } = await open('/experiments/nothing.here')
    await page.waitForSelector('text=Nothing is known by this key')
    expect(await page.textContent('.teach')).toContain('nothing.here')
  })
})

describe('the holdout', () => {
  const holding =
    (change: Partial<HoldoutAnswer> | null) =>
    ({ experiments }: FakeState) => {
      experiments.holdout = change && fakeHoldout(change)
    }

  it('says what all levers together are worth, a customer and in all', async () => {
    const { page } = await open('/experiments')
    await page.waitForSelector('[data-side]')
    const panel = await page.innerText('.holdout')
    expect(panel).toMatch(/against the 5\.0% of customers[\s\S]*▲\s*Prices, offers and interventions together surely bring more/)
    expect(panel).toMatch(/\+\$1\.00 \(\+\$0\.20 to \+\$1\.80\)[\s\S]*\+20\.0% \(\+4\.0% to \+36\.0%\)[\s\S]*\+\$18,980\.00/)
    expect(await page.innerText('[data-side="held_out"]')).toMatch(
      /1,000\s+1,020 \(400 matured\)\s+\$5,100\.00\s+\$5\.00 \(\$4\.00 – \$6\.00\)/,
    )
  })

  it('tells no effect where people are split wrongly', async () => {
    const { page } = await open('/experiments', {
      state: holding({ conclusion: 'invalid', sampleRatio: { pValue: 1e-6, mismatch: true }, sentence: 'These figures cannot be trusted' }),
    })
    await page.waitForSelector('[data-side]')
    expect(await page.innerText('[data-testid="holdout"]')).toMatch(/!\s*These figures cannot be trusted/)
    expect(await page.locator('.holdout dl').count()).toBe(0)
  })

  it('says that nobody is held out, and what somebody would show', async () => {
    const { page } = await open('/experiments', { state: holding(null) })
    await page.waitForSelector('.holdout >> text=nobody is held out')
    expect(await page.locator('[data-side]').count()).toBe(0)
  })
})

describe('the metrics', () => {
  it('are listed in words, the newest version of each', async () => {
    const { page } = await open('/experiments')
    await page.click('.tabs >> text=Metrics')
    await page.waitForSelector('[data-metric]')
    const row = (metric: string) => page.innerText(`[data-metric="${metric}"]`)
    expect(await row('net_revenue@1')).toMatch(/Net revenue per visitor within 14 days of first seeing it\s+per visitor\s+more\s+built in/)
    expect(await row('average_order_value@1')).toMatch(/Net revenue divided by orders within 14 days/)
    expect(await row('refunded@1')).toMatch(/Share of people with a refund or dispute within 14 days[\s\S]*less\s+built in/)
    expect(await row('trials@2')).toMatch(/Share of people with “trial requested” where country is Germany within 7 days/)
    expect(await page.locator('[data-metric="trials@1"]').count()).toBe(0)
  })

  it('are made by a form, whose refusals stand at their fields', async () => {
    const { page, api } = await open('/experiments?tab=metrics&new=metric', {
      state: refusing('POST /api/metrics', 'numerator.events', 'at most 20 events'),
    })
    await page.waitForSelector('.editor')
    await page.fill('[name="name"]', 'Plans a trial')
    await page.selectOption('[name="kind"]', 'ratio')
    await page.click('button:has-text("Save the metric")')
    await page.waitForSelector('.refusal >> text=Name at least one event')
    expect(api.state.experiments.sent).toEqual([])
    await page.fill('[name="numerator.events"]', 'plan_chosen, plan_changed')
    await page.fill('[name="numerator.condition"]', '{"metadata.plan":"pro"}')
    await page.selectOption('[name="denominator.of"]', 'events')
    await page.fill('[name="denominator.events"]', 'trial_requested')
    await page.click('button:has-text("Save the metric")')
    await page.waitForSelector('.refusal >> text=at most 20 events')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('numerator.events')
    api.state.experiments.refusals = {}
    await page.click('button:has-text("Save the metric")')
    await page.waitForSelector('[role="status"] >> text=Saved: Plans a trial')
    await page.waitForSelector('[data-metric="made@1"]')
    expect(api.state.experiments.sent.at(-1)?.body).toEqual({
      name: 'Plans a trial',
      kind: 'ratio',
      numerator: { of: 'events', events: ['plan_chosen', 'plan_changed'], condition: { 'metadata.plan': 'pro' } },
      denominator: { of: 'events', events: ['trial_requested'] },
      direction: 'up',
      windowDays: 14,
    })
  })

  it('say when an id is known that this makes its next version', async () => {
    const { page } = await open('/experiments?tab=metrics&new=metric')
    await page.waitForSelector('.editor')
    await page.fill('[name="id"]', 'trials')
    await page.press('[name="id"]', 'Tab')
    await page.waitForSelector('.hint >> text=This makes version 3 of Trials started')
  })
})
