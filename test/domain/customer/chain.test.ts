import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ChainLink } from '../../../worker/contract/chain.ts'
import { chainOf } from '../../../worker/domain/customer/chain.ts'
import { type AcceptedEvent, compareEvents } from '../../../worker/domain/customer/event.ts'
import { refold } from '../../../worker/domain/customer/fold.ts'
import { born } from '../../../worker/domain/customer/identity.ts'
import { toMajor } from '../../../worker/domain/money.ts'
import { accepted, sentEvents } from './arbitraries.ts'
import { decided, decision, event, HOUR, MINUTE, NOON, purchase, reversal, subscription } from './log.ts'

const identity = born({ kind: 'customer', customerId: 'cus_1' }, 'home', NOON, 'subject_of_a_visitor')
const QUOTE = { inputs: '', validUntil: NOON + 15 * MINUTE, expiresAt: NOON + 15 * MINUTE }

function chain(
  events: readonly AcceptedEvent[],
  { limit = 100, before, now = NOON }: { limit?: number; before?: string; now?: number } = {},
) {
  const ordered = [...events].sort(compareEvents)
  const question = { limit, now, ...(before === undefined ? {} : { before }) }
  return chainOf({ identity, facts: refold(ordered).facts }, ordered, question)
}

const whole = (events: readonly AcceptedEvent[]): ChainLink[] => {
  const links: ChainLink[] = []
  for (let before: string | null | undefined; before !== null; ) {
    const page = chain(events, before === undefined ? {} : { before })
    links.push(...page.chain)
    before = page.next
  }
  return links
}

const quoted = (id: string, at = NOON, preview = false) => {
  const made = decided(decision(id), at, preview)
  return { ...made, body: { ...made.body, quote: QUOTE } } as AcceptedEvent
}
const redeemed = (decisionId: string, transactionId: string, at: number) => event({ kind: 'quote_redeemed', decisionId, transactionId }, at)

