import * as z from 'zod'
import { FORECAST_LEVELS, FORECAST_METRICS, FORECAST_WARNINGS } from './lists.ts'

export const ForecastQuery = z.object({
  horizon: z.coerce.number().int().min(1).max(24).default(12).describe('Months ahead'),
  currency: z.string().length(3).optional().describe('Default: the configured default currency. Currencies are never added'),
})

const Level = z
  .union(FORECAST_LEVELS.map((level) => z.literal(level)) as [z.ZodLiteral<50>, z.ZodLiteral<80>, z.ZodLiteral<95>])
  .describe('Per cent')

export const ForecastPoint = z
  .object({
    month: z.string().describe('YYYY-MM'),
    amount: z.number(),
    intervals: z
      .array(z.object({ level: Level, low: z.number(), high: z.number() }).meta({ id: 'ForecastInterval' }))
      .describe('Ranges in which the amount lies with that chance, narrow to wide: low ≤ amount ≤ high'),
  })
  .meta({ id: 'ForecastPoint' })
export type ForecastPoint = z.infer<typeof ForecastPoint>

export const ForecastBacktest = z
  .object({
    origins: z.number().int().describe('Months of the past from which the models were made to look ahead'),
    comparisons: z.number().int().describe('Forecasts of one month that were compared with what came'),
    chosen: z.string(),
    errors: z
      .array(
        z
          .object({
            model: z.string(),
            name: z.string(),
            mase: z
              .number()
              .nullable()
              .describe('Mean absolute error ÷ mean absolute change from year to year. Null: the series never changed'),
            smape: z.number().describe('Mean absolute error as a share of the mean of forecast and outcome, 0–2'),
            beatsBenchmark: z.boolean().describe('Whether it errs no more than repeating the year before, the benchmark'),
          })
          .meta({ id: 'ForecastModelError' }),
      )
      .describe('Least error first'),
    coverage: z
      .array(z.object({ level: Level, share: z.number() }))
      .describe('Shares of outcomes that fell inside the ranges of the chosen model, 0–1'),
  })
  .meta({ id: 'ForecastBacktest' })
export type ForecastBacktest = z.infer<typeof ForecastBacktest>

export const ForecastAnswer = z
  .object({
    success: z.literal(true),
    forecast: z
      .object({
        metric: z.enum(FORECAST_METRICS),
        currency: z.string(),
        horizon: z.number().int(),
        model: z.string().nullable().describe('Null: there is no history to make one from'),
        modelName: z.string().nullable(),
        madeAt: z.number(),
        stored: z.boolean().describe('False: made for this answer, as the figures have changed since the last one was stored'),
        inputsHash: z.string().describe('Stands for the figures and the way they are continued: equal hash, equal forecast'),
        history: z
          .array(z.object({ month: z.string(), amount: z.number() }).meta({ id: 'ForecastMonth' }))
          .describe('Months that are over; the running one is left out'),
        points: z.array(ForecastPoint),
        backtest: ForecastBacktest.nullable().describe('Null where no model could be tried on months it had not seen'),
        warning: z.object({ code: z.enum(FORECAST_WARNINGS), message: z.string() }).optional(),
      })
      .meta({ id: 'Forecast' }),
    currencies: z.array(z.string()).describe('Currencies in which there is anything of this metric'),
  })
  .meta({ id: 'ForecastAnswer' })
export type ForecastAnswer = z.infer<typeof ForecastAnswer>
