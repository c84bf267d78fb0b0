import type { ForecastWarning } from '../../contract/lists.ts'
import { type Backtest, backtest, candidatesFor } from './backtest.ts'
import { EXPONENTIAL_SMOOTHING } from './exponential-smoothing.ts'
import { HOLT_WINTERS } from './holt-winters.ts'
import { type ForecastModel, type Interval, SEASON } from './model.ts'
import { naive } from './naive.ts'
import { seasonalNaive } from './seasonal-naive.ts'

/**
 * Every way to continue a series, the benchmark first and the simpler before the others, since of equals the first is
 * taken. A new one is a file and a line here; the laws in `test/domain/forecast` then hold it to account.
 */
export const MODELS: readonly ForecastModel[] = [seasonalNaive, naive, ...EXPONENTIAL_SMOOTHING, ...HOLT_WINTERS]

/** Rises when the same figures would be forecast in another way. It is part of the hash, so what is stored is made anew. */
export const PROCEDURE = 1

/** Farthest month ahead that is forecast. */
export const LONGEST_HORIZON = 24

export interface Forecast {
  /** Null where there is no history at all. */
  model: { id: string; name: string } | null
  intervals: Interval[]
  /** Null where no model could be tried on months it had not seen. */
  backtest: Backtest | null
  warning: ForecastWarning | null
}

/**
 * Continues a monthly series with the model that erred least on the end of it. The benchmark takes part, so nothing that
 * loses to last year's month is ever chosen. Below a year of history there is nothing to compare with: the last month is
 * repeated, with a warning.
 *
 * @param history amounts month by month, oldest first
 * @param notBelowZero the amount cannot be negative, as recurring revenue
 * @returns whole amounts: low ≤ point ≤ high in every band
 */
export function forecast(
  history: readonly number[],
  horizon: number,
  { notBelowZero = false, models = MODELS }: { notBelowZero?: boolean; models?: readonly ForecastModel[] } = {},
): Forecast {
  if (history.length === 0) return { model: null, intervals: [], backtest: null, warning: 'no_history' }
  // One month beyond a year is the first on which the benchmark can be tried, and nothing is believed that was not held against it.
  const candidates = history.length > SEASON ? candidatesFor(history, models) : []
  const tried = candidates.length > 0 ? backtest(history, candidates) : null
  const errorOf = ({ mase, smape }: Backtest['trials'][number]) => mase ?? smape
  const least = tried?.trials.reduce((best, trial) => (errorOf(trial) < errorOf(best) ? trial : best))
  const model = candidates.find((model) => model.id === least?.id) ?? naive
  return {
    model: { id: model.id, name: model.name },
    intervals: model.fit(history, horizon).map((interval) => whole(interval, notBelowZero ? 0 : Number.NEGATIVE_INFINITY)),
    backtest: tried,
    warning: history.length < SEASON ? 'short_history' : tried === null ? 'not_compared' : null,
  }
}

function whole({ point, bands }: Interval, least: number): Interval {
  // Adding 0 makes a plain zero of a negative one.
  const round = (amount: number): number => Math.max(least, Math.round(amount)) + 0
  return { point: round(point), bands: bands.map(({ level, low, high }) => ({ level, low: round(low), high: round(high) })) }
}
