import { describe, expect, it } from 'vitest'
import { monthlyRecurring } from '../../../worker/domain/customer/recurring.ts'
import { DAY, DAY_MS, event, fold, NOON, subscription, sums } from './log.ts'

const MOVEMENTS = ['mrr_new', 'mrr_expansion', 'mrr_reactivation', 'mrr_contraction', 'mrr_churn'] as const
/** Every movement as `metric|day`: amount. */
const movements = (folded: ReturnType<typeof fold>) =>
  Object.fromEntries(
    MOVEMENTS.flatMap((metric) => Object.entries(sums(folded, metric)).map(([key, value]) => [`${metric}|${key.split('|')[1]}`, value])),
  )
const later = (days: number) => NOON + days * DAY_MS

const changed = (version: number, amountMinor: number, at: number, over = {}) =>
  subscription({ change: 'changed', version, amountMinor, ...over }, at)
const ended = (version: number, at: number, over = {}) => subscription({ change: 'ended', version, ...over }, at)

describe('monthly recurring revenue', () => {
  it('of a $2,000 year is $166.67', () => {
    expect(monthlyRecurring(200_000, 'year')).toBe(16_667)
    const folded = fold(subscription({ amountMinor: 200_000, interval: 'year' }))
    expect(movements(folded)).toEqual({ [`mrr_new|${DAY}`]: 16_667 })
  })

  it('rounds halves to even, and a year of seats as one amount', () => {
    expect(monthlyRecurring(6, 'year')).toBe(0)
    expect(monthlyRecurring(18, 'year')).toBe(2)
    expect(movements(fold(subscription({ amountMinor: 10_000, interval: 'year', quantity: 3 })))).toEqual({ [`mrr_new|${DAY}`]: 2_500 })
  })

  it('moves in five ways, and opening plus movements is closing', () => {
    const folded = fold(
      subscription(),
      changed(2, 9_900, later(1)),
      changed(3, 4_900, later(2)),
      ended(4, later(3)),
      subscription({ change: 'renewed', version: 5, amountMinor: 5_900 }, later(4)),
    )
    expect(movements(folded)).toEqual({
      'mrr_new|2027-03-10': 7_900,
      'mrr_expansion|2027-03-11': 2_000,
      'mrr_contraction|2027-03-12': -5_000,
      'mrr_churn|2027-03-13': -4_900,
      'mrr_reactivation|2027-03-14': 5_900,
    })
    expect(folded.facts.mrr.USD?.balanceMinor).toBe(5_900)
  })

  it('nets what happens on one day into one movement', () => {
    const folded = fold(subscription(), changed(2, 12_900, later(1)), changed(3, 6_900, later(1) + 1))
    expect(movements(folded)).toEqual({ [`mrr_new|${DAY}`]: 7_900, 'mrr_contraction|2027-03-11': -1_000 })
  })

  it('counts a customer who comes, goes and comes on their first day as new', () => {
    const folded = fold(subscription(), ended(2, NOON + 1), subscription({ change: 'renewed', version: 3 }, NOON + 2))
    expect(movements(folded)).toEqual({ [`mrr_new|${DAY}`]: 7_900 })
    expect(sums(folded, 'subscribers_won')).toEqual({ [`USD|${DAY}|how|new`]: 1 })
  })

  it('contracts when one of two subscriptions ends, and expands when one is added', () => {
    const folded = fold(subscription(), subscription({ subscriptionId: 's2', amountMinor: 2_000 }, later(1)), ended(2, later(2)))
    expect(movements(folded)).toEqual({
      [`mrr_new|${DAY}`]: 7_900,
      'mrr_expansion|2027-03-11': 2_000,
      'mrr_contraction|2027-03-12': -7_900,
    })
    expect(sums(folded, 'subscribers_lost')).toEqual({})
  })

  it('follows the provider’s version, not the order of arrival', () => {
    const folded = fold(subscription({ version: 5, amountMinor: 9_900 }), changed(4, 100, later(1)))
    expect(folded.facts.mrr.USD?.balanceMinor).toBe(9_900)
  })

  it('stays while a cancelled subscription runs out, also when it changes meanwhile', () => {
    const cancelled = subscription({ change: 'cancelled', version: 2 }, later(1))
    expect(fold(subscription(), cancelled).facts.mrr.USD?.balanceMinor).toBe(7_900)
    const folded = fold(subscription(), cancelled, changed(3, 8_900, later(2)))
    expect(folded.facts.subscriptions.s1?.status).toBe('cancelled')
  })

  it('moves from one currency to the other where a subscription does', () => {
    const folded = fold(subscription(), changed(2, 7_000, later(1), { currency: 'EUR' }))
    expect(folded.facts.mrr).toMatchObject({ USD: { balanceMinor: 0 }, EUR: { balanceMinor: 7_000 } })
    expect(sums(folded, 'subscribers_lost')).toEqual({ 'USD|2027-03-11|how|voluntary': 1 })
    expect(sums(folded, 'subscribers_won')).toEqual({ [`USD|${DAY}|how|new`]: 1, 'EUR|2027-03-11|how|new': 1 })
  })

  it('takes no word of a browser for it', () => {
    expect(movements(fold(subscription({}, NOON, { verified: false })))).toEqual({})
  })
})

describe('a trial', () => {
  const trial = (change: 'started' | 'ended', at: number) => event({ kind: 'trial', change, subscriptionId: 's1' }, at)

  it('is worth nothing until it converts, told before or after its subscription', () => {
    const before = [trial('started', NOON - 1), subscription()]
    const after = [subscription(), trial('started', NOON + 1)]
    for (const events of [before, after]) {
      expect(movements(fold(...events))).toEqual({})
      expect(movements(fold(...events, trial('ended', later(14))))).toEqual({ 'mrr_new|2027-03-24': 7_900 })
    }
  })

  it('that ends with its subscription is no churn', () => {
    const folded = fold(trial('started', NOON - 1), subscription(), ended(2, later(3)))
    expect(movements(folded)).toEqual({})
    expect(sums(folded, 'subscribers_lost')).toEqual({})
  })
})

describe('a lost subscriber', () => {
  const two = [subscription(), subscription({ subscriptionId: 's2' })]

  it('left for the reason of the subscription that ended last, in whatever order they began', () => {
    const folded = fold(
      ...two,
      ended(2, later(1), { subscriptionId: 's2', churnReason: 'voluntary' }),
      ended(2, later(2), { churnReason: 'payment_failure' }),
    )
    expect(sums(folded, 'subscribers_lost')).toEqual({ 'USD|2027-03-12|how|payment_failure': 1 })
  })

  it('left by their own will where nobody says otherwise', () => {
    expect(sums(fold(subscription(), ended(2, later(1))), 'subscribers_lost')).toEqual({ 'USD|2027-03-11|how|voluntary': 1 })
  })

  it('who returns is won again, as reactivated', () => {
    const folded = fold(subscription(), ended(2, later(1)), subscription({ change: 'renewed', version: 3 }, later(5)))
    expect(sums(folded, 'subscribers_won')).toEqual({ [`USD|${DAY}|how|new`]: 1, 'USD|2027-03-15|how|reactivated': 1 })
  })
})
