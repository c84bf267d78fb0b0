import { describe, expect, it } from 'vitest'
import { type CustomerFacts, guardFacts } from '../../../worker/domain/customer/facts.ts'
import { noEffects, step } from '../../../worker/domain/customer/fold.ts'
import { partsOf } from '../../../worker/domain/customer/moments.ts'
import { pricingFactsOf } from '../../../worker/domain/customer/pricing-facts.ts'
import type { TestAssignment } from '../../../worker/domain/pricing/types.ts'
import {
  DAY,
  DAY_MS,
  decided,
  decision,
  event,
  fold,
  HOUR,
  MINUTE,
  NOON,
  payment,
  purchase,
  reversal,
  subscription,
  sums,
  testDecision,
} from './log.ts'

const SCOPE = 'test_1@1:2027-03-01'
const viewed = (decisionId: string, at: number) => event({ kind: 'decision_viewed', decisionId }, at, { origin: 'system' })
const voided = (decisionId: string, at: number) => event({ kind: 'decision_voided', decisionId }, at, { origin: 'system' })
const redeemed = (decisionId: string, at: number) =>
  event({ kind: 'quote_redeemed', decisionId, transactionId: 't1' }, at, { origin: 'system' })

/** n, Σy, Σy² and the number of rewarded, of one arm on one day. */
const moments = (folded: ReturnType<typeof fold>, arm = 'a', day = DAY) => {
  const of = (metric: string) => sums(folded, metric)[`${SCOPE}|${day}|arm|${arm}`] ?? 0
  const parts = ['high', 'middle', 'low'].map((part) => BigInt(of(`test_reward_squares_${part}`)))
  const squares = parts.reduce((sum, part) => sum * 100_000_000n + part, 0n)
  return [of('test_exposed'), of('test_reward_sum'), squares, of('test_rewarded')]
}

