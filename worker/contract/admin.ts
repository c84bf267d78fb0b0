import * as z from 'zod'
import { AuditEntry, KeyAnswer, Product, Settings } from './configuration.ts'

/** Questions and answers of the session and of the configuration resources. */

const success = z.literal(true)
const message = z.string()

export const ItemRef = z.object({ id: Product.shape.id })

/** Pages of a list in the order of its ids: pass `next` as `after` until it is null. */
export const PageQuery = z.object({
  after: z.string().max(128).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** Pages of a log, newest first: pass `next` as `before` until it is null. */
export const LogQuery = z.object({
  before: z.coerce.number().int().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

/** Carried out once for each key and body, and answered with the same bytes for a day. */
export const IdempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .max(255)
    .optional()
    .describe('Of your making, new for each thing that is to happen: the same request may then be sent again'),
})

export const Done = z.object({ success, message }).meta({ id: 'Done' })

export const SessionInput = z
  .object({ token: z.string().min(1).max(1024) })
  .meta({ id: 'SessionInput', example: { token: '<ADMIN_TOKEN>' } })

export const SESSION_KINDS = ['anonymous', 'key', 'admin'] as const
export const SessionAnswer = z
  .object({
    success,
    kind: z.enum(SESSION_KINDS),
    actor: z.string().nullable().describe('Who the audit log will name; null when nobody has signed in'),
    environment: z.enum(['development', 'production']),
  })
  .meta({ id: 'Session' })
export type SessionAnswer = z.infer<typeof SessionAnswer>

export const ProductInput = Product.omit({ id: true }).meta({
  id: 'ProductInput',
  example: { name: 'Pro bundle', prices: [{ currency: 'USD', amount: 499, floor: 399, ceiling: 599 }] },
})
export const ProductAnswer = z.object({ success, product: Product }).meta({ id: 'ProductAnswer' })
export const ProductsAnswer = z.object({ success, products: z.array(Product), next: z.string().nullable() }).meta({ id: 'ProductsAnswer' })
export type ProductsAnswer = z.infer<typeof ProductsAnswer>

export const LedgerAnswer = z
  .object({
    success,
    prices: z
      .array(
        z.object({
          currency: z.string(),
          country: z.string().nullable().describe('Null: the list price of the currency'),
          amount: z.number().describe('Where a country’s own price was taken away, that of the currency'),
          effectiveAt: z.number(),
          reason: z.string(),
        }),
      )
      .describe('Newest first'),
    lowest30Days: z
      .array(z.object({ currency: z.string(), country: z.string().nullable(), amount: z.number() }))
      .describe(
        'Lowest list price in the 30 days before the present one came into force: what a reduction is announced against (Directive 98/6/EC, article 6a)',
      ),
    next: z.number().int().nullable().describe('Pass it as `before` for older prices; null: there are none'),
  })
  .meta({ id: 'PriceLedger' })
export type LedgerAnswer = z.infer<typeof LedgerAnswer>

export const SettingsPatch = Settings.partial()
  .strict()
  .meta({ id: 'SettingsPatch', example: { optimizationEnabled: false } })
export const SettingsAnswer = z.object({ success, settings: Settings }).meta({ id: 'SettingsAnswer' })
export type SettingsAnswer = z.infer<typeof SettingsAnswer>
export const IdentitySecretAnswer = z
  .object({ success, message, secret: z.string().describe('Shown this once: sign customer tokens with it (JWT, HS256)') })
  .meta({ id: 'IdentitySecret' })

export const SigningKeyAnswer = z.object({ success, message, kid: z.string(), activeAt: z.number() }).meta({ id: 'SigningKey' })

export const RotateInput = z
  .object({
    graceSeconds: z
      .number()
      .int()
      .min(0)
      .max(30 * 86_400)
      .default(0)
      .describe('How long the old key lives on'),
  })
  .meta({ id: 'RotateInput', example: { graceSeconds: 86_400 } })
export const KeysAnswer = z.object({ success, keys: z.array(KeyAnswer) }).meta({ id: 'KeysAnswer' })
export type KeysAnswer = z.infer<typeof KeysAnswer>
export const NewKeyAnswer = z
  .object({ success, message, key: KeyAnswer, secret: z.string().describe('The key itself, shown this once') })
  .meta({ id: 'NewKey' })

export const AuditAnswer = z
  .object({ success, entries: z.array(AuditEntry), next: z.number().int().nullable() })
  .meta({ id: 'AuditAnswer' })
export type AuditAnswer = z.infer<typeof AuditAnswer>
