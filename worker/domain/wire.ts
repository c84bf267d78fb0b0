import type { Product, Settings } from '../contract/configuration.ts'
import type { Rule, ShownRule } from '../contract/price-rules.ts'
import type { PriceTestAnswer, PriceTestInput } from '../contract/price-tests.ts'
import { DomainError } from './error.ts'
import { parseCurrency, toMajor, toMinor } from './money.ts'
import { classOf, termsOf } from './pricing/rules.ts'
import type { StoredTest } from './pricing/test-life.ts'
import type { PriceBook, PriceRule, PriceTest, PricingSettings, ProductTerms } from './pricing/types.ts'
import { controlFirst } from './pricing/validate.ts'
import { weightToday } from './pricing/weight-epochs.ts'
import { DAY_MS, dayOf, HOUR_MS } from './time.ts'

/** Between the wire's decimal amounts and ISO times and the domain's minor units and epoch milliseconds. */

/** Days in which purchases count, where nobody says: what a bandit waits for, it cannot learn from yet. */
const conversionDays = ({ conversionWindow, allocation, duration }: PriceTestInput): number =>
  conversionWindow ??
  (allocation === 'thompson' ? Math.max(1, Math.min(DEFAULT_CONVERSION_DAYS, Math.floor(duration / 4))) : DEFAULT_CONVERSION_DAYS)
const DEFAULT_CONVERSION_DAYS = 14

/** @throws DomainError duplicate_key  a currency stands twice; and what `parseCurrency` and `toMinor` throw */
export function productTerms(product: Product): ProductTerms {
  const prices: Record<string, PriceBook> = {}
  product.prices.forEach((price, index) => {
    const field = `prices.${index}`
    const currency = parseCurrency(price.currency, `${field}.currency`)
    if (prices[currency]) throw new DomainError('duplicate_key', `${currency} has two prices`, `${field}.currency`)
    const minor = (amount: number | undefined, name: string) =>
      amount === undefined ? null : toMinor(amount, currency, `${field}.${name}`)
    prices[currency] = {
      listMinor: toMinor(price.amount, currency, `${field}.amount`),
      floorMinor: minor(price.floor, 'floor'),
      ceilingMinor: minor(price.ceiling, 'ceiling'),
      unitCostMinor: minor(price.unitCost, 'unitCost'),
      ...(price.countries?.length ? { countries: countryPrices(price.countries, currency, `${field}.countries`) } : {}),
    }
  })
  const { id, name, interval, minimumMargin, maximumStepPerDay, rounding, purchasingPower } = product
  return { id, name, interval, minimumMargin, maximumStepPerDay, rounding, purchasingPower, prices }
}

function countryPrices(prices: NonNullable<Product['prices'][number]['countries']>, currency: string, field: string) {
  const countries: Record<string, number> = {}
  for (const [index, { country, amount }] of prices.entries()) {
    if (Object.hasOwn(countries, country))
      throw new DomainError('duplicate_key', `${country} has two prices in ${currency}`, `${field}.${index}.country`)
    countries[country] = toMinor(amount, currency, `${field}.${index}.amount`)
  }
  return countries
}

export function productOf({ prices, ...terms }: ProductTerms): Product {
  return {
    ...terms,
    prices: Object.entries(prices).map(([currency, book]) => {
      const major = (amountMinor: number | null) => (amountMinor === null ? undefined : toMajor(amountMinor, currency))
      return {
        currency,
        amount: toMajor(book.listMinor, currency),
        floor: major(book.floorMinor),
        ceiling: major(book.ceilingMinor),
        unitCost: major(book.unitCostMinor),
        countries:
          book.countries &&
          Object.entries(book.countries).map(([country, amountMinor]) => ({ country, amount: toMajor(amountMinor, currency) })),
      }
    }),
  }
}

const instant = (text: string | null): number | null => (text === null ? null : Date.parse(text))
const isoOf = (epochMs: number | null): string | null => (epochMs === null ? null : new Date(epochMs).toISOString())

