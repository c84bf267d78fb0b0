import { dayOf } from '../../time.ts'
import type { PriceArm, PriceTest, WeightEpoch } from '../types.ts'
import { firstEpoch } from '../weight-epochs.ts'

export type Weights = Readonly<Record<string, number>>

/** The epoch in force on a day; the weights the test began with where none is stored. */
export const epochOf = (test: PriceTest, day: string): WeightEpoch => test.epochs?.findLast((epoch) => epoch.day <= day) ?? firstEpoch(test)

/** Weights that a segment is drawn with on a day. */
export function weightsOn(test: PriceTest, day: string, segment: string | null): Weights {
  const { weights, bySegment } = epochOf(test, day)
  return segment !== null && Object.hasOwn(bySegment, segment) ? (bySegment[segment] ?? weights) : weights
}

export const isOpen = (arm: PriceArm): boolean => arm.closedAt === undefined

export const openKeys = (test: PriceTest): string[] => test.arms.filter(isOpen).map(({ key }) => key)

/** Whether an arm was drawn all through a day. On the day it was closed people were turned away from some hour on. */
export const isLive = (arm: PriceArm, day: string): boolean => arm.closedAt === undefined || day < dayOf(arm.closedAt)
