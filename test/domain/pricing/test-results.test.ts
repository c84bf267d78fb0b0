import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lastMaturedDay } from '../../../worker/domain/pricing/learning/maturity.ts'
import { isSettled } from '../../../worker/domain/pricing/test-results.ts'
import { DAY_MS, dayOf, startOfDay } from '../../../worker/domain/time.ts'
import { NOW, priceTest } from './fixtures.ts'

/** When `bandits` runs. */
const SLOT_MS = 197 * 60_000

describe('isSettled', () => {
  it('comes after the first daily look that knows all of the last day, at whatever hour the test ended', () => {
    const anyTime = fc.integer({ min: 1, max: DAY_MS })
    const windowMs = fc.integer({ min: DAY_MS, max: 60 * DAY_MS })
    fc.assert(
      fc.property(anyTime, windowMs, (at, conversionWindowMs) => {
        const endedAt = startOfDay(dayOf(NOW)) + at
        const test = priceTest({ endedAt, conversionWindowMs })
        const looks = Array.from({ length: 64 }, (_, days) => startOfDay(dayOf(endedAt - 1)) + (days + 1) * DAY_MS + SLOT_MS)
        const knowing = looks.find((look) => lastMaturedDay(test, dayOf(look)) >= dayOf(endedAt - 1)) as number
        expect(isSettled(test, knowing)).toBe(false)
        expect(isSettled(test, knowing + 2 * DAY_MS)).toBe(true)
      }),
    )
  })
})
