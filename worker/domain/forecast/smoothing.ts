import { type Interval, intervals, SEASON } from './model.ts'
import { naive } from './naive.ts'

/** What a series is taken to be made of. */
export interface Form {
  /** Whether the chance of a month adds to what was expected, or is a share of it and grows with it. */
  error: 'additive' | 'proportional'
  /** A damped trend flattens out with time; a linear one goes on for ever. */
  trend: 'none' | 'damped' | 'linear'
  season: 'none' | 'additive' | 'multiplicative'
  /**
   * By what an observation is measured to learn its season: the level expected before it was seen (the state-space form),
   * or the one after (Winters' own). The same for additive seasons but for the scale of the weight.
   */
  seasonFrom: 'expected' | 'updated'
}

/** Shares of an error that go into each part, 0–1, and the share of the trend that is left after a month. */
export interface Weights {
  level: number
  trend: number
  season: number
  damping: number
}

/** What is known at the end of a month. `season[next]` belongs to the month after it. */
export interface State {
  level: number
  trend: number
  season: Float64Array
  next: number
}

export const copyOf = (state: State): State => ({ ...state, season: state.season.slice() })

/** Expectation of the next month. */
export function expected(form: Form, { damping }: Weights, { level, trend, season, next }: State): number {
  const along = level + damping * trend
  return form.season === 'multiplicative' ? along * (season[next] as number) : along + (season[next] as number)
}

/** Moves a state one month on, having seen what it brought. */
export function advance(form: Form, weights: Weights, state: State, value: number): void {
  const along = state.level + weights.damping * state.trend
  const season = state.season[state.next] as number
  const scaled = form.season === 'multiplicative'
  const surprise = scaled ? value / season - along : value - along - season
  state.level = along + weights.level * surprise
  state.trend = weights.damping * state.trend + weights.trend * surprise
  const base = form.seasonFrom === 'expected' ? along : state.level
  if (form.season !== 'none') state.season[state.next] = season + weights.season * ((scaled ? value / base : value - base) - season)
  state.next = state.next + 1 === SEASON ? 0 : state.next + 1
}

/**
 * A power of two near the mean size of a series. Divided by it, everything is about 1, so that one step size and one edge
 * fit all, and nothing is rounded: a history in other units is fitted along the same path.
 */
export function unitOf(history: readonly number[]): number {
  const mean = history.reduce((sum, amount) => sum + Math.abs(amount) / history.length, 0)
  if (!(mean > 0)) return 1
  // By steps, not by a logarithm: that rounds, and so would be off by one beside a power of two in some units and not in others.
  let unit = 1
  while (unit > mean) unit /= 2
  while (unit * 2 <= mean) unit *= 2
  return unit
}

/** Smallest expectation, level or season that may still be divided by, where the mean of a series is about 1. */
const NEAR_ZERO = 1e-9

/**
 * Walks a state through a series and fills `errors` with what each month brought beyond its expectation, as a share of
 * that where the error is proportional.
 *
 * @returns sum of the logarithms of the expectations, which the likelihood of proportional errors needs; NaN where
 *          something would have to be divided by nothing, or an expectation fell to zero
 */
export function follow(form: Form, weights: Weights, state: State, values: ArrayLike<number>, errors: Float64Array): number {
  const proportional = form.error === 'proportional'
  const scaled = form.season === 'multiplicative'
  let logarithms = 0
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number
    const mean = expected(form, weights, state)
    if (proportional) {
      if (!(mean > NEAR_ZERO)) return Number.NaN
      errors[at] = value / mean - 1
      logarithms += Math.log(mean)
    } else errors[at] = value - mean
    if (scaled && !((state.season[state.next] as number) > NEAR_ZERO && state.level + weights.damping * state.trend > NEAR_ZERO))
      return Number.NaN
    advance(form, weights, state, value)
  }
  return logarithms
}

interface Step {
  mean: number
  variance: number
}

/**
 * Intervals of the months ahead. Where the path leaves what numbers can hold, as a steep fall of a multiplied series may,
 * the form says nothing and the last month stands in for it.
 *
 * @param freedom observations less parameters
 */
export function forecastFrom(
  form: Form,
  { weights, state, deviation, freedom }: { weights: Weights; state: State; deviation: number; freedom: number },
  history: readonly number[],
  horizon: number,
): Interval[] {
  const steps = lookAhead(form, weights, state, deviation, horizon)
  if (!steps.every(({ mean, variance }) => Number.isFinite(mean) && Number.isFinite(variance))) return naive.fit(history, horizon)
  const around = intervals(freedom)
  return steps.map(({ mean, variance }) => around(mean, Math.sqrt(variance)))
}

/**
 * Expectation and variance of each of the months ahead. Every month adds a chance of its own, and what it leaves behind in
 * level, trend and season: found by giving it one standard deviation up and down and seeing how the later ones move. For
 * additive forms that is the exact variance, for multiplicative ones the first-order one.
 *
 * Source: Hyndman, Koehler, Ord & Snyder (2008), Forecasting with Exponential Smoothing, chapter 6.
 *
 * @param deviation standard deviation of the errors
 */
export function lookAhead(form: Form, weights: Weights, state: State, deviation: number, horizon: number): Step[] {
  const steps: Step[] = []
  const before: State[] = []
  const walker = copyOf(state)
  for (let ahead = 0; ahead < horizon; ahead++) {
    const mean = expected(form, weights, walker)
    before.push(copyOf(walker))
    steps.push({ mean, variance: chanceOf(form, deviation, mean) ** 2 })
    advance(form, weights, walker, mean)
  }
  for (const [shocked, start] of before.entries()) {
    const chance = chanceOf(form, deviation, (steps[shocked] as Step).mean)
    for (const sign of [-1, 1]) {
      const moved = copyOf(start)
      advance(form, weights, moved, expected(form, weights, moved) + sign * chance)
      for (const step of steps.slice(shocked + 1)) {
        const mean = expected(form, weights, moved)
        step.variance += (mean - step.mean) ** 2 / 2
        advance(form, weights, moved, mean)
      }
    }
  }
  return steps
}

const chanceOf = (form: Form, deviation: number, mean: number): number =>
  form.error === 'proportional' ? deviation * Math.abs(mean) : deviation
