import { describe, expect, it } from 'vitest'
import type { FakeState } from './fake-api.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)
const NEW = '/experiments?new=experiment'

const refusing =
  (route: string, field: string, error: string) =>
  ({ experiments }: FakeState) => {
    experiments.refusals[route] = { status: 422, code: 'invalid_field', error, field }
  }

describe('the editor', () => {
  it('starts an experiment from a name and two variants, with the server’s own defaults', async () => {
    const { page, api } = await open('/experiments')
    await page.click('text=New experiment')
    await page.waitForSelector('.editor')
    await page.fill('[name="name"]', 'Button')
    await page.fill('[name="variants.0.name"]', 'Buy now')
    await page.fill('[name="variants.1.name"]', 'Start today')
    await page.click('button:has-text("Start it now")')
    await page.waitForSelector('[role="status"] >> text=Button: 2 variants')
    expect(new URL(page.url()).pathname).toBe('/experiments/made')
    expect(api.state.experiments.sent.filter(({ to }) => to === 'POST /api/experiments')).toEqual([
      {
        to: 'POST /api/experiments',
        body: {
          name: 'Button',
          funnel: 'default',
          variants: [{ name: 'Buy now' }, { name: 'Start today' }],
          goals: ['net_revenue@1'],
          method: 'sequential',
          minimumDetectableEffect: 0.1,
          power: 0.8,
          duration: 14,
          coverage: 1,
          outlierPercentile: 0.999,
          draft: false,
        },
      },
    ])
  })

  it('keeps as a draft whatever was chosen', async () => {
    const { page, api } = await open(NEW)
    await page.waitForSelector('.editor')
    await page.fill('[name="name"]', 'Button')
    await page.selectOption('[name="funnelStep"]', 'began_checkout')
    await page.click('text=Add a variant')
    for (const [at, name] of ['A', 'B', 'C'].entries()) await page.fill(`[name="variants.${at}.name"]`, name)
    await page.fill('[name="variants.1.config"]', '{"label":"Go"}')
    await page.fill('[name="variants.2.config"]', 'plain words')
    for (const at of [0, 1, 2]) await page.fill(`[name="variants.${at}.weight"]`, at === 0 ? '50' : '25')
    await page.selectOption('[name="goals"]', 'purchase@1')
    await page.selectOption('[name="further"]', 'chosen')
    await page.selectOption('[name="role.net_revenue"]', 'goal')
    await page.selectOption('[name="role.trials"]', 'secondary')
    await page.selectOption('[name="method"]', 'group_sequential')
    await page.fill('[name="looks"]', '4')
    await page.fill('[name="countries"]', 'de, at')
    await page.check('[name="device"][value="mobile"]')
    await page.fill('[name="coverage"]', '50')
    await page.fill('[name="plannedSample"]', '9000')
    await page.click('text=More choices')
    await page.fill('[name="currency"]', 'eur')
    await page.selectOption('[name="autoShip"]', 'yes')
    await page.click('button:has-text("Keep as a draft")')
    await page.waitForSelector('text=This is a draft')
    expect(api.state.experiments.sent.at(-1)?.body).toMatchObject({
      draft: true,
      funnelStep: 'began_checkout',
      variants: [
        { name: 'A', weight: 0.5 },
        { name: 'B', config: { label: 'Go' }, weight: 0.25 },
        { name: 'C', config: 'plain words', weight: 0.25 },
      ],
      goals: ['purchase@1', 'net_revenue@1'],
      secondary: ['trials@2'],
      guardrails: ['refunded@1', 'payment_failed@1'],
      method: 'group_sequential',
      looks: 4,
      condition: { country: { $in: ['DE', 'AT'] }, device: 'mobile' },
      coverage: 0.5,
      plannedSample: 9000,
      currency: 'EUR',
      autoShip: true,
    })
  })

  it('says how many people it takes, in how many days, and that there are too few of them', async () => {
    const { page, api } = await open(NEW)
    await page.waitForSelector('[data-testid="sample-size"] >> text=8,000 people')
    const asked = () => api.state.experiments.sent.filter(({ to }) => to.endsWith('sample-size')).at(-1)?.body as Record<string, number>
    expect(asked()).toMatchObject({ metric: 'mean', mde: 0.1, relative: true, power: 0.8, arms: 2, method: 'sequential' })
    const { baseline = 0, standardDeviation = 0, peoplePerDay = 0 } = asked()
    expect(standardDeviation).toBeGreaterThan(baseline)
    await page.click('text=Plan for 8,000 people')
    expect(await page.inputValue('[name="plannedSample"]')).toBe('8000')
    await page.fill('[name="duration"]', '365')
    await page.waitForSelector('.sample-size .caution', { state: 'detached' })
    await page.fill('[name="duration"]', '1')
    await page.waitForSelector('.caution >> text=let it run longer')
    await page.fill('[name="minimumDetectableEffect"]', '20')
    await page.fill('[name="coverage"]', '50')
    await page.selectOption('[name="goals"]', 'purchase@1')
    await page.waitForSelector('[data-testid="sample-size"] >> text=2,000 people')
    expect(asked()).toMatchObject({ metric: 'proportion', mde: 0.2 })
    expect(asked().peoplePerDay).toBeCloseTo(peoplePerDay / 2, 6)
    await page.fill('[name="baseline"]', '5')
    await expect.poll(() => asked().baseline).toBe(0.05)
    await page.selectOption('[name="goals"]', 'refunded@1')
    await page.fill('[name="baseline"]', '')
    await page.waitForSelector('[data-testid="sample-size"] >> text=Say how the goal is today')
  })

  it.each([
    { field: 'variants', name: 'variants.0.weight', error: 'the weights sum to 0.9, not to 1' },
    { field: 'variants.1.key', name: 'variants.1.name', error: 'a stands twice' },
    { field: 'variants.0', name: 'variants.0.weight', error: 'the first variant is the control, and needs a weight' },
    { field: 'goals.0', name: 'goals', error: 'there is no metric net_revenue@1' },
    { field: 'guardrails.0', name: 'role.refunded', error: 'refunded@1 stands twice' },
    { field: 'funnelStep', name: 'funnelStep', error: 'the funnel has no such step' },
    { field: 'endsAt', name: 'duration', error: 'the end must come after the start' },
    { field: 'condition.country.$in.0', name: 'countries', error: 'a country has two letters' },
    { field: 'key', name: 'name', error: 'an experiment of this key exists' },
  ])('shows a refusal of $field at its field and goes there', async ({ field, name, error }) => {
    const { page } = await open(NEW, { state: refusing('POST /api/experiments', field, error) })
    await page.waitForSelector('.editor')
    await page.fill('[name="name"]', 'A')
    await page.fill('[name="variants.0.name"]', 'A')
    await page.fill('[name="variants.1.name"]', 'A')
    await page.selectOption('[name="further"]', 'chosen')
    await page.click('button:has-text("Start it now")')
    await page.waitForSelector(`.refusal >> text=${error}`)
    expect(await page.getAttribute(`[name="${name}"]`, 'aria-invalid')).toBe('true')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe(name)
  })

  it('says what is missing or cannot be read without asking the server', async () => {
    const { page, api } = await open(NEW)
    await page.waitForSelector('.editor')
    const start = () => page.click('button:has-text("Start it now")')
    await start()
    await page.waitForSelector('.refusal >> text=Give it a name')
    await page.fill('[name="name"]', 'A')
    await start()
    await page.waitForSelector('.refusal >> text=Name the variant')
    await page.fill('[name="variants.0.name"]', 'A')
    await page.fill('[name="variants.1.name"]', 'B')
    await page.fill('[name="variants.1.config"]', '{"label": ')
    await start()
    await page.waitForSelector('.refusal >> text=This is no JSON')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('variants.1.config')
    await page.fill('[name="variants.1.config"]', '')
    await page.click('text=Write the condition as JSON instead')
    await page.fill('[name="condition"]', '[1]')
    await start()
    await page.waitForSelector('.refusal >> text=This is no condition')
    expect(api.state.experiments.sent.filter(({ to }) => to === 'POST /api/experiments')).toEqual([])
  })

  it('opens a draft with all it holds, and sends back what was changed', async () => {
    const { page, api } = await open('/experiments/draft_one')
    await page.click('.test-actions >> text=Edit')
    await page.waitForSelector('.editor')
    expect(query(page.url())).toEqual({ edit: '1' })
    expect(await page.inputValue('[name="name"]')).toBe('Next thing')
    expect(await page.inputValue('[name="variants.1.config"]')).toBe('{"label":"Start today"}')
    await page.waitForSelector('[name="role.refunded"]')
    expect(await page.inputValue('[name="role.refunded"]')).toBe('guardrail')
    await page.fill('[name="name"]', 'Another thing')
    await page.click('button:has-text("Save the draft")')
    await page.waitForSelector('text=This is a draft')
    expect(api.state.experiments.sent.at(-1)).toMatchObject({
      to: 'PATCH /api/experiments/draft_one',
      body: {
        name: 'Another thing',
        variants: [
          { name: 'Buy now', key: 'buy_now' },
          { name: 'Start today', key: 'start_today', config: { label: 'Start today' } },
        ],
        goals: ['net_revenue@1'],
        secondary: ['purchase@1'],
        guardrails: ['refunded@1'],
        condition: null,
      },
    })
  })
})
