import { describe, expect, it } from 'vitest'
import type { FakeState } from './fake-api.ts'
import { fakeResults, fakeTest } from './fake-pricing.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

const withResults =
  (change: Parameters<typeof fakeResults>[0], test: Parameters<typeof fakeTest>[2] = {}) =>
  ({ pricing }: FakeState) => {
    pricing.tests = [{ success: true, test: fakeTest('t1', 'Pro price', test), results: fakeResults(change) }]
  }

describe('the list of price tests', () => {
  it('shows the latest first, each with its state and prices', async () => {
    const { page } = await open('/pricing?tab=tests', {
      state: ({ pricing }) => {
        const old = fakeTest('t0', 'Old', { status: 'rolled_back', startsAt: 0, endsAt: 86_400_000, allocation: 'fixed' })
        pricing.tests.unshift({ success: true, test: old, results: fakeResults() })
      },
    })
    await page.waitForSelector('[data-test]')
    const rows = await page.locator('[data-test]').allInnerTexts()
    expect(rows[0]).toMatch(/Storefront\s+Running\s+pro_bundle\s+\$499 · \$449 · \$549\s+Bandit/)
    expect(rows[1]).toMatch(/Old\s+Rolled back[\s\S]*Fixed shares/)
  })

  it('teaches while there is none', async () => {
    const { page } = await open('/pricing?tab=tests', {
      state: ({ pricing }) => {
        pricing.tests = []
      },
    })
    await page.waitForSelector('text=No price has been tested yet')
    expect(await page.textContent('.teach code')).toContain('"testPrices":[449,499,549]')
    await page.click('.teach >> text=Start a price test')
    await page.waitForSelector('.editor')
  })
})

describe('the form', () => {
  it('starts a test from three fields and goes to its page', async () => {
    const { page, api } = await open('/pricing/products/pro_bundle')
    await page.click('text=Start a price test')
    await page.waitForSelector('text=List price $499, floor $399, ceiling $599')
    expect(query(page.url())).toEqual({ tab: 'tests', new: 'test', product: 'pro_bundle' })
    await page.fill('[name="testPrices"]', '449, 499, 549')
    await page.fill('[name="duration"]', '21')
    await page.selectOption('[name="allocation"]', 'thompson')
    await page.click('text=More choices')
    await page.fill('[name="weights"]', '20 40 40')
    await page.click('button:has-text("Start the test")')
    await page.waitForSelector('[data-testid="verdict"]')
    expect(new URL(page.url()).pathname).toBe('/pricing/tests/t2')
    expect(api.state.pricing.sent).toEqual([
      {
        to: 'POST /api/price-tests',
        body: {
          productId: 'pro_bundle',
          testPrices: [449, 499, 549],
          duration: 21,
          currency: 'USD',
          weights: [0.2, 0.4, 0.4],
          mode: 'randomised',
          allocation: 'thompson',
          metric: 'net_revenue',
          eligibility: 'new',
          minimumSample: 100,
        },
      },
    ])
  })

  it.each([
    { field: 'testPrices', name: 'testPrices', error: 'the list price is the control and must be among the arms' },
    { field: 'testPrices.1', name: 'testPrices', error: 'USD has 2 decimals' },
    { field: 'productId', name: 'productId', error: 'pro_bundle has a live price test; stop it first' },
    { field: 'weights', name: 'weights', error: 'weights sum to 1, not to 0.9' },
    { field: 'endsAt', name: 'duration', error: 'a test ends after it begins' },
  ])('shows a refusal of $field at its field', async ({ field, name, error }) => {
    const { page } = await open('/pricing?tab=tests&new=test&product=pro_bundle', {
      state: ({ pricing }) => {
        pricing.refusals['POST /api/price-tests'] = { status: 422, code: 'no_control', error, field }
      },
    })
    await page.fill('[name="testPrices"]', '449 549')
    await page.click('button:has-text("Start the test")')
    await page.waitForSelector(`.refusal >> text=${error}`)
    expect(await page.getAttribute(`[name="${name}"]`, 'aria-invalid')).toBe('true')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe(name)
  })

  it('says what is missing without asking the server', async () => {
    const { page, api } = await open('/pricing?tab=tests&new=test&product=pro_bundle')
    await page.fill('[name="testPrices"]', '449')
    await page.click('button:has-text("Start the test")')
    await page.waitForSelector('.refusal >> text=at least two prices')
    expect(api.state.pricing.sent).toEqual([])
  })
})

