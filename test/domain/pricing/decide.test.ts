import { describe, expect, it } from 'vitest'
import { RULE_KINDS } from '../../../worker/contract/lists.ts'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { CONNECTICUT_NOTICE, NEW_YORK_NOTICE, PLAIN_NOTICES } from '../../../worker/domain/pricing/disclosure.ts'
import type { PricingSettings } from '../../../worker/domain/pricing/types.ts'
import { book, context, facts, HOUR, NOW, priceTest, rule, settings, slice } from './fixtures.ts'

const steps = (decision: ReturnType<typeof decide>) => decision.explain.map((line) => line.step)
const line = (decision: ReturnType<typeof decide>, step: string) => decision.explain.find((entry) => entry.step === step)

describe('decide, without levers', () => {
  it('answers the list price of the currency and says so', () => {
    const decision = decide(slice(), settings(), facts(), context(), 'dec_1', NOW)
    expect(decision).toMatchObject({
      id: 'dec_1',
      priceMinor: 49_900,
      listMinor: 49_900,
      reason: 'list',
      priceClass: 'uniform',
      propensity: 1,
    })
    expect(decision).toMatchObject({ personalized: false, disclosure: null, test: null, sliceHash: 'slice-1', decidedAt: NOW })
    expect(line(decision, 'list')).toMatchObject({ outcome: 'applied', detail: 'The list price is 499.00 USD' })
  })

  it('refuses a currency the product has no price in', () => {
    const refused = (currency: string) => () => decide(slice(), settings(), facts(), context({ currency }), 'd', NOW)
    expect(refused('EUR')).toThrow(expect.objectContaining({ code: 'unknown_currency', field: 'currency' }))
    expect(refused('constructor')).toThrow(expect.objectContaining({ code: 'unknown_currency' }))
  })

  it('serves the list price as it is, even outside its own guardrails', () => {
    const odd = slice({ product: { prices: { USD: book({ listMinor: 19_950 }) } } })
    expect(decide(odd, settings(), facts(), context(), 'd', NOW).priceMinor).toBe(19_950)
  })
})

describe('decide, where it ends early', () => {
  const subscriber = facts({ contracts: { pro_bundle: { subscriptionId: 's', amountMinor: 39_900, currency: 'USD' } } })
  const surge = slice({ rules: [rule({ multiplier: 1.2 })] })

  it('keeps the contract price of a subscriber under kill switch, refused consent and holdout', () => {
    const everything = settings({ optimizationEnabled: false, holdoutShare: 1 })
    const decision = decide(surge, everything, subscriber, context({ profilingRefused: true }), 'd', NOW)
    expect(decision).toMatchObject({ priceMinor: 39_900, reason: 'contract' })
    expect(steps(decision)).toEqual(['list', 'contract'])
  })

  it('does not convert a contract in another currency', () => {
    const euro = facts({ contracts: { pro_bundle: { subscriptionId: 's', amountMinor: 39_900, currency: 'EUR' } } })
    const decision = decide(surge, settings(), euro, context(), 'd', NOW)
    expect(decision.reason).toBe('market')
    expect(line(decision, 'contract')?.outcome).toBe('skipped')
  })

  it('keeps the contract price above an older, cheaper quote', () => {
    const quoted = { ...subscriber, lastQuote: { amountMinor: 100, expiresAt: NOW + 1 } }
    expect(decide(surge, settings(), quoted, context(), 'd', NOW).priceMinor).toBe(39_900)
  })

  it.each([
    ['kill_switch', settings({ optimizationEnabled: false }), context()],
    ['consent', settings(), context({ profilingRefused: true })],
    ['holdout', settings({ holdoutShare: 1 }), context()],
  ] as const)('ends at the list price for %s', (reason, terms, asked) => {
    const decision = decide(slice({ rules: [rule({ multiplier: 1.2 })], test: priceTest() }), terms, facts(), asked, 'd', NOW)
    expect(decision).toMatchObject({ priceMinor: 49_900, reason, priceClass: 'uniform', test: null, personalized: false })
    expect(steps(decision).at(-1)).toBe(reason)
  })

  it('holds out by the subject: hash("seed", "b") = 0.2696 is in at 27 % and out at 26 %', () => {
    const share = (holdoutShare: number) => settings({ holdoutSeed: 'seed', holdoutShare })
    const b = facts({ subject: 'b' })
    expect(decide(surge, share(0.27), b, context(), 'd', NOW).reason).toBe('holdout')
    expect(decide(surge, share(0.26), b, context(), 'd', NOW).reason).toBe('market')
  })
})

