import type { Experiment } from '../definition.ts'
import { groupSequentialBoundaries } from '../inference/group-sequential.ts'
import { ALPHA, type Look } from './reading.ts'

/** One planned look at one variant, by the first goal. */
export interface TakenLook {
  day: string
  /** Of the planned sample, 0–1. */
  share: number
  variant: string
  /** Standard errors from zero. */
  statistic: number
  /** From which on it is enough. */
  boundary: number
  crossed: boolean
}

/** Looks closer together than that are one. */
const LEAST_STEP = 0.005

/** Shares of the planned sample at which was looked, rising. */
export const sharesOf = (looks: readonly Pick<TakenLook, 'share'>[]): number[] =>
  [...new Set(looks.map(({ share }) => share))].sort((a, b) => a - b)

/** What is spent on each variant: a false alarm in any of them is one. */
const alphaOf = ({ variants }: Experiment): number => ALPHA / Math.max(1, variants.length - 1)

/**
 * How the figures are to be read at a share of the planned sample, after the looks that were taken. At the end all that is
 * left of alpha is spent, however few people have come: that errs on the safe side.
 *
 * Source: Lan and DeMets (1983), with the spending of O'Brien and Fleming.
 *
 * @param share 0–1; null where no sample was planned
 */
export function lookAt(experiment: Experiment, taken: readonly number[], share: number | null): Look | null {
  if (experiment.method !== 'group_sequential' || share === null || !(share > 0)) return null
  const now = Math.min(1, share)
  const fractions = [...taken.filter((each) => each < now - LEAST_STEP), now]
  const alpha = alphaOf(experiment)
  const look = groupSequentialBoundaries({ fractions, alpha }).at(-1)
  return look ? { method: 'group_sequential', z: look.z, nominalAlpha: look.nominalAlpha, alpha } : null
}

/** Whether the next of the planned looks, equally far apart, is due. */
export function isLookDue({ method, looks }: Experiment, taken: readonly number[], share: number | null): boolean {
  if (method !== 'group_sequential' || looks === null || share === null) return false
  const last = taken.at(-1) ?? 0
  if (last >= 1) return false
  const next = (Math.floor(last * looks + LEAST_STEP) + 1) / looks
  return Math.min(1, share) >= next - LEAST_STEP / looks && share - last > LEAST_STEP
}
