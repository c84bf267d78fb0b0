import { describe, expect, it } from 'vitest'
import type { PriceArm } from '../../../worker/domain/pricing/types.ts'
import {
  controlFirst,
  refuseDuplicates,
  validateEpoch,
  validatePriceTest,
  validateProduct,
} from '../../../worker/domain/pricing/validate.ts'
import { book, NOW, priceTest, slice } from './fixtures.ts'

const refusal = (code: string, field: string) => expect.objectContaining({ code, field })
const product = (over: Parameters<typeof slice>[0] = {}) => slice(over).product
const priced = (over: Parameters<typeof book>[0], terms = {}) =>
  product({ product: { prices: { USD: book(), EUR: book(over) }, ...terms } })

describe('validateProduct', () => {
  it('takes a product inside its own guardrails', () => {
    expect(() => validateProduct(product({ product: { minimumMargin: 0.9, maximumStepPerDay: 0.1 } }))).not.toThrow()
  })

  it.each([
    ['a floor above the ceiling', priced({ floorMinor: 70_000 }), 'floor_above_ceiling', 'prices.1.floor'],
    ['a list price below the floor', priced({ listMinor: 29_899 }), 'price_out_of_bounds', 'prices.1.amount'],
    ['a list price above the ceiling', priced({ listMinor: 69_901 }), 'price_out_of_bounds', 'prices.1.amount'],
    // 49900 × (1 − 0.9) = 4990 is the most it may cost
    ['a list price without its margin', priced({ unitCostMinor: 4_991 }, { minimumMargin: 0.9 }), 'price_out_of_bounds', 'prices.1.amount'],
    ['a margin no price can keep', priced({}, { minimumMargin: 1 }), 'price_out_of_bounds', 'prices.0.amount'],
    ['a currency we do not take', product({ product: { prices: { XXX: book() } } }), 'unknown_currency', 'prices.0.currency'],
    ['no price', product({ product: { prices: {} } }), 'missing_field', 'prices'],
  ])('refuses %s', (_, terms, code, field) => {
    expect(() => validateProduct(terms)).toThrow(refusal(code, field))
  })

  it('takes a list price at its floor and at its ceiling, and a margin of 100 % where nothing is known to cost', () => {
    expect(() => validateProduct(priced({ listMinor: 29_900 }))).not.toThrow()
    expect(() => validateProduct(priced({ listMinor: 69_900 }))).not.toThrow()
    const free = { USD: book({ unitCostMinor: null }), EUR: book({ unitCostMinor: 0 }) }
    expect(() => validateProduct(product({ product: { minimumMargin: 1, prices: free } }))).not.toThrow()
  })

  it('takes a margin that is just kept', () => {
    expect(() => validateProduct(priced({ unitCostMinor: 4_990 }, { minimumMargin: 0.9 }))).not.toThrow()
  })
})

describe('refuseDuplicates', () => {
  it('points at the second of two', () => {
    expect(() => refuseDuplicates(['USD', 'EUR', 'USD'], 'prices')).toThrow(refusal('duplicate_key', 'prices.2'))
    expect(() => refuseDuplicates(['USD', 'EUR'], 'prices')).not.toThrow()
  })
})

