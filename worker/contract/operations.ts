import * as z from 'zod'
import { Identifier } from './events.ts'
import { DEVICES, INTERVALS, JOB_IDS, PRICE_CLASSES, RUN_OUTCOMES, TRIGGER_NAMES } from './lists.ts'
import { ExplainLine } from './pricing.ts'
import { PROBLEM_CODES } from './problem.ts'

const success = z.literal(true)

export const HealthAnswer = z
  .object({
    success: z.boolean(),
    ok: z.boolean(),
    database: z.boolean(),
    configVersion: z.number().int().nullable(),
  })
  .meta({ id: 'Health' })

export const ReplayInput = z
  .object({ object: z.string().regex(/^[0-9a-f]{64}$/), seq: z.number().int().min(1) })
  .meta({ id: 'ReplayInput', example: { object: '0'.repeat(64), seq: 1 } })

export const RejectedAnswer = z
  .object({
    success,
    rejected: z.array(
      z.object({
        id: z.number().int(),
        receivedAt: z.number(),
        source: z.string(),
        code: z.string(),
        field: z.string().nullable(),
        body: z.string(),
      }),
    ),
  })
  .meta({ id: 'Rejected' })

export const CustomerRef = z.object({ id: Identifier })

export const ErasureAnswer = z.object({ success, message: z.string() }).meta({ id: 'Erasure' })

export const ExportAnswer = z
  .object({
    success,
    customerId: z.string(),
    subject: z.string(),
    events: z.array(z.looseObject({ id: z.string(), type: z.string(), occurredAt: z.number(), bookedDay: z.string() })),
  })
  .meta({ id: 'CustomerExport' })

/** A decision of ours says by its id where it lies; one that was imported is found by whom it was made for. */
export const DecisionQuery = z.object({
  visitorId: Identifier.optional().describe('Needed for an imported decision only'),
  customerId: Identifier.optional().describe('Needed for an imported decision only'),
  replay: z.enum(['0', '1']).default('0').describe('1: decide again from the record and the stored configuration'),
})

