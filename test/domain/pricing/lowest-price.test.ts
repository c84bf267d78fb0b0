import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inPlaceOf, type LedgerPrice, lowestPrior } from '../../../worker/domain/pricing/lowest-price.ts'
import { DAY_MS } from '../../../worker/domain/time.ts'
import { NOW } from './fixtures.ts'

const ledger = (...prices: [daysAgo: number, amountMinor: number | null][]): LedgerPrice[] =>
  prices.map(([daysAgo, amountMinor]) => ({ effectiveAt: NOW - daysAgo * DAY_MS, amountMinor }))

describe('lowestPrior', () => {
  it.each([
    ['the price before the reduction, set long ago and still in force', ledger([400, 100], [0, 80]), 100],
    ['the lowest of several', ledger([400, 100], [20, 70], [10, 90], [0, 80]), 70],
    ['not one that had ended by then', ledger([400, 50], [31, 100], [0, 80]), 100],
    ['one that ended within the 30 days', ledger([400, 50], [29, 100], [0, 80]), 50],
    ['the 30 days before the reduction, not before today', ledger([400, 100], [45, 60], [40, 100], [20, 80]), 60],
    ['the present price once it is 30 days old', ledger([400, 100], [30, 80]), 80],
    ['the present price where there was no other', ledger([3, 80]), 80],
    ['the price before one that was saved twice', ledger([400, 100], [5, 80], [2, 80]), 100],
    ['a lower one before a rise', ledger([400, 100], [5, 120]), 100],
    ['none of the future', ledger([400, 100], [-1, 80]), 100],
  ])('is %s', (_, prices, expected) => {
    expect(lowestPrior(prices, NOW)).toBe(expected)
  })

  it('knows none where there is no price now', () => {
    expect(lowestPrior([], NOW)).toBeNull()
    expect(lowestPrior(ledger([40, 100], [2, null]), NOW)).toBeNull()
  })

  it('agrees with asking every hour of the 30 days', () => {
    const history = fc
      .uniqueArray(fc.integer({ min: 1, max: 24 * 90 }), { minLength: 1, maxLength: 8 })
      .chain((hours) =>
        fc
          .array(fc.integer({ min: 1, max: 9 }), { minLength: hours.length, maxLength: hours.length })
          .map((amounts) =>
            hours.sort((a, b) => b - a).map((hour, at) => ({ effectiveAt: NOW - hour * 3_600_000, amountMinor: amounts[at] as number })),
          ),
      )
    fc.assert(
      fc.property(history, (prices) => {
        const inForce = (at: number) => prices.findLast(({ effectiveAt }) => effectiveAt <= at)?.amountMinor
        const present = inForce(NOW) as number
        let since = NOW
        while (inForce(since - 3_600_000) === present) since -= 3_600_000
        const before = Array.from({ length: 30 * 24 }, (_, hour) => inForce(since - (hour + 1) * 3_600_000)).filter(
          (price) => price !== undefined,
        )
        const expected = since <= NOW - 30 * DAY_MS || before.length === 0 ? present : Math.min(...before)
        expect(lowestPrior(prices, NOW)).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })
})

it('a country without a price of its own pays that of the currency', () => {
  const own = ledger([20, 130], [10, null], [5, 70])
  expect(inPlaceOf(ledger([40, 100], [7, 90]), own).map(({ amountMinor }) => amountMinor)).toEqual([100, 130, 100, 90, 70])
})
