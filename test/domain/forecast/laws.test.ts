import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MODELS } from '../../../worker/domain/forecast/index.ts'
import { type ForecastModel, type Interval, LEVELS } from '../../../worker/domain/forecast/model.ts'

/** Series as shops have them, and as they should not: growth, seasons, noise, steps, spikes, months of nothing. */
const series = (least: number, positive: boolean): fc.Arbitrary<number[]> =>
  fc
    .record({
      length: fc.integer({ min: least, max: least + 30 }),
      level: fc.constantFrom(1, 50, 12_345, 4e9),
      growth: fc.double({ min: -0.03, max: 0.1, noNaN: true }),
      swing: fc.double({ min: 0, max: 0.6, noNaN: true }),
      noise: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 70, maxLength: 70 }),
      loudness: fc.constantFrom(0, 0.01, 0.2, positive ? 0.9 : 3),
      spike: fc.nat(69),
      silence: fc.nat(positive ? 0 : 20),
    })
    .map(({ length, level, growth, swing, noise, loudness, spike, silence }) =>
      Array.from({ length }, (_, at) => {
        if (at < silence) return 0
        const amount =
          level *
          (1 + growth) ** at *
          (1 + swing * Math.sin((at * Math.PI) / 6)) *
          (1 + loudness * (noise[at] as number)) *
          (at === spike ? 20 : 1)
        return positive ? Math.max(1, amount) : amount
      }),
    )

function checkShape(intervals: Interval[], horizon: number): void {
  if (intervals.length !== horizon) throw new Error(`${intervals.length} months instead of ${horizon}`)
  for (const { point, bands } of intervals) {
    const order = [...bands.map(({ low }) => low).reverse(), point, ...bands.map(({ high }) => high)]
    if (!order.every(Number.isFinite)) throw new Error(`not finite: ${order}`)
    if (!order.every((value, at) => at === 0 || (order[at - 1] as number) <= value)) throw new Error(`not nested: ${order}`)
    if (bands.map(({ level }) => level).join() !== LEVELS.join()) throw new Error('not the levels')
  }
}

const months = (count: number, amount: (at: number) => number) => Array.from({ length: count }, (_, at) => amount(at))

describe('the models of a forecast', () => {
  it('have ids and names of their own', () => {
    expect(new Set(MODELS.map(({ id }) => id)).size).toBe(MODELS.length)
    expect(new Set(MODELS.map(({ name }) => name)).size).toBe(MODELS.length)
    for (const { id } of MODELS) expect(id).toMatch(/^[a-z]+(_[a-z]+)*$/)
  })
})

describe.each(MODELS)('$id', (model: ForecastModel) => {
  const { minPoints, positiveOnly } = model

  it('answers finite, nested ranges around each point, whatever the series', () => {
    fc.assert(
      fc.property(series(minPoints, positiveOnly), fc.integer({ min: 1, max: 24 }), (history, horizon) =>
        checkShape(model.fit(history, horizon), horizon),
      ),
      { numRuns: 60 },
    )
  })

  it.each([0.5, 700, 9_007_199_254_740])('continues a constant %d with itself', (amount) => {
    for (const { point, bands } of model.fit(
      months(minPoints + 3, () => amount),
      24,
    )) {
      expect(point / amount).toBeCloseTo(1, 6)
      for (const { low, high } of bands) expect((high - low) / amount).toBeLessThan(minPoints === 1 ? Number.POSITIVE_INFINITY : 1e-3)
    }
  })

  // By powers of two nothing is rounded on the way, so the search takes the same path.
  it('scales with its history', () => {
    fc.assert(
      fc.property(series(minPoints, positiveOnly), fc.constantFrom(1 / 1024, 2, 4096), (history, factor) => {
        const plain = model.fit(history, 12)
        const scaled = model.fit(
          history.map((amount) => amount * factor),
          12,
        )
        const size = Math.max(...plain.flatMap(({ point, bands }) => [point, ...bands.map(({ high }) => high)].map(Math.abs)), 1e-9)
        for (const [at, { point, bands }] of plain.entries()) {
          const other = scaled[at] as Interval
          expect(Math.abs(other.point / factor - point) / size).toBeLessThan(1e-9)
          for (const [band, { high }] of bands.entries())
            expect(Math.abs((other.bands[band]?.high ?? Number.NaN) / factor - high) / size).toBeLessThan(1e-9)
        }
      }),
      { numRuns: 15 },
    )
  })

  it('scales beside a power of two as well', () => {
    const history = new Array<number>(minPoints + 7).fill(1 - Number.EPSILON)
    history[3] = 1.01
    const [plain] = model.fit(history, 1)
    const [scaled] = model.fit(
      history.map((amount) => amount * 4096),
      1,
    )
    expect(scaled?.point).toBe((plain?.point ?? Number.NaN) * 4096)
  })

  it('is the same in cents as in dollars', () => {
    const dollars = months(minPoints + 14, (at) => Math.round(100 * 1.02 ** at * (1.2 + Math.sin(at) * 0.3 + 0.1 * Math.sin(7 * at))))
    const cents = model.fit(
      dollars.map((amount) => amount * 100),
      12,
    )
    for (const [at, { point }] of model.fit(dollars, 12).entries()) expect((cents[at] as Interval).point / 100 / point).toBeCloseTo(1, 3)
  })

  it('refuses fewer months than it needs, and what is no number', () => {
    const short = months(minPoints - 1, (at) => 5 + at)
    expect(() => model.fit(short, 3)).toThrow(expect.objectContaining({ code: 'insufficient_data' }))
    for (const hole of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => model.fit([...short, hole], 3)).toThrow(expect.objectContaining({ code: 'insufficient_data' }))
  })

  if (positiveOnly) {
    it('refuses amounts of which nothing can be a share', () => {
      const refused = expect.objectContaining({ code: 'invalid_amount' })
      for (const amount of [0, -1]) {
        const history = months(minPoints, (at) => (at === 2 ? amount : 5))
        expect(() => model.fit(history, 3)).toThrow(refused)
      }
    })
  } else {
    it('takes months of nothing and of loss', () => {
      for (const amount of [() => 0, (at: number) => 3 - at]) checkShape(model.fit(months(minPoints + 5, amount), 24), 24)
    })
  }
})
