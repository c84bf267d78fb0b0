import { chooseVariation, hash, variationRanges } from '../assignment.ts'
import { dayOf } from '../time.ts'
import { type Draft, describeShare, move, note } from './draft.ts'
import { placeOf, regionOf } from './law.ts'
import type { PriceArm, PriceTest, PricingContext, PricingFacts } from './types.ts'

export const isRunning = (test: PriceTest, now: number): boolean => test.startsAt <= now && now < test.endsAt

/** An arm, or the reason why there is none. */
export type Draw = { arm: PriceArm; kept: boolean } | { refused: string }

function pick(test: PriceTest, value: string): PriceArm | undefined {
  const weights = test.arms.map((arm) => arm.weight)
  return test.arms[chooseVariation(hash(test.seed, value, 2), variationRanges(weights, test.coverage))]
}

/** Someone who had neither bought nor been seen when the test began. */
const isNew = (facts: PricingFacts, test: PriceTest): boolean =>
  facts.orders === 0 && (facts.firstSeenAt === null || facts.firstSeenAt >= test.startsAt)

/**
 * The arm of one person for a whole randomised test: the one already seen, else the one drawn on the subject. Whoever
 * has an arm keeps it even after buying; only payment recovery takes it away.
 */
export function drawForPerson(test: PriceTest, facts: PricingFacts): Draw {
  if (facts.inDunning) return { refused: 'A payment is being recovered: no test price meanwhile' }
  const seen = Object.hasOwn(facts.arms, test.id) ? facts.arms[test.id] : undefined
  const keptArm = seen?.version === test.version ? test.arms.find((arm) => arm.key === seen.arm) : undefined
  if (keptArm) return { arm: keptArm, kept: true }
  if (test.eligibility === 'new' && !isNew(facts, test)) return { refused: 'The test is for people who are new since it began' }
  const arm = pick(test, facts.subject)
  return arm ? { arm, kept: false } : { refused: 'Outside the share of people in the test' }
}

/** The arm of everybody in one place during one window. Nothing of the person enters but a payment in recovery, which always means no test. */
export function drawForWindow(test: PriceTest, facts: PricingFacts, context: PricingContext, now: number): Draw {
  if (facts.inDunning) return { refused: 'A payment is being recovered: no test price meanwhile' }
  const place = regionOf(context) ?? context.country ?? ''
  const arm = pick(test, `${Math.floor(now / test.windowMs)}:${place}`)
  return arm ? { arm, kept: false } : { refused: 'This window is outside the share in the test' }
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
  if (test.currency !== context.currency) return skip(`The price test runs in ${test.currency}`)
  if (!isRunning(test, now)) return skip(now < test.startsAt ? 'The price test has not begun' : 'The price test is over')
  const mode = test.mode === 'randomised' && law.randomised !== 'off' ? 'randomised' : 'switchback'
  if (mode === 'switchback' && law.uniform === 'off') return skip(`No optimised price is allowed in ${placeOf(context)}`)
  const draw = mode === 'randomised' ? drawForPerson(test, facts) : drawForWindow(test, facts, context, now)
  if ('refused' in draw) return skip(draw.refused)

  const { arm, kept } = draw
  const turned = mode === test.mode ? '' : `, since randomised prices are off in ${placeOf(context)}`
  const drawn =
    mode === 'switchback' ? 'the same for everybody in this place and time window' : `drawn with probability ${describeShare(arm.weight)}`
  move(draft, 'test', arm.amountMinor, `Arm ${arm.key} of ${test.arms.length}: ${kept ? 'seen before and kept' : drawn}${turned}`)
  draft.reason = 'test'
  draft.priceClass = mode === 'randomised' ? 'randomised' : 'uniform'
  draft.test = {
    testId: test.id,
    version: test.version,
    arm: arm.key,
    propensity: arm.weight,
    epoch: dayOf(test.startsAt),
    mode,
    weights: Object.fromEntries(test.arms.map(({ key, weight }) => [key, weight])),
    segment: null,
    conversionWindowMs: test.conversionWindowMs,
    unitCostMinor: null,
    block: null,
    clamped: false,
  }
  return true
}
