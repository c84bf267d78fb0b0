import type { ChainAnswer, ChainLink } from '../../worker/contract/chain.ts'
import type { CustomersAnswer } from '../../worker/contract/customers.ts'
import { TODAY } from './fake-figures.ts'

/** Customers of a shop that does not exist, and the chain that each of them has. */

const AT = Date.parse(`${TODAY}T09:30:00Z`)
const MINUTE = 60_000
const DAY = 86_400_000
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)

export function fakeCustomers(ids: readonly string[], query: URLSearchParams): CustomersAnswer {
  const found = ids.filter((id) => id.startsWith(query.get('search') ?? ''))
  const from = Number(query.get('after') ?? 0)
  const limit = Number(query.get('limit') ?? 50)
  return {
    success: true,
    customers: found.slice(from, from + limit).map((customerId, at) => ({
      customerId,
      firstSeenAt: AT - 90 * DAY,
      lastSeenAt: AT - (from + at) * MINUTE,
      orders: 1 + (at % 5),
      money: [
        { currency: 'USD', gross: 499, net: 449.5, mrr: 79 },
        ...(at % 7 === 0 ? [{ currency: 'EUR', gross: 459, net: 459, mrr: 0 }] : []),
      ],
    })),
    next: from + limit < found.length ? String(from + limit) : null,
  }
}

const decision: NonNullable<ChainLink['decision']> = {
  decisionId: `${'a1b2c3d4'.repeat(5)}_0`,
  productId: 'pro_bundle',
  decidedAt: AT,
  price: 449,
  listPrice: 499,
  currency: 'USD',
  reason: 'test',
  priceClass: 'randomised',
  personalized: true,
  disclosure: null,
  test: { id: 'pt_3kQ9sLw2Xb0a', version: 1, variant: 'variant_1', mode: 'randomised', clamped: false },
  propensity: 1 / 3,
}

const bare = { decision: null, exposure: null, quote: null, purchase: null, reversals: [], net: null }

const payment = (transactionId: string, at: number, amount: number): NonNullable<ChainLink['purchase']> => ({
  transactionId,
  kind: 'order',
  at,
  bookedDay: dayOf(at),
  productId: 'pro_bundle',
  quantity: 1,
  amount,
  currency: 'USD',
  subscriptionId: null,
})

/** One link of each sort: sold and partly refunded, disputed and won, seen on a listing, never served, and a renewal. */
export function fakeLinks(name: string): ChainLink[] {
  const expiresAt = AT + 15 * MINUTE
  const quote = { issuedAt: AT, expiresAt, status: 'expired' as const, redeemedAt: null, transactionId: null }
  return [
    {
      id: 'decision:d1',
      at: AT,
      decision,
      exposure: { status: 'served', at: AT },
      quote: { ...quote, status: 'redeemed', redeemedAt: AT + 4 * MINUTE, transactionId: 'ord_1001' },
      purchase: payment('ord_1001', AT + 4 * MINUTE, 449),
      reversals: [{ kind: 'refund', at: AT + 60 * MINUTE, bookedDay: dayOf(AT), change: -49.5, won: null }],
      net: 399.5,
    },
    {
      id: 'purchase:ord_1000',
      at: AT - DAY,
      ...bare,
      purchase: { ...payment('ord_1000', AT - DAY, 199), productId: name },
      reversals: [
        { kind: 'dispute_opened', at: AT - DAY + MINUTE, bookedDay: dayOf(AT - DAY), change: -199, won: null },
        { kind: 'dispute_closed', at: AT - DAY + 2 * MINUTE, bookedDay: dayOf(AT - DAY), change: 199, won: true },
      ],
      net: 199,
    },
    {
      id: 'decision:d2',
      at: AT - 2 * DAY,
      ...bare,
      decision: { ...decision, decisionId: 'd2', price: 499, reason: 'list', test: null, propensity: 1 },
      exposure: { status: 'preview', at: AT - 2 * DAY },
      quote,
    },
    {
      id: 'decision:d3',
      at: AT - 3 * DAY,
      ...bare,
      decision: { ...decision, decisionId: 'd3' },
      exposure: { status: 'voided', at: AT - 3 * DAY },
      quote: { ...quote, status: 'withdrawn' },
    },
    {
      id: 'purchase:in_7',
      at: AT - 20 * DAY,
      ...bare,
      purchase: { ...payment('in_7', AT - 20 * DAY, 79), kind: 'renewal', productId: 'pro_monthly', subscriptionId: 'sub_1' },
      net: 79,
    },
  ]
}

export function fakeChain(customerId: string, before: string | null, name: string): ChainAnswer {
  const links = fakeLinks(name)
  const older: ChainLink = { id: 'purchase:first', at: AT - 90 * DAY, ...bare, purchase: payment('first', AT - 90 * DAY, 20), net: 20 }
  return {
    success: true,
    customerId,
    summary: {
      firstSeenAt: AT - 90 * DAY,
      lastSeenAt: AT,
      orders: 4,
      money: [{ currency: 'USD', gross: 747, refunded: 49.5, disputed: 0, net: 697.5, mrr: 79 }],
      subscriptions: [
        {
          subscriptionId: 'sub_1',
          productId: 'pro_monthly',
          amount: 79,
          currency: 'USD',
          interval: 'month',
          intervalCount: 1,
          quantity: 1,
          mrr: 79,
          status: 'active',
          trial: false,
          suspended: false,
          startedDay: dayOf(AT - 50 * DAY),
          churnReason: null,
        },
      ],
      exposures: [
        {
          kind: 'price_test',
          key: 'pt_3kQ9sLw2Xb0a',
          version: 1,
          variant: 'variant_1',
          at: AT,
          currency: 'USD',
          netRevenue: 399.5,
          excluded: false,
        },
        {
          kind: 'experiment',
          key: 'checkout_button',
          version: 2,
          variant: 'start_today',
          at: AT - 5 * DAY,
          currency: 'USD',
          netRevenue: 598.5,
          excluded: true,
        },
      ],
      waiting: [{ kind: 'refund', transactionId: 'ord_unknown', amount: 12, currency: 'USD', at: AT }],
    },
    chain: before === null ? links : [older],
    next: before === null ? `${AT - 20 * DAY}.purchase:in_7` : null,
  }
}
