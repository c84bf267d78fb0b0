import * as z from 'zod'

/** What was spent to win customers: read by CAC, payback and LTV/CAC, and by nothing else. */

const success = z.literal(true)
const day = z.iso.date()

export const MAXIMUM_COST_DAYS = 366

export const CostInput = z
  .object({
    amount: z.number().describe('Major units of `currency`, at least 0'),
    currency: z.string().max(8),
    from: day.describe('First day it was spent on'),
    to: day.describe(`Last day; at most ${MAXIMUM_COST_DAYS} days in all, over which the amount is spread evenly`),
    channel: z.string().min(1).max(64).describe('Where it was spent, as in `search`'),
    note: z.string().max(500).default(''),
  })
  .strict()
  .meta({
    id: 'CostInput',
    example: { amount: 1200, currency: 'USD', from: '2026-10-01', to: '2026-10-31', channel: 'search', note: 'Autumn campaign' },
  })

export const Cost = z
  .object({
    id: z.string(),
    amount: z.number(),
    currency: z.string(),
    from: z.string(),
    to: z.string(),
    channel: z.string(),
    note: z.string(),
    createdAt: z.number(),
    updatedAt: z.number(),
  })
  .meta({ id: 'Cost' })
export type Cost = z.infer<typeof Cost>

export const CostRef = z.object({ id: z.string().min(1).max(64) })

export const CostsQuery = z.object({
  from: day.optional().describe('Only costs with a day on or after it'),
  to: day.optional().describe('Only costs with a day on or before it'),
  currency: z.string().max(8).optional(),
  after: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export const CostAnswer = z.object({ success, cost: Cost }).meta({ id: 'CostAnswer' })
export type CostAnswer = z.infer<typeof CostAnswer>
export const CostRecorded = z.object({ success, id: z.string(), cost: Cost }).meta({ id: 'CostRecorded' })
export type CostRecorded = z.infer<typeof CostRecorded>
export const CostsAnswer = z
  .object({ success, costs: z.array(Cost).describe('In the order of their ids'), next: z.string().nullable() })
  .meta({ id: 'CostsAnswer' })
export type CostsAnswer = z.infer<typeof CostsAnswer>
