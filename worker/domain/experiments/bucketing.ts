import { equalWeights, hashUnder, inRange, type Range, variationRanges } from '../assignment.ts'
import { compileSubject, compileValue } from './subject.ts'
import type { Allocation, FeatureRule, Filter, HashValue, Namespace } from './types.ts'
import type { Visit } from './visit.ts'

/** Whether weights fit: one a variation, none negative, their sum 1 ± 0.01. */
export function areWeights(weights: unknown, count: number): weights is readonly number[] {
  if (!Array.isArray(weights) || weights.length !== count) return false
  if (!weights.every((weight) => Number.isFinite(weight) && weight >= 0)) return false
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return total >= 0.99 && total <= 1.01
}

/**
 * The range of each variation: the given ones, else by weights and coverage. Weights that do not fit count as equal.
 *
 * @example rangesOf(2, { coverage: 0.5, weights: [0.4, 0.6] }) // => [[0, 0.2], [0.4, 0.7]]
 */
export function rangesOf(count: number, { ranges, weights, coverage }: Allocation): readonly Range[] {
  if (ranges) return areRanges(ranges) ? ranges : []
  return variationRanges(areWeights(weights, count) ? weights : equalWeights(count), coverage)
}

const areRanges = (ranges: unknown): ranges is readonly Range[] => Array.isArray(ranges) && ranges.every(Array.isArray)

/** Whether a visit lies in the ranges of every filter. Somebody whose attribute is missing lies in none. */
export function compileFilters(filters: readonly Filter[]): (visit: Visit) => boolean {
  if (!Array.isArray(filters)) return () => false
  const tests = filters.map(compileFilter)
  return ({ attributes }) => tests.every((test) => test(attributes))
}

function compileFilter({ seed, ranges, hashVersion, attribute }: Filter): (attributes: Record<string, unknown>) => boolean {
  const read = compileValue(attribute || undefined)
  const placeOf = hashUnder(seed, hashVersion || 2)
  if (!placeOf || !areRanges(ranges)) return () => false
  return (attributes) => {
    const subject = read(attributes)
    if (subject === '') return false
    const place = placeOf(String(subject))
    return ranges.some((range) => inRange(place, range))
  }
}

/**
 * Whether a subject lies in this part of the namespace.
 *
 * @example compileNamespace(['namespace2', 0, 0.4])('3') // => true
 */
export function compileNamespace([id, start, end]: Namespace): (subject: HashValue) => boolean {
  const placeOf = hashUnder(`__${id}`, 1)
  const range: Range = [start, end]
  return (subject) => placeOf !== null && inRange(placeOf(String(subject)), range)
}

/**
 * Whether a visit is within the share of people that a rule without an experiment is for; null when that is everybody.
 * A coverage takes in its own edge, a range does not.
 */
export function compileRollout(rule: FeatureRule, flag: string): ((visit: Visit) => boolean) | null {
  const { range, coverage } = rule
  if (!range && coverage === undefined) return null
  const placeOf = hashUnder(rule.seed || flag, rule.hashVersion || 1)
  if (!placeOf || (!range && coverage === 0)) return () => false
  const subjectOf = compileSubject(rule)
  return (visit) => {
    const { value } = subjectOf(visit)
    if (value === '') return false
    const place = placeOf(String(value))
    return range ? inRange(place, range) : place <= (coverage as number)
  }
}