export const DecisionSampleQuery = z.object({
  productId: Identifier.optional(),
  testId: Identifier.optional(),
  before: z.coerce.number().int().min(0).optional().describe('Epoch ms: only decisions made earlier'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const SampledDecision = z
  .object({
    decisionId: z.string(),
    productId: z.string(),
    currency: z.string(),
    price: z.number(),
    listPrice: z.number(),
    reason: z.string(),
    priceClass: z.enum(PRICE_CLASSES),
    test: z.object({ id: z.string(), version: z.number().int(), variant: z.string() }).nullable(),
    propensity: z.number(),
    country: z.string().nullable(),
    device: z.enum(DEVICES).nullable(),
    decidedAt: z.number(),
    configVersion: z.number().int(),
  })
  .meta({ id: 'SampledDecision' })
export type SampledDecision = z.infer<typeof SampledDecision>

export const DecisionSampleAnswer = z.object({ success, decisions: z.array(SampledDecision) }).meta({ id: 'DecisionSample' })

export const DecisionAnswer = z
  .object({
    success,
    decision: z
      .looseObject({ id: z.string(), productId: z.string(), reason: z.string() })
      .describe('The record as it was made; amounts in minor units'),
    explain: z.array(ExplainLine).describe('Why this price, step by step, in major units'),
    configVersion: z.number().int(),
    replay: z.object({ identical: z.boolean(), differences: z.array(z.string()) }).nullable(),
  })
  .meta({ id: 'DecisionAnswer' })

export type DecisionAnswer = z.infer<typeof DecisionAnswer>

export const ReconciliationQuery = z.object({
  after: z
    .string()
    .regex(/^[0-9a-f]{0,64}$/)
    .default('')
    .describe('Go on behind this object'),
})

export const ReconciliationAnswer = z
  .object({
    success,
    checked: z.number().int().describe('Objects asked'),
    differing: z.array(z.object({ object: z.string(), why: z.string() })),
    next: z.string().nullable().describe('Null when every object has been asked'),
    table: z
      .object({ objects: z.string(), rollups: z.string(), equal: z.boolean() })
      .describe('Digest of the sum table against the sum of all objects’ digests and that of what has departed'),
    ledger: z
      .array(z.object({ metric: z.string(), currency: z.string(), ledger: z.number().int(), sums: z.number().int() }))
      .describe('Sums of the ledger’s entries that are not those of the analytics, in minor units; empty as long as money is right'),
  })
  .meta({ id: 'Reconciliation' })

export const JobRun = z
  .object({
    id: z.number().int(),
    job: z.string(),
    slot: z.number().describe('Start of the slot it was for: the time at which it was due'),
    startedAt: z.number(),
    endedAt: z.number().nullable().describe('Null while it runs'),
    outcome: z.enum(RUN_OUTCOMES).describe('`lost`: nothing was heard of its end, and another run has taken its place'),
    summary: z.string().nullable().describe('What it did, in words'),
    error: z.string().nullable(),
  })
  .meta({ id: 'JobRun' })
export type JobRun = z.infer<typeof JobRun>

export const JobsAnswer = z
  .object({
    success,
    jobs: z.array(
      z
        .object({
          id: z.enum(JOB_IDS),
          what: z.string(),
          trigger: z.enum(TRIGGER_NAMES).describe('The cron expression that starts it'),
          everyMs: z.number().int().describe('How often it is due'),
          doneFor: z.number().nullable().describe('Slot it was last done for; null: never'),
          dueAt: z.number().describe('Start of the next slot; in the past, it is overdue'),
          heldUntil: z.number().nullable().describe('A run has it, at most until then; null: nobody has'),
        })
        .meta({ id: 'Job' }),
    ),
    runs: z.array(JobRun).describe('The last 100, newest first'),
  })
  .meta({ id: 'JobsAnswer' })
export type JobsAnswer = z.infer<typeof JobsAnswer>

export const CheckoutInput = z
  .object({
    visitorId: Identifier.optional(),
    customerId: Identifier.optional(),
    items: z
      .array(
        z.object({ productId: Identifier, quote: z.string().max(4096).optional(), quantity: z.number().int().min(1).max(100).default(1) }),
      )
      .min(1)
      .max(20),
    email: z.string().max(200).optional(),
  })
  .meta({ id: 'DemoCheckout', example: { customerId: 'cus_42', items: [{ productId: 'starter_bundle' }] } })

export const CheckoutAnswer = z
  .object({
    success,
    orderId: z.string(),
    total: z.number(),
    currency: z.string(),
    items: z.array(z.object({ productId: z.string(), amount: z.number() })),
  })
  .meta({ id: 'DemoOrder' })

export const SignInInput = z.object({ customerId: Identifier }).meta({ id: 'DemoSignIn', example: { customerId: 'cus_42' } })
export const SignInAnswer = z.object({ success, token: z.string() }).meta({ id: 'DemoToken' })

export const AccountInput = z.object({ token: z.string().max(4096) }).meta({ id: 'DemoAccountInput', example: { token: '<token>' } })
export const AccountAnswer = z
  .object({
    success,
    customerId: z.string(),
    orders: z.array(
      z.object({
        transactionId: z.string(),
        productId: z.string().nullable(),
        amount: z.number(),
        refunded: z.number(),
        currency: z.string(),
        at: z.number(),
      }),
    ),
    subscriptions: z.array(
      z.object({
        subscriptionId: z.string(),
        productId: z.string(),
        amount: z.number(),
        currency: z.string(),
        interval: z.enum(INTERVALS),
        status: z.enum(['active', 'cancelled', 'ended']),
      }),
    ),
  })
  .meta({ id: 'DemoAccount' })
export type AccountAnswer = z.infer<typeof AccountAnswer>

export const CodesAnswer = z.array(z.enum(PROBLEM_CODES))
