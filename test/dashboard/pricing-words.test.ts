import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { roundAxis, timeAxis } from '../../dashboard/axis.ts'
import { conditionOf, plainOf } from '../../dashboard/condition-form.ts'
import { conditionWords } from '../../dashboard/condition-words.ts'
import { factorOf, percentsOf } from '../../dashboard/rule-form.ts'

describe('a condition in words', () => {
  it.each([
    [{}, 'always'],
    [{ country: 'DE' }, 'country is Germany'],
    [{ country: { $nin: ['US', 'CA'] }, device: 'mobile' }, 'country is not United States or Canada, and device is mobile'],
    [
      { month: { $in: [11, 12] }, hour: { $gte: 18, $lt: 22 } },
      'month is November or December, and hour (UTC) is at least 18, and hour (UTC) is below 22',
    ],
    [{ $or: [{ newVisitor: false }, { hasSubscription: true }] }, '(has bought before, or has a subscription)'],
    [{ $not: { plans: { $all: ['a', 'b'] } } }, 'not (plans has a and b)'],
    [{ health: { $exists: false } }, 'health score is not known'],
    [{ region: null }, 'region is not known'],
    [{ device: { $unheard: 1 } }, 'device $unheard 1'],
  ])('%j: %s', (condition, words) => {
    expect(conditionWords(condition)).toBe(words)
  })

  it('is said of anything, however odd', () => {
    fc.assert(fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (condition) => typeof conditionWords(condition) === 'string'))
  })
})

describe('the fields of a condition', () => {
  const texts = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { maxLength: 4 })
  const either = fc.constantFrom(true, false, null)
  const plain = fc.record({
    countries: texts,
    devices: texts,
    currency: fc.constantFrom('', 'EUR'),
    flags: texts,
    newVisitor: either,
    hasSubscription: either,
  })

  it('come back as they were typed', () => {
    fc.assert(
      fc.property(plain, (fields) => {
        expect(plainOf(conditionOf(fields))).toEqual(fields)
      }),
    )
  })

  it.each([{ country: { $nin: ['DE'] } }, { $or: [] }, { orders: { $gt: 3 } }, { behaviorFlags: 'a' }, { device: { $in: [1] } }])(
    'do not take what they cannot say: %j',
    (condition) => {
      expect(plainOf(condition)).toBeNull()
    },
  )
})

describe('a change in per cent', () => {
  it('is a factor without digits that nobody typed', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9000, max: 90_000 }), (hundredths) => {
        const percents = hundredths / 100
        expect(percentsOf(factorOf(percents))).toBe(percents)
      }),
    )
    expect(factorOf(-5)).toBe(0.95)
  })
})

describe('an axis', () => {
  it('holds every value between round numbers', () => {
    const value = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(fc.array(value, { maxLength: 20 }), (values) => {
        const { low, high, ticks } = roundAxis(values, String, [0])
        expect(high).toBeGreaterThan(low)
        // By less than can be seen a value may lie outside: for a last-digit error there is no further line.
        const unseen = (high - low) * 1e-6
        for (const each of [...values, 0]) {
          expect(each).toBeGreaterThanOrEqual(low - unseen)
          expect(each).toBeLessThanOrEqual(high + unseen)
        }
        expect(ticks.length).toBeLessThanOrEqual(10)
      }),
      { numRuns: 1000 },
    )
  })

  it('of time names no place as its neighbour, however short it is', () => {
    const at = Date.UTC(2026, 10, 27)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 * 86_400_000 }), (span) => {
        const { low, high, ticks } = timeAxis(at, at + span)
        expect(high).toBeGreaterThan(low)
        expect(new Set(ticks.map(({ label }) => label)).size).toBeGreaterThan(1)
        for (const [index, { label }] of ticks.entries()) expect(label).not.toBe(ticks[index + 1]?.label)
      }),
    )
  })
})
