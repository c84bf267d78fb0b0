import { describe, expect, it } from 'vitest'
import { meanOf, scaleOf, symmetricError } from '../../../worker/domain/forecast/backtest.ts'
import { forecast } from '../../../worker/domain/forecast/index.ts'
import type { Interval } from '../../../worker/domain/forecast/model.ts'
import { seasonalNaive } from '../../../worker/domain/forecast/seasonal-naive.ts'
import { readReference } from '../../support/reference.ts'

interface Series {
  x: number[]
  xx: number[]
}

const what = 'the M3 competition'
const m3 = readReference('m3-monthly-a.json', what)
const published = readReference('forecast-reference.json', what)
const series = m3 ? (JSON.parse(m3) as Series[]) : []
const { R } = published ? JSON.parse(published).m3MonthlyA : { R: null }

const HORIZON = 18
/** Decimals that are kept where the procedure rounds to whole amounts. */
const CENTS = 100

/** Errors of a method over all series, as the competition scores them: means of series, against those of Naive 2. */
function score(method: (history: number[]) => Interval[]) {
  const rows = series.map(({ x, xx }) => {
    const intervals = method(x)
    const pairs = xx.map((outcome, at) => ({ outcome, interval: intervals[at] as Interval }))
    const inside = (level: number) =>
      meanOf(pairs, ({ outcome, interval }) => {
        const band = interval.bands.find((each) => each.level === level)
        return band && band.low <= outcome && outcome <= band.high ? 1 : 0
      })
    return {
      smape: 100 * meanOf(pairs, ({ outcome, interval }) => symmetricError(interval.point, outcome)),
      mase: meanOf(pairs, ({ outcome, interval }) => Math.abs(interval.point - outcome)) / (scaleOf(x) ?? Number.NaN),
      inside80: inside(80),
      inside95: inside(95),
    }
  })
  const smape = meanOf(rows, (row) => row.smape)
  const mase = meanOf(rows, (row) => row.mase)
  return {
    smape,
    mase,
    owa: (smape / R.NAIVE2.sMAPE + mase / R.NAIVE2.MASE) / 2,
    inside80: meanOf(rows, (row) => row.inside80),
    inside95: meanOf(rows, (row) => row.inside95),
  }
}

describe.runIf(m3 && published)('286 monthly series of the M3 competition', () => {
  it('are scored as published, told by the seasonal naive forecast', () => {
    const { smape, mase, owa } = score((history) => seasonalNaive.fit(history, HORIZON))
    expect(smape).toBeCloseTo(R.SeasonalNaive.sMAPE, 2)
    expect(mase).toBeCloseTo(R.SeasonalNaive.MASE, 3)
    expect(owa).toBeCloseTo(R.SeasonalNaive.OWA, 3)
  })

  it('are continued better than by R’s choice of exponential smoothing, with ranges that hold', () => {
    const ours = score((history) => {
      const { intervals } = forecast(
        history.map((amount) => Math.round(amount * CENTS)),
        HORIZON,
        { notBelowZero: true },
      )
      return intervals.map(({ point, bands }) => ({
        point: point / CENTS,
        bands: bands.map(({ level, low, high }) => ({ level, low: low / CENTS, high: high / CENTS })),
      }))
    })
    const figures = Object.entries(ours).map(([name, value]) => `${name} ${value.toFixed(3)}`)
    console.log(`M3, the chosen model: ${figures.join(', ')}; R's ETS: OWA ${R.ETS.OWA}, Theta: ${R.Theta.OWA}`)
    expect(ours.smape).toBeLessThan(R.ETS.sMAPE)
    expect(ours.mase).toBeLessThan(R.ETS.MASE)
    expect(ours.owa).toBeLessThan(0.855)
    expect(ours.inside95).toBeGreaterThan(0.9)
    expect(ours.inside95).toBeLessThan(0.97)
    expect(ours.inside80).toBeGreaterThan(0.76)
    expect(ours.inside80).toBeLessThan(0.84)
  }, 120_000)
})
