import { referenceOf } from '../experiments/metric.ts'
import type { Definitions } from '../funnel/definition.ts'
import { dayOf } from '../time.ts'
import { type AcceptedEvent, DEFINITION_DAY, type DefinitionBody, funnelEventId, metricEventId, retiredEventId } from './event.ts'
import type { CustomerFacts } from './facts.ts'
import { forgetListeners } from './measures.ts'

/** From here on a metric or a funnel is counted of this person, or no longer is. */
export function define(facts: CustomerFacts, body: DefinitionBody): void {
  if ('metric' in body) {
    facts.metrics[referenceOf(body.metric)] = body.metric
    forgetListeners(facts)
  } else if ('funnel' in body) facts.funnels[referenceOf(body.funnel)] = body.funnel
  else {
    delete facts.funnels[body.retired]
    delete facts.journeys[body.retired]
  }
}

/**
 * What a log lacks of the definitions in force, as it would hold them: the same everywhere, so that two logs that become one have
 * each once. Funnels are retired where they still count.
 *
 * @param has which events are in the log
 */
export function missingDefinitions(
  { metrics, funnels, retired = [] }: Definitions,
  facts: Pick<CustomerFacts, 'funnels'>,
  has: (eventIds: readonly string[]) => { has(eventId: string): boolean },
  home: string,
  now: number,
): AcceptedEvent[] {
  const made = [
    ...metrics.map((metric) => definitionEvent(metricEventId(referenceOf(metric)), { kind: 'definition', metric }, home)),
    ...funnels.map((funnel) => definitionEvent(funnelEventId(referenceOf(funnel)), { kind: 'definition', funnel }, home)),
    ...retired
      .filter((reference) => facts.funnels[reference])
      .map((reference) => ({
        ...definitionEvent(retiredEventId(reference), { kind: 'definition', retired: reference }, home),
        occurredAt: now,
        bookedDay: dayOf(now),
      })),
  ]
  const known = has(made.map(({ id }) => id))
  return made.filter(({ id }) => !known.has(id))
}

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
