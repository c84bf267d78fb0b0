import { DomainError } from '../error.ts'
import { normalQuantile } from '../statistics/normal-quantile.ts'

/** What was done once, what came of it, and how likely it was to be done: by the policy that ran, and by the one to value. */
export interface LoggedAction {
  action: string
  reward: number
  /** Chance with which the policy that ran chose this action, as it was logged then; null where nobody kept it. */
  propensity: number | null
  /** Chance with which the policy to value would have chosen it. */
  target: number
  /** Chances of all actions under the policy to value at this decision; they sum to 1. Null where unknown. */
  targets: ReadonlyMap<string, number> | null
}

export interface Estimate {
  value: number
  standardError: number
  /** 95 % interval. */
  low: number
  high: number
}

export interface OffPolicyValue {
  decisions: number
  /** What a decision really brought, under the policy that ran. */
  logged: Estimate
  /** Inverse propensity scoring: unbiased, and wide where the policies differ. */
  ips: Estimate
  /** Self-normalised: shifting all rewards shifts it alike; hardly biased, often narrower. */
  selfNormalised: Estimate
  /** What a model of the rewards says, corrected by the weighed errors of the model; null without all chances of the policy. */
  doublyRobust: Estimate | null
  /** What the model says alone. How wrong the model is, no interval can tell: so it has none. */
  directMethod: number | null
  /** How many decisions of the policy itself would say as much. */
  effectiveSampleSize: number
  maximumWeight: number
  /** Near 1 where the propensities are right and the log holds all that the policy would do. */
  meanWeight: number
  /** Share of the policy's choices that were never logged, 0–1; null without all its chances. */
  unsupported: number | null
  warnings: string[]
}

/** Below so many effective decisions an interval by the normal distribution does not hold what it promises. */
export const MINIMUM_EFFECTIVE = 100
/** Decisions with a reward among those the policy would also make. */
export const MINIMUM_REWARDED = 10
/** Observations that an action's mean is shrunk with, at the overall mean. */
const PSEUDO_OBSERVATIONS = 2
const REACH = normalQuantile(0.975)

/** What an action brings, as far as the log tells. */
export type RewardModel = (action: string) => number

/**
 * What a decision would bring under another policy than the one that ran, from the log of the one that ran.
 *
 * Units: those of the rewards. Source: Dudík, Langford & Li (2011), ICML, doubly robust; Swaminathan & Joachims (2015), NIPS,
 * self-normalised; effective sample size (Σw)² ÷ Σw² (Kish 1965).
 *
 * @param model default: each action's mean, shrunk with two pseudo-observations at the overall mean
 * @throws DomainError insufficient_data  no propensity of a decision, or 0; an effective sample size below 100; fewer than ten
 *                                        rewards under the policy
 * @throws DomainError invalid_field      a chance outside 0–1, or a reward that is no number
 * @example offPolicyValue(log).ips // => { value: 0.0030, standardError: 0.00077, low: 0.0015, high: 0.0045 }
 */
export function offPolicyValue(log: readonly LoggedAction[], model: RewardModel = shrunkMeans(log)): OffPolicyValue {
  const weights = log.map(weightOf)
  const sum = weights.reduce((total, weight) => total + weight, 0)
  const effectiveSampleSize = sum > 0 ? sum ** 2 / weights.reduce((total, weight) => total + weight * weight, 0) : 0
  if (!(effectiveSampleSize >= MINIMUM_EFFECTIVE)) {
    throw new DomainError(
      'insufficient_data',
      `the log says as much of this policy as ${Math.floor(effectiveSampleSize)} decisions of its own would; ${MINIMUM_EFFECTIVE} are needed: the policies differ too much, or the log is too short`,
      'rows',
    )
  }
  const rewarded = log.reduce((count, { reward }, at) => count + (reward !== 0 && (weights[at] as number) > 0 ? 1 : 0), 0)
  if (rewarded < MINIMUM_REWARDED) {
    throw new DomainError(
      'insufficient_data',
      `only ${rewarded} decisions that this policy would also make brought anything; ${MINIMUM_REWARDED} are needed`,
      'rows',
    )
  }
  const weighed = log.map(({ reward }, at) => (weights[at] as number) * reward)
  const selfNormalised = weighed.reduce((total, value) => total + value, 0) / sum
  const spread =
    Math.sqrt(log.reduce((total, { reward }, at) => total + ((weights[at] as number) * (reward - selfNormalised)) ** 2, 0)) / sum
  const maximumWeight = weights.reduce((most, weight) => Math.max(most, weight), 0)
  const modelled = modelValues(log, model)
  const mean = estimateOfMean(weights)
  const unsupported = unsupportedShare(log)
  return {
    decisions: log.length,
    logged: estimateOfMean(log.map(({ reward }) => reward)),
    ips: estimateOfMean(weighed),
    selfNormalised: estimate(selfNormalised, spread),
    doublyRobust:
      modelled &&
      estimateOfMean(log.map(({ action, reward }, at) => (modelled[at] as number) + (weights[at] as number) * (reward - model(action)))),
    directMethod: modelled && modelled.reduce((total, value) => total + value, 0) / log.length,
    effectiveSampleSize,
    maximumWeight,
    meanWeight: mean.value,
    unsupported,
    warnings: warningsOf(mean, maximumWeight / sum, unsupported),
  }
}

