import fc from 'fast-check'
import { RULE_KINDS } from '../../../worker/contract/lists.ts'
import type {
  PastTerms,
  PriceBook,
  PriceRule,
  PriceTest,
  PricingContext,
  PricingFacts,
  PricingSettings,
  ProductSlice,
  WeightEpoch,
} from '../../../worker/domain/pricing/types.ts'
import { dayOf } from '../../../worker/domain/time.ts'
import { NOW } from './fixtures.ts'

/** Random inputs of a decision, on purpose including configurations that a save would refuse: the pipeline must hold anyway. */

const HOUR = 3_600_000
const instant = fc.integer({ min: NOW - 100 * HOUR, max: NOW + 100 * HOUR })
const amount = fc.oneof(
  fc.integer({ min: 0, max: 200 }),
  fc.integer({ min: 1, max: 2_000 }).map((units) => units * 100),
  fc.integer({ min: 0, max: 200_000 }),
)
const mode = fc.constantFrom('off' as const, 'disclose' as const, 'allow' as const)
const places = ['US', 'GB', 'DE'] as const
const flags = ['price_sensitive', 'returning', 'loyal'] as const

/** Evenly spread: `fc.double` would be tiny most of the time. */
const hundredths = (min: number, max: number) => fc.integer({ min, max }).map((value) => value / 100)

/** Null two times of three. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })

export const priceBook: fc.Arbitrary<PriceBook> = fc.record({
  listMinor: amount,
  floorMinor: seldom(amount),
  ceilingMinor: seldom(amount),
  unitCostMinor: seldom(amount),
  countries: fc.oneof({ weight: 7, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: fc.record({ GB: amount }) }),
})

const some = (values: readonly string[]) => fc.record({ $in: fc.subarray([...values]) })

/** Over every attribute rules know, and now and then one that they do not. */
const clauses = fc.record(
  {
    country: fc.oneof(some(places), fc.constantFrom(...places), fc.record({ $ne: fc.constantFrom(...places) })),
    region: some(['US-NY', 'GB-ENG']),
    countryTier: fc.record({ $in: fc.subarray(['high', 'low']) }),
    currency: fc.constantFrom('USD', 'JPY'),
    device: some(['desktop', 'mobile', 'tablet']),
    month: fc.integer({ min: 1, max: 2 }),
    weekday: fc.record({ $gte: fc.integer({ min: 1, max: 7 }) }),
    hour: fc.record({ $gte: fc.integer({ min: 6, max: 18 }) }),
    behaviorFlags: fc.oneof(fc.record({ $all: fc.subarray([...flags]) }), fc.record({ $size: fc.integer({ min: 0, max: 3 }) })),
    newVisitor: fc.boolean(),
    orders: fc.record({ $gte: fc.integer({ min: 0, max: 2 }) }),
    hasSubscription: fc.boolean(),
    plans: fc.record({ $in: fc.subarray(['a', 'other']) }),
    health: fc.record({ $lt: hundredths(0, 100) }),
    nobodyKnows: fc.boolean(),
  },
  { requiredKeys: [] },
)
// A record of all that leaves most out: with every clause no rule would ever hold.
const few = fc.tuple(clauses, fc.nat(), fc.nat()).map(([all, ...at]) => {
  const entries = Object.entries(all)
  return Object.fromEntries(at.flatMap((index) => entries.slice(index % (entries.length + 1)).slice(0, 1)))
})
const condition = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Record<string, unknown>>({}) },
  { weight: 4, arbitrary: few },
  { weight: 1, arbitrary: fc.tuple(few, few).map(([one, other]) => ({ $or: [one, other] })) },
  { weight: 1, arbitrary: few.map((one) => ({ $not: one })) },
)

export const priceRule: fc.Arbitrary<PriceRule> = fc.record({
  id: fc.stringMatching(/^r[a-z0-9]{1,4}$/),
  kind: fc.constantFrom(...RULE_KINDS),
  name: fc.constant('rule'),
  productIds: seldom(fc.subarray(['a', 'b'])),
  priority: fc.integer({ min: -3, max: 3 }),
  condition: condition,
  multiplier: hundredths(10, 1000),
  sensitivity: fc.option(hundredths(0, 500)),
  minimum: fc.option(hundredths(10, 100)),
  maximum: fc.option(hundredths(100, 1000)),
  reference: fc.option(hundredths(1, 300)),
  startsAt: seldom(instant),
  endsAt: seldom(instant),
})