describe('the chain of a customer', () => {
  it('is price, exposure, quote, purchase, refund and what is left, in one link', () => {
    const events = [
      quoted('d1'),
      redeemed('d1', 't1', NOON + MINUTE),
      purchase({ decisionId: 'd1', amountMinor: 49_900 }, NOON + MINUTE),
      reversal({ amountMinor: 4_900 }, NOON + HOUR),
    ]
    expect(chain(events).chain).toEqual([
      {
        id: 'decision:d1',
        at: NOON,
        decision: expect.objectContaining({ decisionId: 'd1', price: 499, listPrice: 499, reason: 'test', propensity: 0.5 }),
        exposure: { status: 'served', at: NOON },
        quote: { issuedAt: NOON, expiresAt: QUOTE.expiresAt, status: 'redeemed', redeemedAt: NOON + MINUTE, transactionId: 't1' },
        purchase: expect.objectContaining({ transactionId: 't1', kind: 'order', amount: 499, currency: 'USD' }),
        reversals: [{ kind: 'refund', at: NOON + HOUR, bookedDay: expect.any(String), change: -49, won: null }],
        net: 450,
      },
    ])
  })

  it.each([
    { name: 'shown on a listing alone', more: [], preview: true, exposure: 'preview', quote: 'open' },
    { name: 'viewed after the listing', more: ['decision_viewed'], preview: true, exposure: 'viewed', quote: 'open' },
    { name: 'never served', more: ['decision_voided'], preview: false, exposure: 'voided', quote: 'withdrawn' },
  ] as const)('tells a price that was $name', ({ more, preview, exposure, quote }) => {
    const events = [quoted('d1', NOON, preview), ...more.map((kind) => event({ kind, decisionId: 'd1' }, NOON + MINUTE))]
    expect(chain(events).chain).toMatchObject([{ exposure: { status: exposure }, quote: { status: quote }, purchase: null, net: null }])
  })

  it('lets a quote expire with the clock, and a redeemed one stay redeemed', () => {
    expect(chain([quoted('d1')], { now: QUOTE.expiresAt }).chain[0]?.quote?.status).toBe('expired')
    expect(chain([quoted('d1'), redeemed('d1', 't1', NOON)], { now: QUOTE.expiresAt }).chain[0]?.quote?.status).toBe('redeemed')
  })

  it('lists renewals and purchases without a decision, and says which is which', () => {
    const month = NOON - 40 * 24 * HOUR
    const events = [
      subscription({}, month),
      purchase({ transactionId: 'first', subscriptionId: 's1' }, month),
      purchase({ transactionId: 'second', subscriptionId: 's1' }, NOON),
      purchase({ transactionId: 'single' }, NOON + MINUTE),
    ]
    expect(chain(events).chain.map(({ purchase: paid }) => [paid?.transactionId, paid?.kind])).toEqual([
      ['single', 'order'],
      ['second', 'renewal'],
      ['first', 'subscription'],
    ])
  })

  it('shows what a dispute took, and what winning it gave back', () => {
    const dispute = (kind: 'dispute_opened' | 'dispute_closed', won: boolean, at: number) =>
      reversal({ kind, amountMinor: 10_000, won }, at)
    const opened = [purchase(), dispute('dispute_opened', false, NOON + HOUR)]
    expect(chain(opened).chain[0]).toMatchObject({ net: 0, reversals: [{ change: -100 }] })
    expect(chain([...opened, dispute('dispute_closed', true, NOON + 2 * HOUR)]).chain[0]).toMatchObject({
      net: 100,
      reversals: [{ change: -100 }, { change: 100, won: true }],
    })
    expect(chain([...opened, dispute('dispute_closed', false, NOON + 2 * HOUR)]).chain[0]).toMatchObject({
      net: 0,
      reversals: [{ change: -100 }, { change: 0, won: false }],
    })
  })

  it('keeps a refund apart whose purchase is not known', () => {
    const { chain: links, summary } = chain([reversal()])
    expect(links).toEqual([])
    expect(summary.waiting).toEqual([{ kind: 'refund', transactionId: 't1', amount: 40, currency: 'USD', at: NOON + HOUR }])
  })

  it('tells nobody what the customer was called as a visitor', () => {
    expect(JSON.stringify(chain([quoted('d1'), purchase()]))).not.toContain(identity.subject)
  })

  const logs = sentEvents(NOON, { system: true, imports: true }).map((sent) =>
    sent.map(accepted).map((each, index): AcceptedEvent => {
      const { body } = each
      return body.kind === 'purchase'
        ? { ...each, body: { ...body, decisionId: [null, 'd1', 'd2', 'unknown'][index % 4] as string | null } }
        : each
    }),
  )

  it('has every purchase that counts once, and adds up to the sums of the customer', () => {
    fc.assert(
      fc.property(logs, (events) => {
        const { purchases, orders } = refold([...events].sort(compareEvents)).facts
        const links = whole(events)
        const paid = links.flatMap(({ purchase: each }) => (each ? [each.transactionId] : []))
        expect([...paid].sort()).toEqual(Object.keys(purchases).sort())
        expect(orders).toBe(paid.length)
        const netMinor = new Map<string, number>()
        const minor = (amount: number, currency: string) => Math.round(amount / toMajor(1, currency))
        for (const { purchase: each, net, reversals } of links) {
          if (!each || net === null) continue
          const { currency } = each
          const changes = reversals.reduce((sum, { change }) => sum + minor(change, currency), 0)
          expect(minor(each.amount, currency) + changes).toBe(minor(net, currency))
          netMinor.set(currency, (netMinor.get(currency) ?? 0) + minor(net, currency))
        }
        for (const { currency, gross, refunded, disputed, net } of chain(events).summary.money) {
          expect(minor(net, currency)).toBe(netMinor.get(currency) ?? 0)
          expect(minor(gross, currency) - minor(refunded, currency) - minor(disputed, currency)).toBe(minor(net, currency))
        }
      }),
    )
  })

  it('comes in pages of any size, newest first, each link once', () => {
    fc.assert(
      fc.property(logs, fc.integer({ min: 1, max: 7 }), (events, limit) => {
        const all = chain(events).chain
        const paged: ChainLink[] = []
        for (let before: string | null | undefined; before !== null; ) {
          const page = chain(events, { limit, ...(before === undefined ? {} : { before }) })
          expect(page.chain.length).toBeLessThanOrEqual(limit)
          paged.push(...page.chain)
          before = page.next
        }
        expect(paged).toEqual(all)
        expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
        expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((a, b) => b - a))
      }),
    )
  })
})
