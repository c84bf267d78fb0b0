import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AcceptedEvent } from '../../../worker/domain/customer/event.ts'
import { METRIC, METRIC_OF_MOVEMENT } from '../../../worker/domain/customer/metrics.ts'
import { type MovementRow, type RevenueRow, tableOfRow } from '../../../worker/domain/customer/projection.ts'
import { monthlyRecurring } from '../../../worker/domain/customer/recurring.ts'
import { parseRollupKey } from '../../../worker/domain/customer/rollup.ts'
import { addMonths, monthOf } from '../../../worker/domain/time.ts'
import { accepted, sentEvents } from './arbitraries.ts'
import { DAY_MS, fold, NOON, purchase, reversal, subscription, sums } from './log.ts'

type Folded = ReturnType<typeof fold>

const movementRows = ({ effects }: Folded): MovementRow[] =>
  [...effects.rows].flatMap(([id, row]) => (row && tableOfRow(id) === 'mrr_movements' ? [row as MovementRow] : []))

const moneyRows = ({ effects }: Folded, ...types: string[]): RevenueRow[] =>
  [...effects.rows].flatMap(([id, row]) =>
    row && tableOfRow(id) === 'revenue_events' && types.includes((row as RevenueRow).eventType) ? [row as RevenueRow] : [],
  )

const total = (rows: readonly { amount: number }[]): number => rows.reduce((sum, { amount }) => sum + amount, 0)
const sumOf = (folded: Folded, metric: string, currency: string): number => sums(folded, metric)[currency] ?? 0

const CURRENCIES = ['USD', 'EUR', 'JPY'] as const