const arms = fc
  .uniqueArray(fc.tuple(amount, fc.integer({ min: 1, max: 9 }), seldom(instant)), {
    minLength: 2,
    maxLength: 5,
    selector: ([price]) => price,
  })
  .map((drawn) => {
    const total = drawn.reduce((sum, [, part]) => sum + part, 0)
    return drawn.map(([amountMinor, part, closedAt], index) => ({
      key: index === 0 ? 'control' : `variant_${index}`,
      amountMinor,
      weight: part / total,
      ...(closedAt === null || index === 0 ? {} : { closedAt }),
    }))
  })

const weightsOf = (keys: readonly string[]) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: keys.length, maxLength: keys.length }).map((parts) => {
    const total = parts.reduce((sum, part) => sum + part, 0)
    return Object.fromEntries(keys.map((key, at) => [key, total === 0 ? 1 / keys.length : (parts[at] as number) / total]))
  })

/** From some days before NOW to some days after it, with or without weights of their own for a segment. */
const epochsOf = (keys: readonly string[]): fc.Arbitrary<WeightEpoch[]> =>
  fc
    .uniqueArray(
      fc.record({
        day: fc.integer({ min: -3, max: 3 }).map((days) => dayOf(NOW + days * 24 * HOUR)),
        weights: weightsOf(keys),
        bySegment: fc.oneof(
          fc.constant({}),
          weightsOf(keys).map((mobile) => ({ mobile })),
          weightsOf(keys).map((other) => ({ other })),
        ),
      }),
      { maxLength: 4, selector: ({ day }) => day },
    )
    .map((epochs) => epochs.sort((a, b) => (a.day < b.day ? -1 : 1)))

export const priceTest: fc.Arbitrary<PriceTest> = arms.chain((drawn) =>
  fc.record({
    id: fc.constant('test_1'),
    version: fc.integer({ min: 1, max: 2 }),
    productId: fc.constant('a'),
    currency: fc.constantFrom('USD', 'USD', 'USD', 'JPY'),
    seed: fc.string({ maxLength: 6 }),
    mode: fc.constantFrom('randomised', 'randomised', 'switchback'),
    eligibility: fc.constantFrom('new', 'all'),
    arms: fc.constant(drawn),
    allocation: fc.constantFrom('fixed', 'thompson'),
    epochs: epochsOf(drawn.map(({ key }) => key)),
    metric: fc.constantFrom('net_revenue', 'margin'),
    conversionWindowMs: fc.constantFrom(14 * 24 * HOUR, 24 * HOUR),
    segments: fc.constantFrom(null, 'device', 'country'),
    minimumSample: fc.constant(100),
    coverage: fc.constantFrom(1, 1, 0.5),
    windowMs: fc.integer({ min: 1, max: 48 }).map((hours) => hours * HOUR),
    startsAt: fc.integer({ min: NOW - 200 * HOUR, max: NOW + HOUR }),
    endsAt: fc.integer({ min: NOW - HOUR, max: NOW + 200 * HOUR }),
  }),
)

/** About as old as a signal may be, so that the hour in which it turns stale is among those tried. */
const signalledAt = fc.integer({ min: NOW - 7 * 24 * HOUR - 10 * HOUR, max: NOW })

/** What was otherwise in the two months before. */
export const pastTerms: fc.Arbitrary<PastTerms> = fc.record({
  prices: fc.array(
    fc.record({
      currency: fc.constantFrom('USD', 'JPY'),
      country: fc.constantFrom('', '', 'GB'),
      untilAt: fc.integer({ min: NOW - 1_300 * HOUR, max: NOW }),
      listMinor: fc.option(amount),
    }),
    { maxLength: 3 },
  ),
  rules: fc.array(priceRule, { maxLength: 3 }),
  figures: fc.array(
    fc.record({
      name: fc.constantFrom('demand' as const, 'competitor' as const, 'inventory' as const, 'rate:USD' as const),
      untilAt: fc.integer({ min: NOW - 1_300 * HOUR, max: NOW }),
      value: fc.option(hundredths(0, 300)),
      at: fc.integer({ min: NOW - 1_400 * HOUR, max: NOW }),
    }),
    { maxLength: 4 },
  ),
})