describe('the page of a price test', () => {
  it('says its verdict first, then the reasons, then each price', async () => {
    const { page, problems } = await open('/pricing/tests/t1')
    await page.waitForSelector('[data-arm]')
    const panels = await page.locator('.test-page > section').allInnerTexts()
    expect(panels[0]).toMatch(/Ship: \$549 variant 2\s+\$549 earns 16\.4 % more a visitor/)
    const row = (key: string) => page.innerText(`[data-arm="${key}"]`)
    expect(await row('control')).toMatch(
      /\$499 control\s+20\.0%\s+2,010 \(1,870 matured\)\s+20 1\.0%\s+\$9,980\.00\s+\$4\.82 \(\$4\.42 – \$5\.22\)\s+control/,
    )
    expect(await row('variant_2')).toMatch(/\+16\.4%\s+97\.0%\s+\$0\.004/)
    expect(await page.getAttribute('[data-arm="variant_2"]', 'class')).toBe('chosen')
    expect(problems).toEqual([])
  })

  it('draws the lifts around one zero, says in words on which side they lie, and how they came to be', async () => {
    const { page } = await open('/pricing/tests/t1')
    await page.waitForSelector('.forest tbody tr')
    const places = await page.locator('.forest .zero').evaluateAll((marks) => marks.map((mark) => mark.getBoundingClientRect().left))
    expect(new Set(places).size).toBe(1)
    expect(await page.locator('.forest tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/\$449 variant 1[\s\S]*-4\.4% \(-15\.1% to \+6\.3%\), may be either/),
      expect.stringMatching(/\$549 variant 2[\s\S]*\+16\.4% \(\+3\.1% to \+29\.7%\), better than the control/),
    ])
    const reach = await page.locator('.forest tr.better .reach').boundingBox()
    expect(reach?.x).toBeGreaterThan(places[0] ?? Number.POSITIVE_INFINITY)
    const history = page.locator('section:has(#history-title)')
    expect(await history.locator('.field').count()).toBe(2)
    expect(await history.locator('tbody tr').count()).toBe(6)
  })

  it('shows how a bandit spread people, and no such thing of fixed shares', async () => {
    const { page } = await open('/pricing/tests/t1')
    await page.waitForSelector('#weights-title')
    const weights = page.locator('section:has(#weights-title)')
    expect(await weights.locator('figcaption').allInnerTexts()).toEqual([
      '$499 control: 21.3%',
      '$449 variant 1: 15.3%',
      '$549 variant 2: 63.3%',
    ])
    expect(await weights.locator('tbody tr').count()).toBe(4)
    const fixed = await open('/pricing/tests/t1', { state: withResults({}, { allocation: 'fixed' }) })
    await fixed.page.waitForSelector('[data-arm]')
    expect(await fixed.page.locator('#weights-title').count()).toBe(0)
  })

  it('hides every winner behind a sample-ratio mismatch, and says how far each price is off', async () => {
    const { page } = await open('/pricing/tests/t1', {
      state: withResults({ sampleRatio: { pValue: 2.4e-9, expected: [2082, 2082, 2081], mismatch: true } }),
    })
    await page.waitForSelector('.warning')
    const text = await page.innerText('.test-page')
    for (const winner of ['Ship', '97.0%', '+16.4%', '16.4 %', 'Chance to be best', 'Expected loss', 'Lift over the control'])
      expect(text).not.toContain(winner)
    expect(await page.locator('.forest, .chosen').count()).toBe(0)
    expect(await page.innerText('[data-testid="verdict"]')).toMatch(/Invalid/)
    expect(await page.locator('.warning tbody tr').last().innerText()).toMatch(/\$549 variant 2\s+2,081\s+2,440\s+\+17\.3%/)
    await page.waitForSelector('button:has-text("Stop")')
  })

  it('shows safety, segments and what is left of its time', async () => {
    const { page } = await open('/pricing/tests/t1')
    await page.waitForSelector('[data-arm]')
    expect(await page.locator('section:has(#safety-title) tbody tr').last().innerText()).toMatch(
      /\$549 variant 2\s+10\.0% 2 of 20\s+0\.0% 0 of 20\s+–/,
    )
    expect(await page.locator('section:has(#segments-title) tbody').innerText()).toMatch(/Mobile\s+\$499\s+2,010/)
    const facts = await page.innerText('.sums-line')
    expect(facts).toMatch(/Days left\s+6/)
    expect(facts).toMatch(/People shown a price\s+6,245, and 12 left out/)
    expect(facts).toMatch(/Purchases count for\s+3 days/)
  })

  it('says what is not known yet instead of a number', async () => {
    const { arms } = fakeResults()
    const bare = arms.map((arm) => ({
      ...arm,
      exposed: 3,
      matured: 0,
      buyers: 0,
      netRevenue: 0,
      perVisitor: null,
      lift: null,
      chanceToBeBest: null,
      expectedLoss: null,
    }))
    const { page } = await open('/pricing/tests/t1', {
      state: withResults({
        arms: bare,
        sampleRatio: null,
        verdict: 'keep_running',
        arm: null,
        sentence: '',
        reasons: [],
        history: [],
        segments: [],
      }),
    })
    await page.waitForSelector('[data-arm]')
    const text = await page.innerText('.test-page')
    expect(text).toMatch(/Keep running\s+Nothing can be said yet/)
    expect(text).toContain('too few to say')
    expect(text).toContain('The first line comes when the first day is over')
    expect(text).toContain('Nothing can be said of any device yet')
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/)
  })

  it('compares the windows of a switchback', async () => {
    const blocks = ['control', 'variant_1', 'variant_2'].map((arm, at) => ({ arm, blocks: 14 + at, visitors: 900, netRevenue: 4500 }))
    const { page } = await open('/pricing/tests/t1', {
      state: withResults({ method: 'blocks', blocks }, { mode: 'switchback', allocation: 'fixed' }),
    })
    expect(await page.locator('section:has(#blocks-title) tbody tr').last().innerText()).toMatch(/\$549 variant 2\s+16\s+900\s+\$4,500\.00/)
    expect(await page.innerText('.sums-line')).toContain('switchback, 6 h a price')
  })

  it.each([
    { button: 'Stop', action: 'Stop the test', to: 'stop', body: '', said: 'Pro price is stopped' },
    { button: 'Ship $549', action: 'Ship $549', to: 'ship', body: { arm: 'variant_2' }, said: 'Pro price is shipped' },
    { button: 'Roll back', action: 'Roll back', to: 'rollback', body: '', said: 'Pro price is rolled back' },
  ])('does “$button” after a yes, and says what came of it', async ({ button, action, to, body, said }) => {
    const { page, api } = await open('/pricing/tests/t1', { state: withResults({}) })
    await page.click(`.test-actions >> text=${button}`)
    await page.click('dialog >> text=Cancel')
    expect(api.state.pricing.sent).toEqual([])
    await page.click(`.test-actions >> text=${button}`)
    await page.click(`dialog button:has-text("${action}")`)
    await page.waitForSelector(`[role="status"] >> text=${said}`)
    await page.waitForSelector(`.test-actions >> text=${button}`, { state: 'detached' })
    expect(api.state.pricing.sent).toEqual([{ to: `POST /api/price-tests/t1/${to}`, body }])
  })

  it('warns before a price is shipped that the test does not speak for, and can take back what was shipped', async () => {
    const { page } = await open('/pricing/tests/t1', { state: withResults({ verdict: 'keep_running', arm: null }) })
    await page.click('text=Ship $449')
    await page.waitForSelector('dialog >> text=That is not what the test says: its verdict is “keep running”')
    await page.click('dialog button:has-text("Ship $449")')
    await page.waitForSelector('.test-actions >> text=Stop', { state: 'detached' })
    await page.waitForSelector('.test-actions >> text=Roll back')
  })

  it('does not ask for a test to be kept running that has ended', async () => {
    const { page } = await open('/pricing/tests/t1', { state: withResults({ verdict: 'keep_running', arm: null }, { status: 'stopped' }) })
    const verdict = await page.innerText('[data-testid="verdict"]')
    expect(verdict).toMatch(/Stopped\s+It was ended before it could say/)
    expect(verdict).not.toContain('Keep running')
  })

  it('says why an action is refused', async () => {
    const { page } = await open('/pricing/tests/t1', {
      state: (state) => {
        state.pricing.refusals['POST /api/price-tests/t1/stop'] = { status: 409, code: 'conflict', error: 'it is stopped already' }
      },
    })
    await page.click('.test-actions >> text=Stop')
    await page.click('dialog >> text=Stop the test')
    await page.waitForSelector('[role="alert"] >> text=it is stopped already')
  })
})
