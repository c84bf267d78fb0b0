import * as z from 'zod'
import { INTERVALS, KEY_KINDS, LAW_MODES, ROUNDINGS, SCOPES } from './lists.ts'

/** Words of the configuration resources. Amounts are decimal major units, as everywhere on the wire. */

export const ConfigurationId = z
  .string()
  .min(1)
  .max(128)
  .regex(/^[\w.:-]+$/, 'letters, digits and _ . : - only')
export const Amount = z.number().min(0).max(1e10)
const share = z.number().min(0).max(1)
const instant = z.iso.datetime({ offset: true })
export const CurrencyCode = z.string().length(3)
const Country = z.string().regex(/^[A-Z]{2}$/, 'ISO 3166 alpha-2')

export const Price = z
  .object({
    currency: CurrencyCode,
    amount: Amount.describe('List price'),
    floor: Amount.optional(),
    ceiling: Amount.optional(),
    unitCost: Amount.optional(),
    countries: z
      .array(z.object({ country: Country, amount: Amount }))
      .max(250)
      .optional()
      .describe('List prices of single countries, where they are not that of the currency'),
  })
  .meta({ id: 'Price' })

export const Product = z
  .object({
    id: ConfigurationId,
    name: z.string().min(1).max(200),
    interval: z.enum(INTERVALS).nullable().default(null).describe('Billing interval; null for a one-off purchase'),
    minimumMargin: share.nullable().default(null),
    maximumStepPerDay: share
      .nullable()
      .default(null)
      .describe('Most that rules may move the price in a UTC day, as a share of the one with which the day before closed'),
    rounding: z
      .enum(ROUNDINGS)
      .default('auto')
      .describe('How a price that rules have made ends: as the list price does, in whole units, in .99, or anywhere'),
    purchasingPower: z
      .boolean()
      .default(false)
      .describe('Countries without a price of their own pay the share of their tier (`purchasingPowerTiers` of the settings)'),
    prices: z.array(Price).min(1).max(50).describe('One price a currency'),
  })
  .meta({
    id: 'Product',
    example: {
      id: 'pro_bundle',
      name: 'Pro bundle',
      interval: null,
      prices: [{ currency: 'USD', amount: 499, floor: 299, ceiling: 699, unitCost: 40 }],
    },
  })
export type Product = z.infer<typeof Product>

const LawModes = z.object({ uniform: z.enum(LAW_MODES), randomised: z.enum(LAW_MODES), personal: z.enum(LAW_MODES) })

export const Settings = z
  .object({
    optimizationEnabled: z.boolean().describe('Kill switch: false serves list and contract prices only'),
    holdoutShare: share,
    defaultCurrency: CurrencyCode,
    law: z
      .record(z.string().regex(/^[A-Z]{2}(-[A-Z0-9]{1,3})?$/), LawModes)
      .describe(
        'By country, or country and region as US-NY. A change replaces the whole of it; what is not listed gets uniform prices only',
      ),
    purchasingPowerTiers: z
      .array(
        z.object({
          id: z
            .string()
            .min(1)
            .max(64)
            .regex(/^[\w.-]+$/, 'letters, digits and _ . - only'),
          countries: z.array(Country).max(250),
          share: z.number().min(0.01).max(1),
        }),
      )
      .min(1)
      .max(10)
      .describe(
        'Countries by what people there can afford, and the share of the list price they pay. The first tier pays all of it, and takes every country that is listed nowhere. Default: income groups of the World Bank',
      ),
    quoteLifetimeSeconds: z.number().int().min(30).max(900),
    decisionSampleShare: share.describe('Share of the decisions that a test or a rule could have moved of which a row is kept for 90 days'),
    exchangeRates: z
      .record(CurrencyCode, z.string().regex(/^(0|[1-9]\d{0,11})(\.\d{1,12})?$/))
      .describe(
        'By currency, as decimal text: how many units of the default currency one unit of it is worth. Used at read, where an analytics question says `convert=true`, and at once by price rules of the kind `exchange_rate`. A change of the default currency without new rates empties them',
      ),
  })
  .meta({ id: 'Settings' })
export type Settings = z.infer<typeof Settings>

export const KeyInput = z
  .object({
    name: z.string().min(1).max(100),
    kind: z.enum(KEY_KINDS),
    scopes: z.array(z.enum(SCOPES)).min(1).optional().describe('Default: all a key of this kind may have'),
    expiresAt: instant.optional(),
    secret: z
      .string()
      .regex(/^(pk|sk)_demo_\w{4,40}$/)
      .optional()
      .describe('Development only: a known key for the local demo'),
  })
  .meta({ id: 'KeyInput', example: { name: 'Checkout server', kind: 'secret', scopes: ['behaviour', 'money'] } })

export const KeyAnswer = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.enum(KEY_KINDS),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: z.number(),
    expiresAt: z.number().nullable(),
    revokedAt: z.number().nullable(),
    lastUsedDay: z.string().nullable(),
  })
  .meta({ id: 'Key' })

export const AuditEntry = z
  .object({
    id: z.number().int(),
    at: z.number(),
    actor: z.string(),
    action: z.string(),
    subject: z.string(),
    before: z.unknown().nullable(),
    after: z.unknown().nullable(),
  })
  .meta({ id: 'AuditEntry' })
