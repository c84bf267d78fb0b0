import * as z from 'zod'
import { ImportProgress } from './events.ts'

/** Days a figure covers, both included, and the period of the same length and weekday before it. */
const Period = z.object({ from: z.string(), to: z.string(), days: z.number().int() }).meta({ id: 'Period' })

export const TIMEFRAMES = ['7d', '30d', '90d', '365d', '18m', 'all'] as const

export const AnalyticsQuery = z.object({
  timeframe: z.enum(TIMEFRAMES).default('30d'),
  to: z.iso.date().optional().describe('Last day of the period, default today (UTC)'),
  currency: z.string().length(3).optional().describe('Default: the configured default currency. Currencies are never added'),
  includeCohorts: z.enum(['true', 'false']).default('false'),
  includeForecasts: z.enum(['true', 'false']).default('false'),
})

/** A figure with its neighbour in time and the sentence that says how it is made. Null: a zero denominator. */
export const Figure = z
  .object({
    value: z.number().nullable(),
    previous: z.number().nullable(),
    formula: z.string(),
  })
  .meta({ id: 'Figure' })
export type Figure = z.infer<typeof Figure>

export const DayRow = z
  .object({
    day: z.string(),
    gross: z.number(),
    refunds: z.number(),
    net: z.number(),
    orders: z.number().int(),
    visitors: z.number().int(),
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
    previousPeriod: Period,
    currency: z.string(),
    currencies: z.array(z.string()).describe('Currencies that have revenue, most first'),
    figures: z.object({
      grossRevenue: Figure,
      netRevenue: Figure,
      refunds: Figure,
      orders: Figure,
      averageOrderValue: Figure,
      visitorDays: Figure.describe('Visitors counted once a day; days are added, so a person seen on two days counts twice'),
      conversion: Figure,
      mrr: Figure,
      arr: Figure,
      subscribers: Figure,
      reportedRevenue: Figure.describe('Sent by browsers, unverified, never part of revenue'),
    }),
    movements: MrrMovements,
    series: z.array(DayRow),
    products: z.array(z.object({ productId: z.string(), gross: z.number(), orders: z.number().int(), views: z.number().int() })),
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

/** What the live socket sends: at once the recent lines, then each batch as it reaches the figures. */
export const LiveMessage = z
  .object({
    events: z.array(LiveEvent),
    /** Rises with every batch; a dashboard that sees it move reads its figures again. */
    revision: z.number().int(),
    activeVisitors: z.number().int().describe('Visitors with an event in the last five minutes, as sampled by the feed'),
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
