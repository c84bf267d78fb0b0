import type { SampleSizeAnswer, SampleSizeInput } from '../../../contract/experiment-planning.ts'
import { groupSequentialBoundaries, type Look } from '../inference/group-sequential.ts'
import type { PlannedMetric } from '../inference/power.ts'
import { formulaOf, minimumDetectableEffect, type PlannedWatching, power, type SampleTerms, sampleSize } from '../inference/sample-size.ts'

type Planned = SampleSizeAnswer['sampleSize']

/** Shares of the information of looks that are told by their number. */
export const fractionsOf = (looks: number | readonly number[]): readonly number[] =>
  typeof looks === 'number' ? Array.from({ length: looks }, (_, at) => (at + 1) / looks) : looks

/**
 * Between the words of the calculator and the domain: from an effect the people, from people the effect, from both the
 * power.
 *
 * @throws DomainError invalid_field  as `sampleSize`
 */
export function planSample(input: SampleSizeInput): Planned {
  const terms = termsOf(input)
  const { mde, total, power: wanted } = input
  const plain = { perArm: null, exactPerArm: null, days: null, looks: null, reason: null, formula: formulaOf(terms) }
  if (mde !== undefined && total !== undefined) return { ...plain, ...peopleOf(input, total), mde, power: power(terms, mde, total) }
  if (total !== undefined) {
    const found = minimumDetectableEffect(terms, total, { power: wanted, decrease: input.decrease })
    const known = { ...plain, ...peopleOf(input, total) }
    return 'reason' in found ? { ...known, mde: null, power: null, reason: found.reason } : { ...known, mde: found.effect, power: wanted }
  }
  const found = sampleSize(terms, mde as number, wanted)
  if ('reason' in found) return { ...plain, total: null, mde: mde as number, power: wanted, reason: found.reason }
  return {
    ...plain,
    ...peopleOf(input, found.total),
    perArm: found.perArm,
    exactPerArm: found.exact,
    mde: mde as number,
    power: wanted,
  }
}

function termsOf(input: SampleSizeInput): SampleTerms {
  const { metric: kind, baseline, standardDeviation = 0, arms, shares = Array.from({ length: arms }, () => 1), formula } = input
  const { relative, alpha, sides, correction } = input
  const metric: PlannedMetric = kind === 'mean' ? { kind, baseline, standardDeviation } : { kind, baseline }
  return { metric, relative, alpha, sides, shares, correction, watching: watchingOf(input), ...(formula && { formula }) }
}

function watchingOf({ method, tunedFor, looks, spending }: SampleSizeInput): PlannedWatching {
  if (method === 'sequential') return { method, tunedFor }
  return method === 'group_sequential' ? { method, fractions: fractionsOf(looks), spending } : { method }
}

/** What follows of the people in all arms: how long it takes, and when is looked. */
function peopleOf(input: SampleSizeInput, total: number): Pick<Planned, 'total' | 'days' | 'looks'> {
  const { method, looks, spending, peoplePerDay, alpha, sides, correction, arms, shares } = input
  const each = correction === 'bonferroni' ? alpha / ((shares?.length ?? arms) - 1) : alpha
  const planned: Look[] | null =
    method === 'group_sequential' ? groupSequentialBoundaries({ fractions: fractionsOf(looks), alpha: each, spending, sides }) : null
  return {
    total,
    days: peoplePerDay === undefined ? null : Math.ceil(total / peoplePerDay),
    looks: planned?.map((look) => ({ ...look, people: Math.ceil(look.fraction * total) })) ?? null,
  }
}
