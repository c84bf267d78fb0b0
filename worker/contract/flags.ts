import * as z from 'zod'

/**
 * OpenFeature Remote Evaluation Protocol, version 1: https://github.com/open-feature/protocol. A flag is an experiment by
 * its key, or the price of a product as `price:<productId>`.
 */

export const FLAG_REASONS = ['SPLIT', 'TARGETING_MATCH', 'STATIC', 'DEFAULT', 'DISABLED'] as const
export type FlagReason = (typeof FLAG_REASONS)[number]

export const FLAG_ERRORS = ['PARSE_ERROR', 'TARGETING_KEY_MISSING', 'INVALID_CONTEXT', 'FLAG_NOT_FOUND', 'GENERAL'] as const
export type FlagError = (typeof FLAG_ERRORS)[number]

export const FlagContext = z
  .looseObject({
    targetingKey: z
      .string()
      .max(256)
      .optional()
      .describe('The subject `identify` answered, else the visitorId; from a server also a customerId'),
    url: z.string().max(4096).optional().describe('Of the page: `?<experiment>=1` forces the second variant, and is never analysed'),
    sticky: z.string().max(16_384).optional().describe('`metadata.sticky` of the last answer: keeps whoever was drawn where they are'),
    products: z.array(z.string().max(256)).max(100).optional().describe('Products whose prices a bulk answer is to hold, as previews'),
    consent: z.enum(['granted', 'denied']).optional(),
  })
  .describe('Every further member is an attribute that experiments may target')
  .meta({ id: 'FlagContext' })
export type FlagContext = z.infer<typeof FlagContext>

export const FlagQuestion = z
  .object({ context: FlagContext.default({}) })
  .meta({ id: 'FlagQuestion', example: { context: { targetingKey: 'new-visitor', country: 'US', plan: 'free' } } })

export const FlagRef = z.object({ key: z.string().min(1).max(300) })

const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))

export const FlagAnswer = z
  .object({
    key: z.string(),
    value: z.unknown(),
    variant: z.string().optional(),
    reason: z.enum(FLAG_REASONS),
    metadata: metadata.describe('`experimentId` and `variantId` where the visitor was drawn: what `experiment_viewed` takes'),
  })
  .meta({ id: 'FlagAnswer' })
export type FlagAnswer = z.infer<typeof FlagAnswer>

export const FlagFailure = z
  .object({ key: z.string().optional(), errorCode: z.enum(FLAG_ERRORS), errorDetails: z.string() })
  .meta({ id: 'FlagFailure' })
export type FlagFailure = z.infer<typeof FlagFailure>

export const FlagsAnswer = z.object({ flags: z.array(z.union([FlagAnswer, FlagFailure])), metadata }).meta({ id: 'FlagsAnswer' })
export type FlagsAnswer = z.infer<typeof FlagsAnswer>
