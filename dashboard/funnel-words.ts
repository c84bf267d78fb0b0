import type { FunnelAnswer, FunnelDriver } from '../worker/contract/funnels.ts'
import { count, country, percent, points, words } from './format.ts'
import type { Breakdown } from './funnel-address.ts'

/** Funnels as people say them. */

const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const

/** A length of time to two digits, no better than it is known. @example roughly(8600) // => '2.4 hr' */
export function roughly(seconds: number): string {
  // A unit is used once there are two of it.
  const { unit, seconds: size } = UNITS.find((each) => seconds >= 2 * each.seconds) ?? { unit: 'second', seconds: 1 }
  return new Intl.NumberFormat('en-US', { style: 'unit', unit, unitDisplay: 'short', maximumSignificantDigits: 2 }).format(seconds / size)
}

type Steps = FunnelAnswer['steps']

/** Share of those who entered who reached the last step; null where nobody entered. */
export const conversionOf = (steps: Steps): number | null => steps.at(-1)?.ofFirst ?? null

/** How many came through, in a sentence, and how that was in the period before. */
export function throughWords({ steps }: FunnelAnswer, before: FunnelAnswer | null): string {
  const [first, last] = [steps[0], steps.at(-1)]
  const share = conversionOf(steps)
  if (!first || !last || share === null) return 'Nobody entered this funnel in the period.'
  const earlier = before && conversionOf(before.steps)
  const change = earlier === null ? '' : `, ${points(share - earlier)} against the period before`
  return `Of ${count(first.entered)} people who entered, ${count(last.entered)} (${percent(share)}) came to “${last.label}”${change}.`
}

/** Where most are lost, in a sentence; null where nobody is. */
export function lossWords({ steps }: FunnelAnswer): string | null {
  const worst = steps
    .slice(0, -1)
    .reduce((most, step) => (step.droppedOff > (most?.droppedOff ?? 0) ? step : most), null as Steps[number] | null)
  if (!worst) return null
  return `Most are lost at “${worst.label}”: ${count(worst.droppedOff)} people, ${percent(worst.droppedOff / worst.entered)} of those who reached it, came no further.`
}

/** A value of what people are told apart by. */
export function valueName(by: Breakdown | 'event', value: string): string {
  if (value === 'other') return 'All others'
  if (by === 'country') return country(value)
  if (['', 'unknown'].includes(value)) return 'Not known'
  return by === 'device' || by === 'visitor' ? words(value) : value
}

/** Whom a driver is about. @example driverName({ feature: 'event', value: 'sign_up' }) // => 'Did sign up' */
export function driverName({ feature, value }: Pick<FunnelDriver, 'feature' | 'value'>): string {
  if (feature === 'event') return `Did ${words(value).toLowerCase()}`
  if (feature === 'visitor') return `${words(value)} visitors`
  if (feature === 'source') return `From ${valueName(feature, value)}`
  if (feature === 'variant') return `Saw ${value.replace(/^(.*)@\d+\|(.*)$/, '$2 of $1')}`
  return valueName(feature, value)
}

/** A p value; of very small ones no digit says anything. @example pFigure(0.00002) // => '< 0.001' */
export const pFigure = (chance: number): string => (chance < 0.001 ? '<\u00a00.001' : chance.toFixed(3))

/** The same among words. @example chanceWords(0.053) // => 'p 0.053' */
export const chanceWords = (chance: number): string => `p\u00a0${pFigure(chance)}`
