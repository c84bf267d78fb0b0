import type { ExperimentResults, MetricResult } from '../worker/contract/experiment-results.ts'
import type { ExperimentAnswer } from '../worker/contract/experiments.ts'
import type {
  AnalysisMethod,
  ExperimentEnding,
  ExperimentStatus,
  ExperimentWarningCode,
  MeasureId,
  MetricRole,
  SegmentDimension,
} from '../worker/contract/lists.ts'
import type { MetricAnswer } from '../worker/contract/metrics.ts'
import { conditionWords } from './condition-words.ts'
import { fineMoney, signedFineMoney } from './fine-money.ts'
import { country, days, decimal, percent, plainMoney, points, signedDecimal, words } from './format.ts'

/** Experiments and metrics as people say them. */

export const STATE_WORDS: Record<ExperimentStatus, string> = {
  draft: 'Draft',
  running: 'Running',
  stopped: 'Stopped',
  archived: 'Archived',
}
export const STATES = Object.keys(STATE_WORDS) as ExperimentStatus[]

type Spanned = Pick<ExperimentAnswer, 'status' | 'startsAt' | 'endsAt' | 'shipped'>

/** `Planned` before its first day, `Over` once its last one is, `Shipped` where everybody has one variant. */
export function stateWords({ status, startsAt, endsAt, shipped }: Spanned, now = Date.now()): string {
  if (status === 'stopped' && shipped !== null) return 'Shipped'
  if (status !== 'running') return STATE_WORDS[status]
  if (now < startsAt) return 'Planned'
  return now < endsAt ? 'Running' : 'Over'
}

const DAY_MS = 86_400_000

/** Days until its planned end; null where none is to come. */
export function daysLeftOf(experiment: Spanned, now = Date.now()): number | null {
  return stateWords(experiment, now) === 'Running' ? (experiment.endsAt - now) / DAY_MS : null
}
export const daysLeftWords = (left: number): string => (left < 1 ? 'less than a day' : days(Math.ceil(left)))

export const ENDING_WORDS: Record<ExperimentEnding, string> = {
  stopped: 'stopped by hand',
  duration: 'its days were over',
  guardrail: 'a guardrail was harmed',
  shipped: 'a variant was shipped',
}

export const METHOD_WORDS: Record<AnalysisMethod, { name: string; says: string }> = {
  sequential: { name: 'Look whenever you like', says: 'its intervals hold at every look' },
  group_sequential: { name: 'Look at planned moments', says: 'its intervals hold at the planned looks' },
  fixed: { name: 'Look once, at the end', says: 'its intervals hold once, when the planned people have come' },
}

export const ROLE_WORDS: Record<MetricRole, { name: string; says: string }> = {
  goal: { name: 'Goal', says: 'decides' },
  secondary: { name: 'Secondary', says: 'explains' },
  guardrail: { name: 'Guardrail', says: 'must not be harmed' },
}

export const DIMENSION_WORDS: Record<SegmentDimension, string> = {
  country: 'Country',
  device: 'Device',
  source: 'Source',
  visitor: 'New or returning',
}
export const DIMENSIONS = Object.keys(DIMENSION_WORDS) as SegmentDimension[]
export const segmentWords = (dimension: SegmentDimension, value: string): string =>
  dimension === 'country' ? country(value) : words(value)

