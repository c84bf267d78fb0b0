import * as z from 'zod'
import { ImportProgress } from './events.ts'
import { FORECAST_METRICS, FORECAST_WARNINGS } from './lists.ts'

/** Days a figure covers, first and last included. */
const Period = z.object({ from: z.string(), to: z.string(), days: z.number().int() }).meta({ id: 'Period' })

export const TIMEFRAMES = ['7d', '30d', '90d', '365d', '18m', 'all'] as const

const Flag = z.enum(['true', 'false'])

export const AnalyticsQuery = z.object({
  timeframe: z.enum(TIMEFRAMES).default('30d'),
  to: z.iso.date().optional().describe('Last day of the period, default today (UTC)'),
  currency: z
    .string()
    .length(3)
    .optional()
    .describe('Default: the configured default currency. Currencies are never added, unless `convert` says so'),
  includeCohorts: Flag.default('false'),
  includeForecasts: Flag.default('false').describe('Adds the newest stored forecasts of this currency'),
  convert: Flag.default('false').describe(
    'Converts every currency into this one at the rates of the settings (`exchangeRates`), for this answer alone: nothing stored is converted',
  ),
})

export const FIGURE_UNITS = ['money', 'count', 'share', 'ratio', 'months'] as const
export type FigureUnit = (typeof FIGURE_UNITS)[number]

/** A number that a formula names. */
export const FigureInput = z
  .object({
    name: z.string().describe('As the formula names it'),
    value: z.number().nullable().describe('Null: this number is itself not to be had'),
    unit: z.string().describe('`count`, `share` (0–1), or the currency of an amount in major units'),
  })
  .meta({ id: 'FigureInput' })
export type FigureInput = z.infer<typeof FigureInput>

/** A figure with its neighbour in time, the sentence that says how it is made, and the numbers it was made of. */
export const Figure = z
  .object({
    id: z.string().describe('Stable; the same as its key in `figures`'),
    name: z.string(),
    unit: z.enum(FIGURE_UNITS).describe('`money`: major units of `currency`; `share`: 0–1 of a whole, may pass 1; `ratio`: times'),
    value: z.number().nullable().describe('Null: a zero denominator, or nothing to tell it from; `reason` says which'),
    previous: z
      .number()
      .nullable()
      .describe('The same of the previous period, or of the opening of this one. Null: a zero denominator, or no history that far back'),
    currency: z.string().nullable().describe('What is counted is of this currency only; null: of all currencies'),
    definition: z.string().describe('What it means, in one sentence'),
    formula: z.string().describe('How it is computed, in one sentence'),
    inputs: z.array(FigureInput).describe('Every number that the formula names'),
    reason: z.string().nullable().describe('Why there is no value; null where there is one'),
  })
  .meta({ id: 'Figure' })
export type Figure = z.infer<typeof Figure>

export const DayRow = z
  .object({
    day: z.string(),
    gross: z.number(),
    refunds: z.number(),
    disputes: z.number(),
    net: z.number().describe('gross − refunds − disputes'),
    orders: z.number().int(),
    visitors: z.number().int().describe('Of all currencies'),
    entered: z.number().int().describe('People who entered the funnel on this day, of all currencies'),
    bought: z.number().int().describe('Of those who entered, those who have bought by now'),
    mrr: z.number(),
  })
  .meta({ id: 'DayRow' })
export type DayRow = z.infer<typeof DayRow>

export const CohortRow = z
  .object({
    cohort: z.string().describe('Month of the first order, YYYY-MM'),
    customers: z.number().int(),
    activeByMonth: z.array(z.number().int()),
    revenueByMonth: z.array(z.number()).describe('Net: refunds and disputes are taken from the month in which they are booked'),
    lastMonthComplete: z.boolean().describe('Whether the last month of the row is over; all before it are'),
  })
  .meta({ id: 'CohortRow' })
export type CohortRow = z.infer<typeof CohortRow>

const movements = {
  opening: z.number(),
  new: z.number(),
  expansion: z.number(),
  reactivation: z.number(),
  contraction: z.number().describe('Negative or zero'),
  churn: z.number().describe('Negative or zero'),
  closing: z.number().describe('opening + the five movements, to the minor unit'),
}

