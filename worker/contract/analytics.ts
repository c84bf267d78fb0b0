import * as z from 'zod'
import { ImportProgress } from './events.ts'

/** Days a figure covers, first and last included. */
const Period = z.object({ from: z.string(), to: z.string(), days: z.number().int() }).meta({ id: 'Period' })

export const TIMEFRAMES = ['7d', '30d', '90d', '365d', '18m', 'all'] as const

export const AnalyticsQuery = z.object({
  timeframe: z.enum(TIMEFRAMES).default('30d'),
  to: z.iso.date().optional().describe('Last day of the period, default today (UTC)'),
  currency: z.string().length(3).optional().describe('Default: the configured default currency. Currencies are never added'),
  includeCohorts: z.enum(['true', 'false']).default('false'),
})

/** A figure with its neighbour in time and the sentence that says how it is made. */
export const Figure = z
  .object({
    value: z.number().nullable().describe('Null: a zero denominator'),
    previous: z
      .number()
      .nullable()
      .describe('The same of the previous period, or of the opening of this one. Null: a zero denominator, or no history that far back'),
    currency: z.string().nullable().describe('What is counted is of this currency only; null: of all currencies'),
    formula: z.string(),
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

export const CohortRow = z
  .object({
    cohort: z.string().describe('Month of the first order, YYYY-MM'),
    customers: z.number().int(),
    activeByMonth: z.array(z.number().int()),
    revenueByMonth: z.array(z.number()),
  })
  .meta({ id: 'CohortRow' })
export type CohortRow = z.infer<typeof CohortRow>

export const MrrMovements = z
  .object({
    opening: z.number(),
    new: z.number(),
    expansion: z.number(),
    reactivation: z.number(),
    contraction: z.number().describe('Negative or zero'),
    churn: z.number().describe('Negative or zero'),
    closing: z.number(),
  })
  .meta({ id: 'MrrMovements' })

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
    figures: z.object({
      grossRevenue: Figure,
      netRevenue: Figure,
      refunds: Figure,
      disputes: Figure,
      orders: Figure,
      averageOrderValue: Figure,
      visitorDays: Figure.describe('Visitors counted once a day; days are added, so a person seen on two days counts twice'),
      conversion: Figure,
      mrr: Figure.describe('Its neighbour is the opening of the period, as in `movements`'),
      arr: Figure.describe('Its neighbour is the opening of the period'),
      subscribers: Figure.describe('Its neighbour is the opening of the period'),
      reportedRevenue: Figure.describe('Sent by browsers, unverified, never part of revenue'),
    }),
    movements: MrrMovements,
    series: z.array(DayRow),
    products: z.array(
      z
        .object({
          productId: z.string(),
          name: z.string().nullable().describe('Null where the catalogue does not know it'),
          gross: z.number(),
          orders: z.number().int(),
          views: z.number().int().describe('Of all currencies'),
          ordersPerView: z
            .number()
            .nullable()
            .describe(
              'Orders in all currencies ÷ views, 0–1. Null for a subscription, whose renewals are orders without a view, and without views to tell',
            ),
        })
        .meta({ id: 'ProductRow' }),
    ),
    countries: z.array(z.object({ country: z.string(), gross: z.number(), orders: z.number().int() })),
    cohorts: z.array(CohortRow).nullable(),
  })
  .meta({ id: 'AnalyticsAnswer' })
export type AnalyticsAnswer = z.infer<typeof AnalyticsAnswer>

export const FunnelQuery = z.object({ timeframe: z.enum(TIMEFRAMES).default('30d'), to: z.iso.date().optional() })

export const FunnelAnswer = z
  .object({
    success: z.literal(true),
    funnel: z.object({ id: z.string(), version: z.number().int(), name: z.string() }),
    period: Period,
    reportedPurchases: z
      .number()
      .int()
      .describe('Purchases that browsers reported in the period. Unverified: the last step counts orders that a server confirmed'),
    steps: z.array(
      z.object({
        step: z.string(),
        label: z.string(),
        entered: z.number().int().describe('People who reached this step, by their day of entry into the funnel'),
        ofPrevious: z.number().nullable().describe('Share of those who reached the step before, 0–1'),
        ofFirst: z.number().nullable().describe('Share of those who entered the funnel, 0–1'),
        droppedOff: z.number().int(),
      }),
    ),
  })
  .meta({ id: 'FunnelAnswer' })
export type FunnelAnswer = z.infer<typeof FunnelAnswer>

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