/** What a warning is called, and what to do about it. */
export const WARNING_WORDS: Record<ExperimentWarningCode, { name: string; todo: string }> = {
  sample_ratio_mismatch: {
    name: 'Too many or too few people in a variant',
    todo: 'Find what chose who is counted: a cache, a redirect, an error or bots in one variant. Mend it, and start again under another key.',
  },
  multiple_exposure: {
    name: 'People saw two variants',
    todo: 'They are in no figure. See that the variant is asked for by an id that stays: after login, across devices, without cookies.',
  },
  pre_exposure_bias: {
    name: 'The variants differed before they began',
    todo: 'Read the lift with the past taken out instead, or start again under another key, so that people are drawn anew.',
  },
  simpsons_paradox: {
    name: 'The parts say the opposite of the whole',
    todo: 'Read the segments below before anything is shipped: the whole is a mixture that no group of people agrees with.',
  },
  immature_cohorts: {
    name: 'Some people are still in their window',
    todo: 'Wait until their windows are over: what they will still pay, or send back, is not in these figures yet.',
  },
  implausible_lift: {
    name: 'This change is too large to be believed',
    todo: 'Look for a fault first: events sent twice, a variant that cannot be bought, a metric that counts something else.',
  },
  small_sample: { name: 'Few people so far', todo: 'Let it run: with so few, one order more or less turns the figures.' },
  weights_changed: {
    name: 'The shares were changed while it ran',
    todo: 'Only people drawn since the last change are compared. Leave the shares alone until it is over.',
  },
}

export const variantName = (variants: readonly { key: string; name: string }[], key: string): string =>
  variants.find((each) => each.key === key)?.name ?? words(key)

/** Figures that cannot be trusted name no winner, however clear they look. */
export const isTrusted = ({ sampleRatio, verdict }: ExperimentResults): boolean => !sampleRatio?.mismatch && verdict !== 'invalid'

type Unit = MetricResult['unit']

export function figureWords(value: number, unit: Unit, currency: string): string {
  if (unit === 'money') return fineMoney(value, currency)
  return unit === 'share' ? percent(value) : decimal(value)
}
export function differenceWords(value: number, unit: Unit, currency: string): string {
  if (unit === 'money') return signedFineMoney(value, currency)
  return unit === 'share' ? points(value) : signedDecimal(value)
}

/** A p-value as it is read. @example chanceWords(0.0002) // => '< 0.001' */
export const chanceWords = (pValue: number): string => (pValue < 0.001 ? '< 0.001' : pValue.toFixed(3))

/** A loss below a tenth of a per cent is not none. */
export const lossWords = (share: number): string => (share > 0 && share < 0.001 ? '< 0.1%' : percent(share))

export const MEASURE_WORDS: Record<MeasureId, { amount: string; has: string }> = {
  net_revenue: { amount: 'net revenue', has: 'who brought net revenue' },
  orders: { amount: 'orders', has: 'who ordered' },
  refunds: { amount: 'refunds and disputes', has: 'with a refund or dispute' },
  payment_failures: { amount: 'failed payments', has: 'with a failed payment' },
  events: { amount: 'events', has: 'who did it' },
}

type Measure = MetricAnswer['numerator']

const eventsOf = ({ events = [] }: Measure): string => events.map((event) => words(event).toLowerCase()).join(' or ')
const narrowed = ({ productIds, condition }: Measure): string =>
  (productIds ? ` of ${productIds.join(', ')}` : '') +
  (condition && Object.keys(condition).length > 0 ? ` where ${conditionWords(condition)}` : '')

function amountWords(measure: Measure): string {
  return (measure.of === 'events' ? `“${eventsOf(measure)}” events` : MEASURE_WORDS[measure.of].amount) + narrowed(measure)
}

/** What a metric counts, in a sentence without its end. */
export function metricWords({ kind, numerator, denominator, windowDays, cap, currency }: MetricAnswer): string {
  const within = ` within ${days(windowDays)} of first seeing it`
  const limit = cap === null ? '' : `; nobody counts for more than ${currency === null ? decimal(cap) : plainMoney(cap, currency)}`
  if (kind === 'ratio' && denominator) return `${upper(amountWords(numerator))} divided by ${amountWords(denominator)}${within}${limit}`
  if (kind === 'mean') return `${upper(amountWords(numerator))} per visitor${within}${limit}`
  const who = numerator.of === 'events' ? `with “${eventsOf(numerator)}”` : MEASURE_WORDS[numerator.of].has
  return `Share of people ${who}${narrowed(numerator)}${within}`
}

const upper = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
