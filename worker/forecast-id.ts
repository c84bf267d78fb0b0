import type { ForecastMetric } from './contract/lists.ts'
import { contentHash } from './digest.ts'
import type { MonthAmount } from './domain/forecast/history.ts'
import { LONGEST_HORIZON, MODELS, PROCEDURE } from './domain/forecast/index.ts'

/**
 * Names a forecast by what it is made from: the figures, the models that compete, and the way they are fitted. The same
 * name is the same forecast, to the digit.
 */
export function forecastId(metric: ForecastMetric, currency: string, history: readonly MonthAmount[]): { id: string; inputsHash: string } {
  const inputsHash = contentHash({
    procedure: PROCEDURE,
    models: MODELS.map(({ id }) => id),
    horizon: LONGEST_HORIZON,
    metric,
    currency,
    history: history.map(({ month, amountMinor }) => [month, amountMinor]),
  })
  return { id: `${metric}.${currency}.${inputsHash}`, inputsHash }
}
