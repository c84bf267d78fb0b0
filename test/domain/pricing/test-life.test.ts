import { describe, expect, it } from 'vitest'
import { ended, isDecided, rollBack, type StoredTest, ship } from '../../../worker/domain/pricing/test-life.ts'
import type { PriceBook, PriceTest } from '../../../worker/domain/pricing/types.ts'
import { book, HOUR, NOW, priceTest, slice } from './fixtures.ts'

const stored = (test: Partial<PriceTest> = {}, status: StoredTest['status'] = 'running'): StoredTest => ({
  test: priceTest(test),
  name: 'A test',
  status,
})
const product = (over: Partial<PriceBook> = {}, minimumMargin: number | null = null) =>
  slice({ product: { prices: { USD: book(over) }, minimumMargin } }).product
const refusal = (code: string) => expect.objectContaining({ code })

describe('the end of a test', () => {
  it('is when it was stopped, or else when it was planned', () => {
    expect(ended(stored(), 'stopped', NOW)).toMatchObject({ status: 'stopped', test: { endedAt: NOW } })
    expect(ended(stored({ endsAt: NOW }), 'stopped', NOW + HOUR).test.endedAt).toBe(NOW)
    expect(ended(stored({ endedAt: NOW }, 'stopped'), 'shipped', NOW + HOUR).test.endedAt).toBe(NOW)
  })

  it('has come when one open arm is left', () => {
    const arms = priceTest().arms.map((arm, at) => (at === 0 ? arm : { ...arm, closedAt: NOW }))
    expect([
      isDecided(priceTest()),
      isDecided(priceTest({ arms: arms.slice(0, 2).concat(priceTest().arms[2] ?? []) })),
      isDecided(priceTest({ arms })),
    ]).toEqual([false, false, true])
  })
})

describe('ship', () => {
  it('moves the list price from what it is, and says from which test', () => {
    expect(ship(stored(), product(), 'variant_2', NOW)).toMatchObject({
      after: { status: 'shipped', test: { endedAt: NOW, shipped: { arm: 'variant_2', beforeMinor: 49_900, at: NOW } } },
      move: {
        productId: 'pro_bundle',
        currency: 'USD',
        fromMinor: 49_900,
        toMinor: 54_900,
        reason: 'arm variant_2 of price test test_1 shipped',
      },
    })
  })

  it('ships a test that was stopped, and the same arm again to no effect', () => {
    expect(ship(stored({}, 'stopped'), product(), 'variant_1', NOW)?.after.status).toBe('shipped')
    expect(ship(stored({ shipped: { arm: 'variant_1', beforeMinor: 1, at: 1 } }, 'shipped'), null, 'variant_1', NOW)).toBeNull()
  })

  const closed = priceTest().arms.map((arm) => ({ ...arm, ...(arm.key === 'variant_1' ? { closedAt: NOW - 1 } : {}) }))
  it.each([
    ['an arm nobody knows', stored(), product(), 'variant_9', 'invalid_arm'],
    [
      'another arm than was shipped',
      stored({ shipped: { arm: 'control', beforeMinor: 1, at: 1 } }, 'shipped'),
      product(),
      'variant_1',
      'conflict',
    ],
    ['an arm of a test that was rolled back', stored({}, 'rolled_back'), product(), 'variant_1', 'conflict'],
    ['an arm that did harm', stored({ arms: closed }), product(), 'variant_1', 'conflict'],
    ['a price below the floor of today', stored(), product({ floorMinor: 45_000 }), 'variant_1', 'price_out_of_bounds'],
    ['a price above the ceiling of today', stored(), product({ ceilingMinor: 50_000 }), 'variant_2', 'price_out_of_bounds'],
    ['a price without the margin of today', stored(), product({ unitCostMinor: 40_500 }, 0.1), 'variant_1', 'price_out_of_bounds'],
    ['a product that is gone', stored(), null, 'variant_1', 'conflict'],
  ])('refuses %s', (_, test, of, arm, code) => {
    expect(() => ship(test, of, arm, NOW)).toThrow(refusal(code))
  })
})

describe('rollBack', () => {
  const shipped = stored({ shipped: { arm: 'variant_1', beforeMinor: 49_900, at: NOW - 1 } }, 'shipped')

  it('puts the price from before back where it is still what was shipped', () => {
    expect(rollBack(shipped, product({ listMinor: 44_900 }), NOW)).toMatchObject({
      after: { status: 'rolled_back' },
      move: { fromMinor: 44_900, toMinor: 49_900, reason: 'arm variant_1 of price test test_1 rolled back' },
    })
    expect(() => rollBack(shipped, product({ listMinor: 47_900 }), NOW)).toThrow(refusal('conflict'))
    expect(() => rollBack(shipped, product({ listMinor: 44_900, ceilingMinor: 45_000 }), NOW)).toThrow(refusal('price_out_of_bounds'))
  })

  it('moves no price where none was shipped, and nothing where it was rolled back', () => {
    expect(rollBack(stored(), product(), NOW)).toMatchObject({ after: { status: 'rolled_back', test: { endedAt: NOW } }, move: null })
    expect(rollBack(stored({}, 'rolled_back'), product(), NOW)).toBeNull()
  })
})
