import type { FunnelDefinitionAnswer, FunnelInput } from '../../contract/funnels.ts'
import { canonicalName } from '../customer/vocabulary.ts'
import { DomainError } from '../error.ts'
import { keyOf } from '../experiments/definition.ts'
import { eventConditionFlaw } from '../experiments/event-condition.ts'
import { referenceOf } from '../experiments/metric.ts'
import { HOUR_MS } from '../time.ts'
import { DEFAULT_FUNNEL, type FunnelDefinition, type FunnelStep } from './definition.ts'

const MAXIMUM_KEY = 48

/** What a funnel is called that does not say so itself. */
export const idOf = ({ id, name }: Pick<FunnelInput, 'id' | 'name'>): string => id ?? keyOf(name).slice(0, MAXIMUM_KEY)

/**
 * The funnel that somebody describes.
 *
 * @throws DomainError reserved_id    the id is that of the funnel every deployment has
 * @throws DomainError duplicate_key  two steps have one key
 * @throws DomainError invalid_field  the first step is optional, fewer than two are required, or a condition is flawed
 */
export function funnelOf(input: FunnelInput, id: string, version: number): FunnelDefinition {
  if (id === DEFAULT_FUNNEL.id)
    throw new DomainError('reserved_id', `${id} is the funnel that every deployment has: choose another id`, 'id')
  const steps = input.steps.map(stepFrom)
  for (const [at, { key }] of steps.entries()) {
    if (steps.findIndex((step) => step.key === key) < at) throw new DomainError('duplicate_key', `${key} stands twice`, `steps.${at}.key`)
  }
  if (steps[0]?.optional) throw new DomainError('invalid_field', 'the first step is where people enter', 'steps.0.optional')
  if (steps.filter(({ optional }) => !optional).length < 2)
    throw new DomainError('invalid_field', 'a funnel needs two steps that are not optional', 'steps')
  return { id, version, name: input.name, steps, order: input.order, windowMs: Math.round(input.windowHours * HOUR_MS) }
}

function stepFrom({ key, name, events, condition, optional, windowHours }: FunnelInput['steps'][number], at: number): FunnelStep {
  const flaw = condition && eventConditionFlaw(condition)
  if (flaw) throw new DomainError('invalid_field', flaw.message, ['steps', at, 'condition', ...flaw.path].join('.'))
  return {
    key: key ?? keyOf(name).slice(0, MAXIMUM_KEY),
    name,
    events: [...new Set(events.map(canonicalName))],
    condition: condition ?? null,
    optional,
    windowMs: windowHours === undefined ? null : Math.round(windowHours * HOUR_MS),
  }
}

/** Whether two definitions count the same under the same name: then one of them is enough. */
export const isSameFunnel = (a: FunnelDefinition, b: FunnelDefinition): boolean =>
  JSON.stringify({ ...a, version: 0 }) === JSON.stringify({ ...b, version: 0 })

/** @see FunnelDefinitionAnswer */
export function funnelAnswerOf(funnel: FunnelDefinition, backfill: FunnelDefinitionAnswer['backfill']): FunnelDefinitionAnswer {
  const { id, version, name, order, windowMs, steps } = funnel
  return {
    funnel: referenceOf(funnel),
    id,
    version,
    name,
    order,
    windowHours: windowMs / HOUR_MS,
    steps: steps.map((step) => ({
      key: step.key,
      name: step.name,
      events: [...step.events],
      condition: step.condition,
      optional: step.optional,
      windowHours: step.windowMs === null ? null : step.windowMs / HOUR_MS,
    })),
    builtIn: id === DEFAULT_FUNNEL.id,
    backfill,
  }
}
