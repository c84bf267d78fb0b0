import { compileCondition, type Test } from '../experiments/condition.ts'
import { referenceOf } from '../experiments/metric.ts'
import { DEFAULT_FUNNEL, type FunnelDefinition } from './definition.ts'

/** A funnel made ready for events. Steps go by their place. */
export interface FunnelPlan {
  definition: FunnelDefinition
  /** `id@version`, the scope of its sums. */
  reference: string
  keys: readonly string[]
  /** Steps that an event of this name may reach; a map and no object, as an event may be called `constructor`. */
  stepsOf: ReadonlyMap<string, readonly number[]>
  tests: readonly (Test | null)[]
  /** Of each step those that may stand right before it: the required one, and optional ones in between. */
  before: readonly (readonly number[])[]
  isRequired: readonly boolean[]
  /** The last required step: whoever reaches it is through. */
  last: number
  /** Names that reach required steps: that they go along with getting there says nothing. */
  own: ReadonlySet<string>
  hasWindows: boolean
  hasConditions: boolean
}

const plans = new WeakMap<FunnelDefinition, FunnelPlan>()

/** The plan of a funnel, made once for each value of its definition. */
export function planOf(definition: FunnelDefinition): FunnelPlan {
  let plan = plans.get(definition)
  if (!plan) {
    plan = makePlan(definition)
    plans.set(definition, plan)
  }
  return plan
}

function makePlan(definition: FunnelDefinition): FunnelPlan {
  const { steps } = definition
  const stepsOf = new Map<string, number[]>()
  for (const [at, { events }] of steps.entries()) for (const name of events) stepsOf.set(name, [...(stepsOf.get(name) ?? []), at])
  const isRequired = steps.map(({ optional }) => !optional)
  return {
    definition,
    reference: referenceOf(definition),
    keys: steps.map(({ key }) => key),
    stepsOf,
    tests: steps.map(({ condition }) => condition && compileCondition(condition)),
    before: steps.map((_, at) => placesBefore(isRequired, at)),
    isRequired,
    last: isRequired.lastIndexOf(true),
    own: new Set(steps.filter(({ optional }) => !optional).flatMap(({ events }) => events)),
    hasWindows: steps.some(({ windowMs }) => windowMs !== null),
    hasConditions: steps.some(({ condition }) => condition !== null),
  }
}

function placesBefore(isRequired: readonly boolean[], at: number): number[] {
  const places: number[] = []
  for (let place = at - 1; place >= 0; place--) {
    places.push(place)
    if (isRequired[place]) break
  }
  return places
}

export const DEFAULT_PLAN = planOf(DEFAULT_FUNNEL)
