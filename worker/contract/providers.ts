import * as z from 'zod'
import { Identifier } from './events.ts'
import { PROVIDER_EVENT_STATUSES, PROVIDERS } from './lists.ts'

const success = z.literal(true)
const Status = z.enum(PROVIDER_EVENT_STATUSES)

export const ProviderRef = z.object({ id: z.enum(PROVIDERS) })
export const WebhookRef = z.object({ provider: z.enum(PROVIDERS) })

/** A body as the provider sends it; which fields it has is the provider's own affair. */
export const WebhookBody = z.looseObject({ type: z.string() }).meta({
  id: 'WebhookBody',
  example: {
    type: 'purchase',
    timestamp: '2026-11-27T08:00:00Z',
    data: { id: 'pay_1', customerId: 'cus_42', transactionId: 'ord_1001', amount: 499, currency: 'USD' },
  },
})

export const WebhookAnswer = z
  .object({
    success,
    status: Status.describe(
      '`settled`: booked. `waiting`: for the purchase it is about. `ignored`: says nothing that we count. `refused`: kept with its reason, as sending it again would not help',
    ),
    code: z.string().optional(),
    field: z.string().optional(),
  })
  .meta({ id: 'WebhookAnswer' })

export const ProviderInput = z
  .object({
    secret: z
      .string()
      .max(256)
      .nullable()
      .optional()
      .describe(
        'Signing secret of the endpoint. The one before it stays good for 24 hours; null takes all away at once that were set here. A secret in the deployment’s variable stays in force',
      ),
    testMode: z
      .boolean()
      .optional()
      .describe('Whether money of the provider’s test mode counts in production, too; it does in development'),
    countPastDue: z
      .boolean()
      .optional()
      .describe('Whether a subscription that is past due counts as recurring revenue until it is cancelled'),
  })
  .strict()
  .meta({ id: 'ProviderInput', example: { secret: '<signing secret of the endpoint>' } })

export const ProviderState = z
  .object({
    id: z.enum(PROVIDERS),
    name: z.string(),
    webhookUrl: z.string().describe('The endpoint to enter at the provider'),
    hasSecret: z.boolean(),
    previousUntil: z.number().nullable().describe('Until when the secret before this one is still good'),
    testMode: z.boolean(),
    countPastDue: z.boolean(),
    lastEventAt: z.number().nullable(),
    counts: z.record(Status, z.number().int()).describe('Webhooks of the last 30 days'),
  })
  .meta({ id: 'Provider' })
export const ProviderAnswer = z.object({ success, message: z.string(), provider: ProviderState }).meta({ id: 'ProviderAnswer' })
export const ProvidersAnswer = z.object({ success, providers: z.array(ProviderState) }).meta({ id: 'ProvidersAnswer' })
export type ProvidersAnswer = z.infer<typeof ProvidersAnswer>

export const ProviderEventsQuery = z.object({
  status: Status.optional(),
  cursor: z
    .string()
    .max(400)
    .regex(/^\d{1,16} .+$/)
    .optional()
    .describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(500).default(100),
})

export const ProviderEventsAnswer = z
  .object({
    success,
    events: z.array(
      z.object({
        id: z.string(),
        provider: z.enum(PROVIDERS),
        type: z.string(),
        status: Status,
        waitsFor: z.string().nullable().describe('Object of the provider that must be known first'),
        code: z.string().nullable(),
        body: z.string().nullable().describe('What came, without names and addresses, while it waits or is refused'),
        receivedAt: z.number(),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: 'ProviderEvents' })
export type ProviderEventsAnswer = z.infer<typeof ProviderEventsAnswer>

export const ProviderEventRef = z.object({ id: z.string().min(1).max(300) })

export const LinksInput = z
  .object({
    links: z
      .array(z.object({ objectId: Identifier, transactionId: Identifier, customerId: Identifier }))
      .min(1)
      .max(1000),
  })
  .meta({ id: 'ProviderLinksInput', example: { links: [{ objectId: 'pi_1', transactionId: 'in_1', customerId: 'cus_42' }] } })
export type LinksInput = z.infer<typeof LinksInput>