describe('the exposure to a price test', () => {
  it('is the decision, once, and earns the net revenue of fourteen days', () => {
    const folded = fold(
      decided(decision('d1')),
      decided(decision('d2'), NOON + HOUR),
      purchase({}, NOON + DAY_MS),
      purchase({ transactionId: 't2' }, NOON + 15 * DAY_MS),
    )
    expect(moments(folded)).toEqual([1, 10_000, 100_000_000n, 1])
  })

  it('loses what is refunded', () => {
    const folded = fold(decided(decision('d1')), purchase({}, NOON + 1), reversal({}, NOON + 30 * DAY_MS))
    expect(moments(folded)).toEqual([1, 6_000, 36_000_000n, 1])
  })

  it('earns nothing from before it, nor does a later refund of that cost it anything', () => {
    const folded = fold(purchase({}, NOON - 1), decided(decision('d1')), reversal({}, NOON + HOUR))
    expect(moments(folded)).toEqual([1, 0, 0n, 0])
  })

  it('earns nothing in another currency', () => {
    expect(moments(fold(decided(decision('d1')), purchase({ currency: 'EUR' }, NOON + 1)))).toEqual([1, 0, 0n, 0])
  })

  it('on a listing begins when the product is viewed', () => {
    expect(moments(fold(decided(decision('d1'), NOON, true)))).toEqual([0, 0, 0n, 0])
    const folded = fold(decided(decision('d1'), NOON, true), viewed('d1', NOON + DAY_MS - HOUR))
    expect(moments(folded, 'a', '2027-03-11')).toEqual([1, 0, 0n, 0])
  })

  it('never happened where the caller had fallen back', () => {
    const folded = fold(decided(decision('d1')), purchase({}, NOON + 1), voided('d1', NOON + 2))
    expect(moments(folded)).toEqual([0, 0, 0n, 0])
    expect(sums(folded, 'decisions')).toEqual({ [`|${DAY}|reason|test`]: 1, [`|${DAY}|reason|voided`]: 1 })
    expect(pricingFactsOf(folded.facts, 'v', null).arms).toEqual({})
  })

  it('begins with the next served decision where the first was voided', () => {
    const folded = fold(
      decided(decision('d1')),
      purchase({}, NOON + MINUTE),
      decided(decision('d2'), NOON + HOUR),
      purchase({ transactionId: 't2', amountMinor: 300 }, NOON + 2 * HOUR),
      voided('d1', NOON + 3 * HOUR),
    )
    expect(moments(folded)).toEqual([1, 300, 90_000n, 1])
  })

  it('stays where the quote was redeemed before the void came', () => {
    expect(moments(fold(decided(decision('d1')), redeemed('d1', NOON + 1), voided('d1', NOON + 2)))).toEqual([1, 0, 0n, 0])
  })

  it('of two arms leaves the analysis, and returns when one of them was never served', () => {
    const both = [decided(decision('d1', 'a')), decided(decision('d2', 'b'), NOON + 1)]
    const folded = fold(...both)
    expect(moments(folded)).toEqual([0, 0, 0n, 0])
    expect(sums(folded, 'test_excluded')).toEqual({ [`${SCOPE}|${DAY}||`]: 1 })
    expect(moments(fold(...both, voided('d2', NOON + 2)))).toEqual([1, 0, 0n, 0])
    expect(moments(fold(...both, voided('d1', NOON + 2)), 'b')).toEqual([1, 0, 0n, 0])
  })

  it('of two arms stays out when the other is too old to be remembered', () => {
    const folded = fold(
      decided(decision('d1', 'a')),
      decided(decision('d2', 'b'), NOON + 1),
      decided(decision('d3', 'a'), NOON + 3 * DAY_MS),
      decided(decision('d4', 'a'), NOON + 6 * DAY_MS),
    )
    expect(folded.facts.exposures['test_1@1']?.served.map(({ id }) => id)).toEqual(['d1', 'd4'])
    expect(sums(folded, 'test_excluded')).toEqual({ [`${SCOPE}|${DAY}||`]: 1 })
  })

  it('to a price that guardrails had clamped leaves the analysis', () => {
    const clamped = decision('d1')
    const folded = fold(decided({ ...clamped, test: { ...(clamped.test as NonNullable<typeof clamped.test>), clamped: true } }))
    expect(sums(folded, 'test_excluded')).toEqual({ [`${SCOPE}|${DAY}||`]: 1 })
  })
})

