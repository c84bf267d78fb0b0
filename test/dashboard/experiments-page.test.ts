import { describe, expect, it } from 'vitest'
import type { ExperimentWarningCode } from '../../worker/contract/lists.ts'
import type { FakeState } from './fake-api.ts'
import { fakeResults, nothingYet } from './fake-experiment-results.ts'
import { fakeExperiment, fakeItem } from './fake-experiments.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const AT = '/experiments/checkout_button'
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

const withResults =
  (change: Parameters<typeof fakeResults>[0], experiment: Parameters<typeof fakeExperiment>[2] = {}) =>
  ({ experiments }: FakeState) => {
    experiments.items = [fakeItem(fakeExperiment('checkout_button', 'Checkout button', experiment), fakeResults(change))]
  }

const MISMATCH: Parameters<typeof fakeResults>[0] = {
  sampleRatio: {
    pValue: 1e-7,
    mismatch: true,
    causes: [{ dimension: 'device', value: 'mobile', pValue: 1e-9, exposed: { buy_now: 2000, start_today: 1500 } }],
  },
  exposures: {
    ...fakeResults().exposures,
    variants: [
      { key: 'buy_now', exposed: 4400, expected: 4080 },
      { key: 'start_today', exposed: 3760, expected: 4080 },
    ],
  },
}

