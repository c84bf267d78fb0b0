import type { ExposureBody } from '../customer/event.ts'
import type { Experiment } from './definition.ts'

/** Names a version of an experiment, as flags answer it. @example experimentIdOf({ key: 'hero', version: 3 }) // => 'hero@3' */
export const experimentIdOf = ({ key, version }: Pick<Experiment, 'key' | 'version'>): string => `${key}@${version}`

/**
 * What a page or a server says somebody saw, if that is a variant of ours; null otherwise: names that we do not know never
 * become keys of sums. Without a version it is the one in force.
 *
 * @param experimentId as in `hero@3`, or `hero`
 */
export function exposureOf(
  find: (key: string) => Experiment | null,
  experimentId: string,
  variantId: string,
  configVersion: number,
): ExposureBody | null {
  const [, key = '', told] = /^([^@]+)(?:@(\d{1,9}))?$/.exec(experimentId) ?? []
  const experiment = find(key)
  const variant = experiment?.variants.find((one) => one.key === variantId)
  // Nobody is drawn into a draft, whoever says so.
  if (!experiment || !variant || experiment.status === 'draft') return null
  const version = told === undefined ? experiment.version : Number(told)
  if (version < 1 || version > experiment.version) return null
  return {
    kind: 'exposure',
    experiment: key,
    version,
    variant: variant.key,
    propensity: version === experiment.version ? variant.weight : null,
    currency: experiment.currency,
    configVersion,
    ...judgedBy(experiment),
  }
}

/** Absent of an experiment without metrics, as those compiled before there were any are. */
function judgedBy({ metrics }: { metrics?: Experiment['metrics'] }): Pick<ExposureBody, 'metrics'> {
  return metrics && metrics.length > 0 ? { metrics: metrics.map(({ metric, cap }) => [metric, cap]) } : {}
}
