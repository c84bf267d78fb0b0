import { addDays, DAY_MS, dayOf, startOfDay } from '../../time.ts'
import { describeAmount, describeShare } from '../draft.ts'
import type { PriceTest } from '../types.ts'
import { isOpen } from './propensity.ts'
import type { ArmAnalysis, TestAnalysis } from './types.ts'

export type Ruling = Pick<TestAnalysis, 'verdict' | 'arm' | 'sentence' | 'reasons'>

/** What a verdict is reached from. */
export interface Findings {
  arms: readonly ArmAnalysis[]
  sampleRatio: TestAnalysis['sampleRatio']
  /** Why it is too early to say anything of these figures; null where it is not. */
  tooEarly: string | null
  /** Why there is no figure to judge by, whatever the number of people; null where there is. */
  noFigure: string | null
  /** Whether intervals hold before the planned end too. */
  sequential: boolean
  daysToVerdict: number | null
}

/** A share with its sign and one decimal. @example describeLift(0.0512) // => '+5.1 %' */
export const describeLift = (lift: number): string => `${lift < 0 ? '−' : '+'}${Math.abs(lift * 100).toFixed(1)} %`

/** Whole days from the beginning of `today` until nobody is drawn any more. */
export const daysLeft = (test: PriceTest, today: string): number => Math.max(0, Math.ceil((test.endsAt - startOfDay(today)) / DAY_MS))

/** First day on which the conversion window of everybody is over. */
export const settledOn = (test: PriceTest): string => addDays(dayOf(test.endsAt + test.conversionWindowMs - 1), 1)

const describeDays = (days: number): string => (days === 1 ? '1 day' : `${days} days`)

/**
 * The verdict of a test, in this order: figures that cannot be trusted, too early or nothing to judge by, a price surely better, every price surely
 * worse, and else to go on until the planned end. What is `sure` is outside the interval that holds at every look for all
 * arms together, so a verdict before the planned end is no peeking.
 */
export function judge(test: PriceTest, today: string, findings: Findings): Ruling {
  const { arms, sampleRatio, tooEarly, noFigure, sequential } = findings
  const isOver = today >= settledOn(test)
  if (sampleRatio?.mismatch) return mismatched(arms, sampleRatio)
  const early = tooEarly ?? noFigure
  if (early !== null) return isOver ? inconclusive(early, [early]) : keepRunning(test, today, early, [early], findings)
  const open = test.arms.slice(1).filter(isOpen)
  const variants = open.flatMap(({ key, amountMinor }) => {
    const lift = arms.find((arm) => arm.key === key)?.lift
    return lift ? [{ key, amountMinor, lift }] : []
  })
  const reasons = variants.map(
    ({ key, lift }) =>
      `${key}: ${describeLift(lift.value)} against the control, between ${describeLift(lift.low)} and ${describeLift(lift.high)}`,
  )
  if (sequential || isOver) {
    const [best] = variants.filter(({ lift }) => lift.low > 0).sort((a, b) => b.lift.value - a.lift.value)
    if (best) {
      const sentence = `Ship ${best.key} at ${describeAmount(best.amountMinor, test.currency)}: it makes ${rangeOf(best.lift)} more a visitor than the list price`
      return { verdict: 'ship', arm: best.key, sentence, reasons }
    }
    const worst = variants.toSorted((a, b) => a.lift.value - b.lift.value)[0]
    if (worst && variants.length === open.length && variants.every(({ lift }) => lift.high < 0)) {
      const what = variants.length === 1 ? `${worst.key} makes` : 'every other price makes'
      return { verdict: 'roll_back', arm: worst.key, sentence: `Go back to the list price: ${what} less a visitor, surely`, reasons }
    }
  }
  const none = 'no price is surely better or worse than the list price'
  if (isOver) return inconclusive(none, reasons)
  return keepRunning(test, today, sequential ? `${none} yet` : 'a switchback is read once, at its end', reasons, findings)
}

const rangeOf = ({ low, high }: { low: number; high: number }): string => `${describeShare(round(low))} to ${describeShare(round(high))}`
const round = (share: number): number => Number(share.toFixed(3))

function mismatched(arms: readonly ArmAnalysis[], { pValue, expected }: NonNullable<TestAnalysis['sampleRatio']>): Ruling {
  return {
    verdict: 'invalid',
    arm: null,
    sentence:
      'Do not trust this test: its visitors are not split between the prices as they should be, so something besides the price differs',
    reasons: [
      `a split at least as uneven has a chance of ${pValue.toPrecision(2)}`,
      ...arms.map(({ key, exposed }, at) => `${key}: ${exposed} people where ${Math.round(expected[at] ?? 0)} were expected`),
    ],
  }
}

const inconclusive = (why: string, reasons: string[]): Ruling => ({
  verdict: 'inconclusive',
  arm: null,
  sentence: `Nothing is settled: ${why}`,
  reasons,
})

function keepRunning(test: PriceTest, today: string, why: string, reasons: string[], { daysToVerdict }: Findings): Ruling {
  const left = daysLeft(test, today)
  const end = left > 0 ? `it ends in ${describeDays(left)}` : 'it has ended, and its last visitors may still buy'
  const rate = daysToVerdict === null ? '' : `; at the current rate that takes about ${describeDays(daysToVerdict)} more`
  return { verdict: 'keep_running', arm: null, sentence: `Keep running: ${why}${rate}; ${end}`, reasons }
}
