import * as z from 'zod'

/** Every code a refusal can carry. `worker/http.ts` gives each its status; a code without one does not compile. */
export const PROBLEM_CODES = [
  'bad_request', 'invalid_json', 'invalid_field', 'missing_field', 'unknown_field', 'too_deep', 'too_many_keys',
  'body_too_large', 'unsupported_media_type', 'empty_batch', 'batch_too_large', 'event_too_large',
  'invalid_amount', 'amount_too_precise', 'invalid_currency', 'unknown_currency', 'currency_mismatch', 'missing_currency',
  'invalid_id', 'reserved_id', 'invalid_time', 'time_in_future', 'invalid_quantity', 'discount_above_price',
  'unknown_product', 'refund_above_capture', 'protected_attribute',
  'unauthorized', 'forbidden', 'cross_site', 'invalid_token', 'token_expired', 'login_failed', 'too_many_attempts',
  'not_found', 'conflict', 'idempotency_mismatch', 'erased', 'too_many_requests', 'flood',
  'quote_tampered', 'quote_expired', 'quote_wrong_product', 'quote_wrong_currency', 'quote_wrong_subject',
  'quote_wrong_deployment', 'quote_used', 'quote_void', 'quote_amount_mismatch',
  'weights_do_not_sum', 'negative_weight', 'no_control', 'floor_above_ceiling', 'price_out_of_bounds',
  'end_before_start', 'test_already_running', 'duplicate_key', 'jurisdiction_forbids',
  'insufficient_data', 'development_only', 'unavailable', 'internal',
] as const
export type ProblemCode = (typeof PROBLEM_CODES)[number]

/** RFC 9457 problem with the two fields our callers switch on: `code` (stable) and `field` (a path like `events.3.amount`). */
export const Problem = z
  .object({
    success: z.literal(false),
    type: z.string().describe('Link to the documentation of the code'),
    title: z.string(),
    error: z.string().describe('One sentence for a person'),
    code: z.enum(PROBLEM_CODES),
    field: z.string().optional(),
    status: z.number().int(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
