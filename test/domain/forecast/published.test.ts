import { describe, expect, it } from 'vitest'
import { fitSmoothing } from '../../../worker/domain/forecast/exponential-smoothing.ts'
import { fitHoltWinters, HOLT_WINTERS } from '../../../worker/domain/forecast/holt-winters.ts'
import { type Form, lookAhead } from '../../../worker/domain/forecast/smoothing.ts'
import { readReference } from '../../support/reference.ts'

interface Ets {
  series: string
  model: string
  aicc: number
  mean: number[]
  lo95: number[]
  hi95: number[]
}
interface Winters {
  alpha: number
  beta: number
  gamma: number
  SSE: number
  forecast: number[]
}

const what = 'what R says of the airline passengers'
const csv = readReference('airpassengers.csv', what)
const json = readReference('forecast-reference.json', what)
const passengers = (csv ?? '')
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => Number(line.split(',')[1]))
const { ets, holtWinters } = json
  ? (JSON.parse(json).airPassengers as { ets: Ets[]; holtWinters: Winters[] })
  : { ets: [], holtWinters: [] }

const SEASONS = { N: 'none', A: 'additive', M: 'multiplicative' } as const

function formOf(model: string): Form {
  const [, error, trend, season] = /^ETS\(([AM]),(N|A|Ad),([NAM])\)$/.exec(model) ?? []
  return {
    error: error === 'A' ? 'additive' : 'proportional',
    trend: trend === 'N' ? 'none' : trend === 'A' ? 'linear' : 'damped',
    season: SEASONS[season as keyof typeof SEASONS],
    seasonFrom: 'expected',
  }
}
const historyOf = ({ series }: Ets) => (series.includes('1949-1958') ? passengers.slice(0, 120) : passengers)
const worst = (ours: readonly number[], theirs: readonly number[]) =>
  Math.max(...ours.map((value, at) => Math.abs(value / (theirs[at] as number) - 1)))

describe.runIf(csv && json)('the airline passengers', () => {
  it.each([
    ['multiplicative', 0],
    ['additive', 1],
  ] as const)('by Holt and Winters, %s, are what R’s HoltWinters makes of them', (kind, at) => {
    const published = holtWinters[at] as Winters
    const fitted = fitHoltWinters(kind, passengers)
    expect(fitted?.level).toBeCloseTo(published.alpha, 3)
    expect(fitted?.trend).toBeCloseTo(published.beta, 3)
    expect(fitted?.season).toBeCloseTo(published.gamma, 3)
    expect(fitted?.squares).toBeCloseTo(published.SSE, 1)
    const model = HOLT_WINTERS.find(({ id }) => id === `holt_winters_${kind}`)
    const points = model?.fit(passengers, 12).map(({ point }) => point) ?? []
    expect(worst(points, published.forecast)).toBeLessThan(0.001)
  })

  it.each(ets)('as $model ($series) are fitted no worse than by R', (row) => {
    const fitted = fitSmoothing(formOf(row.model), historyOf(row))
    // R stops where its simplex has shrunk; a likelihood above its is a better fit, not another model.
    expect(fitted?.aicc).toBeLessThan(row.aicc + 0.05)
  })

  // The forms whose likelihood R brings to its top, so that the forecasts can be compared, and the widths of their ranges.
  it.each(ets.filter(({ model }) => ['ETS(M,Ad,M)', 'ETS(A,N,N)'].includes(model)))(
    'as $model ($series) go on as R continues them',
    (row) => {
      const form = formOf(row.model)
      const fitted = fitSmoothing(form, historyOf(row))
      if (!fitted) throw new Error('not fitted')
      const steps = lookAhead(form, fitted.weights, fitted.state, fitted.deviation, row.mean.length)
      expect(
        worst(
          steps.map(({ mean }) => mean),
          row.mean,
        ),
      ).toBeLessThan(0.0075)
      for (const [at, { variance }] of steps.entries()) {
        const width = (row.hi95[at] as number) - (row.lo95[at] as number)
        expect((2 * 1.959964 * Math.sqrt(variance)) / width).toBeCloseTo(1, row.model === 'ETS(A,N,N)' ? 3 : 1)
      }
    },
  )

  it('have exactly the ranges of a local trend that R gives for its weights', () => {
    const row = ets.find(({ model }) => model === 'ETS(A,A,N)') as Ets
    const form = formOf(row.model)
    const fitted = fitSmoothing(form, passengers)
    if (!fitted) throw new Error('not fitted')
    for (const [at, { variance }] of lookAhead(form, fitted.weights, fitted.state, fitted.deviation, 12).entries())
      expect((2 * 1.959964 * Math.sqrt(variance)) / ((row.hi95[at] as number) - (row.lo95[at] as number))).toBeCloseTo(1, 3)
  })
})
