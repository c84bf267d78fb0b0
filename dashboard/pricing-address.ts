import { computed } from '@preact/signals'
import { pageAt, path, query, withQuery } from './address.ts'

/** What the address says of the pricing pages. */

export const PRICING_TABS = ['prices', 'rules', 'tests', 'decisions'] as const
export type PricingTab = (typeof PRICING_TABS)[number]

export const pricingTab = computed<PricingTab>(() => PRICING_TABS.find((word) => word === query.value.get('tab')) ?? 'prices')

const KINDS = ['products', 'tests', 'decisions'] as const
/** The product, price test or decision whose page it is, or null on the lists. */
export const item = computed(() => {
  const [, kind, id = ''] = /^\/pricing\/(\w+)\/(.+)$/.exec(path.value) ?? []
  const known = KINDS.find((word) => word === kind)
  try {
    return known ? { kind: known, id: decodeURIComponent(id) } : null
  } catch {
    return null
  }
})

/** Product and price test that a list is narrowed to. */
export const productFilter = computed(() => query.value.get('product'))
export const testFilter = computed(() => query.value.get('test'))
/** Id of the rule that is open in the editor. */
export const openRule = computed(() => query.value.get('rule'))
/** What is being made: a rule or a test. */
export const creating = computed(() => query.value.get('new'))
/** Whether the decision is to be made again. */
export const replaying = computed(() => query.value.get('replay') === '1')
/** Of an imported decision: for whom it was made, since its id does not say. */
export const decidedFor = computed(() => ({ customerId: query.value.get('customerId'), visitorId: query.value.get('visitorId') }))

export const productPath = (id: string): string => pageAt(`/pricing/products/${encodeURIComponent(id)}`)
export const testPath = (id: string): string => pageAt(`/pricing/tests/${encodeURIComponent(id)}`)
export const decisionPath = (id: string): string => pageAt(`/pricing/decisions/${encodeURIComponent(id)}`)

/** One of the lists, narrowed or with a form open. */
export function listAt(tab: PricingTab, changes: Record<string, string | null> = {}): string {
  const here = new URL(pageAt('/pricing'), location.origin).searchParams
  for (const [name, value] of Object.entries({ tab: tab === 'prices' ? null : tab, ...changes })) {
    if (value === null) here.delete(name)
    else here.set(name, value)
  }
  const text = here.toString()
  return text ? `/pricing?${text}` : '/pricing'
}

/** The present list with the form closed. */
export const closed = (): string => withQuery({ rule: null, new: null })
