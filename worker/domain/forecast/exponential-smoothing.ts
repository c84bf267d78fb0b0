import { leastSquares } from '../statistics/least-squares.ts'
import { lineThrough, seasonOf } from './decompose.ts'
import { type ForecastModel, requireHistory, SEASON } from './model.ts'
import { naive } from './naive.ts'
import { type Form, follow, forecastFrom, type State, unitOf, type Weights } from './smoothing.ts'

type StateSpaceForm = Omit<Form, 'seasonFrom'>

/** A form fitted to a history, in the unit of that. */
export interface Smoothing {
  weights: Weights
  /** At the end of the history. */
  state: State
  /** Standard deviation of the errors; a share of the expectation where they are proportional. */
  deviation: number
  /**
   * Twice the negative logarithm of the likelihood, without the constant of 2π: as R's `forecast` package states it, so that
   * AICc can be compared with its.
   */
  minusTwiceLogLikelihood: number
  /** Corrected information criterion of Akaike, with the variance counted among the parameters. */
  aicc: number
}

/** A weight stays this far from 0 and 1, as in R. */
const EDGE = 1e-4
/** Bounds of the damping: below, a trend is gone in a few months; above, it cannot be told from a linear one. */
const LEAST_DAMPING = 0.8
const MOST_DAMPING = 0.98
/** Where the search sets out: a slow learner. A second start found no better fit for any series it was tried on. */
const START: Weights = { level: 0.3, trend: 0.1, season: 0.1, damping: 0.95 }
/** Months the first level and trend are drawn through. */
const FIRST_MONTHS = 10
/** Least variance, as a share of the squared mean: a perfect fit has a likelihood without bounds. */
const LEAST_VARIANCE = 1e-20

const trended = (form: StateSpaceForm): boolean => form.trend !== 'none'
const seasonal = (form: StateSpaceForm): boolean => form.season !== 'none'

/** Parameters of a form without the variance: weights, first level and trend, and eleven seasons, which tell the twelfth. */
export const parametersOf = (form: StateSpaceForm): number =>
  2 + (trended(form) ? 2 : 0) + (form.trend === 'damped' ? 1 : 0) + (seasonal(form) ? SEASON : 0)

/**
 * What the search moves: the weights, then the first state. That of the trend stands as a share of the level's, which it
 * may not exceed, and that of the season as a share of what the level's leaves.
 */
function pack(form: StateSpaceForm, weights: Weights, first: { level: number; trend: number; season: readonly number[] }): number[] {
  return [
    weights.level,
    ...(trended(form) ? [weights.trend] : []),
    ...(seasonal(form) ? [weights.season] : []),
    ...(form.trend === 'damped' ? [weights.damping] : []),
    first.level,
    ...(trended(form) ? [first.trend] : []),
    ...(seasonal(form) ? first.season.slice(0, SEASON - 1) : []),
  ]
}

function boundsOf(form: StateSpaceForm): { low: number[]; high: number[] } {
  const shares = 1 + (trended(form) ? 1 : 0) + (seasonal(form) ? 1 : 0)
  const [low, high] = [new Array<number>(shares).fill(EDGE), new Array<number>(shares).fill(1 - EDGE)]
  return form.trend === 'damped' ? { low: [...low, LEAST_DAMPING], high: [...high, MOST_DAMPING] } : { low, high }
}

function unpack(form: StateSpaceForm, x: ArrayLike<number>): { weights: Weights; state: State } {
  let at = 0
  const take = (): number => x[at++] as number
  const level = take()
  const weights: Weights = {
    level,
    trend: trended(form) ? level * take() : 0,
    season: seasonal(form) ? (1 - level) * take() : 0,
    damping: form.trend === 'damped' ? take() : form.trend === 'linear' ? 1 : 0,
  }
  const state: State = { level: take(), trend: trended(form) ? take() : 0, season: new Float64Array(SEASON), next: 0 }
  if (seasonal(form)) {
    let rest = form.season === 'additive' ? 0 : SEASON
    for (let month = 0; month < SEASON - 1; month++) {
      const season = take()
      state.season[month] = season
      rest -= season
    }
    state.season[SEASON - 1] = rest
  }
  return { weights, state }
}

/** First level, trend and seasons as a classical decomposition has them. */
function firstState(form: StateSpaceForm, values: readonly number[]): { level: number; trend: number; season: number[] } {
  const { season: kind } = form
  const season = kind === 'none' ? [] : seasonOf(values, kind)
  const first = values.slice(0, kind === 'none' ? FIRST_MONTHS : 2 * SEASON)
  const plain = first.map((value, at) => {
    const own = season[at % SEASON] ?? 0
    return kind === 'none' ? value : kind === 'additive' ? value - own : value / own
  })
  const { intercept, slope } = lineThrough(plain)
  const mean = plain.reduce((sum, value) => sum + value, 0) / plain.length
  if (!trended(form)) return { level: mean, trend: 0, season }
  // A steep rise would begin below zero, of which nothing can be a share.
  return form.error === 'proportional' && !(intercept > 0)
    ? { level: plain[0] as number, trend: 0, season }
    : { level: intercept, trend: slope, season }
}

