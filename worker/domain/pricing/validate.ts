import { ConfigurationError, DomainError } from '../error.ts'
import { chargeStepOf, exponentOf } from '../money.ts'
import { DAY_MS } from '../time.ts'
import { describeAmount } from './draft.ts'
import { hardRange, lowestForMargin, withinStep } from './guardrails.ts'
import type { PriceArm, PriceBook, PriceTest, ProductTerms, PurchasingPowerTier, WeightEpoch } from './types.ts'

/** What is checked when configuration is saved. Fields are named as callers send them: `prices.0.floor`, `testPrices`. */

/** Weights may miss 1 by this much: the error of adding shares in floating point, and no more. */
const WEIGHT_TOLERANCE = 1e-6

/** With `endsAt` as with `duration`: each day may bring weights, and all of them are in one row. */
const LONGEST_TEST_MS = 365 * DAY_MS

/** Least share of an open arm: its propensity is divided by, and what is never tried cannot be learnt. */
const LEAST_WEIGHT = 0.01

const outOfBounds = (message: string, field: string): DomainError => new DomainError('price_out_of_bounds', message, field)

/** @throws DomainError duplicate_key  at `field.<index of the second>` */
export function refuseDuplicates(keys: readonly (string | number)[], field: string): void {
  const repeated = keys.findIndex((key, index) => keys.indexOf(key) !== index)
  if (repeated >= 0) throw new DomainError('duplicate_key', `${keys[repeated]} is there twice`, `${field}.${repeated}`)
}

/**
 * A product's prices against its own guardrails. Two prices in one currency cannot be told apart here any more: check
 * the list as sent with `refuseDuplicates`.
 *
 * @throws DomainError missing_field        no price at all
 * @throws DomainError unknown_currency     a currency we do not take
 * @throws DomainError floor_above_ceiling  the floor is above the ceiling
 * @throws DomainError price_out_of_bounds  a list price, a country's too, is outside them, or does not keep the minimum margin
 * @throws DomainError amount_too_precise   a price or bound that no provider could charge
 */
export function validateProduct(terms: ProductTerms): void {
  const books = Object.entries(terms.prices)
  if (books.length === 0) throw new DomainError('missing_field', 'a product needs a price', 'prices')
  for (const [index, [currency, book]] of books.entries()) validateBook(terms, currency, book, `prices.${index}`)
}

function validateBook(terms: ProductTerms, currency: string, book: PriceBook, field: string): void {
  const { floorMinor, ceilingMinor } = book
  if (exponentOf(currency) === undefined)
    throw new DomainError('unknown_currency', `${currency} is not a currency we take`, `${field}.currency`)
  if (floorMinor !== null && ceilingMinor !== null && floorMinor > ceilingMinor) {
    throw new DomainError('floor_above_ceiling', 'the floor is above the ceiling', `${field}.floor`)
  }
  for (const [name, amountMinor] of Object.entries({ floor: floorMinor, ceiling: ceilingMinor })) {
    if (amountMinor !== null) refuseUnchargeable(amountMinor, currency, `${field}.${name}`)
  }
  validateListPrice(terms, currency, book, book.listMinor, `${field}.amount`)
  for (const [index, listMinor] of Object.values(book.countries ?? {}).entries()) {
    validateListPrice(terms, currency, book, listMinor, `${field}.countries.${index}.amount`)
  }
}

function validateListPrice(terms: ProductTerms, currency: string, book: PriceBook, listMinor: number, field: string): void {
  const { floorMinor, ceilingMinor } = book
  refuseUnchargeable(listMinor, currency, field)
  if (floorMinor !== null && listMinor < floorMinor) throw outOfBounds('the list price is below the floor', field)
  if (ceilingMinor !== null && listMinor > ceilingMinor) throw outOfBounds('the list price is above the ceiling', field)
  if (listMinor < lowestForMargin(book, terms.minimumMargin)) throw outOfBounds('the list price does not keep the minimum margin', field)
}

function refuseUnchargeable(amountMinor: number, currency: string, field: string): void {
  const stepMinor = chargeStepOf(currency)
  if (amountMinor % stepMinor !== 0)
    throw new DomainError('amount_too_precise', `${currency} is charged in steps of ${describeAmount(stepMinor, currency)}`, field)
}

