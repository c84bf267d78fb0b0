import { DAY_MS, dayOf, startOfDay } from '../../time.ts'
import type { Cell } from './cells.ts'
import { weekdayOf } from './maturity.ts'

/** Weight of one person of each cell, before it is divided by the chance of the arm. */
export type PeriodWeights = ReadonlyMap<Cell, number>

const groupOf = ({ weekday, segment }: Cell): string => `${weekday} ${segment ?? ''}`

/**
 * Weights of periods, the same for all arms, so that none is credited with the days on which it happened to be shown.
 *
 * Between weekdays (and segments) a period counts as much as its people: what is estimated is an average week. Between
 * the weeks of one weekday a day counts by √(1 ÷ Σ 1/chance): less, the rarer its rarest arm was shown. With traffic
 * alone, the two people who saw an arm on a late day would speak for that whole day; with 1 ÷ Σ 1/chance, the overlap
 * weight, the lucky or unlucky beginning that starved an arm would never be outweighed. The root makes each day add about
 * the same variance to its rarest arm, however rare that was, which is what lets a central limit hold for data
 * collected adaptively.
 *
 * Sources: Li and Li (2019), Propensity score weighting for causal inference with multiple treatments, Annals of Applied
 * Statistics 13:2389–2415 (overlap); Hadad et al. (2021), Confidence intervals for policy evaluation in adaptive
 * experiments, PNAS 118 (stabilised variance). `test/simulation/market.test.ts` compares the three.
 *
 * @param arms      those compared; periods in which one of them was not shown are left out
 * @param exponent  of the overlap: 0 is traffic alone, 1 the overlap weight
 */
export function periodWeights(cells: readonly Cell[], arms: readonly string[], exponent = 0.5): PeriodWeights {
  const shared = cells.filter(({ propensities }) => arms.every((arm) => propensities.has(arm)))
  const lengths = weekdaysOf(shared)
  const weights = new Map<Cell, number>()
  for (const group of Map.groupBy(shared, groupOf).values()) {
    const days = lengths.get((group[0] as Cell).weekday) as number
    const people = group.reduce((sum, { exposed }) => sum + exposed, 0)
    const tilts = group.map((cell) => overlapOf(cell, arms) ** exponent)
    const tilted = group.reduce((sum, { exposed }, at) => sum + exposed * (tilts[at] as number), 0)
    for (const [at, cell] of group.entries()) weights.set(cell, (people / days) * ((tilts[at] as number) / tilted))
  }
  return weights
}

/** How often each weekday came from the first of the days to the last. One without anybody counts too: left out, it would make the others look busier. */
function weekdaysOf(cells: readonly Cell[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>()
  const times = cells.map(({ day }) => startOfDay(day)).sort((one, other) => one - other)
  const [first = 0, last = Number.NEGATIVE_INFINITY] = [times[0], times.at(-1)]
  for (let time = first; time <= last; time += DAY_MS) {
    const weekday = weekdayOf(dayOf(time))
    counts.set(weekday, (counts.get(weekday) ?? 0) + 1)
  }
  return counts
}

const overlapOf = ({ propensities }: Cell, arms: readonly string[]): number =>
  1 / arms.reduce((sum, arm) => sum + 1 / (propensities.get(arm) as number), 0)
