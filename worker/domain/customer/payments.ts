import { DAY_MS } from '../time.ts'
import { attemptInBlocks } from './blocks.ts'
import type { AcceptedEvent, PaymentBody } from './event.ts'
import { countAttempt } from './exposures.ts'
import type { CustomerFacts } from './facts.ts'
import type { Effects } from './fold.ts'
import { measureFailure } from './measured.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** A metric looks back as long as its window before an exposure, ninety days at most; an exposure is told of at most two days later. */
const ATTEMPTS_KEPT_MS = 92 * DAY_MS

/** Attempts to collect: a failed one puts the customer into payment recovery until the same invoice is paid. */
export function payment(facts: CustomerFacts, event: AcceptedEvent, body: PaymentBody, { contributions }: Effects): void {
  if (!event.verified) return
  add(contributions, rollupKey(METRIC.payments, '', event.bookedDay, 'result', body.change), 1)
  if (body.change === 'succeeded') delete facts.dunning[body.invoiceId]
  else facts.dunning[body.invoiceId] ??= event.occurredAt
  attempt(facts, event.occurredAt, body.change === 'failed', contributions)
}

function attempt(facts: CustomerFacts, occurredAt: number, hasFailed: boolean, contributions: Contributions): void {
  facts.attempts = facts.attempts.filter(([at]) => at >= occurredAt - ATTEMPTS_KEPT_MS)
  facts.attempts.push([occurredAt, hasFailed ? 1 : 0])
  if (hasFailed) measureFailure(facts, occurredAt, contributions)
  countAttempt(facts, occurredAt, hasFailed, contributions)
  attemptInBlocks(facts, occurredAt, hasFailed, contributions)
}
