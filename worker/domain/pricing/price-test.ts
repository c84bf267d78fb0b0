import { chooseVariation, hash, variationRanges } from '../assignment.ts'
import { type Draft, describeShare, move, note } from './draft.ts'
import { placeOf, regionOf } from './law.ts'
import type { KeptArm, PriceArm, PriceTest, PricingContext, PricingFacts, TestAssignment, WeightEpoch } from './types.ts'
import { epochAt, firstEpoch, isClosed } from './weight-epochs.ts'

export const isRunning = (test: PriceTest, now: number): boolean => test.startsAt <= now && now < test.endsAt

/** Of people of whom it is not known, or of whom a test has not seen enough, what they are read as. */
export const OTHER_SEGMENT = 'other'

/** What a person is read as by a test; null where everybody is read together. */
export const segmentOf = ({ segments }: PriceTest, context: PricingContext): string | null =>
  segments ? (context[segments] ?? OTHER_SEGMENT) : null

/** How an arm came about: the weights it was drawn with, and what of them is told. */
export interface Drawn extends Pick<TestAssignment, 'propensity' | 'epoch' | 'segment' | 'weights'> {
  arm: PriceArm
  kept: boolean
}

/** An arm, or the reason why there is none. */
export type Draw = Drawn | { refused: string }

const CLOSED = 'This price did harm and is shown to nobody any more'

function pick(test: PriceTest, weights: WeightEpoch['weights'], value: string): PriceArm | undefined {
  const shares = test.arms.map(({ key }) => weights[key] ?? 0)
  return test.arms[chooseVariation(hash(test.seed, value, 2), variationRanges(shares, test.coverage))]
}

/** Someone who had neither bought nor been seen when the test began. */
const isNew = (facts: PricingFacts, test: PriceTest): boolean =>
  facts.orders === 0 && (facts.firstSeenAt === null || facts.firstSeenAt >= test.startsAt)

/**
 * The arm of one person for a whole randomised test: the one already seen, else the one drawn on the subject with the
 * weights of the epoch in force, by segment where that has weights of its own. Whoever has an arm keeps it through new
 * weights and after buying, and with it the propensity it was drawn with; only payment recovery takes it away, or its
 * closing. A closed arm's share of the draw stays empty until the next epoch, so that within one all propensities stay.
 */
export function drawForPerson(test: PriceTest, facts: PricingFacts, context: PricingContext, now: number): Draw {
  if (facts.inDunning) return { refused: 'A payment is being recovered: no test price meanwhile' }
  const epoch = epochAt(test, now)
  const segment = segmentOf(test, context)
  const weights = segment !== null && Object.hasOwn(epoch.bySegment, segment) ? (epoch.bySegment[segment] ?? {}) : epoch.weights
  const seen = Object.hasOwn(facts.arms, test.id) ? facts.arms[test.id] : undefined
  const keptArm = seen?.version === test.version ? test.arms.find((arm) => arm.key === seen.arm) : undefined
  if (seen && keptArm) return isClosed(keptArm, now) ? { refused: CLOSED } : keep(keptArm, seen, { epoch: epoch.day, segment, weights })
  if (test.eligibility === 'new' && !isNew(facts, test)) return { refused: 'The test is for people who are new since it began' }
  const arm = pick(test, weights, facts.subject)
  if (!arm) return { refused: 'Outside the share of people in the test' }
  if (isClosed(arm, now)) return { refused: CLOSED }
  return { arm, kept: false, propensity: weights[arm.key] ?? 0, epoch: epoch.day, segment, weights }
}

function keep(arm: PriceArm, seen: KeptArm, today: Pick<Drawn, 'epoch' | 'segment' | 'weights'>): Drawn {
  const { propensity = today.weights[arm.key] ?? 0, epoch = today.epoch, segment = today.segment } = seen
  return { arm, kept: true, propensity, epoch, segment, weights: today.weights }
}

const windowOf = ({ windowMs }: PriceTest, now: number): number => Math.floor(now / windowMs)
const placeOfBlock = (context: PricingContext): string => regionOf(context) ?? context.country ?? ''

/**
 * The arm of everybody in one place during one window. Nothing of the person enters but a payment in recovery, which
 * always means no test. Windows are drawn with the weights the test began with: one may lie across midnight, and what a
 * bandit learns it learns of people.
 */
function drawForWindow(test: PriceTest, facts: PricingFacts, context: PricingContext, now: number): Draw {
  if (facts.inDunning) return { refused: 'A payment is being recovered: no test price meanwhile' }
  const { weights, day } = firstEpoch(test)
  const arm = pick(test, weights, `${windowOf(test, now)}:${placeOfBlock(context)}`)
  if (!arm) return { refused: 'This window is outside the share in the test' }
  if (isClosed(arm, now)) return { refused: CLOSED }
  return { arm, kept: false, propensity: weights[arm.key] ?? 0, epoch: day, segment: null, weights }
}

const blockOf = (test: PriceTest, context: PricingContext, now: number): NonNullable<TestAssignment['block']> => {
  const window = windowOf(test, now)
  return { window, place: placeOfBlock(context), endsAt: Math.min((window + 1) * test.windowMs, test.endsAt) }
}

/** True when an arm set the price: then no rule is asked. */
export function applyTest(draft: Draft): boolean {
  const { test } = draft.slice
  const { facts, context, law, now } = draft
  const skip = (why: string): false => {
    note(draft, 'test', 'skipped', why)
    return false
  }
  if (!test) return skip('No price test runs for this product')
  if (draft.listSource !== 'currency') return skip(`${context.country} has a list price of its own, which no arm was made for`)
  if (test.currency !== context.currency) return skip(`The price test runs in ${test.currency}`)
  if (!isRunning(test, now)) return skip(now < test.startsAt ? 'The price test has not begun' : 'The price test is over')
  const mode = test.mode === 'randomised' && law.randomised !== 'off' ? 'randomised' : 'switchback'
  if (mode === 'switchback' && law.uniform === 'off') return skip(`No optimised price is allowed in ${placeOf(context)}`)
  const draw = mode === 'randomised' ? drawForPerson(test, facts, context, now) : drawForWindow(test, facts, context, now)
  if ('refused' in draw) return skip(draw.refused)

  const { arm, kept, propensity, epoch, segment, weights } = draw
  const turned = mode === test.mode ? '' : `, since randomised prices are off in ${placeOf(context)}`
  const drawn =
    mode === 'switchback' ? 'the same for everybody in this place and time window' : `drawn with probability ${describeShare(propensity)}`
  move(draft, 'test', arm.amountMinor, `Arm ${arm.key} of ${test.arms.length}: ${kept ? 'seen before and kept' : drawn}${turned}`)
  draft.reason = 'test'
  draft.priceClass = mode === 'randomised' ? 'randomised' : 'uniform'
  draft.test = {
    testId: test.id,
    version: test.version,
    arm: arm.key,
    propensity,
    epoch,
    mode,
    weights,
    segment,
    conversionWindowMs: test.conversionWindowMs,
    unitCostMinor: test.metric === 'margin' ? draft.book.unitCostMinor : null,
    block: mode === 'switchback' ? blockOf(test, context, now) : null,
    clamped: false,
  }
  return true
}