describe('the terms of a test', () => {
  it('say how long purchases count', () => {
    const folded = fold(
      decided(testDecision('d1', 'a', { conversionWindowMs: 2 * DAY_MS })),
      purchase({}, NOON + 2 * DAY_MS),
      purchase({ transactionId: 't2' }, NOON + 2 * DAY_MS + 1),
    )
    expect(moments(folded)[1]).toBe(10_000)
  })

  it('take from a margin what the units of the tested product cost, unless the whole purchase went back', () => {
    const margin = decided(testDecision('d1', 'a', { unitCostMinor: 1_500 }))
    const bought = purchase({ quantity: 3 }, NOON + 1)
    const other = purchase({ transactionId: 't2', productId: 'other', amountMinor: 700 }, NOON + 2)
    const sold = fold(margin, bought, other)
    expect(moments(sold).slice(0, 3)).toEqual([1, 6_200, 38_440_000n])
    expect(sums(sold, 'test_revenue')).toEqual({ [`${SCOPE}|${DAY}|arm|a`]: 10_700 })
    expect(moments(fold(margin, bought, reversal({}, NOON + HOUR)))[1]).toBe(10_000 - 4_000 - 4_500)
    expect(moments(fold(margin, bought, reversal({ amountMinor: 10_000 }, NOON + HOUR)))[1]).toBe(0)
    const disputed = fold(margin, bought, reversal({ kind: 'dispute_opened', amountMinor: 10_000 }, NOON + HOUR))
    expect(moments(disputed)).toEqual([1, -4_500, 20_250_000n, 0])
  })

  it('tell the moments once more by segment', () => {
    const folded = fold(
      decided(testDecision('d1', 'a', { segment: 'mobile' })),
      decided(testDecision('d2', 'a', { segment: 'desktop' }), NOON + 1),
      purchase({}, NOON + 2),
    )
    const key = `${SCOPE}|${DAY}|segment|mobile|a`
    for (const [metric, value] of Object.entries({ test_exposed: 1, test_reward_sum: 10_000, test_buyers: 1 }))
      expect(sums(folded, metric)).toEqual({ [`${SCOPE}|${DAY}|arm|a`]: value, [key]: value })
  })

  it('are not asked of a decision from before there were any, nor is anything more counted of it', () => {
    const { segment: _1, conversionWindowMs: _2, unitCostMinor: _3, block: _4, ...old } = decision('d1').test as TestAssignment
    const folded = fold(
      decided({ ...decision('d1'), test: old as TestAssignment }),
      purchase({}, NOON + 13 * DAY_MS),
      payment('failed', NOON + 2),
    )
    expect(moments(folded)).toEqual([1, 10_000, 100_000_000n, 1])
    expect([...folded.effects.contributions.keys()].filter((key) => /^test_(buyers|payers|payment)/.test(key))).toEqual([])
  })

  it('are not asked of facts that were stored before there were any', () => {
    const before = fold(decided(decision('d1'))).facts as Partial<CustomerFacts>
    for (const name of ['previewed', 'blocks', 'attempts'] as const) delete before[name]
    const facts = guardFacts(JSON.parse(JSON.stringify(before)) as CustomerFacts)
    const effects = noEffects()
    for (const later of [purchase({}, NOON + 1), payment('failed', NOON + 2), decided(decision('d2'), NOON + 3, true)])
      step(facts, later, effects)
    expect(facts).toMatchObject({ attempts: [[NOON + 2, 1]], blocks: {}, exposures: { 'test_1@1': { rewards: { t1: 10_000 } } } })
  })
})

describe('what tells of harm', () => {
  const exposed = decided(decision('d1'))
  const of = (...events: Parameters<typeof fold>) =>
    ['buyers', 'refunded', 'disputed', 'payers', 'payment_failed'].map(
      (name) => sums(fold(exposed, ...events), `test_${name}`)[`${SCOPE}|${DAY}|arm|a`] ?? 0,
    )

  it('is a person with a refund or a dispute, however many of them', () => {
    const bought = [purchase({}, NOON + 1), purchase({ transactionId: 't2' }, NOON + 2)]
    expect(of(...bought)).toEqual([1, 0, 0, 1, 0])
    expect(of(...bought, reversal({ amountMinor: 1 }), reversal({ transactionId: 't2' }))).toEqual([1, 1, 0, 1, 0])
    const opened = reversal({ kind: 'dispute_opened' })
    expect(of(...bought, opened)).toEqual([1, 0, 1, 1, 0])
    expect(of(...bought, opened, reversal({ kind: 'dispute_closed', won: true }, NOON + 2 * HOUR))).toEqual([1, 0, 0, 1, 0])
  })

  it('is a person who tried to pay in the window and failed, whether or not it worked in the end', () => {
    expect(of(payment('failed', NOON + 1))).toEqual([0, 0, 0, 1, 1])
    expect(of(payment('failed', NOON + 1), payment('succeeded', NOON + 2), purchase({}, NOON + 3))).toEqual([1, 0, 0, 1, 1])
    expect(of(payment('action_required', NOON + 1))).toEqual([0, 0, 0, 1, 0])
    expect(of(payment('failed', NOON - 1), payment('failed', NOON + 15 * DAY_MS))).toEqual([0, 0, 0, 0, 0])
  })

  it('is withdrawn where the price was never served, and moves with the first decision', () => {
    const failed = payment('failed', NOON + MINUTE)
    expect(of(failed, voided('d1', NOON + HOUR))).toEqual([0, 0, 0, 0, 0])
    const second = decided(decision('d2'), NOON + 2)
    expect(of(failed, second, voided('d1', NOON + HOUR))).toEqual([0, 0, 0, 1, 1])
    expect(of(payment('failed', NOON + 1), second, voided('d1', NOON + HOUR))).toEqual([0, 0, 0, 0, 0])
  })
})