export const MrrMovements = z.object(movements).meta({ id: 'MrrMovements' })
export type MrrMovements = z.infer<typeof MrrMovements>

const retention = {
  nrr: z.number().nullable().describe('Net revenue retention of those who subscribed at the opening, 0–1 and above'),
  grr: z.number().nullable().describe('Gross revenue retention of the same, 0–1'),
}

/** One calendar month; of the running one and of the month in which `to` lies, up to that day. */
export const MonthRow = z
  .object({
    month: z.string().describe('YYYY-MM'),
    complete: z.boolean().describe('Whether the month is over and lies before the end of the period as a whole'),
    gross: z.number(),
    net: z.number(),
    orders: z.number().int(),
    customersNew: z.number().int(),
    ...movements,
    ...retention,
    subscribersOpening: z.number().int(),
    subscribersWon: z.number().int(),
    subscribersLost: z.number().int(),
    customerChurn: z.number().nullable().describe('Subscribers lost in the month ÷ subscribers at its opening'),
    voluntaryChurn: z.number().nullable().describe('The part of it that cancelled'),
    involuntaryChurn: z.number().nullable().describe('The part of it whose payment failed'),
  })
  .meta({ id: 'MonthRow' })
export type MonthRow = z.infer<typeof MonthRow>

const share = {
  gross: z.number(),
  orders: z.number().int(),
  rest: z.boolean().describe('True for the row, called `other`, that sums what does not stand in a row of its own'),
}

export const ProductRow = z
  .object({
    productId: z.string(),
    name: z.string().nullable().describe('Null where the catalogue does not know it'),
    ...share,
    refunds: z.number(),
    disputes: z.number(),
    net: z.number().describe('gross − refunds − disputes'),
    views: z.number().int().describe('Of all currencies'),
    ordersPerView: z
      .number()
      .nullable()
      .describe(
        'Orders in all currencies ÷ views, 0–1. Null for a subscription, whose renewals are orders without a view, and without views to tell',
      ),
  })
  .meta({ id: 'ProductRow' })
export type ProductRow = z.infer<typeof ProductRow>

export const CountryRow = z.object({ country: z.string(), ...share }).meta({ id: 'CountryRow' })
export type CountryRow = z.infer<typeof CountryRow>
export const DeviceRow = z.object({ device: z.string(), ...share }).meta({ id: 'DeviceRow' })
export type DeviceRow = z.infer<typeof DeviceRow>
export const SourceRow = z.object({ source: z.string(), ...share }).meta({ id: 'SourceRow' })
export type SourceRow = z.infer<typeof SourceRow>

/** A stored forecast in short; the whole stands under `/api/forecasts`. */
export const ForecastSummary = z
  .object({
    id: z.string(),
    metric: z.enum(FORECAST_METRICS),
    currency: z.string(),
    model: z.string(),
    madeAt: z.number(),
    confirmedAt: z.number().describe('Last time at which the figures still said the same'),
    warning: z.enum(FORECAST_WARNINGS).nullable(),
    points: z
      .array(z.object({ month: z.string(), amount: z.number(), low: z.number(), high: z.number() }).meta({ id: 'ForecastSummaryPoint' }))
      .describe('The months ahead, with the range in which the amount lies with a chance of 80 %'),
  })
  .meta({ id: 'ForecastSummary' })
export type ForecastSummary = z.infer<typeof ForecastSummary>

export const Conversion = z
  .object({
    into: z.string(),
    rates: z
      .array(z.object({ currency: z.string(), rate: z.string().describe('Decimal: what one unit of it is worth in `unit`') }))
      .describe('The rates that were used'),
    unit: z.string().describe('The default currency, in which rates are quoted; into another one they are divided by its rate'),
    leftOut: z.array(z.string()).describe('Currencies that have figures but no rate: they are not in this answer'),
  })
  .meta({ id: 'Conversion' })
export type Conversion = z.infer<typeof Conversion>

