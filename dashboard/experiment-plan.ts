import type * as z from 'zod'
import type { SampleSizeInput } from '../worker/contract/experiment-planning.ts'
import type { FunnelAnswer } from '../worker/contract/funnels.ts'
import type { MetricAnswer } from '../worker/contract/metrics.ts'
import { daysFrom } from './calendar.ts'
import type { ExperimentDraft } from './experiment-form.ts'

/** What a plan of an experiment rests on: how its goal is today, and how many people come. */

export interface Baseline {
  /** A share, or an amount or number a person; null where history does not say. */
  value: number | null
  /** Standard deviation from person to person; null for shares, and where history does not say. */
  spread: number | null
}

/** What people who came did, over some days. */
export interface History {
  days: number
  entered: number
  bought: number
  /** Of their purchases, less what went back, major units. */
  revenue: number
  /** Share of those who entered who reached each step, by its key. */
  reached: Readonly<Record<string, number>>
}

export function historyOf({ steps, revenue, period }: FunnelAnswer): History {
  const entered = steps[0]?.entered ?? 0
  const reached = Object.fromEntries(steps.map((step) => [step.step, entered > 0 ? step.entered / entered : 0]))
  return { days: daysFrom(period.from, period.to) + 1, entered, bought: steps.at(-1)?.entered ?? 0, revenue, reached }
}

/** People who came a day. */
export const peopleADay = ({ days, entered }: History): number | null => (days > 0 && entered > 0 ? entered / days : null)

const NOT_KNOWN: Baseline = { value: null, spread: null }

/**
 * How a metric is today. Sums do not say how purchases differ from one another: their amounts are taken to vary as an
 * exponential's do, as much as their average, which asks for too many people rather than too few.
 *
 * @example baselineOf({ id: 'purchase', kind: 'proportion', … }, history) // => { value: 0.031, spread: null }
 */
export function baselineOf({ id, kind, builtIn }: Pick<MetricAnswer, 'id' | 'kind' | 'builtIn'>, history: History): Baseline {
  const { entered, bought, revenue, reached } = history
  if (!builtIn || entered === 0) return NOT_KNOWN
  const buyers = bought / entered
  if (id === 'purchase') return { value: buyers, spread: null }
  if (kind === 'proportion') return { value: reached[id.replace(/^reached_/, '')] ?? null, spread: null }
  if (bought === 0) return NOT_KNOWN
  if (id === 'orders') return { value: buyers, spread: Math.sqrt(buyers * (1 - buyers)) }
  if (id !== 'net_revenue' || revenue <= 0) return NOT_KNOWN
  const each = revenue / bought
  const mean = revenue / entered
  return { value: mean, spread: Math.sqrt(Math.max(0, 2 * buyers * each ** 2 - mean ** 2)) }
}

/** Whether people are told apart by how much, not by whether. */
export const isAmount = ({ kind }: Pick<MetricAnswer, 'kind'>): boolean => kind !== 'proportion'

/** Equal shares where no weight was typed. */
const sharesOf = ({ variants }: ExperimentDraft): number[] | undefined => {
  const weights = variants.map(({ weight }) => weight)
  return weights.every((weight): weight is number => weight !== undefined && weight > 0) ? weights : undefined
}

/** The question for the sample size, or null while something of it is not known. */
export function sampleSizeQuestion(
  draft: ExperimentDraft,
  goal: Pick<MetricAnswer, 'kind' | 'direction'>,
  { value, spread }: Baseline,
  perDay: number | null,
): z.input<typeof SampleSizeInput> | null {
  const { minimumDetectableEffect: effect, power, method = 'sequential', looks, coverage = 1, variants } = draft
  if (value === null || !(value > 0) || effect === undefined || !(effect > 0)) return null
  if (isAmount(goal) ? spread === null || !(spread > 0) : value >= 1) return null
  return {
    metric: isAmount(goal) ? 'mean' : 'proportion',
    baseline: value,
    standardDeviation: isAmount(goal) ? (spread ?? undefined) : undefined,
    mde: goal.direction === 'up' ? effect : -effect,
    relative: true,
    power,
    arms: variants.length,
    shares: sharesOf(draft),
    method,
    looks: method === 'group_sequential' ? looks : undefined,
    peoplePerDay: perDay !== null && coverage > 0 ? perDay * coverage : undefined,
  }
}
