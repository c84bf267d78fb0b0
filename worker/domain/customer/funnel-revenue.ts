import type { FunnelAttempt } from '../funnel/attempt.ts'
import type { FunnelPlan } from '../funnel/plan.ts'
import type { CustomerFacts, FunnelEnd, Purchase } from './facts.ts'
import { groupsOf } from './funnel-groups.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** A purchase ended an attempt: what is left of it is revenue of the funnel, by the day of entry. */
export function earn(
  facts: CustomerFacts,
  plan: FunnelPlan,
  attempt: FunnelAttempt,
  transactionId: string,
  contributions: Contributions,
): void {
  if (pastEndsOf(facts, transactionId).some(({ funnel }) => funnel === plan.reference)) return
  const purchase = facts.purchases[transactionId] as Purchase
  const end: FunnelEnd = { funnel: plan.reference, day: attempt.day, at: attempt.at, by: groupsOf(attempt) }
  purchase.ended = [...(purchase.ended ?? []), end]
  addRevenue(end, purchase.currency, purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor, contributions)
}

const pastEndsOf = ({ pastEnds }: CustomerFacts, transactionId: string): FunnelEnd[] =>
  pastEnds?.find(([id]) => id === transactionId)?.[1] ?? []

/** A purchase whose way there is no longer kept still knows which funnels it ended, so that a refund finds them. */
export function recallEnds(facts: CustomerFacts, transactionId: string): void {
  const past = pastEndsOf(facts, transactionId)
  if (past.length === 0) return
  const purchase = facts.purchases[transactionId] as Purchase
  purchase.ended = [...past, ...(purchase.ended ?? [])]
}

/** What must be carried over of behaviour that goes: which funnels purchases have ended. Nothing where none has. */
export function endsOf({ purchases }: CustomerFacts): Pick<CustomerFacts, 'pastEnds'> {
  const pastEnds = Object.entries(purchases).flatMap(([id, { ended }]): [string, FunnelEnd[]][] => (ended ? [[id, ended]] : []))
  return pastEnds.length > 0 ? { pastEnds } : {}
}

/** The same of two people who turn out to be one. */
export function endsTogether(
  { pastEnds: ours = [] }: Pick<CustomerFacts, 'pastEnds'>,
  { pastEnds: theirs = [] }: Pick<CustomerFacts, 'pastEnds'>,
): Pick<CustomerFacts, 'pastEnds'> {
  const pastEnds = [...ours, ...theirs.filter(([id]) => !ours.some(([known]) => known === id))]
  return pastEnds.length > 0 ? { pastEnds } : {}
}

function addRevenue({ funnel, day, by }: FunnelEnd, currency: string, amountMinor: number, contributions: Contributions): void {
  const scope = `${funnel}:${currency}`
  add(contributions, rollupKey(METRIC.funnelRevenue, scope, day), amountMinor)
  for (const [dimension, value] of by) add(contributions, rollupKey(METRIC.funnelRevenue, scope, day, dimension, value), amountMinor)
}

/** Takes back of the funnels that a purchase ended what a reversal took of it; below zero gives it back. */
export function earnLess({ ended, currency }: Purchase, takenMinor: number, contributions: Contributions): void {
  for (const end of ended ?? []) addRevenue(end, currency, -takenMinor, contributions)
}

/** The revenue of an attempt no longer counts under a variant. */
export function disown(
  facts: CustomerFacts,
  plan: FunnelPlan,
  attempt: FunnelAttempt,
  variant: string,
  contributions: Contributions,
): void {
  for (const transactionId in facts.purchases) {
    const purchase = facts.purchases[transactionId] as Purchase
    for (const end of purchase.ended ?? []) {
      if (end.funnel !== plan.reference || end.at !== attempt.at || !end.by.some(([, value]) => value === variant)) continue
      const netMinor = purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor
      const under = end.by.filter(([dimension, value]) => dimension === 'variant' && value === variant)
      const scope = `${end.funnel}:${purchase.currency}`
      for (const [dimension, value] of under)
        add(contributions, rollupKey(METRIC.funnelRevenue, scope, end.day, dimension, value), -netMinor)
      end.by = end.by.filter((group) => !under.includes(group))
    }
  }
}
