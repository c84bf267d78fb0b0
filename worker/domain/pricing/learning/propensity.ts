import { dayOf } from '../../time.ts'
import type { PriceArm, PriceTest, WeightEpoch } from '../types.ts'

export type Weights = Record<string, number>

export const epochOf = (test: PriceTest, day: string): WeightEpoch | undefined => test.epochs.findLast((epoch) => epoch.day <= day)

/** Weights that a segment is drawn with on a day; those the test began with where it has no epoch yet. */
export function weightsOn(test: PriceTest, day: string, segment: string | null): Readonly<Weights> {
  const epoch = epochOf(test, day)
  if (!epoch) return Object.fromEntries(test.arms.map(({ key, weight }) => [key, weight]))
  return (segment === null ? undefined : epoch.bySegment[segment]) ?? epoch.weights
}

export const isOpen = (arm: PriceArm): boolean => arm.closedAt === undefined

export const openKeys = (test: PriceTest): string[] => test.arms.filter(isOpen).map(({ key }) => key)

/** Whether an arm was drawn all through a day. On the day it was closed people were turned away from some hour on. */
export const isLive = (arm: PriceArm, day: string): boolean => arm.closedAt === undefined || day < dayOf(arm.closedAt)
