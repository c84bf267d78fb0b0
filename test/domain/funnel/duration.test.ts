import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOfTime, medianSeconds } from '../../../worker/domain/funnel/duration.ts'

const histogramOf = (times: readonly number[]) => {
  const histogram = new Map<number, number>()
  for (const time of times) histogram.set(bucketOfTime(time), (histogram.get(bucketOfTime(time)) ?? 0) + 1)
  return histogram
}

describe('times in buckets', () => {
  it('begin with what is under a second, and grow by the fourth root of two', () => {
    expect([0, 999, 1_000, 1_189, 1_190, 2_000, 60_000].map(bucketOfTime)).toEqual([0, 0, 1, 1, 2, 5, 24])
  })

  it('have a median to within a fifth of the true one, in whichever bucket it lies', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1_000, max: 90 * 86_400_000 }), { minLength: 1, maxLength: 99 }), (times) => {
        const sorted = [...times].sort((a, b) => a - b)
        const median = medianSeconds(histogramOf(times)) as number
        const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] as number, sorted[Math.floor(sorted.length / 2)] as number]
        expect(median).toBeGreaterThan(low / 1_000 / 1.2)
        expect(median).toBeLessThan((high / 1_000) * 1.2)
      }),
    )
  })

  it('have none where there are none', () => {
    expect(medianSeconds(new Map())).toBeNull()
  })
})
