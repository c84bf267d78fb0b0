import { describe, expect, it } from 'vitest'
import { findHarm } from '../../../../worker/domain/pricing/learning/find-harm.ts'
import type { ArmSafety } from '../../../../worker/domain/pricing/learning/types.ts'
import { chance, exponential, mulberry32 } from '../../../simulation/random.ts'
import { priceTest } from '../fixtures.ts'
import { dayAfter } from './figures.ts'

const test = priceTest()
const [control = '', first = '', second = ''] = test.arms.map(({ key }) => key)
const safety = (arm: string, over: Partial<ArmSafety> = {}): ArmSafety => ({
  arm,
  buyers: 0,
  refunded: 0,
  disputed: 0,
  payers: 0,
  failed: 0,
  ...over,
})

interface Life {
  refundRates: readonly number[]
  /** Share of the first variant among all from the second week on, as a bandit would starve it. */
  laterShare: number
  seed: number
  buyersADay?: number
}

/**
 * Sixty days of buyers whose refunds come some ten days later, looked at every day. Answers the first day on which an arm is
 * accused, or null.
 */
function firstAlarm({ refundRates, laterShare, seed, buyersADay = 60 }: Life): { day: number; arm: string } | null {
  const random = mulberry32(seed)
  const rows = new Map<string, ArmSafety>()
  const refunds: { on: number; row: ArmSafety }[] = []
  for (let at = 0; at < 60; at++) {
    const share = at < 14 ? 1 / 3 : laterShare
    for (let buyer = 0; buyer < buyersADay; buyer++) {
      const draw = random()
      const arm = draw < share ? 1 : draw < (1 + share) / 2 ? 0 : 2
      const key = `${at} ${arm}`
      const row = rows.get(key) ?? safety(test.arms[arm]?.key ?? '', { day: dayAfter(at) })
      rows.set(key, row)
      row.buyers++
      row.payers++
      if (chance(random, refundRates[arm] as number)) refunds.push({ on: at + Math.floor(exponential(random, 10)), row })
      if (chance(random, 0.1)) row.failed++
    }
    for (const { on, row } of refunds) if (on === at) row.refunded++
    const [harm] = findHarm(test, [...rows.values()])
    if (harm) return { day: at, arm: harm.arm }
  }
  return null
}

describe('findHarm', () => {
  it('names arm, rate, counts, statistic and threshold', () => {
    const harms = findHarm(test, [
      safety(control, { buyers: 1000, refunded: 30, payers: 1200, failed: 60, disputed: 2 }),
      safety(first, { buyers: 1000, refunded: 90, payers: 1200, failed: 62, disputed: 2 }),
      safety(second, { buyers: 1000, refunded: 31, payers: 1200, failed: 61, disputed: 2 }),
    ])
    expect(harms).toHaveLength(1)
    const [harm] = harms
    expect(harm).toMatchObject({
      arm: first,
      rate: 'refunds',
      count: 90,
      of: 1000,
      value: 0.09,
      controlCount: 30,
      controlOf: 1000,
      controlValue: 0.03,
      threshold: 600,
    })
    expect(harm?.statistic).toBeGreaterThan(600)
  })

  it('watches disputes and failed payments too, and stays finite', () => {
    const harms = findHarm(test, [
      safety(control, { buyers: 90_000, disputed: 90, payers: 90_000, failed: 900 }),
      safety(second, { buyers: 90_000, disputed: 9_000, payers: 90_000, failed: 9_000 }),
    ])
    expect(harms.map(({ arm, rate }) => [arm, rate])).toEqual([
      [second, 'disputes'],
      [second, 'payment_failures'],
    ])
    expect(harms.every(({ statistic }) => Number.isFinite(statistic))).toBe(true)
  })

  it('says nothing of an arm that does better, of nobody, or of one that is closed', () => {
    const bad = safety(first, { buyers: 1000, refunded: 300 })
    const good = safety(control, { buyers: 1000, refunded: 30 })
    expect(
      findHarm(test, [
        { ...bad, arm: control },
        { ...good, arm: first },
      ]),
    ).toEqual([])
    expect(findHarm(test, [])).toEqual([])
    expect(findHarm(test, [bad])).toEqual([])
    const closed = { ...test, arms: test.arms.map((arm) => (arm.key === first ? { ...arm, closedAt: 1 } : arm)) }
    expect(findHarm(closed, [good, bad])).toEqual([])
  })

  it('raises a false alarm in at most 1 % of lives of sixty looks, also where a bandit starves an arm', () => {
    const alarms = Array.from({ length: 400 }, (_, seed) =>
      firstAlarm({ refundRates: [0.06, 0.06, 0.06], laterShare: seed % 2 ? 1 / 3 : 0.02, seed }),
    )
    expect(alarms.filter((alarm) => alarm !== null).length).toBeLessThanOrEqual(4)
  })

  it('does not mind that the buyers of a starved arm are older and had more time to ask their money back', () => {
    const days = [
      safety(control, { day: dayAfter(0), buyers: 500, refunded: 50 }),
      safety(first, { day: dayAfter(0), buyers: 500, refunded: 50 }),
    ]
    const young = safety(control, { day: dayAfter(9), buyers: 5000, refunded: 5 })
    expect(findHarm(test, [...days, young])).toEqual([])
  })

  it('finds refunds that have doubled', () => {
    const alarms = Array.from({ length: 40 }, (_, seed) =>
      firstAlarm({ refundRates: [0.06, 0.12, 0.06], laterShare: 1 / 3, seed, buyersADay: 120 }),
    )
    expect(alarms.filter((alarm) => alarm?.arm === first).length).toBeGreaterThanOrEqual(38)
  })
})