/**
 * Tiers of purchasing power as a whole.
 *
 * @throws DomainError duplicate_key  two tiers of one name, or a country in two
 * @throws DomainError invalid_field  the first tier, which takes every country that is listed nowhere, pays less than the list price
 */
export function validateTiers(tiers: readonly PurchasingPowerTier[]): void {
  if (tiers[0]?.share !== 1)
    throw new ConfigurationError(
      'invalid_field',
      'the first tier takes every country that is listed nowhere, and pays the list price',
      'purchasingPowerTiers.0.share',
    )
  refuseDuplicates(
    tiers.map(({ id }) => id),
    'purchasingPowerTiers',
  )
  const seen = new Set<string>()
  for (const [index, { countries }] of tiers.entries()) {
    for (const [at, country] of countries.entries()) {
      if (seen.has(country))
        throw new DomainError('duplicate_key', `${country} is there twice`, `purchasingPowerTiers.${index}.countries.${at}`)
      seen.add(country)
    }
  }
}

/**
 * A price test against the product it prices, at the moment it is saved. The control is the list price and the first arm
 * (see `controlFirst`); the other arms must keep floor, ceiling, margin and the step limit, which counts from the list price.
 *
 * @throws DomainError unknown_currency     the product has no price in the test's currency
 * @throws DomainError end_before_start     the test ends before it begins, or at once
 * @throws DomainError negative_weight      a weight is below 0
 * @throws DomainError weight_too_small     a weight is below 1 %
 * @throws DomainError weights_do_not_sum   weights do not sum to 1
 * @throws DomainError unit_cost_missing    margin is to be raised, and the product has no unit cost
 * @throws DomainError window_too_long      a bandit would end before the first reward counts
 * @throws DomainError options_conflict     a switchback that learns, or is read by segments of people
 * @throws DomainError duplicate_key        two arms with one price or one key
 * @throws DomainError no_control           the list price is not the first arm
 * @throws DomainError price_out_of_bounds  an arm breaks a guardrail
 * @throws DomainError amount_too_precise   an arm that no provider could charge
 * @throws DomainError invalid_field        fewer than two arms, more than a year, no window, or a coverage outside 0–1
 */
export function validatePriceTest(test: PriceTest, product: ProductTerms): void {
  const book = Object.hasOwn(product.prices, test.currency) ? product.prices[test.currency] : undefined
  if (!book) throw new DomainError('unknown_currency', `${product.id} has no price in ${test.currency}`, 'currency')
  if (!(test.startsAt < test.endsAt)) throw new DomainError('end_before_start', 'a test ends after it begins', 'endsAt')
  if (test.endsAt - test.startsAt > LONGEST_TEST_MS) throw new DomainError('invalid_field', 'a test lasts at most 365 days', 'endsAt')
  if (!(test.windowMs >= 1)) throw new DomainError('invalid_field', 'a window has at least a millisecond', 'windowMs')
  const { coverage = 1 } = test
  if (!(coverage > 0 && coverage <= 1)) throw new DomainError('invalid_field', 'coverage is above 0 and at most 1', 'coverage')
  validateArms(test.arms, book, test.currency)
  validateOptions(test, book)
  for (const { amountMinor } of test.arms.slice(1)) validateArm(amountMinor, product, book, test.currency)
}

/** What goes together. */
function validateOptions({ mode, allocation, metric, segments, conversionWindowMs, startsAt, endsAt }: PriceTest, book: PriceBook): void {
  if (metric === 'margin' && book.unitCostMinor === null)
    throw new DomainError('unit_cost_missing', 'a test of margin needs the unit cost of the product', 'metric')
  if (mode === 'switchback' && allocation === 'thompson')
    throw new DomainError('options_conflict', 'a switchback has too few windows to learn from from day to day', 'allocation')
  if (mode === 'switchback' && segments)
    throw new DomainError('options_conflict', 'a switchback compares time windows, not segments of people', 'segments')
  if (allocation === 'thompson' && !(conversionWindowMs + DAY_MS <= endsAt - startsAt))
    throw new DomainError('window_too_long', 'the first reward would count after the test is over', 'conversionWindow')
}

/**
 * Weights for a day of a running test, at the moment they are saved.
 *
 * @throws DomainError negative_weight, weight_too_small, weights_do_not_sum
 */