/** A history of a year and a half: a few subscriptions that begin, change, pause, end and come back. */
const months = fc
  .array(
    fc.record({
      day: fc.integer({ min: 0, max: 540 }),
      subscriptionId: fc.constantFrom('s1', 's2'),
      amountMinor: fc.constantFrom(0, 1_000, 1_000, 2_500, 9_900),
      change: fc.constantFrom('renewed' as const, 'renewed' as const, 'renewed' as const, 'ended' as const),
      interval: fc.constantFrom('month' as const, 'year' as const),
      currency: fc.constantFrom('USD', 'USD', 'USD', 'EUR'),
      suspended: fc.constantFrom(false, false, false, true),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((all) =>
    all
      .sort((a, b) => a.day - b.day)
      .map(({ day, ...body }, version) => subscription({ ...body, version }, NOON - 540 * DAY_MS + day * DAY_MS)),
  )

describe('the ledger', () => {
  it('holds, over ten thousand histories, what the sums hold, and each customer opens a day with what they closed the last one with', () => {
    let moved = 0
    fc.assert(
      fc.property(sentEvents(NOON, { imports: true }), (sent) => {
        const folded = fold(...sent.map(accepted))
        const rows = movementRows(folded)
        moved += rows.length
        for (const currency of CURRENCIES) {
          const own = rows.filter((row) => row.currency === currency).sort((a, b) => (a.day < b.day ? -1 : 1))
          expect(new Set(own.map(({ day }) => day)).size).toBe(own.length)
          let balance = 0
          for (const { opening, amount, closing } of own) {
            expect(opening).toBe(balance)
            expect(opening + amount).toBe(closing)
            balance = closing
          }
          expect(balance).toBe(folded.facts.mrr[currency]?.balanceMinor ?? 0)
          for (const [movement, metric] of Object.entries(METRIC_OF_MOVEMENT)) {
            const booked = Object.entries(sums(folded, metric)).filter(([key]) => key.startsWith(`${currency}|`) && key.endsWith('||'))
            expect(total(own.filter((row) => row.movement === movement))).toBe(booked.reduce((sum, [, value]) => sum + value, 0))
          }
        }
        for (const currency of CURRENCIES) {
          const inCurrency = (...types: string[]) => moneyRows(folded, ...types).filter((row) => row.currency === currency)
          const days = (metric: string) =>
            Object.entries(sums(folded, metric)).reduce(
              (sum, [key, value]) => (key.startsWith(`${currency}|`) && key.endsWith('||') ? sum + value : sum),
              0,
            )
          expect(total(inCurrency('purchase'))).toBe(days(METRIC.gross))
          expect(inCurrency('purchase').length).toBe(days(METRIC.orders))
          expect(total(inCurrency('refund'))).toBe(days(METRIC.refunded))
          expect(total(inCurrency('dispute_opened')) - total(inCurrency('dispute_closed'))).toBe(days(METRIC.disputed))
        }
      }),
      { numRuns: 10_000 },
    )
    expect(moved).toBeGreaterThan(5_000)
  })

  it('tells of every change of a subscription that counted, and of none that came too late', () => {
    const folded = fold(
      subscription({ version: 5, amountMinor: 1_000, quantity: 3 }),
      subscription({ version: 4, change: 'changed' }, NOON + DAY_MS),
      subscription({ version: 6, change: 'ended', churnReason: 'payment_failure' }, NOON + 2 * DAY_MS),
    )
    expect(moneyRows(folded, 'subscription_started', 'subscription_changed', 'subscription_ended')).toMatchObject([
      { eventType: 'subscription_started', amount: 3_000, productId: 'pro_monthly', metadata: { subscriptionId: 's1', quantity: 3 } },
      { eventType: 'subscription_ended', metadata: { churnReason: 'payment_failure' } },
    ])
    expect(movementRows(folded)).toMatchObject([
      { day: '2027-03-10', movement: 'new', opening: 0, amount: 3_000, closing: 3_000, reason: null },
      { day: '2027-03-12', movement: 'churn', opening: 3_000, closing: 0, reason: 'payment_failure' },
    ])
  })

  it('has one row a day, and none where a day closes as it opened', () => {
    const folded = fold(
      subscription(),
      subscription({ version: 2, change: 'changed', amountMinor: 100 }, NOON + 1),
      subscription({ version: 3, change: 'changed', amountMinor: 9_900 }, NOON + DAY_MS),
      subscription({ version: 4, change: 'changed', amountMinor: 100 }, NOON + DAY_MS + 1),
    )
    expect(movementRows(folded)).toMatchObject([{ day: '2027-03-10', amount: 100 }])
  })
})

describe('what is kept of recurring revenue', () => {
  /** MRR at the end of each day on which it changed, straight from the subscriptions as they stood. */
  const balances = (events: readonly AcceptedEvent[], currency: string): [day: string, minor: number][] => {
    const standing = new Map<string, { currency: string; minor: number }>()
    const days = new Map<string, number>()
    for (const { body, bookedDay } of events) {
      if (body.kind !== 'subscription') continue
      const isWorth = body.change !== 'ended' && !body.suspended
      standing.set(body.subscriptionId, {
        currency: body.currency,
        minor: isWorth ? monthlyRecurring(body.amountMinor * body.quantity, body.interval, body.intervalCount) : 0,
      })
      days.set(
        bookedDay,
        [...standing.values()].reduce((sum, each) => (each.currency === currency ? sum + each.minor : sum), 0),
      )
    }
    return [...days]
  }

  it('is of whoever paid at the start of the month, no more than they paid then where it is gross, and nothing of who left and came back', () => {
    let kept = 0
    fc.assert(
      fc.property(months, fc.constantFrom('USD', 'EUR'), (events, currency) => {
        const folded = fold(...events)
        const days = balances(events, currency)
        const balanceBefore = (day: string) => days.findLast(([at]) => at < day)?.[1] ?? 0
        for (let since = monthOf(events[0]?.bookedDay ?? ''), k = 0; k < 18; k++, since = addMonths(since, 1)) {
          const opened = balanceBefore(`${since}-01`)
          for (let span = 1; span <= 12; span++) {
            const end = `${addMonths(since, span)}-01`
            const within = days.filter(([at]) => at >= `${since}-01` && at < end)
            const closed = within.some(([, minor]) => minor === 0) ? 0 : balanceBefore(end)
            const sumFor = (metric: string) =>
              [...folded.effects.contributions].reduce((sum, [key, amount]) => {
                const name = parseRollupKey(key)
                const counts = name.metric === metric && name.scope === currency && name.value === since && `${name.day}-01` < end
                return counts ? sum + amount : sum
              }, 0)
            expect(opened + sumFor(METRIC.mrrKeptNet)).toBe(opened === 0 ? 0 : closed)
            expect(opened + sumFor(METRIC.mrrKeptGross)).toBe(opened === 0 ? 0 : Math.min(opened, closed))
            if (opened > 0) kept++
          }
        }
      }),
      { numRuns: 300 },
    )
    expect(kept).toBeGreaterThan(1_000)
  })
})

describe('money by currency', () => {
  it('has cohorts of its own, from which what is given back is taken', () => {
    const folded = fold(
      purchase({ transactionId: 'a', currency: 'EUR', amountMinor: 500 }, NOON - 40 * DAY_MS),
      purchase({ transactionId: 'b', amountMinor: 10_000 }, NOON),
      reversal({ transactionId: 'b', amountMinor: 4_000 }, NOON + 30 * DAY_MS),
    )
    expect(sums(folded, METRIC.cohortSize)).toEqual({ 'EUR|2027-01|cohort|2027-01': 1, 'USD|2027-03|cohort|2027-03': 1 })
    expect(sums(folded, METRIC.cohortRevenue)).toEqual({
      'EUR|2027-01|cohort|2027-01': 500,
      'USD|2027-03|cohort|2027-03': 10_000,
      'USD|2027-04|cohort|2027-03': -4_000,
    })
    expect(sumOf(folded, METRIC.customersNew, 'USD|2027-03-10||')).toBe(1)
  })

  it('takes of a refund that tells the whole only what is new in it, in whatever order it is told', () => {
    const whole = (amountMinor: number, at: number) => reversal({ amountMinor, cumulative: true }, at)
    const told = [whole(3_000, NOON + 1), whole(3_000, NOON + 2), whole(5_000, NOON + 3), whole(4_000, NOON + 4)]
    const folded = fold(purchase(), ...told)
    expect(folded.facts.money.USD?.refundedMinor).toBe(5_000)
    expect(moneyRows(folded, 'refund').map(({ amount }) => amount)).toEqual([3_000, 0, 2_000, 0])
  })
})

describe('a transaction that several payments paid', () => {
  it('is refunded by what each payment tells of itself', () => {
    const total = (paymentId: string, amountMinor: number, at: number) => reversal({ amountMinor, cumulative: true, paymentId }, at)
    const told = [
      total('ch_1', 3_000, NOON + 1),
      total('ch_2', 5_000, NOON + 2),
      total('ch_1', 4_000, NOON + 3),
      total('ch_2', 5_000, NOON + 4),
    ]
    const folded = fold(purchase(), ...told)
    expect(folded.facts.money.USD?.refundedMinor).toBe(9_000)
    expect(moneyRows(folded, 'refund').map(({ amount }) => amount)).toEqual([3_000, 5_000, 1_000, 0])
  })
})

describe('monthly recurring revenue', () => {
  it.each([
    [12_000, 'year', 1, 1_000],
    [30_000, 'month', 3, 10_000],
    [700, 'week', 1, 3_042],
    [100, 'day', 1, 3_042],
    [24_000, 'year', 2, 1_000],
  ] as const)('of %i a %s × %i is %i', (amountMinor, interval, count, expected) => {
    expect(monthlyRecurring(amountMinor, interval, count)).toBe(expected)
  })
})
