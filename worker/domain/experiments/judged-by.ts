import type { ExperimentInput } from '../../contract/experiments.ts'
import type { MetricRole } from '../../contract/lists.ts'
import { DomainError } from '../error.ts'
import type { ExperimentMetric } from './definition.ts'
import { type MetricDefinition, referenceOf } from './metric.ts'

/** Finds the newest version of a metric by its id, or one version by its reference; null: there is none. */
export type FindMetric = (reference: string) => MetricDefinition | null

/** In which an experiment counts a metric; null: it is no money. */
export const currencyOf = ({ numerator, currency, kind }: MetricDefinition, ofExperiment: string): string | null =>
  numerator.of === 'net_revenue' && kind !== 'proportion' ? (currency ?? ofExperiment) : null

const ROLES = [
  ['goals', 'goal'],
  ['secondary', 'secondary'],
  ['guardrails', 'guardrail'],
] as const satisfies [keyof ExperimentInput, MetricRole][]

/**
 * What an experiment is judged by, the first goal first: what was asked for, and where nothing was, the defaults that are not
 * there already.
 *
 * @param nextStep  key of the step of the default funnel that comes after the one it is about; null: none that is counted
 * @throws DomainError unknown_metric  at the field, as in `goals.0`
 * @throws DomainError duplicate_key   a metric stands twice, whatever its roles
 */
export function judgedBy(
  input: Pick<ExperimentInput, 'goals' | 'secondary' | 'guardrails'>,
  currency: string,
  nextStep: string | null,
  find: FindMetric,
): ExperimentMetric[] {
  const defaults = {
    goals: ['net_revenue'],
    secondary: ['purchase', ...(nextStep === null ? [] : [`reached_${nextStep}`])],
    guardrails: ['refunded', 'payment_failed'],
  }
  const chosen = new Map<string, ExperimentMetric>()
  const choose = (definition: MetricDefinition, role: MetricRole) => {
    const money = currencyOf(definition, currency)
    const metric = referenceOf(definition)
    chosen.set(metric, { metric, role, cap: definition.cap, ...(money !== null && { currency: money }) })
  }
  for (const [field, role] of ROLES) {
    for (const [at, reference] of (input[field] ?? []).entries()) {
      const definition = find(reference)
      if (!definition) throw new DomainError('unknown_metric', `there is no metric ${reference}`, `${field}.${at}`)
      if (chosen.has(referenceOf(definition)))
        throw new DomainError('duplicate_key', `${reference} stands twice: a metric has one role`, `${field}.${at}`)
      choose(definition, role)
    }
  }
  for (const [field, role] of ROLES) {
    if (input[field] !== undefined) continue
    for (const reference of defaults[field]) {
      const definition = find(reference)
      if (definition && !chosen.has(referenceOf(definition))) choose(definition, role)
    }
  }
  const of = (role: MetricRole) => [...chosen.values()].filter((each) => each.role === role)
  return [...of('goal'), ...of('secondary'), ...of('guardrail')]
}
