import type { AcceptedEvent, ExposureBody } from '../../../worker/domain/customer/event.ts'
import { DEFINITION_DAY, funnelEventId } from '../../../worker/domain/customer/event.ts'
import type { Folded } from '../../../worker/domain/customer/fold.ts'
import { parseRollupKey } from '../../../worker/domain/customer/rollup.ts'
import { referenceOf } from '../../../worker/domain/experiments/metric.ts'
import type { FunnelDefinition, FunnelStep } from '../../../worker/domain/funnel/definition.ts'
import { DAY_MS, event, NOON } from '../customer/log.ts'

export const step = (key: string, over: Partial<FunnelStep> = {}): FunnelStep => ({
  key,
  name: key,
  events: [key],
  condition: null,
  optional: false,
  windowMs: null,
  ...over,
})

export const funnel = (steps: FunnelStep[], over: Partial<FunnelDefinition> = {}): FunnelDefinition => ({
  id: 'f',
  version: 1,
  name: 'F',
  steps,
  order: 'ordered',
  windowMs: 7 * DAY_MS,
  ...over,
})

/** A funnel as it stands in a log. */
export const defined = (definition: FunnelDefinition): AcceptedEvent =>
  event({ kind: 'definition', funnel: definition }, 0, {
    id: funnelEventId(referenceOf(definition)),
    type: 'definition',
    bookedDay: DEFINITION_DAY,
    origin: 'system',
  })

export const shown = (variant: string, at = NOON, over: Partial<ExposureBody> = {}): AcceptedEvent =>
  event({ kind: 'exposure', experiment: 'x', version: 1, variant, propensity: 0.5, currency: 'USD', configVersion: 1, ...over }, at, {
    type: 'experiment_viewed',
  })

/** Sums of a metric of one funnel by `dimension value`, days added up. */
export function counted({ effects }: Folded, scope = 'f@1', metric = 'funnel'): Record<string, number> {
  const sums: Record<string, number> = {}
  for (const [key, sum] of effects.contributions) {
    const name = parseRollupKey(key)
    if (name.metric !== metric || name.scope !== scope) continue
    const label = metric === 'funnel' ? name.value : `${name.dimension} ${name.value}`.trim()
    sums[label] = (sums[label] ?? 0) + sum
  }
  return sums
}
