import type { Feature } from './drivers.ts'
import { byValue, put, type Reached, rest, valuesOf } from './figures.ts'

const DIMENSIONS = ['country', 'device', 'source', 'visitor'] as const

interface Sums {
  groups: readonly { dimension: string; value: string | null; step: string; sum: number }[]
  names: readonly { dimension: string; value: string; sum: number }[]
}

/** Everything that people of a funnel are told apart by, with who reached each step. */
export function featuresOf({ groups, names }: Sums, first: string, whole: Reached): Feature[] {
  const of = (dimension: string) => byValue(names.filter((each) => each.dimension === dimension))
  const wentOn = of('event_on')
  return [
    ...DIMENSIONS.flatMap((dimension) => dimensionFeatures(groups, dimension, first, whole)),
    ...variantFeatures(of('variant')),
    ...[...of('event')].map(
      ([value, reached]): Feature => ({ feature: 'event', value, reached, wentOn: wentOn.get(value) ?? new Map(), isOneOfTwo: false }),
    ),
  ]
}

function dimensionFeatures(groups: Sums['groups'], dimension: (typeof DIMENSIONS)[number], first: string, whole: Reached): Feature[] {
  const values = valuesOf(groups, dimension)
  const isWhole = (rest(whole, values.values()).get(first) ?? 0) === 0
  const isOneOfTwo = values.size === 2 && isWhole
  return [...values].flatMap(([value, reached]) => (value === null ? [] : [{ feature: dimension, value, reached, isOneOfTwo }]))
}

/** Each variant beside the others of its experiment and version: who has seen none of them is somebody else. */
function variantFeatures(variants: ReadonlyMap<string, Reached>): Feature[] {
  const experiments = new Map<string, Map<string, number>>()
  const sizes = new Map<string, number>()
  for (const [name, reached] of variants) {
    const experiment = experimentOf(name)
    sizes.set(experiment, (sizes.get(experiment) ?? 0) + 1)
    for (const [step, sum] of reached) put(experiments, experiment, step, sum)
  }
  return [...variants].map(([value, reached]): Feature => {
    const experiment = experimentOf(value)
    const others = rest(experiments.get(experiment) ?? new Map(), [reached])
    return { feature: 'variant', value, reached, others, isOneOfTwo: sizes.get(experiment) === 2 }
  })
}

/** @example experimentOf('checkout@2|b') // => 'checkout@2' */
export const experimentOf = (name: string): string => name.slice(0, name.indexOf('|'))
