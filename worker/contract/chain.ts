import * as z from 'zod'
import { CHURN_REASONS, INTERVALS, PRICE_CLASSES, TEST_MODES } from './lists.ts'

/** Words of one person's chain: decision → exposure → quote → purchase → refund, and what is left of it. */

export const EXPOSURE_STATUSES = ['served', 'viewed', 'preview', 'voided'] as const
export const QUOTE_STATUSES = ['open', 'redeemed', 'expired', 'withdrawn'] as const
export const PURCHASE_KINDS = ['order', 'subscription', 'renewal'] as const
export const REVERSAL_KINDS = ['refund', 'dispute_opened', 'dispute_closed'] as const
export const EXPOSURE_KINDS = ['price_test', 'experiment'] as const

export const ChainQuery = z.object({
  before: z
    .string()
    .max(600)
    .regex(/^\d{1,16}\.\w/, 'what a page before answered as `next`')
    .optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
})
export type ChainQuery = z.infer<typeof ChainQuery>

export const ChainDecision = z
  .object({
    decisionId: z.string().describe('`GET /api/decisions/{id}` says step by step why, and decides again from the record'),
    productId: z.string(),
    decidedAt: z.number(),
    price: z.number(),
    listPrice: z.number(),
    currency: z.string(),
    reason: z.string().describe('The last step that set the price'),
    priceClass: z.enum(PRICE_CLASSES),
    personalized: z.boolean(),
    disclosure: z.string().nullable(),
    test: z
      .object({
        id: z.string(),
        version: z.number().int(),
        variant: z.string(),
        mode: z.enum(TEST_MODES),
        clamped: z.boolean().describe('Guardrails moved the price of the arm: left out of the analysis'),
      })
      .nullable(),
    propensity: z.number().describe('Probability with which this price was drawn, 0–1; 1 where none was'),
  })
  .meta({ id: 'ChainDecision' })

export const ChainReversal = z
  .object({
    kind: z.enum(REVERSAL_KINDS),
    at: z.number(),
    bookedDay: z.string(),
    change: z
      .number()
      .describe('What it added to net revenue: −40 for a refund of 40, 40 for a dispute over 40 that was won, 0 for one lost'),
    won: z.boolean().nullable().describe('Of a dispute that was closed; null for the rest'),
  })
  .meta({ id: 'ChainReversal' })

export const ChainLink = z
  .object({
    id: z.string(),
    at: z.number().describe('When it began: of the decision, or of the purchase where none came before'),
    decision: ChainDecision.nullable().describe('Null: bought without a price of ours, or renewed'),
    exposure: z
      .object({ status: z.enum(EXPOSURE_STATUSES), at: z.number() })
      .nullable()
      .describe('`served`: shown on its own page; `preview`: on a listing only, no exposure; `voided`: came too late and was never shown'),
    quote: z
      .object({
        issuedAt: z.number(),
        expiresAt: z.number(),
        status: z.enum(QUOTE_STATUSES),
        redeemedAt: z.number().nullable(),
        transactionId: z.string().nullable().describe('Which it paid for'),
      })
      .nullable(),
    purchase: z
      .object({
        transactionId: z.string(),
        kind: z.enum(PURCHASE_KINDS),
        at: z.number(),
        bookedDay: z.string(),
        productId: z.string().nullable(),
        quantity: z.number().int(),
        amount: z.number(),
        currency: z.string(),
        subscriptionId: z.string().nullable(),
      })
      .nullable(),
    reversals: z.array(ChainReversal).describe('Oldest first'),
    net: z.number().nullable().describe('Amount of the purchase and the changes of its reversals, added up; null without a purchase'),
  })
  .meta({ id: 'ChainLink' })
export type ChainLink = z.infer<typeof ChainLink>

