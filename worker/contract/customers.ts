import * as z from 'zod'

/** `GET /api/customers`: identified customers as the projections tell them. */

export const CustomersQuery = z.object({
  search: z.string().min(1).max(256).optional().describe('First letters of the id, as written; then in the order of ids'),
  after: z.string().max(600).optional().describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(100).default(50),
})
export type CustomersQuery = z.infer<typeof CustomersQuery>

export const CustomerItem = z
  .object({
    customerId: z.string(),
    firstSeenAt: z.number(),
    lastSeenAt: z.number(),
    orders: z.number().int(),
    money: z.array(z.object({ currency: z.string(), gross: z.number(), net: z.number(), mrr: z.number() })).describe('One a currency'),
  })
  .meta({ id: 'CustomerItem' })
export type CustomerItem = z.infer<typeof CustomerItem>

export const CustomersAnswer = z.object({ success: z.literal(true), customers: z.array(CustomerItem), next: z.string().nullable() }).meta({
  id: 'Customers',
  example: {
    success: true,
    customers: [
      {
        customerId: 'cus_42',
        firstSeenAt: 1_763_372_000_000,
        lastSeenAt: 1_763_804_000_000,
        orders: 1,
        money: [{ currency: 'USD', gross: 449, net: 400, mrr: 0 }],
      },
    ],
    next: null,
  },
})
export type CustomersAnswer = z.infer<typeof CustomersAnswer>
