import type {
  PriceBook,
  PriceRule,
  PriceTest,
  PricingContext,
  PricingFacts,
  PricingSettings,
  ProductSlice,
} from '../../../worker/domain/pricing/types.ts'

/** 2027-01-15T12:00:00Z */
export const NOW = 1_800_014_400_000
export const HOUR = 3_600_000

export const book = (over: Partial<PriceBook> = {}): PriceBook => ({
  listMinor: 49_900,
  floorMinor: 29_900,
  ceilingMinor: 69_900,
  unitCostMinor: 4_000,
  ...over,
})

export const slice = (over: Partial<Omit<ProductSlice, 'product'>> & { product?: Partial<ProductSlice['product']> } = {}): ProductSlice => {
  const { product, ...rest } = over
  return {
    hash: 'slice-1',
    product: {
      id: 'pro_bundle',
      name: 'Pro bundle',
      interval: null,
      minimumMargin: null,
      maximumStepPerDay: null,
      rounding: 'auto',
      purchasingPower: false,
      prices: { USD: book() },
      ...product,
    },
    rules: [],
    test: null,
    demandIndex: null,
    ...rest,
  }
}

export const rule = (over: Partial<PriceRule> = {}): PriceRule => ({
  id: 'rule_1',
  kind: 'market',
  name: 'A rule',
  productIds: null,
  priority: 0,
  condition: {},
  multiplier: 1,
  sensitivity: null,
  minimum: null,
  maximum: null,
  reference: null,
  startsAt: null,
  endsAt: null,
  ...over,
})

/** Three equal arms, running for a week on either side of NOW. */
export const priceTest = (over: Partial<PriceTest> = {}): PriceTest => ({
  id: 'test_1',
  version: 1,
  productId: 'pro_bundle',
  currency: 'USD',
  seed: 'seed',
  mode: 'randomised',
  eligibility: 'new',
  arms: [
    { key: 'control', amountMinor: 49_900, weight: 1 / 3 },
    { key: 'variant_1', amountMinor: 44_900, weight: 1 / 3 },
    { key: 'variant_2', amountMinor: 54_900, weight: 1 / 3 },
  ],
  allocation: 'fixed',
  epochs: [],
  metric: 'net_revenue',
  conversionWindowMs: 14 * 24 * HOUR,
  segments: null,
  minimumSample: 100,
  windowMs: 6 * HOUR,
  startsAt: NOW - 7 * 24 * HOUR,
  endsAt: NOW + 7 * 24 * HOUR,
  ...over,
})

export const settings = (over: Partial<PricingSettings> = {}): PricingSettings => ({
  optimizationEnabled: true,
  holdoutShare: 0,
  holdoutSeed: 'holdout',
  defaultCurrency: 'USD',
  law: {
    US: { uniform: 'allow', randomised: 'disclose', personal: 'disclose' },
    GB: { uniform: 'allow', randomised: 'allow', personal: 'allow' },
  },
  purchasingPowerTiers: [
    { id: 'high', countries: [], share: 1 },
    { id: 'lower_middle', countries: ['IN'], share: 0.5 },
  ],
  quoteLifetimeMs: 900_000,
  decisionSampleShare: 0.1,
  ...over,
})

export const facts = (over: Partial<PricingFacts> = {}): PricingFacts => ({
  subject: 'visitor-1',
  contracts: {},
  arms: {},
  firstSeenAt: null,
  orders: 0,
  inDunning: false,
  lastQuote: null,
  ...over,
})

export const context = (over: Partial<PricingContext> = {}): PricingContext => ({
  currency: 'USD',
  country: 'GB',
  region: null,
  device: null,
  behaviorFlags: [],
  profilingRefused: false,
  ...over,
})
