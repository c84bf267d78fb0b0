/** An arm's estimate in one segment with the square of its standard error. */
export interface SegmentEstimate {
  readonly value: number
  readonly variance: number
}

export interface PooledEstimate {
  value: number
  /** Of the arm's distance from the segment's level: what arms of one segment are compared by. */
  variance: number
  /** Of the level, which the arms of a segment share. */
  levelVariance: number
}

interface Additive {
  levels: number[]
  effects: number[]
  /** By segment and arm. */
  weights: number[][]
}

const MAXIMUM_ROUNDS = 200
const PRECISION = 1e-9
const HALVINGS = 30

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)
const weightedMeanOf = (values: readonly number[], weights: readonly number[]): number =>
  sumOf(values.map((value, at) => value * (weights[at] as number))) / sumOf(weights)

/** Least squares of level + effect, where `between` is the variance with which an arm differs between segments. */
function fitAdditive(estimates: readonly (readonly SegmentEstimate[])[], between: number): Additive {
  const weights = estimates.map((arms) => arms.map(({ variance }) => 1 / (variance + between)))
  const arms = estimates[0]?.map((_, arm) => arm) ?? []
  let effects = arms.map(() => 0)
  let levels: number[] = []
  for (let round = 0; round < MAXIMUM_ROUNDS; round++) {
    levels = estimates.map((row, segment) =>
      weightedMeanOf(
        row.map(({ value }, arm) => value - (effects[arm] as number)),
        weights[segment] as number[],
      ),
    )
    const raw = arms.map((arm) =>
      weightedMeanOf(
        estimates.map((row, segment) => (row[arm] as SegmentEstimate).value - (levels[segment] as number)),
        weights.map((row) => row[arm] as number),
      ),
    )
    const centre = sumOf(raw) / raw.length
    const before = effects
    effects = raw.map((effect) => effect - centre)
    const size = Math.max(...effects.map(Math.abs))
    if (effects.every((effect, arm) => Math.abs(effect - (before[arm] as number)) <= PRECISION * size)) break
  }
  return { levels, effects, weights }
}

const residual = ({ levels, effects }: Additive, value: number, segment: number, arm: number): number =>
  value - (levels[segment] as number) - (effects[arm] as number)

/** Σ (distance ÷ its expected size)²; as large as its degrees of freedom where `between` is right. */
function misfit(estimates: readonly (readonly SegmentEstimate[])[], between: number): number {
  const fit = fitAdditive(estimates, between)
  return sumOf(
    estimates.flatMap((row, segment) =>
      row.map(({ value, variance }, arm) => residual(fit, value, segment, arm) ** 2 / (variance + between)),
    ),
  )
}

/** How much arms differ between segments beyond chance, squared. Zero: not at all, as far as can be told. */
function varianceBetween(estimates: readonly (readonly SegmentEstimate[])[]): number {
  const arms = estimates[0]?.length ?? 0
  const freedom = (estimates.length - 1) * (arms - 1)
  if (freedom < 1 || misfit(estimates, 0) <= freedom) return 0
  let [low, high] = [0, Math.max(...estimates.flat().map(({ variance }) => variance))]
  while (misfit(estimates, high) > freedom) high *= 2
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2
    if (misfit(estimates, middle) > freedom) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/**
 * Partially pooled estimates: each arm in each segment is drawn towards what the arm does in all segments, the more the
 * less is known of it there and the less arms are seen to differ between segments. Segments keep their own levels:
 * that mobiles buy less is no news of a price.
 *
 * Empirical Bayes on value = level of segment + effect of arm + deviation, deviations normal with a variance found by
 * Paule and Mandel's equation (1982, Journal of Research of the NBS 87:377–385; recommended by Veroniki et al. 2016,
 * Research Synthesis Methods 7:55–79).
 *
 * @param estimates by segment, then arm; every variance positive
 */
export function poolSegments(estimates: readonly (readonly SegmentEstimate[])[]): PooledEstimate[][] {
  const between = varianceBetween(estimates)
  const fit = fitAdditive(estimates, between)
  return estimates.map((row, segment) => {
    const levelVariance = 1 / sumOf(fit.weights[segment] as number[])
    return row.map(({ value, variance }, arm) => {
      const kept = between / (between + variance)
      const effectVariance = 1 / sumOf(fit.weights.map((weights) => weights[arm] as number))
      return {
        value: value - (1 - kept) * residual(fit, value, segment, arm),
        variance: kept * variance + (1 - kept) ** 2 * effectVariance,
        levelVariance: (1 - kept) ** 2 * levelVariance,
      }
    })
  })
}
