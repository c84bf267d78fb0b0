import { leastSquares } from '../statistics/least-squares.ts'
import { centredYear, lineThrough, seasonOf } from './decompose.ts'
import { type ForecastModel, requireHistory, SEASON } from './model.ts'
import { naive } from './naive.ts'
import { type Form, follow, forecastFrom, type State, unitOf, type Weights } from './smoothing.ts'

type Kind = 'additive' | 'multiplicative'

export interface HoltWinters {
  /** Shares of level, of trend in the change of the level, and of season: α, β and γ of the textbooks. */
  level: number
  trend: number
  season: number
  /** Sum of the squared errors of one step, from the second year on. */
  squares: number
  state: State
}

/** Years from which the first level, trend and season are taken. */
const START_YEARS = 2
/** Without a third year the seasons that were taken from the first two would also be what they are tried on. */
const LEAST_YEARS = 3
const WEIGHTS = 3
const STARTS = [
  [0.3, 0.1, 0.1],
  [0.7, 0.1, 0.5],
]

const formOf = (season: Kind): Form => ({ error: 'additive', trend: 'linear', season, seasonFrom: 'updated' })
const weightsOf = ({ level, trend, season }: Omit<HoltWinters, 'squares' | 'state'>): Weights => ({
  level,
  trend: level * trend,
  season,
  damping: 1,
})

/**
 * The method of Holt and Winters as R's `stats::HoltWinters` has it: start values from a decomposition of the first two
 * years, weights that make the squared errors of one step least.
 *
 * Source: Winters (1960), Management Science 6:324–342.
 */
export function fitHoltWinters(kind: Kind, history: readonly number[]): HoltWinters | null {
  const form = formOf(kind)
  const unit = unitOf(history)
  const values = history.map((amount) => amount / unit)
  const start = values.slice(0, START_YEARS * SEASON)
  const { intercept, slope } = lineThrough(centredYear(start).filter((mean) => !Number.isNaN(mean)))
  const season = seasonOf(start, kind)
  const rest = values.slice(SEASON)
  const read = (x: ArrayLike<number>) => {
    const [level, trend, share] = Array.from(x) as [number, number, number]
    return { level, trend, season: share }
  }
  const first = (): State => ({ level: intercept, trend: slope, season: Float64Array.from(season), next: 0 })
  const residuals = (x: Float64Array, into: Float64Array): boolean => !Number.isNaN(follow(form, weightsOf(read(x)), first(), rest, into))
  const scratch = new Float64Array(rest.length)
  const fits = STARTS.map((shares) => Float64Array.from(shares))
    .filter((x) => residuals(x, scratch))
    .map((x) => leastSquares(residuals, x, rest.length, { low: [0, 0, 0], high: [1, 1, 1] }))
  const best = fits.sort((a, b) => a.sum - b.sum)[0]
  if (!best) return null
  const weights = read(best.x)
  const state = first()
  follow(form, weightsOf(weights), state, rest, scratch)
  if (kind === 'additive') state.season = state.season.map((each) => each * unit)
  return { ...weights, squares: best.sum * unit * unit, state: { ...state, level: state.level * unit, trend: state.trend * unit } }
}

function member(id: string, name: string, kind: Kind): ForecastModel {
  const terms = { id, minPoints: LEAST_YEARS * SEASON, positiveOnly: kind === 'multiplicative' }
  return {
    ...terms,
    name,
    fit(history, horizon) {
      requireHistory(terms, history)
      const fitted = fitHoltWinters(kind, history)
      if (fitted === null) return naive.fit(history, horizon)
      const freedom = history.length - SEASON - WEIGHTS
      const deviation = Math.sqrt(fitted.squares / freedom)
      return forecastFrom(formOf(kind), { weights: weightsOf(fitted), state: fitted.state, deviation, freedom }, history, horizon)
    },
  }
}

/** A linear trend and a season. Where both hold for years, nothing here is better; else the damped forms err less. */
export const HOLT_WINTERS: readonly ForecastModel[] = [
  member('holt_winters_additive', 'Holt–Winters, additive', 'additive'),
  member('holt_winters_multiplicative', 'Holt–Winters, multiplicative', 'multiplicative'),
]