describe('validatePriceTest', () => {
  const arms = (...rows: [number, number][]) => rows.map(([amountMinor, weight], index) => ({ key: `arm_${index}`, amountMinor, weight }))
  const dear = product({ product: { minimumMargin: 0.9, maximumStepPerDay: 0.1 } })

  it('takes three prices around the list price', () => {
    expect(() => validatePriceTest(priceTest(), product())).not.toThrow()
  })

  it.each([
    ['weights above 1', { arms: arms([49_900, 0.6], [44_900, 0.6]) }, 'weights_do_not_sum', 'weights'],
    ['weights below 1', { arms: arms([49_900, 0.5], [44_900, 0.49]) }, 'weights_do_not_sum', 'weights'],
    ['a weight that is no number', { arms: arms([49_900, Number.NaN], [44_900, 0.5]) }, 'weights_do_not_sum', 'weights'],
    ['a negative weight', { arms: arms([49_900, 1.2], [44_900, -0.2]) }, 'negative_weight', 'weights.1'],
    ['a negative first weight', { arms: arms([49_900, -0.2], [44_900, 1.2]) }, 'negative_weight', 'weights.0'],
    ['no list price among the arms', { arms: arms([48_900, 0.5], [44_900, 0.5]) }, 'no_control', 'testPrices'],
    ['one price twice', { arms: arms([49_900, 0.5], [49_900, 0.5]) }, 'duplicate_key', 'testPrices.1'],
    ['one key twice', { arms: arms([49_900, 0.5], [44_900, 0.5]).map((arm) => ({ ...arm, key: 'a' })) }, 'duplicate_key', 'arms.1'],
    ['one arm', { arms: arms([49_900, 1]) }, 'invalid_field', 'testPrices'],
    ['a price below the floor', { arms: arms([49_900, 0.5], [29_899, 0.5]) }, 'price_out_of_bounds', 'testPrices'],
    ['a price above the ceiling', { arms: arms([49_900, 0.5], [69_901, 0.5]) }, 'price_out_of_bounds', 'testPrices'],
    ['an end before the start', { endsAt: NOW - 8 * 86_400_000 }, 'end_before_start', 'endsAt'],
    ['an end at the start', { startsAt: NOW, endsAt: NOW }, 'end_before_start', 'endsAt'],
    ['a currency without a price', { currency: 'EUR' }, 'unknown_currency', 'currency'],
    ['a weight below 1 %', { arms: arms([49_900, 0.991], [44_900, 0.009]) }, 'weight_too_small', 'weights.1'],
    ['a switchback that learns', { mode: 'switchback' as const, allocation: 'thompson' as const }, 'options_conflict', 'allocation'],
    ['a switchback read by segments', { mode: 'switchback' as const, segments: 'country' as const }, 'options_conflict', 'segments'],
    [
      'a bandit over too soon',
      { allocation: 'thompson' as const, conversionWindowMs: 13 * 86_400_000 + 1 },
      'window_too_long',
      'conversionWindow',
    ],
    ['more than a year', { startsAt: NOW, endsAt: NOW + 365 * 86_400_000 + 1 }, 'invalid_field', 'endsAt'],
    ['no coverage', { coverage: 0 }, 'invalid_field', 'coverage'],
    ['no window', { windowMs: 0 }, 'invalid_field', 'windowMs'],
  ])('refuses %s', (_, over, code, field) => {
    expect(() => validatePriceTest(priceTest(over), product())).toThrow(refusal(code, field))
  })

  it('takes arms at the floor and at the ceiling, and refuses a free one', () => {
    expect(() => validatePriceTest(priceTest({ arms: arms([49_900, 0.4], [29_900, 0.3], [69_900, 0.3]) }), product())).not.toThrow()
    const open = product({ product: { prices: { USD: book({ floorMinor: null }) } } })
    expect(() => validatePriceTest(priceTest({ arms: arms([49_900, 0.5], [0, 0.5]) }), open)).toThrow(
      refusal('price_out_of_bounds', 'testPrices'),
    )
  })

  it('refuses an arm that no provider could charge', () => {
    const dinars = product({ product: { prices: { KWD: book({ ceilingMinor: null }) } } })
    const of = (amountMinor: number) => priceTest({ currency: 'KWD', arms: arms([49_900, 0.5], [amountMinor, 0.5]) })
    expect(() => validatePriceTest(of(44_990), dinars)).not.toThrow()
    expect(() => validatePriceTest(of(44_999), dinars)).toThrow(refusal('amount_too_precise', 'testPrices'))
  })

  it('holds arms to margin and step limit', () => {
    // a cost of 40.00 at 90 % margin needs 400.00; 10 % from 499.00 is 449.10 to 548.90
    expect(() => validatePriceTest(priceTest({ arms: arms([49_900, 0.5], [44_910, 0.5]) }), dear)).not.toThrow()
    expect(() => validatePriceTest(priceTest({ arms: arms([49_900, 0.5], [44_909, 0.5]) }), dear)).toThrow(
      refusal('price_out_of_bounds', 'testPrices'),
    )
    expect(() => validatePriceTest(priceTest({ arms: arms([49_900, 0.5], [54_891, 0.5]) }), dear)).toThrow(
      refusal('price_out_of_bounds', 'testPrices'),
    )
    const roomy = product({ product: { minimumMargin: 0.9 } })
    expect(() => validatePriceTest(priceTest({ arms: arms([49_900, 0.5], [39_999, 0.5]) }), roomy)).toThrow(
      refusal('price_out_of_bounds', 'testPrices'),
    )
  })
})

