import type { AcceptedEvent, PaymentBody } from './event.ts'
import type { CustomerFacts } from './facts.ts'
import type { Effects } from './fold.ts'
import { METRIC } from './metrics.ts'
import { add, rollupKey } from './rollup.ts'

/** Attempts to collect: a failed one puts the customer into payment recovery until the same invoice is paid. */
export function payment(facts: CustomerFacts, event: AcceptedEvent, body: PaymentBody, { contributions }: Effects): void {
  if (!event.verified) return
  add(contributions, rollupKey(METRIC.payments, '', event.bookedDay, 'result', body.change), 1)
  if (body.change === 'succeeded') delete facts.dunning[body.invoiceId]
  else facts.dunning[body.invoiceId] ??= event.occurredAt
}
