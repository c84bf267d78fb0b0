import { describe, expect, it } from 'vitest'
import type { MetricSums } from '../../../../worker/domain/experiments/results/compare-metric.ts'
import { findHarm } from '../../../../worker/domain/experiments/results/find-harm.ts'
import { chance, mulberry32, type Random } from '../../../simulation/random.ts'
import { judgedBy } from './simulated.ts'

const REFUNDED = judgedBy('refunded', 'guardrail')
const FAILED = judgedBy('payment_failed', 'guardrail')
const PEOPLE_A_DAY = 150

const share = (n: number, sum: number) => ({ n, sum, squares: BigInt(sum) })
const sumsOf = (people: number, events: Record<string, number>): MetricSums[] =>
  [REFUNDED, FAILED].map((judged) => ({
    judged,
    variants: ['old', 'new'].map((variant) => ({ variant, moments: share(people, events[`${variant} ${judged.metric}`] ?? 0) })),
  }))

/** First day on which harm is found, of four weeks; null: on none. */
function alarm(random: Random, rates: { old: number; new: number }): number | null {
  const events: Record<string, number> = {}
  for (let day = 1; day <= 28; day++) {
    for (const variant of ['old', 'new'] as const)
      for (const { metric } of [REFUNDED, FAILED])
        for (let person = 0; person < PEOPLE_A_DAY; person++)
          if (chance(random, rates[variant])) events[`${variant} ${metric}`] = (events[`${variant} ${metric}`] ?? 0) + 1
    if (findHarm(sumsOf(day * PEOPLE_A_DAY, events)).length > 0) return day
  }
  return null
}

describe('harm', () => {
  it('is seen in hardly any of 300 experiments without any, though each is looked at every day', () => {
    const random = mulberry32(17)
    const alarms = [0.005, 0.02, 0.1].flatMap((rate) => Array.from({ length: 100 }, () => alarm(random, { old: rate, new: rate })))
    expect(alarms.filter((day) => day !== null).length).toBeLessThanOrEqual(6)
  }, 60_000)

  it('is seen within days where a variant trebles what must not grow', () => {
    const random = mulberry32(18)
    const alarms = Array.from({ length: 50 }, () => alarm(random, { old: 0.02, new: 0.06 }))
    expect(alarms.filter((day) => day !== null && day <= 14).length).toBeGreaterThanOrEqual(45)
  })

  it('is seen where the control has none at all, and never in what is better', () => {
    expect(findHarm(sumsOf(1_000, { [`new ${REFUNDED.metric}`]: 60 }))).toMatchObject([
      { variant: 'new', metric: REFUNDED.metric, value: 0.06, controlValue: 0 },
    ])
    expect(findHarm(sumsOf(1_000, { [`old ${REFUNDED.metric}`]: 60 }))).toEqual([])
  })

  it('is not told of a handful of people', () => {
    expect(findHarm(sumsOf(40, { [`new ${REFUNDED.metric}`]: 30 }))).toEqual([])
    expect(findHarm(sumsOf(1_000, { [`new ${REFUNDED.metric}`]: 9 }))).toEqual([])
  })
})
