import type * as z from 'zod'
import type { MeasureId, MetricDirection, MetricKind } from '../worker/contract/lists.ts'
import type { MetricInput } from '../worker/contract/metrics.ts'
import { readJsonObject } from './condition-form.ts'
import { listOf, numberOf, textOf } from './form-values.ts'

/** What was typed as a metric. */

export type MetricDraft = z.input<typeof MetricInput>
type MeasureDraft = MetricDraft['numerator']

/** Of which one may say more: the events themselves, or the products of what was bought. */
export const countsEvents = (of: string): boolean => of === 'events'
export const countsProducts = (of: string): boolean => of === 'net_revenue' || of === 'orders'

/** @throws SyntaxError  the condition is no JSON, or no object */
function measureFrom(form: FormData, side: 'numerator' | 'denominator'): MeasureDraft {
  const text = (name: string) => textOf(form, `${side}.${name}`)
  const of = text('of') as MeasureId
  const events = listOf(text('events'))
  const products = listOf(text('productIds'))
  const condition = text('condition')
  return {
    of,
    ...(countsEvents(of) && { events }),
    ...(countsEvents(of) && condition !== '' && { condition: readJsonObject(condition) }),
    ...(countsProducts(of) && products.length > 0 && { productIds: products }),
  }
}

/**
 * What was typed.
 *
 * @throws SyntaxError  a condition is no JSON, or no object
 */
export function metricFrom(form: FormData): MetricDraft {
  const kind = textOf(form, 'kind') as MetricKind
  return {
    name: textOf(form, 'name'),
    id: textOf(form, 'id') || undefined,
    kind,
    numerator: measureFrom(form, 'numerator'),
    denominator: kind === 'ratio' ? measureFrom(form, 'denominator') : undefined,
    direction: textOf(form, 'direction') as MetricDirection,
    windowDays: numberOf(form, 'windowDays') ?? undefined,
    currency: textOf(form, 'currency').toUpperCase() || undefined,
    cap: numberOf(form, 'cap') ?? undefined,
  }
}