export const slice: fc.Arbitrary<ProductSlice> = fc.record({
  hash: fc.constant('hash'),
  product: fc.record({
    id: fc.constant('a'),
    name: fc.constant('A'),
    interval: fc.constant(null),
    minimumMargin: seldom(hundredths(0, 100)),
    maximumStepPerDay: seldom(hundredths(0, 100)),
    rounding: fc.constantFrom('auto', 'auto', 'whole', 'charm', 'none'),
    purchasingPower: fc.boolean(),
    prices: fc.record({ USD: priceBook, JPY: priceBook }),
  }),
  rules: fc.array(priceRule, { maxLength: 6 }),
  test: seldom(priceTest),
  demandIndex: fc.option(hundredths(0, 1000)),
  signals: fc.record(
    {
      inventory: fc.record({ value: fc.integer({ min: 0, max: 5 }), at: signalledAt }),
      competitor: fc.record({ value: hundredths(1, 300), at: signalledAt }),
    },
    { requiredKeys: [] },
  ),
  exchangeRates: fc.record({ USD: fc.constant(1), JPY: hundredths(1, 300) }, { requiredKeys: [] }),
})

const terms = fc.record({
  uniform: fc.constantFrom('allow' as const, 'allow' as const, 'disclose' as const, 'off' as const),
  randomised: mode,
  personal: mode,
})

export const settings: fc.Arbitrary<PricingSettings> = fc.record({
  optimizationEnabled: fc.constantFrom(true, true, true, true, false),
  holdoutShare: fc.constantFrom(0, 0.05, 0.05, 0.5),
  holdoutSeed: fc.constant('holdout'),
  defaultCurrency: fc.constant('USD'),
  law: fc.record({ US: terms, GB: terms, 'US-NY': terms }, { requiredKeys: [] }),
  purchasingPowerTiers: fc.constant([
    { id: 'high', countries: [], share: 1 },
    { id: 'middle', countries: ['DE'], share: 0.7 },
  ]),
  quoteLifetimeMs: fc.constant(900_000),
  decisionSampleShare: fc.constant(0.1),
})

export const facts: fc.Arbitrary<PricingFacts> = fc.record(
  {
    subject: fc.string({ minLength: 1, maxLength: 12 }),
    contracts: fc.oneof(
      { weight: 6, arbitrary: fc.constant({}) },
      {
        weight: 1,
        arbitrary: fc
          .record({ subscriptionId: fc.constant('s'), amountMinor: amount, currency: fc.constantFrom('USD', 'JPY') })
          .map((a) => ({ a })),
      },
      { weight: 1, arbitrary: fc.constant({ other: { subscriptionId: 's', amountMinor: 100, currency: 'USD' } }) },
    ),
    arms: fc.oneof(
      fc.constant({}),
      fc.record({
        test_1: fc.record(
          {
            arm: fc.constantFrom('control', 'variant_1', 'variant_2', 'gone'),
            version: fc.integer({ min: 1, max: 2 }),
            propensity: hundredths(1, 99),
            epoch: fc.constant('2027-01-10'),
            segment: fc.constantFrom(null, 'mobile'),
          },
          { requiredKeys: ['arm', 'version'] },
        ),
      }),
    ),
    firstSeenAt: fc.option(instant),
    orders: fc.integer({ min: 0, max: 2 }),
    inDunning: fc.constantFrom(false, false, false, true),
    health: hundredths(0, 100),
    lastQuote: seldom(fc.record({ amountMinor: amount, expiresAt: fc.integer({ min: NOW - 1_000, max: NOW + 1_000 }) })),
  },
  { requiredKeys: ['subject', 'contracts', 'arms', 'firstSeenAt', 'orders', 'inDunning', 'lastQuote'] },
)

export const context: fc.Arbitrary<PricingContext> = fc.record({
  currency: fc.constantFrom('USD', 'USD', 'JPY'),
  country: fc.option(fc.constantFrom(...places)),
  region: fc.option(fc.constantFrom('US-NY', 'US-CT', 'GB-ENG')),
  device: fc.option(fc.constantFrom('desktop' as const, 'mobile' as const, 'tablet' as const)),
  behaviorFlags: fc.shuffledSubarray([...flags]),
  profilingRefused: fc.constantFrom(false, false, false, false, true),
})

export const now = fc.integer({ min: NOW - 500, max: NOW + 500 })
