import { addDays, dayOf, startOfDay } from '../time.ts'
import type { PriceArm, PriceTest, WeightEpoch } from './types.ts'

/*
 * Weights of a test by day. They turn at UTC midnight alone, so that no day mixes propensities:
 *
 *   03-01 ─────────── 03-08 ───── 03-09 ── …     epochs of the test
 *   .33 .33 .33       .40 .35 .25  .52 .38 .10
 */

type Weights = WeightEpoch['weights']

/** Whether nobody is shown an arm any more. */
export const isClosed = ({ closedAt }: PriceArm, now: number): boolean => closedAt !== undefined && closedAt <= now

/** The arms' own weights, with which a test begins. */
export const firstEpoch = ({ arms, startsAt }: Pick<PriceTest, 'arms' | 'startsAt'>): WeightEpoch => ({
  day: dayOf(startsAt),
  weights: Object.fromEntries(arms.map(({ key, weight }) => [key, weight])),
  bySegment: {},
})

/** The weights in force: those of the last epoch that has begun. A test stored before there were epochs has its arms' own weights. */
export function epochAt(test: PriceTest, now: number): WeightEpoch {
  const { epochs = [] } = test
  const today = dayOf(now)
  for (let at = epochs.length - 1; at >= 0; at--) {
    const epoch = epochs[at] as WeightEpoch
    if (epoch.day <= today) return epoch
  }
  return epochs[0] ?? firstEpoch(test)
}

/** Share of new people who are shown an arm today. */
export const weightToday = (test: PriceTest, arm: PriceArm, now: number): number =>
  isClosed(arm, now) ? 0 : (epochAt(test, now).weights[arm.key] ?? 0)

/** A test as decisions need it from now on: without the epochs that are over. Those that follow stay, so that every isolate changes at midnight. */
export function withoutPastEpochs(test: PriceTest, now: number): PriceTest {
  const { epochs = [] } = test
  const inForce = epochs.indexOf(epochAt(test, now))
  return inForce > 0 ? { ...test, epochs: epochs.slice(inForce) } : test
}

/** First instant, epoch ms, at which other weights come into force or an arm closes; the largest safe integer when none lies ahead. */
export function nextTurn({ epochs = [], arms }: PriceTest, now: number): number {
  let next = Number.MAX_SAFE_INTEGER
  for (const { closedAt } of arms) if (closedAt !== undefined && closedAt > now && closedAt < next) next = closedAt
  const today = dayOf(now)
  for (const { day } of epochs) if (day > today) next = Math.min(next, startOfDay(day))
  return next
}

/** The test with one more epoch; another of the same day gives way to it. */
export const withEpoch = (test: PriceTest, epoch: WeightEpoch): PriceTest => ({
  ...test,
  epochs: [...(test.epochs ?? [firstEpoch(test)]).filter(({ day }) => day !== epoch.day), epoch].sort((a, b) => (a.day < b.day ? -1 : 1)),
})

/**
 * The test with some arms closed. Who would have been drawn into one is left out until midnight, so that within the day the
 * others' propensities stay; from then on the others share its weight in proportion.
 */
export function withClosed(test: PriceTest, keys: readonly string[], now: number): PriceTest {
  const arms = test.arms.map((arm) => (keys.includes(arm.key) && arm.closedAt === undefined ? { ...arm, closedAt: now } : arm))
  const closed = { ...test, arms }
  const tomorrow = addDays(dayOf(now), 1)
  const { weights, bySegment } = epochAt(test, startOfDay(tomorrow))
  const open = arms.filter(({ closedAt }) => closedAt === undefined).map(({ key }) => key)
  return withEpoch(closed, {
    day: tomorrow,
    weights: among(weights, open),
    bySegment: Object.fromEntries(Object.entries(bySegment).map(([segment, own]) => [segment, among(own, open)])),
  })
}

/** Weights of the open arms alone, which share those of the closed ones in proportion; equally where they had none. */
export function among(weights: Readonly<Weights>, open: readonly string[]): Weights {
  const total = open.reduce((sum, key) => sum + (weights[key] ?? 0), 0)
  const share = (key: string) => (total > 0 ? (weights[key] ?? 0) / total : 1 / open.length)
  return Object.fromEntries(Object.keys(weights).map((key) => [key, open.includes(key) ? share(key) : 0]))
}
