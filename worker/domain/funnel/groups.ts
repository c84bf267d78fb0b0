import type { FunnelAnswer } from '../../contract/funnels.ts'
import type { SegmentDimension } from '../../contract/lists.ts'
import type { FunnelDefinition } from './definition.ts'
import { experimentOf } from './features.ts'
import { byValue, countsOf, type Reached, rest, valuesOf } from './figures.ts'

interface Sums {
  groups: readonly { dimension: string; value: string | null; step: string; sum: number }[]
  names: readonly { dimension: string; value: string; sum: number }[]
}

/** People told apart, largest group first, then those beyond the largest, then those of whom nothing is known. */
export interface Groups {
  /** As they are named in sums. */
  names: string[]
  known: { name: string; value: string; reached: Reached }[]
  other: Reached | null
  unknown: Reached | null
}

/**
 * @param by `variant`: of those who have been shown one of this experiment
 * @param experiment its key, which means its newest version, or one version, as `checkout@2`
 * @param variants its variants in their order, the control first: they come in that, and not by their size
 */
export function groupsBy(
  sums: Sums,
  by: SegmentDimension | 'variant',
  experiment: string | undefined,
  whole: Reached,
  variants: readonly string[] = [],
): Groups {
  const first = whole.keys().next().value
  const largestFirst = <Group extends { name: string; reached: Reached }>(groups: Group[]): Group[] =>
    groups.sort((a, b) => sizeOf(b.reached) - sizeOf(a.reached) || (a.name < b.name ? -1 : 1))
  if (by === 'variant') {
    const place = ({ value }: { value: string }) => (variants.includes(value) ? variants.indexOf(value) : variants.length)
    const known = largestFirst(variantsOf(sums, experiment ?? '')).sort((a, b) => place(a) - place(b))
    return { names: known.map(({ name }) => name), known, other: null, unknown: null }
  }
  const values = valuesOf(sums.groups, by)
  const unknown = rest(whole, values.values())
  const known = largestFirst([...values].flatMap(([name, reached]) => (name === null ? [] : [{ name, value: name, reached }])))
  const isSomeone = first !== undefined && [...unknown.values()].some((sum) => sum > 0)
  return { names: known.map(({ name }) => name), known, other: values.get(null) ?? null, unknown: isSomeone ? unknown : null }
}

/** All steps together rank as the first one does, and need no key. */
const sizeOf = (reached: Reached): number => Math.max(0, ...reached.values())

function variantsOf({ names }: Sums, experiment: string): Groups['known'] {
  const all = [...byValue(names.filter(({ dimension }) => dimension === 'variant'))]
  const versions = all.map(([name]) => experimentOf(name)).filter((each) => each === experiment || each.startsWith(`${experiment}@`))
  const newest = versions.sort((a, b) => versionOf(b) - versionOf(a))[0]
  return all
    .filter(([name]) => experimentOf(name) === newest)
    .map(([name, reached]) => ({ name, value: name.slice(name.indexOf('|') + 1), reached }))
}

const versionOf = (experiment: string): number => Number(experiment.slice(experiment.lastIndexOf('@') + 1))

/** @param revenues by the names of `groups`, null being the others; minor units */
export function groupAnswers(
  funnel: FunnelDefinition,
  { known, other, unknown }: Groups,
  revenues: readonly { dimension: string; value: string | null; sum: number }[],
  wholeMinor: number,
  toMajor: (minor: number) => number,
): FunnelAnswer['groups'] {
  const ofGroups = revenues.filter(({ dimension }) => dimension !== '')
  const minorOf = (name: string | null) => ofGroups.find(({ value }) => value === name)?.sum ?? 0
  const answer = (value: string, reached: Reached, revenueMinor: number) => {
    const steps = countsOf(funnel, reached)
    const entered = steps[0]?.entered ?? 0
    const revenue = toMajor(revenueMinor)
    return { value, steps, revenue, revenuePerEntry: entered === 0 ? null : revenue / entered }
  }
  const knownMinor = ofGroups.reduce((total, { sum }) => total + sum, 0)
  return [
    ...known.map(({ name, value, reached }) => answer(value, reached, minorOf(name))),
    ...(other ? [answer('other', other, minorOf(null))] : []),
    ...(unknown ? [answer('unknown', unknown, wholeMinor - knownMinor)] : []),
  ]
}