export const ChainSummary = z
  .object({
    firstSeenAt: z.number().nullable(),
    lastSeenAt: z.number().nullable(),
    orders: z.number().int().describe('Verified purchases, renewals among them'),
    money: z
      .array(
        z.object({
          currency: z.string(),
          gross: z.number(),
          refunded: z.number(),
          disputed: z.number(),
          net: z.number(),
          mrr: z.number(),
        }),
      )
      .describe('One a currency; never added up'),
    subscriptions: z.array(
      z.object({
        subscriptionId: z.string(),
        productId: z.string(),
        amount: z.number().describe('Price of one interval for one seat'),
        currency: z.string(),
        interval: z.enum(INTERVALS),
        intervalCount: z.number().int().describe('Intervals that one payment covers'),
        quantity: z.number().int(),
        mrr: z.number().describe('What it is worth a month as it stands: 0 for one that is on trial, suspended or ended'),
        status: z.enum(['active', 'cancelled', 'ended']).describe('`cancelled`: runs out'),
        trial: z.boolean(),
        suspended: z.boolean().describe('Worth nothing for now: paused or unpaid'),
        startedDay: z.string(),
        churnReason: z.enum(CHURN_REASONS).nullable(),
      }),
    ),
    exposures: z
      .array(
        z.object({
          kind: z.enum(EXPOSURE_KINDS),
          key: z.string(),
          version: z.number().int(),
          variant: z.string(),
          at: z.number().describe('First exposure, from which the conversion window counts'),
          currency: z.string(),
          netRevenue: z.number().describe('What this person gives to the results of the variant'),
          excluded: z.boolean().describe('Left out: saw several variants, a clamped price, or is held out'),
        }),
      )
      .describe('Newest first'),
    waiting: z
      .array(
        z.object({ kind: z.enum(REVERSAL_KINDS), transactionId: z.string(), amount: z.number(), currency: z.string(), at: z.number() }),
      )
      .describe('Refunds and disputes whose purchase is not known yet: not counted'),
  })
  .meta({ id: 'ChainSummary' })
export type ChainSummary = z.infer<typeof ChainSummary>

/** A price that was paid and partly given back: 449 − 49 = 400. */
const example = {
  success: true,
  customerId: 'cus_42',
  summary: {
    firstSeenAt: 1_763_372_000_000,
    lastSeenAt: 1_763_804_000_000,
    orders: 1,
    money: [{ currency: 'USD', gross: 449, refunded: 49, disputed: 0, net: 400, mrr: 0 }],
    subscriptions: [],
    exposures: [
      {
        kind: 'price_test',
        key: 'pt_3kQ9sLw2Xb0a',
        version: 1,
        variant: 'variant_1',
        at: 1_763_372_000_000,
        currency: 'USD',
        netRevenue: 400,
        excluded: false,
      },
    ],
    waiting: [],
  },
  chain: [
    {
      id: 'decision:<decisionId>',
      at: 1_763_372_000_000,
      decision: {
        decisionId: '<decisionId>',
        productId: 'pro_bundle',
        decidedAt: 1_763_372_000_000,
        price: 449,
        listPrice: 499,
        currency: 'USD',
        reason: 'test',
        priceClass: 'randomised',
        personalized: true,
        disclosure: 'This price is part of a test: other visitors may see another one.',
        test: { id: 'pt_3kQ9sLw2Xb0a', version: 1, variant: 'variant_1', mode: 'randomised', clamped: false },
        propensity: 0.3333,
      },
      exposure: { status: 'served', at: 1_763_372_000_000 },
      quote: {
        issuedAt: 1_763_372_000_000,
        expiresAt: 1_763_372_900_000,
        status: 'redeemed',
        redeemedAt: 1_763_372_240_000,
        transactionId: 'ord_1001',
      },
      purchase: {
        transactionId: 'ord_1001',
        kind: 'order',
        at: 1_763_372_240_000,
        bookedDay: '2025-11-17',
        productId: 'pro_bundle',
        quantity: 1,
        amount: 449,
        currency: 'USD',
        subscriptionId: null,
      },
      reversals: [{ kind: 'refund', at: 1_763_804_000_000, bookedDay: '2025-11-22', change: -49, won: null }],
      net: 400,
    },
  ],
  next: null,
}

export const ChainAnswer = z
  .object({
    success: z.literal(true),
    customerId: z.string().nullable().describe('Null: a visitor who has not said who they are'),
    summary: ChainSummary,
    chain: z.array(ChainLink).describe('Newest first'),
    next: z.string().nullable().describe('`before` of the next page; null after the last'),
  })
  .meta({ id: 'CustomerChain', example })
export type ChainAnswer = z.infer<typeof ChainAnswer>
