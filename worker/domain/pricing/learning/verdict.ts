import { addDays, DAY_MS, dayOf, startOfDay } from '../../time.ts'
import { describeAmount } from '../draft.ts'
import type { PriceTest } from '../types.ts'
import { isOpen } from './propensity.ts'
import type { ArmAnalysis, Lift, TestAnalysis } from './types.ts'

export type Ruling = Pick<TestAnalysis, 'verdict' | 'arm' | 'sentence' | 'reasons'>

/** What a verdict is reached from. */
export interface Findings {
  arms: readonly ArmAnalysis[]
  sampleRatio: TestAnalysis['sampleRatio']
  /** Why it is too early to say anything; null where it is not. */
  tooEarly: string | null
  /** Why the figures bear no verdict, however many people have come; null where they do. */
  nothing: string | null
  /** Whether intervals hold at every look, and not at the planned end alone. */
  isSequential: boolean
  daysToVerdict: number | null
}

/** A share with its sign and one decimal. @example describeLift(0.0512) // => '+5.1 %' */
const describeLift = (lift: number): string => `${lift < 0 ? '−' : '+'}${Math.abs(lift * 100).toFixed(1)} %`

/** Days from the beginning of `today` until nobody is drawn any more, whole ones but for the last. */
export function daysLeft({ endsAt, endedAt }: PriceTest, today: string): number {
  if (endedAt !== undefined) return 0
  const left = (endsAt - startOfDay(today)) / DAY_MS
  return left > 0 ? Math.max(1, Math.floor(left)) : 0
}

/** First day on which the conversion window of everybody is over. */
const settledOn = ({ endsAt, conversionWindowMs }: PriceTest): string =>
  dayOf(startOfDay(addDays(dayOf(endsAt - 1), 1)) + conversionWindowMs + DAY_MS - 1)

const describeDays = (days: number): string => (days === 1 ? '1 day' : `${days} days`)

/**
 * The verdict of a test, by the first of these that holds: figures that cannot be trusted; too early, or nothing to judge
 * by; a price that is surely better; every price surely worse; else to go on until the planned end. What is sure lies
 * outside the interval of `lift`, for all arms together, so a verdict before the planned end is no peeking.
 */
export function judge(test: PriceTest, today: string, findings: Findings): Ruling {
  const { arms, sampleRatio, isSequential } = findings
  if (sampleRatio?.mismatch) return mismatched(arms, sampleRatio)
  const isOver = today >= settledOn(test)
  const goOn = (why: string, reasons: string[]) => (isOver ? inconclusive(why, reasons) : keepRunning(test, today, why, reasons, findings))
  const obstacle = findings.tooEarly ?? findings.nothing
  if (obstacle !== null) return goOn(obstacle, [obstacle])

  const contenders = contendersOf(test, arms)
  const reasons = contenders.map(describeContender)
  if (!isSequential && !isOver) return goOn('a switchback is read once, at its end', reasons)
  const best = contenders.find(({ lift }) => lift.low > 0)
  if (best) return ship(test, best, reasons)
  if (contenders.length > 0 && contenders.every(({ lift }) => lift.high < 0)) return rollBack(contenders, reasons)
  return goOn(`no price is surely better than the list price${likeliest(test, arms)}`, reasons)
}

/** From here on an arm is named though it is not sure: a bandit that has found its arm shows the control to too few to prove it. */
const LIKELY = 0.9

function likeliest(test: PriceTest, arms: readonly ArmAnalysis[]): string {
  const [control] = test.arms
  const leader = arms.find(({ key, chanceToBeBest }) => key !== control?.key && (chanceToBeBest ?? 0) >= LIKELY)
  if (!leader) return ''
  const percent = Math.min(99.9, (leader.chanceToBeBest ?? 0) * 100)
  return `, though ${leader.key} has a chance of ${percent.toFixed(1)} % to be the best`
}

/** An open arm besides the control. */
interface Contender {
  key: string
  amountMinor: number
  lift: Lift
}

/** Highest lift first. */
const contendersOf = (test: PriceTest, arms: readonly ArmAnalysis[]): Contender[] =>
  test.arms
    .filter(isOpen)
    .flatMap(({ key, amountMinor }) => {
      const lift = arms.find((arm) => arm.key === key)?.lift
      return lift ? [{ key, amountMinor, lift }] : []
    })
    .sort((a, b) => b.lift.value - a.lift.value)

function describeContender({ key, lift: { value, low, high } }: Contender): string {
  const sure = low > 0 ? ': surely better' : high < 0 ? ': surely worse' : ''
  return `${key} makes ${describeLift(value)} a visitor against the list price, between ${describeLift(low)} and ${describeLift(high)}${sure}`
}

function ship(test: PriceTest, { key, amountMinor, lift }: Contender, reasons: string[]): Ruling {
  const sentence = `Ship ${describeAmount(amountMinor, test.currency)} (${key}): it makes ${describeLift(lift.value)} a visitor against the list price, and at least ${describeLift(lift.low)}`
  return { verdict: 'ship', arm: key, sentence, reasons }
}

function rollBack(contenders: readonly Contender[], reasons: string[]): Ruling {
  const { key, lift } = contenders.at(-1) as Contender
  const who = contenders.length === 1 ? key : `each of the other ${contenders.length} prices`
  const sentence = `Go back to the list price: ${who} surely makes less a visitor, ${key} ${describeLift(lift.value)}`
  return { verdict: 'roll_back', arm: key, sentence, reasons }
}

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
  sentence: `Nothing is settled: ${why}. The list price stays`,
  reasons,
})

function keepRunning(test: PriceTest, today: string, why: string, reasons: string[], { daysToVerdict }: Findings): Ruling {
  const left = daysLeft(test, today)
  const rate = daysToVerdict === null ? '' : `; at the current rate that takes about ${describeDays(daysToVerdict)} more`
  const sentence =
    left > 0
      ? `Keep running: ${why}${rate}; it ends in ${describeDays(left)}`
      : `Wait: ${why}; it has ended, and its last visitors may still buy`
  return { verdict: 'keep_running', arm: null, sentence, reasons }
}
