import { describe, expect, it } from 'vitest'
import { observe, type PricedDay, pricedDays } from '../../../../worker/domain/pricing/demand-curve/history.ts'
import { addDays, startOfDay } from '../../../../worker/domain/time.ts'

const FIRST = '2026-01-05'
const dayAt = (at: number): string => addDays(FIRST, at)

describe('pricedDays', () => {
  const days = [0, 1, 2, 3, 4].map((at) => ({ day: dayAt(at), views: 10, orders: 1 }))
  const from = (day: string, price: number, hours = 0) => ({ effectiveAt: startOfDay(day) + hours * 3_600_000, price })

  it('are those with one list price all day long', () => {
    const ledger = [from(dayAt(1), 500), from(dayAt(3), 600, 9)]
    expect(pricedDays(days, ledger, []).map(({ day, price }) => [day, price])).toEqual([
      [dayAt(1), 500],
      [dayAt(2), 500],
      [dayAt(4), 600],
    ])
  })

  it('leave out days on which a test ran, if only for an hour', () => {
    const tests = [{ startsAt: startOfDay(dayAt(1)) + 1, endsAt: startOfDay(dayAt(2)) + 1 }]
    expect(pricedDays(days, [from(FIRST, 500)], tests).map(({ day }) => day)).toEqual([dayAt(0), dayAt(3), dayAt(4)])
    const whole = [{ startsAt: startOfDay(dayAt(1)), endsAt: startOfDay(dayAt(2)) }]
    expect(pricedDays(days, [from(FIRST, 500)], whole).map(({ day }) => day)).toEqual([dayAt(0), dayAt(2), dayAt(3), dayAt(4)])
  })

  it('leave out days without a view, and those before the first price', () => {
    const blind = [{ day: dayAt(0), views: 0, orders: 3 }]
    expect(pricedDays(blind, [from(FIRST, 500)], [])).toEqual([])
    expect(pricedDays(days, [], [])).toEqual([])
  })
})

/** Days whose orders follow price and season exactly. */
function world(count: number, priceAt: (at: number) => number, seasonAt: (at: number) => number, elasticity: number): PricedDay[] {
  return Array.from({ length: count }, (_, at) => {
    const views = 400 + 37 * (at % 5)
    const price = priceAt(at)
    return { day: dayAt(at), price, views, orders: views * 0.05 * seasonAt(at) * (price / 50_000) ** elasticity }
  })
}

describe('observe', () => {
  it('tells what demand does, pooled and within weekdays and months, where nothing else moves', () => {
    const seen = observe(
      world(
        120,
        (at) => (at % 9 < 4 ? 45_000 : 55_000),
        () => 1,
        -1.8,
      ),
    )
    expect(seen?.pooled.value).toBeCloseTo(-1.8, 6)
    expect(seen?.within?.value).toBeCloseTo(-1.8, 6)
    expect(seen?.points.map(({ price }) => price)).toEqual([45_000, 55_000])
    expect(seen?.rateAt(50_000).value).toBeCloseTo(0.05, 4)
  })

  it('is misled by a sale at the weekend when pooled, and not within weekdays', () => {
    const weekend = (at: number) => at % 7 >= 5
    // Cheap on most weekends, when twice as many buy, and on a few other days.
    const priceAt = (at: number) => ((weekend(at) ? at % 3 !== 0 : at % 11 === 0) ? 40_000 : 50_000)
    const seen = observe(world(180, priceAt, (at) => (weekend(at) ? 2 : 1), -1.2))
    expect(seen?.within?.value).toBeCloseTo(-1.2, 6)
    expect(seen?.pooled.value).toBeLessThan(-2.5)
  })

  it('has no slope within where the price moved with the month alone', () => {
    const seen = observe(
      world(
        59,
        (at) => (dayAt(at) < '2026-02-01' ? 45_000 : 50_000),
        () => 1,
        -1.5,
      ),
    )
    expect(seen?.pooled.value).toBeCloseTo(-1.5, 6)
    expect(seen?.within).toBeNull()
  })

  it('lives through months without an order', () => {
    const days = world(
      150,
      (at) => (at % 9 < 4 ? 45_000 : 55_000),
      () => 1,
      -1.8,
    ).map((day) => (day.day.startsWith('2026-03') ? { ...day, orders: 0 } : { ...day, orders: Math.round(day.orders) }))
    const seen = observe(days)
    expect(seen?.within?.low).toBeLessThan(-1.8)
    expect(seen?.within?.high).toBeGreaterThan(-1.8)
  })

  it('says nothing of one price, of too few days, views or orders, or of more orders than views', () => {
    const two = (at: number) => (at % 9 < 4 ? 45_000 : 55_000)
    expect(
      observe(
        world(
          90,
          () => 50_000,
          () => 1,
          -1.5,
        ),
      ),
    ).toBeNull()
    expect(observe(world(12, two, () => 1, -1.5))).toBeNull()
    expect(observe(world(90, two, () => 0.001, -1.5))).toBeNull()
    expect(observe(world(90, two, () => 1, -1.5).map((day) => ({ ...day, views: 5, orders: 1 })))).toMatchObject({
      within: expect.anything(),
    })
    expect(observe(world(90, two, () => 1, -1.5).map((day) => ({ ...day, views: 1 })))).toBeNull()
    expect(observe([])).toBeNull()
  })
})
