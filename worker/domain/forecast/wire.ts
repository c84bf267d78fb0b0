import type { ForecastAnswer } from '../../contract/forecasts.ts'
import type { ForecastMetric, ForecastWarning } from '../../contract/lists.ts'
import { toMajor } from '../money.ts'
import type { Backtest, Trial } from './backtest.ts'
import type { MonthAmount } from './history.ts'
import { MODELS } from './index.ts'
import { SEASON } from './model.ts'
import type { MonthForecast } from './score.ts'
import { seasonalNaive } from './seasonal-naive.ts'

type Wire = ForecastAnswer['forecast']

export interface ForecastToTell {
  metric: ForecastMetric
  currency: string
  model: string | null
  madeAt: number
  stored: boolean
  inputsHash: string
  history: readonly MonthAmount[]
  points: readonly MonthForecast[]
  backtest: Backtest | null
  warning: ForecastWarning | null
}

const NAMES: Record<ForecastMetric, string> = { mrr: 'MRR', revenue: 'revenue' }

const WARNINGS: Record<ForecastWarning, (metric: string, currency: string, months: number) => string> = {
  no_history: (metric, currency) =>
    `There is no month with ${metric} in ${currency} that is over. A forecast begins with the first whole month`,
  short_history: (metric, _, months) =>
    `${months === 1 ? 'Only one month' : `Only ${months} months`} of ${metric} ${months === 1 ? 'is' : 'are'} over: the last one is repeated until there are ${SEASON} to learn from`,
  not_compared: (metric, _, months) =>
    `${months} months of ${metric} are over: from the next month on models are compared with what came; until then the last one is repeated`,
}

/** A forecast as the API tells it: the first `horizon` months, in decimal major units. */
export function forecastOf(told: ForecastToTell, horizon: number): Wire {
  const { metric, currency, model, madeAt, stored, inputsHash, history, points, backtest, warning } = told
  const major = (amountMinor: number) => toMajor(amountMinor, currency)
  return {
    metric,
    currency,
    horizon,
    model,
    modelName: MODELS.find(({ id }) => id === model)?.name ?? model,
    madeAt,
    stored,
    inputsHash,
    history: history.map(({ month, amountMinor }) => ({ month, amount: major(amountMinor) })),
    points: points.slice(0, horizon).map(({ month, point, bands }) => ({
      month,
      amount: major(point),
      intervals: bands.map(({ level, low, high }) => ({ level, low: major(low), high: major(high) })),
    })),
    backtest: backtest && model !== null ? backtestOf(backtest, model) : null,
    ...(warning ? { warning: { code: warning, message: WARNINGS[warning](NAMES[metric], currency, history.length) } } : {}),
  }
}

function backtestOf({ origins, comparisons, trials }: Backtest, chosen: string): Wire['backtest'] {
  const benchmark = trials.find(({ id }) => id === seasonalNaive.id)
  const error = ({ mase, smape }: Trial) => mase ?? smape
  return {
    origins,
    comparisons,
    chosen,
    errors: trials
      .map(({ id, name, mase, smape }) => ({
        model: id,
        name,
        mase,
        smape,
        beatsBenchmark: benchmark !== undefined && (mase ?? smape) <= error(benchmark),
      }))
      .sort((a, b) => Number(b.model === chosen) - Number(a.model === chosen) || (a.mase ?? a.smape) - (b.mase ?? b.smape)),
    coverage: trials.find(({ id }) => id === chosen)?.coverage ?? [],
  }
}
