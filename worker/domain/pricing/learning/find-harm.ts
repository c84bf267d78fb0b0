import type { PriceTest } from '../types.ts'
import { isOpen } from './propensity.ts'
import { type ArmSafety, HARM_RATES, type Harm, type HarmRate } from './types.ts'

/** Chance that any arm without harm is ever accused, whichever the rate and however often one looks. */
const ALPHA = 0.01
/** How many times the control's odds an arm may have, each as likely as the next before anything is seen. */
const RATIOS = [1.25, 1.5, 2, 3, 5]

/** Stands for whatever is larger: the audit log is JSON, which knows no infinity. */
const LARGEST = 1e300

const COUNTS: Record<HarmRate, (row: ArmSafety) => [count: number, of: number]> = {
  refunds: ({ refunded, buyers }) => [refunded, buyers],
  disputes: ({ disputed, buyers }) => [disputed, buyers],
  payment_failures: ({ failed, payers }) => [failed, payers],
}

interface Pair {
  count: number
  of: number
  controlCount: number
  controlOf: number
}

/**
 * How many times likelier it is, under harm than under none, that so many of the events fell upon the arm: an e-value,
 * which without harm exceeds 1/α with a chance of at most α, however often one looks. Without harm an event falls upon the
 * arm with the arm's share of the people of that day; under harm of ratio r with r times those odds. So neither the rate
 * itself, nor how late events come in, nor how shares change from day to day has to be known.
 *
 * Source: Grünwald, Ly, Pérez-Ortiz, ter Schure (2020), The safe logrank test: error control under optional stopping,
 * continuation and prior misspecification, arXiv 2011.06931 (here with a mixture of ratios).
 */
export function harmEvidence(pairs: readonly Pair[]): number {
  const logs = RATIOS.map((ratio) =>
    pairs.reduce((sum, { count, of, controlCount, controlOf }) => {
      if (of === 0 || controlOf === 0) return sum
      const share = of / (of + controlOf)
      return sum + count * Math.log(ratio) - (count + controlCount) * Math.log1p((ratio - 1) * share)
    }, 0),
  )
  return logs.reduce((sum, log) => sum + Math.min(LARGEST, Math.exp(log)), 0) / RATIOS.length
}

const totalOf = (rows: readonly ArmSafety[], rate: HarmRate): [number, number] =>
  rows.map(COUNTS[rate]).reduce(([count, of], [more, among]) => [count + more, of + among], [0, 0])

/**
 * Open arms that surely bring more refunds, disputes or failed payments than the control, a share of buyers, of buyers and
 * of payers. Over all arms and rates together a false alarm in the whole life of a test has a chance of at most 1 %
 * (Bonferroni).
 *
 * @param safety one row an arm and day of first exposure, or one an arm
 */
export function findHarm(test: PriceTest, safety: readonly ArmSafety[]): Harm[] {
  const [control, ...variants] = test.arms
  if (!control) return []
  const threshold = (variants.length * HARM_RATES.length) / ALPHA
  const rowsOf = (key: string) => safety.filter(({ arm }) => arm === key)
  const controlRows = rowsOf(control.key)
  return variants.filter(isOpen).flatMap(({ key }) => {
    const rows = rowsOf(key)
    return HARM_RATES.flatMap((rate): Harm[] => {
      const statistic = harmEvidence(pairsOf(rows, controlRows, rate))
      if (statistic < threshold) return []
      const [count, of] = totalOf(rows, rate)
      const [controlCount, controlOf] = totalOf(controlRows, rate)
      return [
        {
          arm: key,
          rate,
          count,
          of,
          value: count / of,
          controlCount,
          controlOf,
          controlValue: controlCount / controlOf,
          statistic,
          threshold,
        },
      ]
    })
  })
}

function pairsOf(rows: readonly ArmSafety[], controlRows: readonly ArmSafety[], rate: HarmRate): Pair[] {
  const days = new Set([...rows, ...controlRows].map(({ day }) => day))
  return [...days].map((day) => {
    const onDay = (row: ArmSafety) => row.day === day
    const [count, of] = totalOf(rows.filter(onDay), rate)
    const [controlCount, controlOf] = totalOf(controlRows.filter(onDay), rate)
    return { count, of, controlCount, controlOf }
  })
}