const FIGURE_IDS = [
  'grossRevenue',
  'netRevenue',
  'refunds',
  'disputes',
  'orders',
  'averageOrderValue',
  'visitorDays',
  'conversion',
  'abandonment',
  'mrr',
  'arr',
  'mrrGrowth',
  'arpa',
  'subscribers',
  'grossMrrChurn',
  'netMrrChurn',
  'nrr',
  'grr',
  'quickRatio',
  'customerChurn',
  'voluntaryChurn',
  'involuntaryChurn',
  'customersNew',
  'ltv',
  'cac',
  'payback',
  'ltvToCac',
  'reportedRevenue',
] as const
export type FigureId = (typeof FIGURE_IDS)[number]

export const AnalyticsAnswer = z
  .object({
    success: z.literal(true),
    period: Period,
    previousPeriod: Period.extend({ complete: z.boolean().describe('Whether history reaches back over all of it') })
      .meta({ id: 'PreviousPeriod' })
      .describe('As long, and moved back by whole weeks, so that weekdays match'),
    currency: z.string(),
    currencies: z
      .array(z.object({ currency: z.string(), firstDay: z.string(), lastDay: z.string() }).meta({ id: 'CurrencyDays' }))
      .describe('Currencies that have revenue, most first, with the first and the last day of it'),
    rates: Conversion.nullable().describe('Null unless the figures are converted'),
    figures: z
      .object(Object.fromEntries(FIGURE_IDS.map((id) => [id, Figure])) as Record<FigureId, typeof Figure>)
      .describe(
        'Levels (mrr, arr, arpa, subscribers) are compared with the opening of the period, everything else with the previous period',
      ),
    movements: MrrMovements,
    retentionMonths: z
      .object({ from: z.string(), to: z.string(), months: z.number().int() })
      .describe(
        'The whole calendar months over which `nrr` and `grr` are told: those inside the period, at most the last 12, or the last one that is over by its end',
      ),
    series: z.array(DayRow),
    months: z.array(MonthRow).describe('The calendar months up to the end of the period, at most 24, whatever the timeframe'),
    products: z.array(ProductRow).describe('The 50 that sold most, then `other`: gross, refunds, disputes and orders sum to the figures'),
    countries: z.array(CountryRow),
    devices: z.array(DeviceRow),
    sources: z.array(SourceRow),
    cohorts: z.array(CohortRow).nullable(),
    forecasts: z.array(ForecastSummary).nullable().describe('Null unless asked for; empty where none is stored'),
  })
  .meta({ id: 'AnalyticsAnswer' })
export type AnalyticsAnswer = z.infer<typeof AnalyticsAnswer>

/** One line of the live feed, pushed over the WebSocket of `/api/live`. Carries no id of a person. */
export const LiveEvent = z
  .object({
    at: z.number(),
    type: z.string(),
    productId: z.string().nullable(),
    country: z.string().nullable(),
    amount: z.number().nullable(),
    currency: z.string().nullable(),
    verified: z.boolean(),
  })
  .meta({ id: 'LiveEvent' })
export type LiveEvent = z.infer<typeof LiveEvent>

/** What the live socket sends: at once the recent lines, then each batch as it reaches the figures, and people who fall silent. */
export const LiveMessage = z
  .object({
    events: z.array(LiveEvent).describe('Newest first; a sample of a large batch. Empty when only the number of visitors has fallen'),
    /** Rises with every batch; a dashboard that sees it move reads its figures again. */
    revision: z.number().int(),
    activeVisitors: z.number().int().describe('People an event was heard of in the last five minutes'),
  })
  .meta({ id: 'LiveMessage' })
export type LiveMessage = z.infer<typeof LiveMessage>

export const StatusAnswer = z
  .object({
    success: z.literal(true),
    environment: z.enum(['development', 'production']),
    signedIn: z.boolean(),
    version: z.string(),
    configVersion: z.number().int(),
    products: z.number().int(),
    events: z.number().int().describe('Events counted by the rollups so far'),
    imports: z.array(ImportProgress),
    demo: z
      .object({ publishableKey: z.string(), secretKey: z.string() })
      .nullable()
      .describe('Keys of the local demo; only in development'),
  })
  .meta({ id: 'StatusAnswer' })
export type StatusAnswer = z.infer<typeof StatusAnswer>
