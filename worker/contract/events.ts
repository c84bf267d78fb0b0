import * as z from 'zod'
import { CHURN_REASONS, DEVICES, EVENT_STATUSES, INTERVALS } from './lists.ts'
import { PROBLEM_CODES } from './problem.ts'

/** Most events one request may carry, and most bytes a request and an event may have. */
export const MAXIMUM_BATCH = 100
export const MAXIMUM_IMPORT_BATCH = 1000
export const MAXIMUM_BODY_BYTES = 512 * 1024
export const MAXIMUM_IMPORT_BODY_BYTES = 2 * 1024 * 1024
export const MAXIMUM_EVENT_BYTES = 32 * 1024

/** Words that stand for no one in badly wired shops; taken as an id they would merge strangers. */
const PLACEHOLDER_ID = /^(?:null|undefined|anonymous|nan|none|\[object object\]|\(not set\))$/i
const MAXIMUM_ID_BYTES = 256

/** Ids as nearly everybody writes them; all that can be wrong with one is to be a placeholder. */
const PLAIN_ID = /^[\w:@-]{1,256}$/

function utf8Bytes(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

/** What is wrong with a text as an id, apart from its length in characters; null for nothing. */
function flawOf(text: string): { message: string; code?: 'reserved_id' } | null {
  if (!PLAIN_ID.test(text)) {
    if (!text.isWellFormed()) return { message: 'must be well-formed Unicode' }
    if (utf8Bytes(text) > MAXIMUM_ID_BYTES) return { message: 'must be at most 256 bytes' }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
    if (/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/.test(text))
      return { message: 'must not hold control or direction-override characters' }
    if (text.trim() !== text) return { message: 'must not begin or end with a space' }
    if (/(^|[\\/])\.\.([\\/]|$)/.test(text)) return { message: 'must not climb a path' }
  }
  return PLACEHOLDER_ID.test(text) ? { message: 'is a placeholder, not an id', code: 'reserved_id' } : null
}

/** Whether `Identifier` takes a value; nothing else is said of it, which is quick. */
export const isIdentifier = (value: unknown): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= MAXIMUM_ID_BYTES && flawOf(value) === null

/**
 * An id as callers choose them: 1–256 bytes of well-formed text without control characters or outer spaces.
 * Compared byte by byte: two spellings of one letter (NFC, NFD) are two ids.
 */
export const Identifier = z
  .string()
  .min(1)
  .max(MAXIMUM_ID_BYTES)
  .superRefine((text, context) => {
    const flaw = flawOf(text)
    if (flaw) context.addIssue({ code: 'custom', message: flaw.message, ...(flaw.code && { params: { code: flaw.code } }) })
  })
  .meta({ id: 'Identifier' })

const Instant = z.union([z.number(), z.string().max(40)]).describe('Epoch milliseconds, or ISO 8601 with a zone')

/**
 * One event as callers send it. `event`, `eventType`, `activity` or `type` names it; `customerId` or `userId` says whose it is.
 * Amounts are decimal major units. Fields we have no name for are kept in `metadata`.
 */
export const IncomingEvent = z
  .looseObject({
    id: Identifier.optional().describe('Makes the event safe to send again. Without it every send counts'),
    event: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        'Behaviour by its GA4 name (page_view, view_item, add_to_cart, begin_checkout …) or any name of your own. Money, from a server: purchase, refund, dispute_opened, dispute_closed; subscription_started, subscription_renewed (also one that comes back), subscription_changed, subscription_cancelled (runs out), subscription_ended; trial_started, trial_ended; payment_failed, payment_succeeded, payment_action_required. Revenue is what purchases bring: the payment of a renewal is a purchase with its subscriptionId',
      ),
    eventType: z.string().min(1).max(128).optional(),
    activity: z.string().min(1).max(128).optional(),
    type: z.string().min(1).max(128).optional(),
    visitorId: Identifier.optional(),
    customerId: Identifier.optional(),
    userId: Identifier.optional(),
    sessionId: Identifier.optional(),
    timestamp: Instant.optional(),
    amount: z.number().optional(),
    value: z.number().optional(),
    currency: z.string().max(8).optional(),
    productId: Identifier.optional(),
    quantity: z.number().optional(),
    discount: z.number().optional(),
    transactionId: Identifier.optional(),
    transaction_id: Identifier.optional(),
    items: z
      .array(z.looseObject({ item_id: Identifier.optional(), price: z.number().optional(), quantity: z.number().optional() }))
      .max(200)
      .optional(),
    quote: z.string().max(4096).optional().describe('Quote to redeem with this purchase'),
    subscriptionId: Identifier.optional(),
    version: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
    interval: z.enum(INTERVALS).optional(),
    intervalCount: z.number().int().min(1).max(1000).optional().describe('Intervals that one payment covers, as 3 months; default 1'),
    trial: z.boolean().optional().describe('Of a subscription: worth nothing yet. Without it, trial_started and trial_ended say so'),
    suspended: z
      .boolean()
      .optional()
      .describe('Of a subscription: worth nothing for now, as it is paused or unpaid. The next event without it takes it up again'),
    churnReason: z.enum(CHURN_REASONS).optional(),
    invoiceId: Identifier.optional(),
    attempt: z.number().int().min(1).max(1000).optional(),
    declineCode: z.string().max(64).optional(),
    won: z.boolean().optional(),
    cumulative: z
      .boolean()
      .optional()
      .describe('Of a refund: the amount is all that has been refunded of the transaction so far, so that saying it again adds nothing'),
    paymentId: Identifier.optional().describe(
      'Of a cumulative refund: the one payment it tells the total of, where several paid the transaction',
    ),
    decisionId: Identifier.optional(),
    experimentId: Identifier.optional().describe('With `experiment_viewed`: what evaluating a flag has answered, as in `hero@1`'),
    variantId: Identifier.optional(),
    funnelStep: z.number().int().min(0).max(100).optional(),
    country: z
      .string()
      .regex(/^[A-Za-z]{2}$/)
      .optional(),
    device: z.enum(DEVICES).optional(),
    source: z.string().max(64).optional(),
    metadata: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({
    id: 'IncomingEvent',
    example: {
      id: 'evt_1',
      event: 'purchase',
      customerId: 'cus_42',
      transactionId: 'ord_1001',
      productId: 'pro_bundle',
      amount: 499,
      currency: 'USD',
    },
  })
export type IncomingEvent = z.infer<typeof IncomingEvent>

export const EventBatch = z
  .object({
    events: z.array(IncomingEvent).min(1).max(MAXIMUM_BATCH),
    token: z.string().max(4096).optional().describe("The shop's signed token, when a browser speaks for a customer"),
  })
  .meta({
    id: 'EventBatch',
    example: { events: [{ id: 'evt_1', event: 'view_item', customerId: 'cus_42', productId: 'pro_bundle' }] },
  })

export const EventResult = z
  .object({
    index: z.number().int(),
    id: z.string().nullable(),
    status: z.enum(EVENT_STATUSES),
    bookedDay: z.string().optional(),
    verified: z.boolean().optional().describe('False: kept as reported, not revenue'),
    deduplicable: z.boolean().optional().describe('False when the caller sent no id'),
    code: z.enum(PROBLEM_CODES).optional(),
    field: z.string().optional(),
    message: z.string().optional(),
  })
  .meta({ id: 'EventResult' })
export type EventResult = z.infer<typeof EventResult>

export const BatchAnswer = z
  .object({
    success: z.literal(true),
    message: z.string(),
    accepted: z.number().int(),
    duplicate: z.number().int(),
    rejected: z.number().int(),
    retry: z.number().int(),
    results: z.array(EventResult),
  })
  .meta({ id: 'BatchAnswer' })
export type BatchAnswer = z.infer<typeof BatchAnswer>

export const RevenueEventAnswer = z
  .object({
    success: z.literal(true),
    message: z.string(),
    eventId: z.string(),
    status: z.enum(EVENT_STATUSES),
    bookedDay: z.string(),
    verified: z.boolean(),
    deduplicable: z.boolean(),
    insights: z.array(z.string()).describe('What this event changed, in words'),
  })
  .meta({ id: 'RevenueEventAnswer' })

/** Past events in bulk. The same `importId` and offset again adds nothing: ids come from the importer. */
export const ImportBatch = z
  .object({
    importId: Identifier,
    label: z.string().max(200).optional(),
    total: z.number().int().min(0).optional().describe('Events in the whole import, for the progress bar'),
    done: z.number().int().min(0).optional().describe('Events sent so far, this batch included'),
    events: z.array(z.unknown()).min(1).max(MAXIMUM_IMPORT_BATCH),
  })
  .meta({
    id: 'ImportBatch',
    example: {
      importId: 'orders-2025',
      events: [{ id: 'row-1', event: 'purchase', customerId: 'cus_42', timestamp: '2025-03-01T12:00:00Z', amount: 199, currency: 'USD' }],
    },
  })
export type ImportBatch = z.infer<typeof ImportBatch>

export const ImportProgress = z
  .object({
    importId: z.string(),
    label: z.string(),
    total: z.number().int().nullable(),
    done: z.number().int(),
    updatedAt: z.number(),
    finished: z.boolean(),
    stalled: z.boolean().describe('Unfinished, and not heard of for two minutes'),
  })
  .meta({ id: 'ImportProgress' })
export type ImportProgress = z.infer<typeof ImportProgress>

export const IdentifyInput = z
  .object({
    visitorId: Identifier,
    customerId: Identifier.optional(),
    userId: Identifier.optional(),
    token: z
      .string()
      .max(4096)
      .optional()
      .describe("JWT signed by the shop's server: HS256 with the identity secret, sub = customerId, exp"),
  })
  .meta({ id: 'IdentifyInput', example: { visitorId: '<visitorId>', customerId: 'cus_42' } })

export const IdentifyAnswer = z
  .object({
    success: z.literal(true),
    message: z.string(),
    visitorId: z.string().describe('The id to go on with: a fresh one when this browser belonged to somebody else'),
    customerId: z.string(),
    subject: z.string().describe('What tests hash on; keep it beside the visitorId'),
    merged: z.boolean(),
  })
  .meta({ id: 'IdentifyAnswer' })
export type IdentifyAnswer = z.infer<typeof IdentifyAnswer>