describe('decide, with a price test', () => {
  const tested = slice({ test: priceTest(), rules: [rule({ multiplier: 1.3 })], demandIndex: 2 })

  it('draws by hash: "b" under "seed" stands at 0.2696 and so in the first third', () => {
    const decision = decide(tested, settings(), facts({ subject: 'b' }), context(), 'd', NOW)
    expect(decision).toMatchObject({ priceMinor: 49_900, reason: 'test', priceClass: 'randomised', personalized: true, propensity: 1 / 3 })
    expect(decision.test).toEqual({
      testId: 'test_1',
      version: 1,
      arm: 'control',
      propensity: 1 / 3,
      epoch: '2027-01-08',
      mode: 'randomised',
      weights: { control: 1 / 3, variant_1: 1 / 3, variant_2: 1 / 3 },
      segment: null,
      conversionWindowMs: 14 * 24 * HOUR,
      unitCostMinor: null,
      block: null,
      clamped: false,
    })
    expect(line(decision, 'market')).toMatchObject({ outcome: 'skipped', detail: 'A price test sets the price' })
  })

  it('serves an arm as it was set, without rounding', () => {
    const arms = priceTest().arms.map((arm) => ({ ...arm, amountMinor: arm.amountMinor + 37 }))
    const { priceMinor } = decide(slice({ test: priceTest({ arms }) }), settings(), facts(), context(), 'd', NOW)
    expect([49_937, 44_937, 54_937]).toContain(priceMinor)
  })

  it('keeps an arm already seen, after a purchase too, but not one of another version', () => {
    const seen = facts({ subject: 'b', orders: 3, firstSeenAt: 0, arms: { test_1: { arm: 'variant_2', version: 1 } } })
    expect(decide(tested, settings(), seen, context(), 'd', NOW).priceMinor).toBe(54_900)
    const older = { ...seen, arms: { test_1: { arm: 'variant_2', version: 0 } } }
    expect(decide(tested, settings(), older, context(), 'd', NOW).reason).toBe('market')
  })

  it.each([
    ['bought before', facts({ orders: 1 })],
    ['was seen before the test began', facts({ firstSeenAt: NOW - 8 * 24 * HOUR })],
    ['is in payment recovery', facts({ inDunning: true, arms: { test_1: { arm: 'variant_1', version: 1 } } })],
  ])('gives no arm to somebody who %s', (_, who) => {
    const decision = decide(tested, settings(), who, context(), 'd', NOW)
    expect(decision.test).toBeNull()
    expect(line(decision, 'test')?.outcome).toBe('skipped')
  })

  it('takes everybody where the test is for all', () => {
    const all = slice({ test: priceTest({ eligibility: 'all' }) })
    expect(decide(all, settings(), facts({ orders: 9, firstSeenAt: 0 }), context(), 'd', NOW).reason).toBe('test')
  })

  it('runs from its start until just before its end, in its own currency', () => {
    const test = priceTest({ startsAt: NOW, endsAt: NOW + HOUR })
    const at = (now: number) => decide(slice({ test }), settings(), facts(), context(), 'd', now).reason
    expect([at(NOW - 1), at(NOW), at(NOW + HOUR - 1), at(NOW + HOUR)]).toEqual(['list', 'test', 'test', 'list'])
    const euro = slice({ test: priceTest({ currency: 'EUR' }) })
    expect(decide(euro, settings(), facts(), context(), 'd', NOW).reason).toBe('list')
  })

  it('runs by time window and place where drawing by lot is not allowed', () => {
    const of = (subject: string, now: number) => decide(tested, settings(), facts({ subject }), context({ country: 'DE' }), 'd', now)
    const [one, other] = [of('visitor-1', NOW), of('visitor-2', NOW)]
    expect(one).toMatchObject({ reason: 'test', priceClass: 'uniform', personalized: false, propensity: 1, disclosure: null })
    expect(one.test).toMatchObject({ mode: 'switchback', propensity: 1 / 3 })
    expect(other.priceMinor).toBe(one.priceMinor)
    const prices = new Set(Array.from({ length: 40 }, (_, window) => of('visitor-1', NOW - 20 * 6 * HOUR + window * 6 * HOUR).priceMinor))
    expect(prices).toEqual(new Set([44_900, 49_900, 54_900]))
  })

  it('moves an arm that the guardrails no longer allow, and says so', () => {
    const narrowed = slice({
      test: priceTest(),
      product: { prices: { USD: book({ ceilingMinor: 52_000 }) }, maximumStepPerDay: 0.01 },
    })
    const arm = (key: string) => decide(narrowed, settings(), facts({ arms: { test_1: { arm: key, version: 1 } } }), context(), 'd', NOW)
    expect(arm('variant_2')).toMatchObject({ priceMinor: 52_000, test: { clamped: true, arm: 'variant_2' } })
    // 449.00 is more than 1 % from the day before: arms do not heed the step limit
    expect(arm('variant_1')).toMatchObject({ priceMinor: 44_900, test: { clamped: false } })
  })
})

