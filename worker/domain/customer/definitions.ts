import { referenceOf } from '../experiments/metric.ts'
import type { DefinitionBody } from './event.ts'
import type { CustomerFacts } from './facts.ts'

/** From here on a metric or a funnel is counted of this person. */
export function define(facts: CustomerFacts, body: DefinitionBody): void {
  if ('metric' in body) facts.metrics[referenceOf(body.metric)] = body.metric
  else facts.funnels[referenceOf(body.funnel)] = body.funnel
}
