import { describe, expect, it } from 'vitest'
import { DAY, DAY_MS, event, fold, NOON, purchase, reversal, sums } from './log.ts'

describe('a purchase', () => {
  it('is an order and revenue of its day, by product and by one dimension at a time', () => {
    const folded = fold(purchase())
    expect(sums(folded, 'orders')[`USD|${DAY}||`]).toBe(1)
    expect(sums(folded, 'revenue_gross')).toEqual({
      [`USD|${DAY}||`]: 10_000,
      [`USD|${DAY}|country|US`]: 10_000,
      [`USD|${DAY}|device|desktop`]: 10_000,
      [`USD|${DAY}|source|unknown`]: 10_000,
      [`USD|${DAY}|product|pro`]: 10_000,
    })
    expect(folded.facts.money.USD).toEqual({ grossMinor: 10_000, refundedMinor: 0, disputedMinor: 0 })
  })

  it('counts once, whatever the number of events that tell of it', () => {
    const folded = fold(purchase(), purchase({ amountMinor: 99 }, NOON + 1))
    expect(folded.facts.orders).toBe(1)
    expect(folded.facts.money.USD?.grossMinor).toBe(10_000)
    expect(folded.effects.rows.size).toBe(1)
  })

  it('of a transaction named like a member of every object is just a purchase', () => {
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    const folded = fold(...names.map((transactionId) => purchase({ transactionId })))
    expect(folded.facts.orders).toBe(4)
    expect(Object.keys(folded.facts.purchases).sort()).toEqual(names.sort())
    expect(({} as Record<string, unknown>).amountMinor).toBeUndefined()
  })

  it('that a browser reports is shown apart, once, and is no revenue', () => {
    const reported = () => purchase({}, NOON, { verified: false, origin: 'browser' })
    const folded = fold(reported(), reported())
    expect(sums(folded, 'reported_orders')).toEqual({ [`USD|${DAY}||`]: 1 })
    expect(sums(folded, 'reported_revenue')).toEqual({ [`USD|${DAY}||`]: 10_000 })
    expect(sums(folded, 'revenue_gross')).toEqual({})
    expect(folded.facts.orders).toBe(0)
  })

  it('of which a browser reports thousands is remembered a thousand times at most', () => {
    const reports = Array.from({ length: 1_100 }, (_, index) =>
      purchase({ transactionId: `r${index}` }, NOON + index, { verified: false, origin: 'browser' }),
    )
    const folded = fold(...reports)
    expect(Object.keys(folded.facts.reported)).toHaveLength(1_000)
    expect(sums(folded, 'reported_orders')).toEqual({ [`USD|${DAY}||`]: 1_000 })
  })

  it('is counted in the cohort of the first order’s month, active once a month', () => {
    const folded = fold(
      purchase({ transactionId: 'january' }, Date.parse('2027-01-31T23:00:00Z')),
      purchase({ transactionId: 'march', amountMinor: 500 }),
      purchase({ transactionId: 'march again', amountMinor: 700 }, NOON + DAY_MS),
    )
    expect(sums(folded, 'cohort_size')).toEqual({ 'USD|2027-01|cohort|2027-01': 1 })
    expect(sums(folded, 'cohort_active')).toEqual({ 'USD|2027-01|cohort|2027-01': 1, 'USD|2027-03|cohort|2027-01': 1 })
    expect(sums(folded, 'cohort_revenue')).toEqual({ 'USD|2027-01|cohort|2027-01': 10_000, 'USD|2027-03|cohort|2027-01': 1_200 })
  })
})

describe('a refund', () => {
  it('lowers net revenue on its own day', () => {
    const folded = fold(purchase(), reversal({}, NOON + DAY_MS))
    expect(sums(folded, 'revenue_refunded')).toEqual({ 'USD|2027-03-11||': 4_000, 'USD|2027-03-11|product|pro': 4_000 })
    expect(folded.facts.purchases.t1).toMatchObject({ amountMinor: 10_000, refundedMinor: 4_000 })
  })

  it('never takes more than was captured, together with disputes', () => {
    const folded = fold(
      purchase(),
      reversal({ amountMinor: 7_000 }, NOON + 1),
      reversal({ kind: 'dispute_opened', amountMinor: 7_000 }, NOON + 2),
      reversal({ amountMinor: 7_000 }, NOON + 3),
    )
    expect(folded.facts.money.USD).toEqual({ grossMinor: 10_000, refundedMinor: 7_000, disputedMinor: 3_000 })
  })

  it('that comes before its purchase waits for it and is then booked with it', () => {
    const refund = reversal({}, NOON - DAY_MS)
    expect(sums(fold(refund), 'revenue_refunded')).toEqual({})
    const folded = fold(refund, purchase())
    expect(sums(folded, 'revenue_refunded')[`USD|${DAY}||`]).toBe(4_000)
    expect(folded.facts.parked).toEqual({})
    expect(folded.effects.rows.get(`home:${refund.id}`)).toMatchObject({ eventType: 'refund', amount: 4_000 })
  })

  it('in another currency than its purchase changes nothing', () => {
    expect(fold(purchase(), reversal({ currency: 'EUR' })).facts.money).toEqual({
      USD: { grossMinor: 10_000, refundedMinor: 0, disputedMinor: 0 },
      EUR: undefined,
    })
  })

  it('that a browser reports changes nothing', () => {
    const folded = fold(purchase(), reversal({}, NOON + 1, { verified: false }))
    expect(sums(folded, 'revenue_refunded')).toEqual({})
  })
})

describe('a dispute', () => {
  it('that is won gives back what its opening took, and no more', () => {
    const folded = fold(
      purchase(),
      reversal({ kind: 'dispute_opened', amountMinor: 6_000 }, NOON + 1),
      reversal({ kind: 'dispute_closed', amountMinor: 9_000, won: true }, NOON + DAY_MS),
    )
    expect(sums(folded, 'revenue_disputed')).toMatchObject({ [`USD|${DAY}||`]: 6_000, 'USD|2027-03-11||': -6_000 })
    expect(folded.facts.money.USD?.disputedMinor).toBe(0)
  })

  it('that is lost keeps what its opening took', () => {
    const folded = fold(
      purchase(),
      reversal({ kind: 'dispute_opened', amountMinor: 6_000 }, NOON + 1),
      reversal({ kind: 'dispute_closed', amountMinor: 6_000 }, NOON + 2),
    )
    expect(folded.facts.money.USD?.disputedMinor).toBe(6_000)
  })
})

describe('a payment attempt', () => {
  const attempt = (change: 'failed' | 'succeeded', at: number, invoiceId = 'in_1') =>
    event({ kind: 'payment', change, invoiceId, attempt: 1, amountMinor: null, currency: null, declineCode: null }, at)

  it('that fails begins payment recovery, which ends when the same invoice is paid', () => {
    expect(Object.keys(fold(attempt('failed', NOON)).facts.dunning)).toEqual(['in_1'])
    expect(Object.keys(fold(attempt('failed', NOON), attempt('succeeded', NOON + 1, 'in_2')).facts.dunning)).toEqual(['in_1'])
    const paid = fold(attempt('failed', NOON), attempt('succeeded', NOON + 1))
    expect(paid.facts.dunning).toEqual({})
    expect(sums(paid, 'payments')).toEqual({ [`|${DAY}|result|failed`]: 1, [`|${DAY}|result|succeeded`]: 1 })
  })
})
