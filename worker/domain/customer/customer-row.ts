import type { CustomerFacts } from './facts.ts'
import type { Identity } from './identity.ts'
import type { CustomerRow } from './projection.ts'

/** An identified customer's row of D1: time-free facts, money in minor units by currency. */
export function customerRowOf({ identity, facts }: { identity: Identity; facts: CustomerFacts }): CustomerRow {
  const money: CustomerRow['money'] = {}
  for (const [currency, totals] of Object.entries(facts.money)) {
    money[currency] = {
      grossMinor: totals.grossMinor,
      netMinor: totals.grossMinor - totals.refundedMinor - totals.disputedMinor,
      mrrMinor: facts.mrr[currency]?.balanceMinor ?? 0,
    }
  }
  for (const [currency, { balanceMinor }] of Object.entries(facts.mrr))
    money[currency] ??= { grossMinor: 0, netMinor: 0, mrrMinor: balanceMinor }
  return {
    subject: identity.subject,
    firstSeenAt: facts.firstSeenAt ?? identity.bornAt,
    lastSeenAt: facts.lastSeenAt ?? identity.bornAt,
    orders: facts.orders,
    money,
  }
}
