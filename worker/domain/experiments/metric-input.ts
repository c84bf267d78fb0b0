import type { MetricAnswer, MetricInput } from '../../contract/metrics.ts'
import { canonicalName } from '../customer/vocabulary.ts'
import { DomainError } from '../error.ts'
import { parseCurrency, toMajor, toMinor } from '../money.ts'
import { DAY_MS } from '../time.ts'
import { eventConditionFlaw } from './event-condition.ts'
import { BUILT_IN_METRICS, type Measure, type MetricDefinition, referenceOf } from './metric.ts'

/** Ids of ours say the same in every deployment. */
const BUILT_IN_IDS: ReadonlySet<string> = new Set(BUILT_IN_METRICS.map(({ id }) => id))
export const isBuiltIn = ({ id }: Pick<MetricDefinition, 'id'>): boolean => BUILT_IN_IDS.has(id)

/** Whether the measure is money, minor units; the others are counts. */
export const isMoneyMeasure = ({ of }: Pick<Measure, 'of'>): boolean => of === 'net_revenue'

type MeasureInput = MetricInput['numerator']

/**
 * The metric that somebody describes.
 *
 * @throws DomainError reserved_id       the id is that of a built-in metric
 * @throws DomainError missing_field     a ratio without denominator, events without names, a cap on money of no currency
 * @throws DomainError options_conflict  what is told does not go with the kind or the measure
 * @throws DomainError unknown_currency, amount_too_precise, invalid_field
 */
export function metricOf(input: MetricInput, id: string, version: number): MetricDefinition {
  if (BUILT_IN_IDS.has(id)) throw new DomainError('reserved_id', `${id} is a metric that every deployment has: choose another id`, 'id')
  const { name, kind, direction, windowDays } = input
  if (kind === 'ratio' && !input.denominator) throw new DomainError('missing_field', 'a ratio needs what it is divided by', 'denominator')
  if (kind !== 'ratio' && input.denominator)
    throw new DomainError('options_conflict', `only a ratio is divided by something, not a ${kind}`, 'denominator')
  const numerator = measureOf(input.numerator, 'numerator')
  const denominator = input.denominator ? measureOf(input.denominator, 'denominator') : null
  const currency = currencyOf(input, [numerator, ...(denominator ? [denominator] : [])])
  const windowMs = Math.round(windowDays * DAY_MS)
  return { id, version, name, kind, numerator, denominator, direction, windowMs, currency, cap: capOf(input, numerator, currency) }
}

function measureOf({ of, events, productIds, condition }: MeasureInput, field: string): Measure {
  if (of === 'events') {
    if (!events) throw new DomainError('missing_field', 'say which events count', `${field}.events`)
    if (productIds) throw new DomainError('options_conflict', 'of events say `condition`: {"productId": …}', `${field}.productIds`)
    const flaw = condition && eventConditionFlaw(condition)
    if (flaw) throw new DomainError('invalid_field', flaw.message, [field, 'condition', ...flaw.path].join('.'))
    return { of, events: [...new Set(events.map(canonicalName))], condition: condition ?? null }
  }
  if (events) throw new DomainError('options_conflict', `${of} names its events itself`, `${field}.events`)
  if (condition) throw new DomainError('options_conflict', 'only events are asked for by a condition', `${field}.condition`)
  if (productIds && of !== 'net_revenue' && of !== 'orders')
    throw new DomainError('options_conflict', `${of} are not told apart by product`, `${field}.productIds`)
  return { of, productIds: productIds ? [...new Set(productIds)] : null }
}

function currencyOf({ currency }: MetricInput, measures: readonly Measure[]): string | null {
  if (currency === undefined) return null
  if (measures.every(({ of }) => of === 'events' || of === 'payment_failures'))
    throw new DomainError('options_conflict', 'only purchases have a currency', 'currency')
  return parseCurrency(currency)
}

function capOf({ kind, cap }: MetricInput, numerator: Measure, currency: string | null): number | null {
  if (cap === undefined) return null
  if (kind === 'proportion') throw new DomainError('options_conflict', 'a person counts once in a proportion', 'cap')
  if (!isMoneyMeasure(numerator)) {
    if (!Number.isInteger(cap)) throw new DomainError('invalid_field', 'a cap on a count is a whole number', 'cap')
    return cap
  }
  if (currency === null) throw new DomainError('missing_field', 'a cap on money needs its currency', 'currency')
  return toMinor(cap, currency, 'cap')
}

/** Whether two definitions count the same under the same name: then one of them is enough. */
export const isSameMetric = (a: MetricDefinition, b: MetricDefinition): boolean =>
  JSON.stringify({ ...a, version: 0 }) === JSON.stringify({ ...b, version: 0 })

/** @see MetricAnswer */
export function metricAnswerOf(metric: MetricDefinition): MetricAnswer {
  const { id, version, name, kind, numerator, denominator, direction, windowMs, currency, cap } = metric
  const isMoneyCap = cap !== null && isMoneyMeasure(numerator) && currency !== null
  return {
    metric: referenceOf(metric),
    id,
    version,
    name,
    kind,
    numerator: measureAnswer(numerator),
    denominator: denominator && measureAnswer(denominator),
    direction,
    windowDays: windowMs / DAY_MS,
    currency,
    cap: isMoneyCap ? toMajor(cap, currency) : cap,
    builtIn: isBuiltIn(metric),
  }
}

const measureAnswer = ({ of, events, productIds, condition }: Measure): MetricAnswer['numerator'] => ({
  of,
  ...(events ? { events: [...events] } : {}),
  ...(productIds ? { productIds: [...productIds] } : {}),
  ...(condition ? { condition } : {}),
})

/**
 * The metric that a reference names: one version, or the newest of an id.
 *
 * @param custom every version of the metrics of this deployment
 * @throws DomainError unknown_metric
 * @example resolveMetric([], 'net_revenue', 'goals.0').version // => 1
 */
export function resolveMetric(custom: readonly MetricDefinition[], reference: string, field: string): MetricDefinition {
  const found = findMetric(custom, reference)
  if (!found) throw new DomainError('unknown_metric', `there is no metric ${reference.slice(0, 64)}`, field)
  return found
}

/** @see resolveMetric; null where there is none. */
export function findMetric(custom: readonly MetricDefinition[], reference: string): MetricDefinition | null {
  const [id, version] = reference.split('@', 2)
  let found: MetricDefinition | null = null
  for (const metric of [...BUILT_IN_METRICS, ...custom]) {
    if (metric.id !== id) continue
    if (version === undefined ? metric.version > (found?.version ?? 0) : metric.version === Number(version)) found = metric
  }
  return found
}