/** @throws DomainError insufficient_data, invalid_field  as `offPolicyValue` */
function weightOf({ propensity, target, reward }: LoggedAction, at: number): number {
  if (propensity === null || propensity === 0)
    throw new DomainError(
      'insufficient_data',
      `row ${at} has no propensity above 0: without the chance it was chosen with, it says nothing of another policy`,
      `rows.${at}.propensity`,
    )
  if (!(propensity > 0 && propensity <= 1))
    throw new DomainError('invalid_field', 'a propensity is above 0 and at most 1', `rows.${at}.propensity`)
  if (!(target >= 0 && target <= 1)) throw new DomainError('invalid_field', 'a chance is at least 0 and at most 1', `rows.${at}.target`)
  if (!Number.isFinite(reward)) throw new DomainError('invalid_field', 'a reward is a finite number', `rows.${at}.reward`)
  return target / propensity
}

export function shrunkMeans(log: readonly LoggedAction[]): RewardModel {
  const overall = log.reduce((sum, { reward }) => sum + reward, 0) / log.length
  const sums = new Map<string, { n: number; reward: number }>()
  for (const { action, reward } of log) {
    const known = sums.get(action) ?? { n: 0, reward: 0 }
    sums.set(action, { n: known.n + 1, reward: known.reward + reward })
  }
  return (action) => {
    const { n, reward } = sums.get(action) ?? { n: 0, reward: 0 }
    return (reward + PSEUDO_OBSERVATIONS * overall) / (n + PSEUDO_OBSERVATIONS)
  }
}

/** What the model expects of the policy at each decision; null where a decision does not tell all chances. */
function modelValues(log: readonly LoggedAction[], model: RewardModel): number[] | null {
  // A policy that does not look at the decision is one map, shared by all of them.
  const known = new Map<ReadonlyMap<string, number>, number>()
  const values: number[] = []
  for (const { targets } of log) {
    if (!targets) return null
    let value = known.get(targets)
    if (value === undefined) {
      value = 0
      for (const [action, chance] of targets) value += chance * model(action)
      known.set(targets, value)
    }
    values.push(value)
  }
  return values
}

function unsupportedShare(log: readonly LoggedAction[]): number | null {
  const seen = new Set(log.map(({ action }) => action))
  const known = new Map<ReadonlyMap<string, number>, number>()
  let sum = 0
  for (const { targets } of log) {
    if (!targets) return null
    let share = known.get(targets)
    if (share === undefined) {
      share = 0
      for (const [action, chance] of targets) if (!seen.has(action)) share += chance
      known.set(targets, share)
    }
    sum += share
  }
  return sum / log.length
}

function warningsOf(mean: Estimate, largestShare: number, unsupported: number | null): string[] {
  const warnings: string[] = []
  if (unsupported !== null && unsupported > 0.01)
    warnings.push(`${Math.round(unsupported * 100)} % of what the policy would do was never done: of that the log knows nothing`)
  if (Math.abs(mean.value - 1) > 3 * mean.standardError + 1e-9)
    warnings.push('The weights do not average 1: propensities are wrong, or actions of the policy are missing in the log')
  if (largestShare > 0.05) warnings.push('A single decision makes up more than a twentieth of the weight')
  return warnings
}

const estimate = (value: number, standardError: number): Estimate => ({
  value,
  standardError,
  low: value - REACH * standardError,
  high: value + REACH * standardError,
})

function estimateOfMean(values: readonly number[]): Estimate {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return estimate(mean, Math.sqrt(squares / (values.length - 1) / values.length))
}
