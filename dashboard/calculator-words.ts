import type { Values } from './calculator-inputs.ts'
import type { Comparison, Results } from './calculators.ts'
import { count, days, decimal, percent, points, signedDecimal, signedPercent } from './format.ts'
import { chanceWords } from './funnel-words.ts'

/** What the calculators say, in a sentence each. */

/** An effect in the unit in which it was asked for. */
export function effectWords(effect: number, { isRelative, isShare }: { isRelative: boolean; isShare: boolean }): string {
  if (isRelative) return signedPercent(effect)
  return isShare ? points(effect) : signedDecimal(effect)
}

const because = (reason: string | null): string => `Nothing can be said: ${reason ?? 'too little is known'}.`

export function sampleSizeWords(size: Results['sample-size'], typed: Values): string {
  const { total, perArm, days: length, mde, power, reason } = size
  if (total === null || mde === null || power === null) return because(reason)
  const unit = { isRelative: typed.relative === 'yes', isShare: typed.kind !== 'mean' }
  const effect = effectWords(mde, unit)
  const span = length === null ? '' : `, which takes ${days(length)}`
  if (typed.find === 'effect')
    return `With ${count(total)} people, ${effect} is the smallest effect that ${percent(power)} of tests would find${span}.`
  if (typed.find === 'power')
    return `With ${count(total)} people, ${percent(power)} of tests would find an effect of ${effect} where it is there${span}.`
  const each = perArm && new Set(perArm).size === 1 ? ` (${count(perArm[0] ?? 0)} in each variant)` : ''
  return `${count(total)} people${each} are needed to find an effect of ${effect} in ${percent(power)} of tests${span}.`
}

type Treatment = Comparison['comparisons'][number]
export interface Finding {
  value: number
  low: number
  high: number
}

/** The interval of one comparison; null where there is none, or it is open. */
export const findingOf = ({ effect, low, high }: Treatment): Finding | null =>
  effect === null || low === null || high === null ? null : { value: effect, low, high }

/** What both readings of one treatment say together. */
export function compareWords(
  fixed: Treatment,
  sequential: Treatment,
  unit: { isRelative: boolean; isShare: boolean },
  isHigherBetter: boolean,
): string {
  const once = findingOf(fixed)
  const always = findingOf(sequential)
  if (!once) return `${fixed.treatment}: ${because(fixed.reason).toLowerCase()}`
  const tell = (value: number) => effectWords(value, unit)
  const figures = `${fixed.treatment} is at ${tell(once.value)} (${tell(once.low)} to ${tell(once.high)})`
  const side = once.value > 0 === isHigherBetter ? 'better' : 'worse'
  if (!fixed.significant) {
    const isAlone = once.low <= 0 && once.high >= 0
    return `${figures} against the control, which may as well be chance${isAlone ? '' : ': of several treatments one does this now and then'}.`
  }
  if (always && sequential.significant) return `${figures}: ${side} than the control, and that holds however often it was looked at.`
  return `${figures}: ${side} than the control if this was planned as the only look; looked at along the way it may as well be chance.`
}

/** How rare a chance is: `1 in 250`. */
const rarity = (chance: number): string => `about once in ${count(Math.min(1e9, 1 / Math.max(chance, 1e-9)))}`

export const sampleRatioWords = ({ mismatch, pValue }: Results['sample-ratio']): string =>
  mismatch
    ? `People were not split as planned: chance alone does this ${rarity(pValue)} tests. No figure of this test can be trusted before the cause is found.`
    : `People were split as planned, as far as can be seen: chance alone does this ${rarity(pValue)} tests.`

export function sequentialWords({ look, looks }: Results['sequential'], typed: Values): string {
  if (typed.show === 'now') {
    if (!look || look.low === null || look.high === null) return because(null)
    const sure = look.low > 0 || look.high < 0
    const figures = `${typed.effect} (${signedDecimal(look.low)} to ${signedDecimal(look.high)}), ${chanceWords(look.pValue)}`
    return sure
      ? `${figures}: this is more than chance, at this look and every other. The test may stop.`
      : `${figures}: this may still be chance. The test may be looked at again, as often as one likes.`
  }
  const [first, last] = [looks?.[0], looks?.at(-1)]
  if (!looks || !first || !last) return because(null)
  if (looks.length === 1) return `With one look the result must lie ${decimal(last.z)} standard errors from zero.`
  return `At the first of ${looks.length} looks the result must lie ${decimal(first.z)} standard errors from zero to stop, at the last ${decimal(last.z)}.`
}