describe('decide, with rules', () => {
  it('multiplies market, segment and demand in this order', () => {
    const all = slice({
      rules: [
        rule({ id: 'd', kind: 'demand', sensitivity: 0.5, minimum: 0.9, maximum: 1.2 }),
        rule({ id: 's', kind: 'segment', multiplier: 0.9, condition: { behaviorFlags: { $in: ['price_sensitive'] } } }),
        rule({ id: 'm', kind: 'market', multiplier: 1.2, condition: { country: 'GB' } }),
      ],
      demandIndex: 1.2,
    })
    const decision = decide(all, settings(), facts(), context({ behaviorFlags: ['price_sensitive'] }), 'd', NOW)
    // 49900 × 1.2 = 59880; × 0.9 = 53892; demand 1 + 0.5 × 0.2 = 1.1 → 59281.2 → 59281; nearest whole unit 59300
    expect(
      decision.explain
        .map(({ step, afterMinor }) => [step, afterMinor])
        .filter(([step]) => /market|segment|demand|rounding/.test(String(step))),
    ).toEqual([
      ['market', 59_880],
      ['segment', 53_892],
      ['demand', 59_281],
      ['rounding', 59_300],
    ])
    expect(decision).toMatchObject({ priceMinor: 59_300, reason: 'demand', priceClass: 'personal', personalized: true })
  })

  it('applies of each kind the first rule that holds: priority, then id', () => {
    const rules = [
      rule({ id: 'b', multiplier: 1.1, priority: 5 }),
      rule({ id: 'a', multiplier: 1.2, priority: 5 }),
      rule({ id: 'c', multiplier: 1.3, priority: 9, condition: { country: { $in: ['FR'] } } }),
      rule({ id: 'd', multiplier: 1.4, priority: 10, startsAt: NOW + 1 }),
      rule({ id: 'e', multiplier: 1.5, priority: 10, endsAt: NOW }),
      rule({ id: 'f', multiplier: 1.6, priority: 10, productIds: ['starter_bundle'] }),
    ]
    // 49900 × 1.2 = 59880 → 59900
    expect(decide(slice({ rules }), settings(), facts(), context(), 'd', NOW).priceMinor).toBe(59_900)
  })

  const subscribed = { contracts: { other: { subscriptionId: 's', amountMinor: 1, currency: 'USD' } } }
  it.each([
    [{ country: { $in: ['GB', 'DE'] } }, {}, {}, true],
    [{ country: 'DE' }, {}, {}, false],
    [{ country: { $ne: 'DE' } }, {}, {}, true],
    [{ region: 'GB-ENG' }, { region: 'GB-ENG' }, {}, true],
    [{ currency: 'USD' }, {}, {}, true],
    [{ device: 'mobile' }, { device: 'mobile' }, {}, true],
    [{ device: 'mobile' }, {}, {}, false],
    // NOW is Friday, 2027-01-15, at noon UTC
    [{ month: 1, weekday: 5, hour: 12 }, {}, {}, true],
    [{ hour: { $gt: 12 } }, {}, {}, false],
    [{ behaviorFlags: { $all: ['a', 'b'] } }, { behaviorFlags: ['b', 'c', 'a'] }, {}, true],
    [{ behaviorFlags: { $all: ['a', 'b'] } }, { behaviorFlags: ['a'] }, {}, false],
    [{ behaviorFlags: { $nin: ['a'] } }, { behaviorFlags: ['a'] }, {}, false],
    [{ behaviorFlags: { $size: 1 } }, { behaviorFlags: ['a', 'a'] }, {}, true],
    [{ hasSubscription: true }, {}, {}, false],
    [{ hasSubscription: false }, {}, {}, true],
    [{ newVisitor: true }, {}, { orders: 1 }, false],
    [{ newVisitor: false }, {}, { orders: 1 }, true],
    [{ orders: { $gte: 2 } }, {}, { orders: 2 }, true],
    [{ hasSubscription: true }, {}, subscribed, true],
    [{ plans: { $in: ['other'] } }, {}, subscribed, true],
    [{ plans: { $in: ['pro_bundle'] } }, {}, subscribed, false],
    [{ hasSubscription: true, country: 'FR' }, {}, subscribed, false],
    [{ health: { $lt: 0.5 } }, {}, { health: 0.4 }, true],
    [{ health: { $lt: 0.5 } }, {}, { health: 0.5 }, false],
    [{ health: { $lt: 0.5 } }, {}, {}, false],
    [{ $not: { health: { $gte: 0.5 } } }, {}, {}, false],
    [{ nobodyKnows: null }, {}, {}, false],
    [{ $not: { nobodyKnows: 1 } }, {}, {}, false],
    // as snapshots before 0006 hold them
    [{ countries: ['GB', 'DE'] }, {}, {}, true],
    [{ countries: ['DE'], devices: [] }, {}, {}, false],
    [{ countries: [], devices: ['mobile'] }, { device: 'mobile' }, {}, true],
    [{ behaviorFlags: ['a', 'b'] }, { behaviorFlags: ['b', 'c', 'a'] }, {}, true],
    [{ behaviorFlags: ['a', 'b'], newVisitor: true }, { behaviorFlags: ['a'] }, {}, false],
  ] as const)('asks for every part of %j', (condition, asked, known, holds) => {
    const rules = [rule({ kind: 'segment', multiplier: 1.1, condition: structuredClone<object>(condition) as Record<string, unknown> })]
    const decision = decide(
      slice({ rules }),
      settings(),
      facts(structuredClone(known) as object),
      context(structuredClone(asked) as object),
      'd',
      NOW,
    )
    expect(decision.reason).toBe(holds ? 'segment' : 'list')
  })

  it('takes no personal rule where personal prices are off, and treats a market rule on a flag as personal', () => {
    const rules = [
      rule({ kind: 'segment', multiplier: 1.1 }),
      rule({ kind: 'market', multiplier: 1.2, condition: { behaviorFlags: { $in: ['a'] } } }),
    ]
    const asked = context({ country: 'DE', behaviorFlags: ['a'] })
    expect(decide(slice({ rules }), settings(), facts(), asked, 'd', NOW)).toMatchObject({ reason: 'list', personalized: false })
    expect(decide(slice({ rules: rules.slice(1) }), settings(), facts(), { ...asked, country: 'GB' }, 'd', NOW).priceClass).toBe('personal')
  })

  it('changes nothing at all where even uniform prices are off', () => {
    const law = { FR: { uniform: 'off', randomised: 'off', personal: 'off' } } as const
    const all = slice({ rules: [rule({ multiplier: 1.2 })], test: priceTest() })
    expect(decide(all, settings({ law }), facts(), context({ country: 'FR' }), 'd', NOW)).toMatchObject({
      reason: 'list',
      priceMinor: 49_900,
    })
  })

  it('leaves the price while there is no demand history', () => {
    const rules = [rule({ kind: 'demand', sensitivity: 1, minimum: 0.5, maximum: 2 })]
    expect(decide(slice({ rules }), settings(), facts(), context(), 'd', NOW).reason).toBe('list')
  })
})