export function validateEpoch({ arms }: PriceTest, { weights, bySegment }: WeightEpoch): void {
  for (const own of [weights, ...Object.values(bySegment)]) {
    const shares = arms.map(({ key, closedAt }) => ({ weight: own[key] ?? Number.NaN, isOpen: closedAt === undefined }))
    validateWeights(shares)
    if (Object.keys(own).length !== arms.length) throw new DomainError('weights_do_not_sum', 'there is one weight an arm', 'weights')
  }
}

function validateWeights(arms: readonly { weight: number; isOpen?: boolean }[]): void {
  const negative = arms.findIndex(({ weight }) => weight < 0)
  if (negative >= 0) throw new DomainError('negative_weight', 'a weight is at least 0', `weights.${negative}`)
  const total = arms.reduce((sum, { weight }) => sum + weight, 0)
  if (!(Math.abs(total - 1) <= WEIGHT_TOLERANCE)) {
    throw new DomainError('weights_do_not_sum', `weights sum to 1, not to ${Number(total.toPrecision(6))}`, 'weights')
  }
  const small = arms.findIndex(({ weight, isOpen = true }) => isOpen && weight < LEAST_WEIGHT - WEIGHT_TOLERANCE)
  if (small >= 0) throw new DomainError('weight_too_small', 'each price is shown to at least 1 % of people', `weights.${small}`)
}

function validateArms(arms: readonly PriceArm[], book: PriceBook, currency: string): void {
  if (arms.length < 2) throw new DomainError('invalid_field', 'a test compares at least two prices', 'testPrices')
  validateWeights(arms)
  refuseDuplicates(
    arms.map(({ amountMinor }) => describeAmount(amountMinor, currency)),
    'testPrices',
  )
  refuseDuplicates(
    arms.map(({ key }) => key),
    'arms',
  )
  if (arms[0]?.amountMinor !== book.listMinor)
    throw new DomainError(
      'no_control',
      `the list price, ${describeAmount(book.listMinor, currency)}, is the control and must be among the arms`,
      'testPrices',
    )
}

function validateArm(amountMinor: number, product: ProductTerms, book: PriceBook, currency: string): void {
  refuseUnchargeable(amountMinor, currency, 'testPrices')
  const arm = describeAmount(amountMinor, currency)
  const { lowMinor, highMinor } = hardRange(product, book)
  if (amountMinor > highMinor) throw outOfBounds(`${arm} is above the ceiling`, 'testPrices')
  if (book.floorMinor !== null && amountMinor < book.floorMinor) throw outOfBounds(`${arm} is below the floor`, 'testPrices')
  if (amountMinor < lowMinor) throw outOfBounds(`${arm} is free or does not keep the minimum margin`, 'testPrices')
  if (product.maximumStepPerDay === null) return
  const step = withinStep(book.listMinor, product.maximumStepPerDay)
  if (amountMinor < step.lowMinor || amountMinor > step.highMinor)
    throw outOfBounds(`${arm} is further than the step limit allows in a day`, 'testPrices')
}

/**
 * Arms with the control (the list price) first, as `PriceTest.arms` wants them, keyed `control`, `variant_1`, … in the
 * order sent. Without weights all are equal. A list without the list price keeps its order, and `validatePriceTest`
 * refuses it.
 *
 * @example controlFirst([44900, 49900], null, 49900)
 *          // => [{ key: 'control', amountMinor: 49900, weight: 0.5 }, { key: 'variant_1', amountMinor: 44900, weight: 0.5 }]
 * @throws DomainError weights_do_not_sum  not one weight a price, or they do not sum to 1
 * @throws DomainError negative_weight, weight_too_small
 */
export function controlFirst(amountsMinor: readonly number[], weights: readonly number[] | null, listMinor: number): PriceArm[] {
  if (weights && weights.length !== amountsMinor.length) throw new DomainError('weights_do_not_sum', 'give one weight a price', 'weights')
  // Here and not once they are arms: the field names a weight by its place in the list as sent.
  if (weights) validateWeights(weights.map((weight) => ({ weight })))
  const arms = amountsMinor.map((amountMinor, index) => ({ amountMinor, weight: weights?.[index] ?? 1 / amountsMinor.length }))
  const control = Math.max(
    0,
    arms.findIndex((arm) => arm.amountMinor === listMinor),
  )
  return [...arms.splice(control, 1), ...arms].map((arm, index) => ({ key: index === 0 ? 'control' : `variant_${index}`, ...arm }))
}
