import type { ForecastMetric } from '../../contract/lists.ts'
import { addMonths } from '../time.ts'
import { CANNOT_BE_NEGATIVE, type MonthAmount } from './history.ts'
import { type Forecast, forecast, LONGEST_HORIZON } from './index.ts'
import type { MonthForecast } from './score.ts'

export interface MadeForecast extends Pick<Forecast, 'backtest' | 'warning'> {
  /** Id of the model; null without any history. */
  model: string | null
  points: MonthForecast[]
}

/**
 * Forecast of a metric as far ahead as there is one, month by month, in minor units. A shorter one is its beginning: the
 * choice of the model does not depend on how far somebody looks.
 */
export function makeForecast(metric: ForecastMetric, history: readonly MonthAmount[]): MadeForecast {
  const { intervals, model, ...rest } = forecast(
    history.map(({ amountMinor }) => amountMinor),
    LONGEST_HORIZON,
    { notBelowZero: CANNOT_BE_NEGATIVE[metric] },
  )
  const last = history.at(-1)?.month ?? ''
  return {
    ...rest,
    model: model?.id ?? null,
    points: intervals.map((interval, ahead) => ({ month: addMonths(last, ahead + 1), ...interval })),
  }
}