describe('the metric of a test', () => {
  it('is margin only where the product has a unit cost', () => {
    const free = product({ product: { prices: { USD: book({ unitCostMinor: null }) } } })
    expect(() => validatePriceTest(priceTest({ metric: 'margin' }), product())).not.toThrow()
    expect(() => validatePriceTest(priceTest({ metric: 'margin' }), free)).toThrow(refusal('unit_cost_missing', 'metric'))
  })
})

describe('validateEpoch', () => {
  const [first, second, third] = priceTest().arms
  const test = priceTest({ arms: [first, { ...second, closedAt: NOW }, third] as PriceArm[] })
  const epoch = (control: number, variant_1: number, variant_2: number, bySegment = {}) => ({
    day: '2027-01-16',
    weights: { control, variant_1, variant_2 },
    bySegment,
  })

  it('takes nothing for a closed arm, and at least 1 % for each other', () => {
    expect(() => validateEpoch(test, epoch(0.99, 0, 0.01))).not.toThrow()
    expect(() => validateEpoch(test, epoch(0.995, 0, 0.005))).toThrow(refusal('weight_too_small', 'weights.2'))
    expect(() => validateEpoch(test, epoch(0.5, 0, 0.4))).toThrow(refusal('weights_do_not_sum', 'weights'))
    expect(() => validateEpoch(test, epoch(1.1, -0.1, 0))).toThrow(refusal('negative_weight', 'weights.1'))
  })

  it('asks the same of each segment, and a weight for each arm alone', () => {
    const even = { control: 0.5, variant_1: 0, variant_2: 0.5 }
    expect(() => validateEpoch(test, epoch(0.5, 0, 0.5, { mobile: even }))).not.toThrow()
    expect(() => validateEpoch(test, epoch(0.5, 0, 0.5, { mobile: { ...even, control: 0.4 } }))).toThrow(
      refusal('weights_do_not_sum', 'weights'),
    )
    const { control, variant_2 } = even
    expect(() => validateEpoch(test, epoch(0.5, 0, 0.5, { mobile: { control, variant_2 } }))).toThrow(
      refusal('weights_do_not_sum', 'weights'),
    )
    expect(() => validateEpoch(test, epoch(0.5, 0, 0.5, { mobile: { ...even, gone: 0 } }))).toThrow(
      refusal('weights_do_not_sum', 'weights'),
    )
  })
})

describe('controlFirst', () => {
  it('puts the list price first and keeps each price with its weight', () => {
    expect(controlFirst([44_900, 49_900, 54_900], [0.2, 0.5, 0.3], 49_900)).toEqual([
      { key: 'control', amountMinor: 49_900, weight: 0.5 },
      { key: 'variant_1', amountMinor: 44_900, weight: 0.2 },
      { key: 'variant_2', amountMinor: 54_900, weight: 0.3 },
    ])
  })

  it('splits evenly without weights, in a way that validates', () => {
    for (const count of [2, 3, 6, 7, 10]) {
      const amounts = Array.from({ length: count }, (_, index) => 49_900 - index * 100)
      expect(() => validatePriceTest(priceTest({ arms: controlFirst(amounts, null, 49_900) }), product())).not.toThrow()
    }
  })

  it('leaves a list without the list price to be refused, and refuses a wrong number of weights', () => {
    expect(() => validatePriceTest(priceTest({ arms: controlFirst([1, 2], null, 49_900) }), product())).toThrow(
      refusal('no_control', 'testPrices'),
    )
    expect(() => controlFirst([1, 2], [1], 1)).toThrow(refusal('weights_do_not_sum', 'weights'))
  })

  it('names a weight by its place in the list as sent', () => {
    expect(() => controlFirst([44_900, 49_900], [0.005, 0.995], 49_900)).toThrow(refusal('weight_too_small', 'weights.0'))
    expect(() => controlFirst([44_900, 49_900], [-0.1, 1.1], 49_900)).toThrow(refusal('negative_weight', 'weights.0'))
  })
})
