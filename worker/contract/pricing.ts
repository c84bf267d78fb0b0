import * as z from 'zod'
import { Identifier } from './events.ts'
import { DEVICES, PRICE_CLASSES } from './lists.ts'
import { PROBLEM_CODES } from './problem.ts'

export const ProductRef = z.object({ productId: Identifier })

/** Loose, as `PricesInput` is: a name we do not know may be one of a protected attribute, which is refused. */
export const PriceQuery = z.looseObject({
  visitorId: Identifier.optional().meta({
    description: 'A visitorId we minted, or `new` to have one minted with this decision',
    example: 'new',
  }),
  customerId: Identifier.optional().describe('Trusted from a secret key; from a browser only with `token`'),
  token: z.string().max(4096).optional(),
  currency: z.string().min(3).max(8).optional(),
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/)
    .optional(),
  region: z
    .string()
    .regex(/^[A-Za-z]{2}-[A-Za-z0-9]{1,3}$/)
    .optional(),
  device: z.enum(DEVICES).optional(),
  behaviorFlags: z.string().max(500).optional().describe('Comma-separated, as in price_sensitive,returning'),
  consent: z.enum(['granted', 'denied']).optional(),
})

export type PriceQuery = z.infer<typeof PriceQuery>

/** `POST /api/pricing`: up to 100 products for a listing. Prices are sticky previews; the product view is the exposure. */
export const PricesInput = z
  .looseObject({
    products: z.array(Identifier).min(1).max(100),
    visitorId: Identifier.optional(),
    customerId: Identifier.optional(),
    token: z.string().max(4096).optional(),
    currency: z.string().min(3).max(8).optional(),
    country: z
      .string()
      .regex(/^[A-Za-z]{2}$/)
      .optional(),
    region: z
      .string()
      .regex(/^[A-Za-z]{2}-[A-Za-z0-9]{1,3}$/)
      .optional(),
    device: z.enum(DEVICES).optional(),
    behaviorFlags: z.array(z.string().min(1).max(64)).max(20).optional(),
    consent: z.enum(['granted', 'denied']).optional(),
  })
  .meta({ id: 'PricesInput', example: { products: ['starter_bundle', 'pro_bundle'], visitorId: 'new', country: 'US' } })

export const ExplainLine = z
  .object({
    step: z.string(),
    outcome: z.enum(['applied', 'kept', 'skipped']),
    before: z.number(),
    after: z.number(),
    detail: z.string(),
  })
  .meta({ id: 'ExplainLine' })

export const Pricing = z
  .object({
    productId: z.string(),
    optimizedPrice: z.number().describe('Decimal major units; what to show and charge'),
    listPrice: z.number().describe('The list price in the country of the request'),
    lowest30Days: z
      .number()
      .nullable()
      .describe(
        'Lowest list price in the 30 days before the present one came into force, which a reduction is announced against (Directive 98/6/EC, article 6a); the list price itself where it has been the same for 30 days. Null: not known',
      ),
    currency: z.string(),
    decisionId: z.string().nullable(),
    quote: z.string().nullable().describe('Compact JWS to redeem with the purchase'),
    expiresAt: z.number().nullable(),
    personalized: z.boolean(),
    priceClass: z.enum(PRICE_CLASSES),
    disclosure: z.string().nullable().describe('Must stand beside the price'),
    reason: z.string(),
    test: z.object({ id: z.string(), version: z.number().int(), variant: z.string() }).nullable(),
    propensity: z.number(),
    explain: z.array(ExplainLine),
    fallback: z.boolean().describe('True: the list price because a decision could not be made in time; excluded from analysis'),
    configVersion: z.number().int(),
  })
  .meta({ id: 'Pricing' })
export type Pricing = z.infer<typeof Pricing>

export const PricingAnswer = z
  .object({ success: z.literal(true), pricing: Pricing, visitorId: z.string().nullable() })
  .meta({ id: 'PricingAnswer' })
export type PricingAnswer = z.infer<typeof PricingAnswer>

export const PricesAnswer = z
  .object({
    success: z.literal(true),
    prices: z.array(Pricing),
    unknown: z.array(z.string()).describe('Products we do not know; their neighbours are priced'),
    visitorId: z.string().nullable(),
  })
  .meta({ id: 'PricesAnswer' })

export const VerifyQuoteInput = z
  .object({
    quote: z.string().min(1).max(4096),
    productId: Identifier.optional(),
    currency: z.string().max(8).optional(),
    visitorId: Identifier.optional(),
    customerId: Identifier.optional(),
  })
  .meta({ id: 'VerifyQuoteInput', example: { quote: '<quote>', productId: 'pro_bundle', currency: 'USD' } })

export const VerifyQuoteAnswer = z
  .object({
    success: z.literal(true),
    valid: z.boolean(),
    code: z.enum(PROBLEM_CODES).nullable().describe('Why not, when it is not valid'),
    quote: z
      .object({
        productId: z.string(),
        amount: z.number(),
        currency: z.string(),
        decisionId: z.string(),
        variant: z.string().nullable(),
        issuedAt: z.number(),
        expiresAt: z.number(),
      })
      .nullable(),
  })
  .meta({ id: 'VerifyQuoteAnswer' })

export const VisitorAnswer = z
  .object({ success: z.literal(true), visitorId: z.string().nullable().describe('Null: profiling is refused (`Sec-GPC`)') })
  .meta({ id: 'VisitorAnswer' })
