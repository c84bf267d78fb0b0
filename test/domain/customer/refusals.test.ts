import { describe, expect, it } from 'vitest'
import { emptyFacts } from '../../../worker/domain/customer/facts.ts'
import { judgeOf } from '../../../worker/domain/customer/refusals.ts'
import { behaviour, DAY, fold, NOON, purchase, reversal } from './log.ts'

const { facts } = fold(purchase())

describe('the judgement over a batch', () => {
  it('knows a transaction that has been paid, and the day it was booked under', () => {
    expect(judgeOf(facts)(purchase())).toEqual({ status: 'duplicate', bookedDay: DAY })
  })

  it('knows a transaction that the same batch pays twice', () => {
    const judge = judgeOf(emptyFacts())
    expect(judge(purchase())).toBeNull()
    expect(judge(purchase())).toMatchObject({ status: 'duplicate' })
    expect(judge(purchase({ amountMinor: 1 }))).toMatchObject({ code: 'idempotency_mismatch', field: 'amount' })
    expect(judge(purchase({ currency: 'EUR' }))).toMatchObject({ code: 'idempotency_mismatch', field: 'currency' })
  })

  it('refuses more than is left of the purchase, over the whole batch', () => {
    const judge = judgeOf(facts)
    expect(judge(reversal({ amountMinor: 6_000 }))).toBeNull()
    expect(judge(reversal({ kind: 'dispute_opened', amountMinor: 4_001 }))).toMatchObject({ code: 'refund_above_capture', field: 'amount' })
    expect(judge(reversal({ kind: 'dispute_opened', amountMinor: 4_000 }))).toBeNull()
    expect(judge(reversal({ amountMinor: 1 }))).toMatchObject({ code: 'refund_above_capture' })
  })

  it('takes of a refund that tells the whole only what is new in it', () => {
    const judge = judgeOf(facts)
    const whole = (amountMinor: number) => judge(reversal({ amountMinor, cumulative: true }))
    expect([whole(6_000), whole(6_000), whole(10_000), whole(9_000)]).toEqual([null, null, null, null])
    expect(whole(10_001)).toMatchObject({ code: 'refund_above_capture' })
  })

  it('keeps whatever a payment provider tells, as what comes before is then a matter of chance', () => {
    const told = { origin: 'provider' as const }
    expect(judgeOf(facts)(reversal({ amountMinor: 10_001 }, NOON, told))).toBeNull()
    expect(judgeOf(facts)(purchase({ amountMinor: 1 }, NOON, told))).toBeNull()
  })

  it('refuses another currency than the purchase had', () => {
    expect(judgeOf(facts)(reversal({ currency: 'EUR' }))).toMatchObject({ code: 'currency_mismatch', field: 'currency' })
  })

  it('lets a refund of an unknown purchase pass: it is parked', () => {
    expect(judgeOf(null)(reversal({ transactionId: 'constructor' }))).toBeNull()
    expect(judgeOf(facts)(reversal({ transactionId: 'toString' }))).toBeNull()
  })

  it('has nothing to say of behaviour, nor of what a browser reports', () => {
    expect(judgeOf(facts)(behaviour('page_view'))).toBeNull()
    expect(judgeOf(facts)(purchase({}, NOON, { verified: false }))).toBeNull()
  })
})
