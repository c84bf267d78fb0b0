import { readFunnels } from '../db/funnels.ts'
import { readMetrics } from '../db/metrics.ts'
import { DomainError } from '../domain/error.ts'
import type { MetricDefinition } from '../domain/experiments/metric.ts'
import type { FunnelDefinition } from '../domain/funnel/definition.ts'
import { funnelsInForce } from '../domain/funnel/find.ts'

/** Of all metrics and funnels in force: every customer keeps them among their facts, which are written with every event, and a text of the configuration may have two megabytes. */
const MAXIMUM_BYTES = 512 * 1024

/** @throws DomainError conflict  with this one there would be more than every customer can keep */
export async function checkRoom(db: D1Database, added: MetricDefinition | FunnelDefinition): Promise<void> {
  const [metrics, funnels] = await Promise.all([readMetrics(db), readFunnels(db)])
  const others = [...metrics, ...funnelsInForce(funnels).filter(({ id }) => id !== added.id)]
  if (Buffer.byteLength(JSON.stringify([...others, added])) > MAXIMUM_BYTES)
    throw new DomainError('conflict', `all metrics and funnels together may have ${MAXIMUM_BYTES} bytes: make conditions shorter`)
}
