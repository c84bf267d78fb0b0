import { dayOf } from '../../time.ts'
import type { PriceArm, PriceTest } from '../types.ts'

type Weights = Readonly<Record<string, number>>

const initialWeights = (test: PriceTest): Weights => Object.fromEntries(test.arms.map(({ key, weight }) => [key, weight]))

/** Weights that one segment was drawn with under the epoch of a day; those of the start where there is no epoch. */
export function weightsUnder(test: PriceTest, epoch: string, segment: string | null): Weights {
  const inForce = test.epochs.findLast(({ day }) => day <= epoch)
  if (!inForce) return initialWeights(test)
  return (segment === null ? undefined : inForce.bySegment[segment]) ?? inForce.weights
}

export const isOpen = (arm: PriceArm): boolean => arm.closedAt === undefined

/** Whether an arm was drawn into all through a day. On the day it was closed people were turned away from some hour on. */
export const isLive = (arm: PriceArm, day: string): boolean => arm.closedAt === undefined || day < dayOf(arm.closedAt)
