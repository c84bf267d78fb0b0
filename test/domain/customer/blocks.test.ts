import { describe, expect, it } from 'vitest'
import { DAY, DAY_MS, decided, decision, event, fold, HOUR, MINUTE, NOON, payment, purchase, reversal, sums, testDecision } from './log.ts'

/** Block 41 ends an hour after NOON, block 42 six hours later. */
const END = NOON + HOUR
const inBlock = (id: string, at = NOON, { window = 41, arm = 'a', preview = false, unitCostMinor = null as number | null } = {}) => {
  const block = { window, place: 'US', endsAt: END + (window - 41) * 6 * HOUR }
  return decided(testDecision(id, arm, { mode: 'switchback', block, unitCostMinor }), at, preview)
}
const voided = (decisionId: string, at: number) => event({ kind: 'decision_voided', decisionId }, at, { origin: 'system' })
const viewed = (decisionId: string, at: number) => event({ kind: 'decision_viewed', decisionId }, at, { origin: 'system' })

const key = (window = 41, arm = 'a') => `test_1@1|${DAY}|block|${window}|US|${arm}`
const blocksOf = (...events: Parameters<typeof fold>) => {
  const folded = fold(...events)
  return [sums(folded, 'block_visitors'), sums(folded, 'block_revenue')]
}

describe('a block of a switchback', () => {
  it('holds a person once, with what they bought in it after its first decision, less refunds whenever they come', () => {
    const events = [
      purchase({ transactionId: 't0' }, NOON - 1),
      inBlock('d1'),
      inBlock('d2', NOON + MINUTE),
      purchase({}, NOON + 2 * MINUTE),
      purchase({ transactionId: 't2' }, END),
    ]
    expect(blocksOf(...events)).toEqual([{ [key()]: 1 }, { [key()]: 10_000 }])
    expect(blocksOf(...events, reversal({}, NOON + 40 * DAY_MS))).toEqual([{ [key()]: 1 }, { [key()]: 6_000 }])
  })

  it('is not the next one, in which the same person counts again', () => {
    const events = [inBlock('d1'), inBlock('d2', END, { window: 42, arm: 'b' }), purchase({}, END + MINUTE)]
    expect(blocksOf(...events)).toEqual([{ [key()]: 1, [key(42, 'b')]: 1 }, { [key(42, 'b')]: 10_000 }])
  })

  it('begins on a listing with the view', () => {
    expect(blocksOf(inBlock('d1', NOON, { preview: true }), purchase({}, NOON + 1))).toEqual([{}, {}])
    const events = [inBlock('d1', NOON, { preview: true }), viewed('d1', NOON + 2), purchase({}, NOON + 3)]
    expect(blocksOf(...events)).toEqual([{ [key()]: 1 }, { [key()]: 10_000 }])
  })

  it('does not hold whoever was never served in it, and begins with the next decision where the first was not', () => {
    const bought = purchase({}, NOON + MINUTE)
    expect(blocksOf(inBlock('d1'), bought, voided('d1', NOON + HOUR))).toEqual([{}, {}])
    expect(blocksOf(inBlock('d1'), bought, inBlock('d2', NOON + 2 * MINUTE), voided('d1', NOON + HOUR))).toEqual([{ [key()]: 1 }, {}])
  })

  it('counts neither a clamped price nor somebody who is held out', () => {
    const clamped = inBlock('d1')
    const body = clamped.body as Extract<typeof clamped.body, { kind: 'decision' }>
    const test = { ...(body.decision.test as NonNullable<typeof body.decision.test>), clamped: true }
    expect(blocksOf({ ...clamped, body: { ...body, decision: { ...body.decision, test } } })).toEqual([{}, {}])
    const heldOut = decided({ ...decision('d0', null), reason: 'holdout' }, NOON - 1)
    expect(blocksOf(heldOut, inBlock('d1'))).toEqual([{}, {}])
  })

  it('tells of the cost where the test counts margin, and of harm by arm', () => {
    const folded = fold(
      inBlock('d1', NOON, { unitCostMinor: 1_500 }),
      purchase({ quantity: 2 }, NOON + 1),
      reversal({}, NOON + 2),
      payment('failed', NOON + 3),
    )
    expect(sums(folded, 'block_revenue')).toEqual({ [key()]: 6_000 })
    expect(sums(folded, 'block_cost')).toEqual({ [key()]: 3_000 })
    for (const metric of ['test_buyers', 'test_refunded', 'test_payers', 'test_payment_failed'])
      expect(sums(folded, metric)).toEqual({ [`test_1@1:2027-03-01|${DAY}|arm|a`]: 1 })
    expect(sums(folded, 'test_exposed')).toEqual({})
  })

  it('is forgotten two days after its end where nothing was bought in it, and stays counted', () => {
    const later = inBlock('d2', NOON + 3 * DAY_MS, { window: 53 })
    const folded = fold(inBlock('d1'), later)
    expect(Object.keys(folded.facts.blocks)).toEqual(['test_1@1|53|US'])
    expect(sums(folded, 'block_visitors')[key()]).toBe(1)
    expect(Object.keys(fold(inBlock('d1'), purchase({}, NOON + 1), later).facts.blocks)).toHaveLength(2)
  })
})