describe('decide, within guardrails', () => {
  const priced = (multiplier: number, over: Parameters<typeof slice>[0] = {}, known = facts()) =>
    decide(slice({ rules: [rule({ multiplier })], ...over }), settings(), known, context(), 'd', NOW)

  it('stops at ceiling and floor', () => {
    expect(priced(2).priceMinor).toBe(69_900)
    expect(priced(0.2).priceMinor).toBe(29_900)
  })

  it('keeps the minimum margin: a cost of 40 and a margin of 90 % need 400', () => {
    const decision = priced(0.7, { product: { minimumMargin: 0.9 } })
    // 49900 × 0.7 = 34930 → 40000
    expect(decision.priceMinor).toBe(40_000)
    expect(line(decision, 'margin')).toMatchObject({ outcome: 'applied', beforeMinor: 34_930, afterMinor: 40_000 })
  })

  /** As long as the product has been there, only today's rule is new. */
  const newRule = { past: { rules: [rule({ startsAt: NOW - 1, multiplier: 0 })] } }

  it('moves at most a step from where the day before closed, and rounds inside that step', () => {
    const product = { maximumStepPerDay: 0.1 }
    // 49900 × 1.1 = 54890; 549.00 would break the step, so 548.00
    expect(priced(1.3, { product, ...newRule }).priceMinor).toBe(54_800)
    // 49900 × 0.9 = 44910; 449.00 would break the step, so 450.00
    expect(priced(0.6, { product, ...newRule }).priceMinor).toBe(45_000)
  })

  it('knows no step for a product younger than a day', () => {
    const young = { past: { ...newRule.past, prices: [{ currency: 'USD', country: '', untilAt: NOW - HOUR, listMinor: null }] } }
    // 49900 × 1.3 = 64870 → 64900
    expect(priced(1.3, { product: { maximumStepPerDay: 0.1 }, ...young }).priceMinor).toBe(64_900)
  })

  it('lets the floor outrank the step limit', () => {
    const prices = [{ currency: 'USD', country: '', untilAt: NOW - HOUR, listMinor: 30_000 }]
    const product = { maximumStepPerDay: 0.05, prices: { USD: book({ floorMinor: 45_000 }) } }
    expect(priced(0.5, { product, past: { ...newRule.past, prices } }).priceMinor).toBe(45_000)
  })

  it('answers the list price where floor and ceiling contradict the margin', () => {
    const product = { minimumMargin: 0.95, prices: { USD: book() } }
    expect(priced(1.1, { product })).toMatchObject({ priceMinor: 49_900, reason: 'list', priceClass: 'uniform' })
  })

  it('never asks for more than the quote that is still alive, but for less', () => {
    const quoted = (amountMinor: number, expiresAt: number) => facts({ lastQuote: { amountMinor, expiresAt } })
    expect(priced(1.1, {}, quoted(47_550, NOW + 1)).priceMinor).toBe(47_550)
    expect(priced(1.1, {}, quoted(47_550, NOW)).priceMinor).toBe(54_900)
    expect(priced(0.8, {}, quoted(47_550, NOW + 1)).priceMinor).toBe(39_900)
    expect(priced(1, {}, quoted(47_550, NOW + 1))).toMatchObject({ priceMinor: 47_550, reason: 'list' })
    // below the floor that was raised since: the quote can still be redeemed, so it wins
    expect(priced(0.8, {}, quoted(20_000, NOW + 1)).priceMinor).toBe(20_000)
  })
})

