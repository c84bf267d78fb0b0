import { referenceOf } from '../experiments/metric.ts'
import type { Definitions } from '../funnel/definition.ts'
import { type AcceptedEvent, DEFINITION_DAY, type DefinitionBody, funnelEventId, metricEventId } from './event.ts'
import type { CustomerFacts } from './facts.ts'
import { forgetListeners } from './measures.ts'

/** From here on a metric or a funnel is counted of this person. */
export function define(facts: CustomerFacts, body: DefinitionBody): void {
  if ('metric' in body) {
    facts.metrics[referenceOf(body.metric)] = body.metric
    forgetListeners(facts)
  } else facts.funnels[referenceOf(body.funnel)] = body.funnel
}

/** Definitions as a log holds them: the same ones everywhere, so that two logs that become one have each once. */
export const definitionEventsOf = ({ metrics, funnels }: Definitions, home: string): AcceptedEvent[] => [
  ...metrics.map((metric) => definitionEvent(metricEventId(referenceOf(metric)), { kind: 'definition', metric }, home)),
  ...funnels.map((funnel) => definitionEvent(funnelEventId(referenceOf(funnel)), { kind: 'definition', funnel }, home)),
]

const definitionEvent = (id: string, body: DefinitionBody, home: string): AcceptedEvent => ({
  id,
  type: 'definition',
  occurredAt: 0,
  bookedDay: DEFINITION_DAY,
  origin: 'system',
  verified: true,
  home,
  context: { country: null, device: null, source: null, sessionId: null },
  body,
  metadata: {},
})
