import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BASELINE_WEEKS,
  type Comparison,
  compareDay,
  hourOf,
  type Interest,
  rawDemandIndex,
  smoothDemandIndex,
  spanOf,
} from '../../../worker/domain/pricing/demand-index.ts'
import { DAY_MS, dayOf, HOUR_MS, MINUTE_MS, startOfDay } from '../../../worker/domain/time.ts'

const interest = (views: number, purchases = 0): Interest => ({ views, purchases })
const weeks = (views: number, purchases = 0) => Array.from({ length: BASELINE_WEEKS }, () => interest(views, purchases))

describe('rawDemandIndex', () => {
  it.each<[string, Comparison, number | null]>([
    ['views alone, where nobody buys', { now: interest(144), baseline: weeks(100) }, 1.2],
    // w = ½ · 20 ÷ 40 = ¼; √(1^¾ × (61.5 ÷ 20.5)^¼) = 3^⅛
    ['purchases by a quarter, at twenty of them', { now: interest(100, 61), baseline: weeks(100, 20) }, 3 ** 0.125],
    // √(1.21^(1 − w) × 1.21^w) = 1.1 whatever the weight
    ['both, where they agree', { now: interest(12_100, 1_209.5), baseline: weeks(10_000, 999.5) }, 1.1],
    ['no more than twice the usual', { now: interest(100_000, 900), baseline: weeks(100, 3) }, 2],
    ['no less than half the usual', { now: interest(0), baseline: weeks(100, 3) }, 0.5],
    ['nothing, below twenty views', { now: interest(50), baseline: [interest(10), interest(9)] }, null],
    ['something, at twenty views', { now: interest(10), baseline: [interest(10), interest(10)] }, 1],
    ['nothing without a baseline', { now: interest(50), baseline: [] }, null],
  ])('reads %s', (_, comparison, index) => {
    const raw = rawDemandIndex(comparison)
    if (index === null) expect(raw).toBeNull()
    else expect(raw).toBeCloseTo(index, 12)
  })

  it('rises with views and with purchases, and stays within a half and twice', () => {
    const count = fc.integer({ min: 0, max: 5_000 })
    fc.assert(
      fc.property(
        fc.array(fc.record({ views: count, purchases: count }), { minLength: 1, maxLength: 4 }),
        count,
        count,
        count,
        (baseline, views, purchases, more) => {
          const at = (v: number, p: number) => rawDemandIndex({ now: { views: v, purchases: p }, baseline })
          const index = at(views, purchases)
          if (index === null) return baseline.reduce((sum, week) => sum + week.views, 0) < 20
          const [viewed, bought] = [at(views + more, purchases) as number, at(views, purchases + more) as number]
          return index >= 0.5 && index <= 2 && viewed >= index - 1e-12 && bought >= index - 1e-12
        },
      ),
    )
  })
})

describe('smoothDemandIndex', () => {
  it('goes a third of the way an hour, and nine tenths in six', () => {
    expect(smoothDemandIndex(1, 1.331)).toBeCloseTo(1.1, 12)
    expect(smoothDemandIndex(null, 1.331)).toBe(1.331)
    let index = 1
    for (let hour = 0; hour < 6; hour++) index = smoothDemandIndex(index, 2)
    expect(Math.log(index) / Math.log(2)).toBeCloseTo(1 - (2 / 3) ** 6, 12)
  })
})

describe('compareDay', () => {
  /** A slot of the hourly job, on a Friday. */
  const AT = startOfDay('2027-01-15') + 7 * MINUTE_MS
  /** Counts as the job has left them: an interest of each past hour, snapshots at each slot. */
  const countsOf = (of: (slot: number) => Interest, at: number, kept: (slot: number) => boolean = () => true) => {
    const days = new Map<string, Interest>()
    const hours = new Map<number, Interest>()
    // What happens between two slots is booked half an hour after the first.
    for (let slot = AT - 40 * DAY_MS; slot <= at; slot += HOUR_MS) {
      const total = (day: string) => days.get(day) ?? interest(0)
      if (kept(slot)) hours.set(hourOf(slot), total(dayOf(slot)))
      if (slot === at) break
      const day = dayOf(slot + HOUR_MS / 2)
      const { views, purchases } = of(slot)
      days.set(day, interest(total(day).views + views, total(day).purchases + purchases))
    }
    return { days, hours }
  }
  const sumOf = (of: (slot: number) => Interest, at: number) => {
    let sum = interest(0)
    for (let slot = at - DAY_MS; slot < at; slot += HOUR_MS) sum = interest(sum.views + of(slot).views, sum.purchases + of(slot).purchases)
    return sum
  }
  const wave = (seed: number) => (slot: number) => interest((hourOf(slot) * 7 + seed) % 23, (hourOf(slot) * 3 + seed) % 5)

  it('is the sum of the very hours, whatever the hour of the day', () => {
    for (let hour = 0; hour < 24; hour++) {
      const at = AT + hour * HOUR_MS
      const { now, baseline } = compareDay(countsOf(wave(hour), at), at)
      expect(now).toEqual(sumOf(wave(hour), at))
      expect(baseline).toEqual([1, 2, 3, 4].map((week) => sumOf(wave(hour), at - week * 7 * DAY_MS)))
    }
  })

  it('asks for no more than it needs', () => {
    const { days, hours } = spanOf(AT + 5 * HOUR_MS)
    const all = countsOf(wave(1), AT + 5 * HOUR_MS)
    const some = {
      days: new Map([...all.days].filter(([day]) => days.includes(day))),
      hours: new Map([...all.hours].filter(([hour]) => hours.includes(hour))),
    }
    expect(compareDay(some, AT + 5 * HOUR_MS)).toEqual(compareDay(all, AT + 5 * HOUR_MS))
  })

  it('takes the weeks whose hours are known, and whole days where there are fewer than two', () => {
    const at = AT + 9 * HOUR_MS
    const since = (days: number) =>
      compareDay(
        countsOf(wave(3), at, (slot) => slot >= at - days * DAY_MS),
        at,
      )
    expect(since(15).baseline).toEqual([1, 2].map((week) => sumOf(wave(3), at - week * 7 * DAY_MS)))
    const whole = since(14)
    const day = (weeks: number) => countsOf(wave(3), at).days.get(dayOf(at - (7 * weeks + 1) * DAY_MS))
    expect(whole).toEqual({ now: day(0), baseline: [1, 2, 3, 4].map(day) })
    expect(since(0.5).now).toEqual(day(0))
  })

  it('says 1 where every week is like the last, at every hour of it', () => {
    const weekly = (slot: number) => interest(10 + (hourOf(slot) % 168), (hourOf(slot) % 168) % 4)
    for (let hour = 0; hour < 48; hour += 5) {
      const at = AT + hour * HOUR_MS
      expect(rawDemandIndex(compareDay(countsOf(weekly, at), at))).toBeCloseTo(1, 12)
    }
  })
})