/**
 * Fits a form by maximum likelihood, the first state included. The likelihood of proportional errors is a sum of squares
 * too, once each is scaled by the geometric mean of the expectations.
 *
 * Source: Hyndman, Koehler, Ord & Snyder (2008), Forecasting with Exponential Smoothing, chapter 5.
 *
 * @returns null where the first state explains nothing, as of a series that begins with next to nothing
 */
export function fitSmoothing(shape: StateSpaceForm, history: readonly number[]): Smoothing | null {
  const form: Form = { ...shape, seasonFrom: 'expected' }
  const count = history.length
  const unit = unitOf(history)
  const values = Float64Array.from(history, (amount) => amount / unit)
  const residuals = (x: Float64Array, into: Float64Array): boolean => {
    const { weights, state } = unpack(form, x)
    const logarithms = follow(form, weights, state, values, into)
    if (form.error === 'additive') return !Number.isNaN(logarithms)
    const scale = Math.exp(logarithms / count)
    for (let at = 0; at < count; at++) into[at] = (into[at] as number) * scale
    return scale > 0
  }
  const first = firstState(form, [...values])
  const scratch = new Float64Array(count)
  const start = pack(form, START, first)
  if (!residuals(Float64Array.from(start), scratch)) return null
  const best = leastSquares(residuals, start, count, { ...boundsOf(form), tolerance: 1e-6 })

  const { weights, state } = unpack(form, best.x)
  follow(form, weights, state, values, scratch)
  const parameters = parametersOf(form)
  const sum = scratch.reduce((total, error) => total + error * error, 0)
  const minusTwiceLogLikelihood = count * Math.log(Math.max(best.sum, LEAST_VARIANCE) * unit * unit)
  const all = parameters + 1
  if (form.season !== 'multiplicative') state.season = state.season.map((season) => season * unit)
  return {
    weights,
    state: { ...state, level: state.level * unit, trend: state.trend * unit },
    deviation: Math.sqrt(sum / (count - parameters)) * (form.error === 'additive' ? unit : 1),
    minusTwiceLogLikelihood,
    aicc: minusTwiceLogLikelihood + 2 * all + (2 * all * (all + 1)) / (count - all - 1),
  }
}

/** A member of the family: one form of trend and season. */
function member(id: string, name: string, minPoints: number, shape: StateSpaceForm): ForecastModel {
  const terms = { id, minPoints, positiveOnly: shape.error === 'proportional' }
  return {
    ...terms,
    name,
    fit(history, horizon) {
      requireHistory(terms, history)
      const fitted = fitSmoothing(shape, history)
      if (fitted === null) return naive.fit(history, horizon)
      const freedom = history.length - parametersOf(shape)
      return forecastFrom({ ...shape, seasonFrom: 'expected' }, { ...fitted, freedom }, history, horizon)
    },
  }
}

const YEARS_2 = 2 * SEASON

/**
 * Exponential smoothing: what comes is a mean of what was, in which a month counts the less the longer it is past, with or
 * without a trend that flattens out and a season that adds to the level or multiplies it.
 *
 * The family of Hyndman, Koehler, Snyder & Grose (2002), International Journal of Forecasting 18:439–454. Linear trends
 * are left out: over a horizon of a year they do worse than damped ones, for the M3 series in length and in part.
 */
export const EXPONENTIAL_SMOOTHING: readonly ForecastModel[] = [
  member('simple_smoothing', 'Exponential smoothing', 6, { error: 'additive', trend: 'none', season: 'none' }),
  member('damped_trend', 'Damped trend', 10, { error: 'additive', trend: 'damped', season: 'none' }),
  member('additive_season', 'Additive season', YEARS_2, { error: 'additive', trend: 'none', season: 'additive' }),
  member('damped_additive_season', 'Damped trend and additive season', YEARS_2, { error: 'additive', trend: 'damped', season: 'additive' }),
  member('multiplicative_season', 'Multiplicative season', YEARS_2, { error: 'proportional', trend: 'none', season: 'multiplicative' }),
  member('damped_multiplicative_season', 'Damped trend and multiplicative season', YEARS_2, {
    error: 'proportional',
    trend: 'damped',
    season: 'multiplicative',
  }),
]