describe('an arm that a listing was first to show', () => {
  const listed = decided(testDecision('d1', 'a', { epoch: '2027-03-09', propensity: 0.3 }), NOON, true)
  const armsOf = (...events: Parameters<typeof fold>) => pricingFactsOf(fold(...events).facts, 'v', null).arms.test_1

  it('is kept as if a page had shown it, with the propensity it was drawn with', () => {
    const kept = { arm: 'a', version: 1, propensity: 0.3, epoch: '2027-03-09', segment: null }
    expect(armsOf(listed)).toEqual(kept)
    const weeks = [1, 8, 15].map((days) => decided(decision(`l${days}`, 'b'), NOON + days * DAY_MS, true))
    expect(armsOf(listed, ...weeks)).toEqual(kept)
  })

  it('gives way to one that a page has shown', () => {
    expect(armsOf(listed, decided(decision('d2', 'b'), NOON + 1))).toMatchObject({ arm: 'b' })
  })

  it('is that of the next listing where it was never served', () => {
    expect(armsOf(listed, voided('d1', NOON + 1))).toBeUndefined()
    expect(armsOf(listed, decided(decision('d2', 'b'), NOON + 1, true), voided('d1', NOON + 2))).toMatchObject({ arm: 'b' })
  })
})

describe('conflicting holdout status', () => {
  const heldOut = { ...decision('d2', null), reason: 'holdout' as const }
  it('takes a person out of the analysis, whichever came first', () => {
    for (const events of [
      [decided(decision('d1')), decided(heldOut, NOON + MINUTE)],
      [decided(heldOut), decided(decision('d1'), NOON + MINUTE)],
    ]) {
      const folded = fold(...events)
      expect(sums(folded, 'test_excluded')).toEqual({ [`${SCOPE}|${DAY}||`]: 1 })
      expect(sums(folded, 'test_exposed')).toEqual({})
    }
  })
})

describe('the sum of squares', () => {
  it('stays exact beyond 2^53, as of a hundred customers of $100,000.01', () => {
    const amountMinor = 10_000_001
    const total = Array.from({ length: 100 }, () => fold(decided(decision('d1')), purchase({ amountMinor }, NOON + 1))).reduce(
      (sum, folded) => sum + (moments(folded)[2] as bigint),
      0n,
    )
    expect(total).toBe(100n * 10_000_001n ** 2n)
    expect(total > BigInt(Number.MAX_SAFE_INTEGER)).toBe(true)
  })

  it('is cut into parts that are each a small integer', () => {
    expect(partsOf(1_000_000_000_000, 1_000_000_000_000)).toEqual({ high: 100_000_000, middle: 0, low: 0 })
    expect(partsOf(123_456, 123_456)).toEqual({ high: 0, middle: 152, low: 41_383_936 })
  })
})

describe('what pricing may know', () => {
  it('names contracts and arms, also of a product called __proto__', () => {
    const folded = fold(subscription({ productId: '__proto__' }), decided(decision('d1')))
    const facts = pricingFactsOf(folded.facts, 'v', null)
    expect(Object.keys(facts.contracts)).toEqual(['__proto__'])
    expect(facts.arms).toEqual({ test_1: { arm: 'a', version: 1, propensity: 0.5, epoch: '2027-03-01', segment: null } })
  })

  it('remembers no decision outside of tests, and yet counts that it was voided', () => {
    expect(fold(decided(decision('d', null))).facts.decisions).toEqual({})
    expect(sums(fold(decided(decision('d', null)), voided('d', NOON + 1)), 'decisions')).toEqual({
      [`|${DAY}|reason|list`]: 1,
      [`|${DAY}|reason|voided`]: 1,
    })
  })
})
