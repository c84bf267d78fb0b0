import type { ForecastSummary } from '../../contract/analytics.ts'
import type { MonthForecast } from '../forecast/score.ts'
import { toMajor } from '../money.ts'

/** The chance, in per cent, with which an amount lies in the range that the short form tells. */
const LEVEL = 80

/** A stored forecast in short, in decimal major units. */
export function summaryOf({ points, ...rest }: Omit<ForecastSummary, 'points'> & { points: readonly MonthForecast[] }): ForecastSummary {
  const major = (amountMinor: number) => toMajor(amountMinor, rest.currency)
  return {
    ...rest,
    points: points.map(({ month, point, bands }) => {
      const band = bands.find(({ level }) => level === LEVEL)
      return { month, amount: major(point), low: major(band?.low ?? point), high: major(band?.high ?? point) }
    }),
  }
}