export const priceRule = (rule: Rule): PriceRule => ({ ...rule, startsAt: instant(rule.startsAt), endsAt: instant(rule.endsAt) })
export const ruleOf = (rule: PriceRule): ShownRule => ({
  ...rule,
  reference: rule.reference ?? null,
  startsAt: isoOf(rule.startsAt),
  endsAt: isoOf(rule.endsAt),
  lawClass: classOf(termsOf(rule.kind), rule) === 'personal' ? 'personal' : 'uniform',
})

/**
 * The test that three fields describe, the list price first as its control. Check it with `validatePriceTest`.
 *
 * @throws DomainError unknown_currency    the product has no price in the test's currency
 * @throws DomainError weights_do_not_sum  not one weight a price
 */
export function priceTest(input: PriceTestInput, product: ProductTerms, currency: string, id: string, now: number): PriceTest {
  const book = Object.hasOwn(product.prices, currency) ? product.prices[currency] : undefined
  if (!book) throw new DomainError('unknown_currency', `${product.id} has no price in ${currency}`, 'currency')
  const { mode, allocation, metric, eligibility, segments = null, minimumSample, blockHours, duration } = input
  const amountsMinor = input.testPrices.map((amount, index) => toMinor(amount, currency, `testPrices.${index}`))
  const startsAt = input.startsAt === undefined ? now : Date.parse(input.startsAt)
  const arms = controlFirst(amountsMinor, input.weights ?? null, book.listMinor)
  return {
    id,
    version: 1,
    productId: product.id,
    currency,
    seed: id,
    mode,
    eligibility,
    arms,
    allocation,
    epochs: [{ day: dayOf(startsAt), weights: Object.fromEntries(arms.map(({ key, weight }) => [key, weight])), bySegment: {} }],
    metric,
    conversionWindowMs: Math.round(conversionDays(input) * DAY_MS),
    segments,
    minimumSample,
    windowMs: Math.round(blockHours * HOUR_MS),
    startsAt,
    endsAt: input.endsAt === undefined ? startsAt + Math.round(duration * DAY_MS) : Date.parse(input.endsAt),
  }
}

/** A price test on the wire, with the weights of the day `now` lies in. */
export const priceTestOf = ({ test, name, status }: StoredTest, now: number): PriceTestAnswer => ({
  id: test.id,
  version: test.version,
  productId: test.productId,
  currency: test.currency,
  name,
  status,
  mode: test.mode,
  allocation: test.allocation,
  metric: test.metric,
  eligibility: test.eligibility,
  segments: test.segments,
  conversionWindow: test.conversionWindowMs / DAY_MS,
  minimumSample: test.minimumSample,
  blockHours: test.windowMs / HOUR_MS,
  arms: test.arms.map((arm) => ({
    key: arm.key,
    amount: toMajor(arm.amountMinor, test.currency),
    weight: weightToday(test, arm, now),
    closedAt: arm.closedAt ?? null,
  })),
  epochs: test.epochs,
  startsAt: test.startsAt,
  endsAt: test.endsAt,
})

/** What decisions depend on, as settings; the others are read by whoever needs them. */
export const settingsOf = (pricing: PricingSettings): Omit<Settings, 'exchangeRates'> => ({
  optimizationEnabled: pricing.optimizationEnabled,
  holdoutShare: pricing.holdoutShare,
  defaultCurrency: pricing.defaultCurrency,
  law: pricing.law,
  purchasingPowerTiers: pricing.purchasingPowerTiers,
  quoteLifetimeSeconds: pricing.quoteLifetimeMs / 1000,
  decisionSampleShare: pricing.decisionSampleShare,
})

export const pricingSettings = (settings: Settings, holdoutSeed: string): PricingSettings => ({
  optimizationEnabled: settings.optimizationEnabled,
  holdoutShare: settings.holdoutShare,
  holdoutSeed,
  defaultCurrency: settings.defaultCurrency,
  law: settings.law,
  purchasingPowerTiers: settings.purchasingPowerTiers,
  quoteLifetimeMs: settings.quoteLifetimeSeconds * 1000,
  decisionSampleShare: settings.decisionSampleShare,
})
