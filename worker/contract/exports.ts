import * as z from 'zod'
import { TIMEFRAMES } from './analytics.ts'

/** Tables that can be had as a file. The first three are the books themselves, the others what the analytics answer shows. */
export const EXPORT_TABLES = [
  'ledger',
  'movements',
  'costs',
  'days',
  'months',
  'products',
  'countries',
  'devices',
  'sources',
  'cohorts',
  'figures',
] as const
export type ExportTable = (typeof EXPORT_TABLES)[number]

export const EXPORT_FORMATS = ['csv', 'ndjson'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export const ExportRef = z.object({ table: z.enum(EXPORT_TABLES) })

export const ExportQuery = z.object({
  format: z.enum(EXPORT_FORMATS).default('csv').describe('CSV as in RFC 4180 with a header row, or one JSON object a line'),
  timeframe: z.enum(TIMEFRAMES).default('30d'),
  to: z.iso.date().optional().describe('Last day of the period, default today (UTC)'),
  currency: z
    .string()
    .length(3)
    .optional()
    .describe('Default: the configured default currency; for `ledger`, `movements` and `costs` every currency, each in rows of its own'),
})

export const LedgerQuery = z.object({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  customerId: z.string().min(1).max(256).optional(),
  type: z.string().min(1).max(64).optional().describe('As in `purchase`'),
  cursor: z.string().max(600).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export const LedgerEntry = z
  .object({
    id: z.string(),
    type: z.string(),
    bookedDay: z.string().describe('Day on which the sums count it'),
    at: z.number(),
    customerId: z.string().nullable(),
    amount: z.string().describe('Decimal text in major units, with the digits of its currency'),
    currency: z.string(),
    productId: z.string().nullable(),
    metadata: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'LedgerEntry' })
export type LedgerEntry = z.infer<typeof LedgerEntry>

export const LedgerAnswer = z
  .object({
    success: z.literal(true),
    entries: z.array(LedgerEntry).describe('In the order of booked day and time'),
    next: z.string().nullable(),
  })
  .meta({ id: 'LedgerAnswer' })
export type LedgerAnswer = z.infer<typeof LedgerAnswer>