describe('the page of an experiment', () => {
  it('says its verdict first, then what it rests on', async () => {
    const { page, problems } = await open(AT)
    await page.waitForSelector('[data-metric]')
    const panels = await page.locator('.test-page > section').allInnerTexts()
    expect(panels[0]).toMatch(
      /Ship: Start today\s+Start today earns 20\.0 % more[\s\S]*interval of the goal[\s\S]*8,160 of 12,000 planned people \(68\.0%\)[\s\S]*6 days left/,
    )
    const goal = await page.innerText('[data-metric="net_revenue@1"]')
    expect(goal).toMatch(/Net revenue per visitor\s+goal, more is better\s+14 days each, at most \$900\.00 a person/)
    expect(goal).toMatch(/Start today\s+4,060\s+\(2,280 matured\)\s+\$6\.00\s+\(\$5\.50 – \$6\.50\)\s+\+20\.0%\s+\(\+6\.0% to \+34\.0%\)/)
    expect(goal).toMatch(/\+\$1\.00\s+< 0\.001\s+99\.8%\s+< 0\.1%\s+\+18\.0%\s+\(\+7\.0% to \+29\.0%\)\s+24\.0% less spread/)
    expect(await page.innerText('[data-metric="refunded@1"]')).toMatch(/too few to say\s+Nobody had a refund or dispute yet/)
    expect(problems).toEqual([])
  })

  it.each([
    { verdict: 'roll_back', about: 'start_today', shown: /▼\s*Roll back: Start today/, primary: 1 },
    { verdict: 'keep_running', about: null, shown: /…\s*Keep running/, primary: 0 },
    { verdict: 'inconclusive', about: null, shown: /=\s*Inconclusive/, primary: 0 },
    { verdict: 'ship', about: 'start_today', shown: /▲\s*Ship: Start today/, primary: 1 },
  ] as const)('tells $verdict apart without colour, and offers first only what it says', async ({ verdict, about, shown, primary }) => {
    const { page } = await open(AT, { state: withResults({ verdict, variant: about, sentence: 'Because it is so', daysToVerdict: 3.2 }) })
    const text = await page.locator('[data-testid="verdict"]').innerText()
    expect(text).toMatch(shown)
    expect(text).toMatch(/Because it is so[\s\S]*a verdict is to be expected in 4 days/)
    expect(await page.locator('.test-actions .primary').count()).toBe(primary)
  })

  it('hides every lift behind a wrong split, whatever the verdict says, and shows where it is the oddest', async () => {
    const { page } = await open(AT, { state: withResults({ ...MISMATCH, verdict: 'ship' }) })
    await page.waitForSelector('[data-metric]')
    expect(await page.innerText('[data-testid="verdict"]')).toMatch(/Invalid\s+More or fewer people saw some of the variants/)
    const split = await page.innerText('.warning')
    expect(split).toMatch(
      /once in 10,000,000 experiments[\s\S]*Buy now\s+4,080\s+4,400\s+\+7\.8%[\s\S]*Mobile device\s+2,000\s+1,500\s+< 0\.001/,
    )
    const whole = await page.innerText('.test-page')
    expect(whole).not.toMatch(/20\.0|\+24\.0%|Chance to win|Expected loss|Qini/)
    expect(await page.locator('.forest, .chosen, #history-title, [data-uplift]').count()).toBe(0)
    expect(await page.locator('.test-actions >> text=/^Ship/').count()).toBe(0)
    expect(await page.innerText('.test-actions')).toContain('No variant can be shipped')
  })

  it('shows an invalid verdict with its own sentence', async () => {
    const { page } = await open(AT, {
      state: withResults({
        verdict: 'invalid',
        variant: null,
        sentence: 'Invalid: two in a hundred saw both variants',
        reasons: ['2.1 %'],
      }),
    })
    expect(await page.innerText('[data-testid="verdict"]')).toMatch(/!\s*Invalid\s+Two in a hundred saw both variants\s+2\.1 %/)
    expect(await page.locator('.forest').count()).toBe(0)
  })

  it('says of each warning what it means and what to do', async () => {
    const codes: ExperimentWarningCode[] = [
      'multiple_exposure',
      'pre_exposure_bias',
      'simpsons_paradox',
      'implausible_lift',
      'weights_changed',
    ]
    const { page } = await open(AT, {
      state: withResults({
        warnings: codes.map((code) => ({ code, message: `It is ${code}`, metric: 'purchase@1', variant: 'start_today' })),
      }),
    })
    await page.waitForSelector('[data-warning]')
    for (const code of codes)
      expect(await page.innerText(`[data-warning="${code}"]`)).toMatch(new RegExp(`Buyers · Start today\\s+It is ${code}\\s+\\S.{40,}`))
  })

  it('draws the goals around one zero, with the side in words', async () => {
    const { page } = await open(AT)
    await page.waitForSelector('#forest-title')
    const forest = page.locator('section:has(> #forest-title)')
    expect(await forest.locator('tbody tr').allInnerTexts()).toEqual([
      expect.stringMatching(/Start today[\s\S]*\+20\.0% \(\+6\.0% to \+34\.0%\), better than the control/),
    ])
    expect(await forest.locator('tr.better .reach').count()).toBe(1)
    const history = page.locator('section:has(#history-title)')
    expect(await history.locator('.field').count()).toBe(1)
    expect(await history.locator('tbody tr').count()).toBe(8)
  })

  it('takes less as better where the metric asks for it', async () => {
    const [goal] = fakeResults().metrics
    const { page } = await open(AT, {
      state: withResults({ metrics: [{ ...(goal as NonNullable<typeof goal>), direction: 'down', name: 'Refunds' }] }),
    })
    await page.waitForSelector('#forest-title')
    expect(await page.innerText('section:has(> #forest-title) tbody')).toContain('worse than the control')
  })

  it('shows one dimension of segments at a time, named by the address', async () => {
    const { page } = await open(AT)
    await page.waitForSelector('[data-segment="DE"]')
    expect(await page.innerText('[data-heterogeneity="start_today"]')).toMatch(/differs by country, more than chance explains \(p 0\.018/)
    await page.click('.segments >> text=Device')
    await page.waitForSelector('[data-segment="mobile"]')
    expect(query(page.url())).toEqual({ by: 'device' })
    expect(await page.innerText('[data-heterogeneity="start_today"]')).toMatch(/nothing shows that its lift differs/)
    expect(await page.locator('[data-segment="DE"]').count()).toBe(0)
    await page.goBack()
    await page.waitForSelector('[data-segment="DE"]')
  })

  it('shows who gains most, planned looks and phases where there are some', async () => {
    const look = { variant: 'start_today', share: 0.4, statistic: 1.2, boundary: 3.36, crossed: false }
    const { page } = await open(AT, {
      state: withResults(
        { looks: [{ ...look, day: '2026-11-20' }], method: 'group_sequential' },
        {
          method: 'group_sequential',
          looks: 5,
          version: 2,
          phases: [
            { version: 1, from: Date.parse('2026-11-01'), coverage: 0.5, weights: [0.9, 0.1] },
            { version: 2, from: Date.parse('2026-11-10'), coverage: 1, weights: [0.5, 0.5] },
          ],
        },
      ),
    })
    await page.waitForSelector('[data-uplift]')
    expect(await page.innerText('[data-uplift="start_today"]')).toMatch(
      /Qini \$0\.08 \(\$0\.01 to \$0\.15\) a person: choosing who gets it wins more/,
    )
    expect(await page.innerText('section:has(#looks-title)')).toMatch(
      /5 in all[\s\S]*Nov 20, 2026\s+Start today\s+40\.0%\s+1\.2\s+± 3\.36\s+no/,
    )
    expect(await page.innerText('section:has(#phases-title) tbody')).toMatch(
      /Nov 10[\s\S]*2\s+100\.0%\s+50\.0%\s+50\.0%[\s\S]*Nov 1[\s\S]*90\.0%/,
    )
  })

  it('says instead of a number that nobody has seen it yet', async () => {
    const { page, problems } = await open(AT, {
      state: ({ experiments }) => {
        experiments.items = [fakeItem(fakeExperiment('checkout_button', 'Checkout button'), nothingYet())]
      },
    })
    await page.waitForSelector('[data-metric]')
    expect(await page.innerText('[data-testid="verdict"]')).toMatch(
      /Nobody has seen it yet[\s\S]*0 people so far\. How many it takes is not known/,
    )
    expect(await page.innerText('[data-metric="net_revenue@1"]')).toMatch(/Start today\s+0\s+too few to say\s+Nobody has seen it yet/)
    expect(await page.innerText('section:has(> #forest-title)')).toMatch(/Too few people have seen these variants/)
    expect(await page.innerText('.test-page')).not.toMatch(/NaN|Infinity|undefined/)
    expect(problems).toEqual([])
  })

  it('leads to each variant by address, and to the funnel by variant', async () => {
    const { page } = await open(AT)
    await page.waitForSelector('#forced-title')
    const links = page.locator('section:has(#forced-title) a')
    expect(await links.evaluateAll((all) => all.map((link) => link.getAttribute('href')))).toEqual([
      '/demo?checkout_button=0',
      '/demo?checkout_button=1',
    ])
    await page.click('text=Funnel by variant')
    await page.waitForURL('**/funnel?*')
    expect(query(page.url())).toEqual({ by: 'variant', experiment: 'checkout_button' })
  })
})