describe('decide, by law', () => {
  const personal = slice({ rules: [rule({ kind: 'segment', multiplier: 1.1 })] })
  const discount = slice({ rules: [rule({ kind: 'segment', multiplier: 0.9 })] })
  const notice = (of: ReturnType<typeof slice>, place: object, terms = settings()) =>
    decide(of, terms, facts(), context(place), 'd', NOW).disclosure

  it("uses New York's exact words", () => {
    expect(notice(personal, { country: 'US', region: 'US-NY' })).toBe(NEW_YORK_NOTICE)
    expect(NEW_YORK_NOTICE).toBe('THIS PRICE WAS SET BY AN ALGORITHM USING YOUR PERSONAL DATA.')
    expect(notice(slice({ test: priceTest() }), { country: 'US', region: 'US-NY' })).toBe(NEW_YORK_NOTICE)
  })

  it("uses Connecticut's exact words for an increase only", () => {
    expect(notice(personal, { country: 'US', region: 'US-CT' })).toBe(CONNECTICUT_NOTICE)
    expect(CONNECTICUT_NOTICE).toBe('THIS PRICE WAS INCREASED BY A PRICE SETTING DEVICE USING YOUR PERSONAL DATA')
    expect(notice(discount, { country: 'US', region: 'US-CT' })).toBe(PLAIN_NOTICES.personal)
    // What counts is what personal data did, not where the market had brought the price
    const sale = slice({ rules: [rule({ id: 'm', multiplier: 0.8 }), rule({ kind: 'segment', multiplier: 1.1 })] })
    const surge = slice({ rules: [rule({ id: 'm', multiplier: 1.3 }), rule({ kind: 'segment', multiplier: 0.95 })] })
    expect(notice(sale, { country: 'US', region: 'US-CT' })).toBe(CONNECTICUT_NOTICE)
    expect(notice(surge, { country: 'US', region: 'US-CT' })).toBe(PLAIN_NOTICES.personal)
  })

  it('says elsewhere in plain words that a price is personal or drawn, and nothing beside a price for all', () => {
    expect(notice(personal, { country: 'US', region: 'US-CA' })).toBe(PLAIN_NOTICES.personal)
    expect(notice(slice({ test: priceTest() }), { country: 'US' })).toBe(PLAIN_NOTICES.randomised)
    expect(notice(slice({ rules: [rule({ multiplier: 1.1 })] }), { country: 'US' })).toBeNull()
    expect(notice(slice(), { country: 'US' })).toBeNull()
    expect(notice(personal, { country: 'GB' })).toBeNull()
  })

  it('puts the same notice beside every arm, the control too', () => {
    const arm = (key: string) => facts({ arms: { test_1: { arm: key, version: 1 } } })
    const notices = ['control', 'variant_1', 'variant_2'].map(
      (key) => decide(slice({ test: priceTest() }), settings(), arm(key), context({ country: 'US' }), 'd', NOW).disclosure,
    )
    expect(new Set(notices)).toEqual(new Set([PLAIN_NOTICES.randomised]))
  })

  it('asks the region before the country, and takes the strictest terms where neither is listed', () => {
    const law = {
      US: { uniform: 'allow', randomised: 'allow', personal: 'allow' },
      'US-CA': { uniform: 'allow', randomised: 'off', personal: 'off' },
    } as const
    const reason = (place: object) => decide(personal, settings({ law }), facts(), context(place), 'd', NOW).reason
    expect(reason({ country: 'US', region: 'US-TX' })).toBe('segment')
    expect(reason({ country: 'US', region: 'US-CA' })).toBe('list')
    expect(reason({ country: null })).toBe('list')
    expect(reason({ country: 'DE', region: 'US-TX' })).toBe('list')
  })

  it('does not let New York inherit a waiver of its notice from the country', () => {
    const law = { US: { uniform: 'allow', randomised: 'allow', personal: 'allow' } } as const
    expect(notice(personal, { country: 'US', region: 'US-NY' }, settings({ law }))).toBe(NEW_YORK_NOTICE)
    expect(notice(personal, { country: 'US', region: 'US-NY' }, settings({ law: { ...law, 'US-NY': law.US } }))).toBeNull()
    const drawn = slice({ test: priceTest() })
    expect(notice(drawn, { country: 'US', region: 'US-NY' }, settings({ law }))).toBe(NEW_YORK_NOTICE)
    expect(notice(drawn, { country: 'US', region: 'US-CT' }, settings({ law }))).toBeNull()
    expect(notice(drawn, { country: 'US', region: 'US-NY' }, settings({ law: { ...law, 'US-NY': law.US } }))).toBeNull()
  })

  it('takes the United States without a state for one that asks for a notice, and Maryland for one that forbids', () => {
    const law = { US: { uniform: 'allow', randomised: 'allow', personal: 'allow' } } as const
    const of = (place: object, terms: PricingSettings['law'] = law) =>
      decide(personal, settings({ law: terms }), facts(), context(place), 'd', NOW)
    expect(of({ country: 'US' })).toMatchObject({ reason: 'segment', disclosure: PLAIN_NOTICES.personal })
    expect(of({ country: 'US', region: 'US-TX' })).toMatchObject({ reason: 'segment', disclosure: null })
    expect(of({ country: 'US', region: 'US-MD' })).toMatchObject({ reason: 'list', personalized: false })
    expect(of({ country: 'US', region: 'US-MD' }, { ...law, 'US-MD': { ...law.US, personal: 'disclose' } })).toMatchObject({
      reason: 'segment',
      disclosure: PLAIN_NOTICES.personal,
    })
    // What the country switches off, no state switches on
    const off = { US: { ...law.US, personal: 'off' } } as const
    for (const region of ['US-NY', 'US-CT', 'US-TX', null]) expect(of({ country: 'US', region }, off).reason).toBe('list')
  })

  it('is off by default: with no law configured, nothing is personal or drawn, wherever it is', () => {
    const all = slice({ rules: [rule({ kind: 'segment', multiplier: 1.1 })], test: priceTest() })
    for (const place of [{ country: 'US' }, { country: 'DE' }, { country: 'US', region: 'US-NY' }, { country: null }, { country: 'ZZ' }]) {
      const decision = decide(all, settings({ law: {} }), facts(), context(place), 'd', NOW)
      expect(decision).toMatchObject({ priceClass: 'uniform', personalized: false, disclosure: null, test: { mode: 'switchback' } })
    }
  })

  it.each(RULE_KINDS.filter((kind) => kind !== 'segment'))('discloses a %s price where uniform prices are to be disclosed', (kind) => {
    const law = { GB: { uniform: 'disclose', randomised: 'off', personal: 'off' } } as const
    const follows = { sensitivity: 1, minimum: 0.5, maximum: 2, reference: kind === 'exchange_rate' ? 1.1 : 100 }
    const condition = kind === 'exchange_rate' ? { currency: 'USD' } : {}
    const signals = { inventory: { value: 90, at: NOW }, competitor: { value: 1.1, at: NOW } }
    const of = slice({
      rules: [rule({ kind, multiplier: 1.1, condition, ...follows })],
      demandIndex: 1.1,
      signals,
      exchangeRates: { USD: 1 },
    })
    expect(notice(of, { country: 'GB' }, settings({ law }))).toBe(PLAIN_NOTICES.uniform)
  })
})
