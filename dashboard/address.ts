import { computed, signal } from '@preact/signals'
import type { TIMEFRAMES } from '../worker/contract/analytics.ts'
import { dayOf, daysFrom, shiftDay } from './calendar.ts'

export type Timeframe = (typeof TIMEFRAMES)[number]

export const PERIODS: readonly { id: Timeframe; label: string; name: string }[] = [
  { id: '7d', label: '7d', name: 'Last 7 days' },
  { id: '30d', label: '30d', name: 'Last 30 days' },
  { id: '90d', label: '90d', name: 'Last 90 days' },
  { id: '365d', label: '12m', name: 'Last 365 days' },
  { id: '18m', label: '18m', name: 'Last 18 months' },
  { id: 'all', label: 'All', name: 'Everything so far' },
]

export const COHORT_MEASURES = ['customers', 'share', 'revenue'] as const
export type CohortMeasure = (typeof COHORT_MEASURES)[number]

export const REVENUE_TABS = ['retention', 'unit', 'cohorts', 'breakdowns', 'months'] as const
export type RevenueTab = (typeof REVENUE_TABS)[number]

export const FORECAST_CHOICES = ['mrr', 'revenue'] as const
export const HORIZONS = [6, 12, 24] as const

/** Path and query of the page: the one place where period, currency, comparison and tabs are kept, so a copied link shows the same. */
export const address = signal(location.pathname + location.search)

export const query = computed(() => new URL(address.value, location.origin).searchParams)
export const path = computed(() => new URL(address.value, location.origin).pathname.replace(/\/+$/, '') || '/')

export const period = computed<Timeframe>(() => PERIODS.find(({ id }) => id === query.value.get('period'))?.id ?? '30d')
/** Last day shown, or null for today. A day to come, or no day at all, is today. */
export const to = computed(() => {
  const day = query.value.get('to')
  return day && /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) && day < dayOf(Date.now()) ? day : null
})
export const currency = computed(() => {
  const code = query.value.get('currency')
  return code && /^[A-Z]{3}$/.test(code) ? code : null
})
export const compare = computed(() => query.value.get('compare') !== 'off')
export const asTable = computed(() => query.value.get('chart') === 'table')
export const metric = computed(() => FORECAST_CHOICES.find((word) => word === query.value.get('metric')) ?? 'mrr')
/** Months ahead. */
export const horizon = computed(() => HORIZONS.find((months) => String(months) === query.value.get('horizon')) ?? 12)
export const measure = computed<CohortMeasure>(() => COHORT_MEASURES.find((word) => word === query.value.get('measure')) ?? 'customers')

export const tab = computed<RevenueTab>(() => REVENUE_TABS.find((word) => word === query.value.get('tab')) ?? 'retention')
/** First letters of the customers looked for. */
export const search = computed(() => query.value.get('search') ?? '')
/** Where a page of customers begins, and a page of one customer's chain; null for the first. */
export const after = computed(() => query.value.get('after'))
export const before = computed(() => query.value.get('before'))
/** Customer of the present path, or null. */
export const customerId = computed(() => {
  const id = /^\/customers\/(.+)$/.exec(path.value)?.[1]
  try {
    return id === undefined ? null : decodeURIComponent(id)
  } catch {
    return null
  }
})

/** The present address with some parameters changed (null removes one), on this or another path. */
export function withQuery(changes: Record<string, string | null> = {}, onPath = path.value): string {
  const next = new URLSearchParams(query.value)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name)
    else next.set(name, value)
  }
  const text = next.toString()
  return text ? `${onPath}?${text}` : onPath
}

/** What is typed into the calculators. */
export const CALCULATOR_INPUTS = [
  'find',
  'kind',
  'baseline',
  'standardDeviation',
  'mde',
  'relative',
  'total',
  'power',
  'alpha',
  'groups',
  'method',
  'looks',
  'perDay',
  'correction',
  'of',
  'arms',
  'better',
  'counts',
  'weights',
  'show',
  'spending',
  'effect',
  'standardError',
  'n',
  'tunedFor',
] as const

/** What belongs to one page alone: a place in a list, what it is narrowed to, the form that stands open. */
const ITS_OWN = {
  ...Object.fromEntries(CALCULATOR_INPUTS.map((name) => [name, null])),
  search: null,
  after: null,
  before: null,
  product: null,
  test: null,
  rule: null,
  new: null,
  replay: null,
  customerId: null,
  state: null,
  edit: null,
  by: null,
  funnel: null,
  experiment: null,
}

/** Another page: period, currency and tabs go along, a place in a list does not. */
export const pageAt = (at: string): string => withQuery(ITS_OWN, at)

/** Goes to an address from outside a link. The router listens to `popstate` only, so it is told in that way. */
export function visit(url: string): void {
  history.pushState(null, '', url)
  dispatchEvent(new PopStateEvent('popstate'))
}

const COMPARE_KEY = 'fairlead-compare'

export function toggleCompare(): void {
  const off = compare.value
  try {
    localStorage.setItem(COMPARE_KEY, off ? 'off' : 'on')
  } catch {}
  visit(withQuery({ compare: off ? 'off' : null }))
}

/** Moves the period to the one it is compared with, or as far forward; never past today. */
export function shiftPeriod(direction: -1 | 1, shown: { period: { to: string }; previousPeriod: { to: string } }): void {
  if (period.value === 'all') return
  const target = shiftDay(shown.period.to, direction * daysFrom(shown.previousPeriod.to, shown.period.to))
  visit(withQuery({ to: target < dayOf(Date.now()) ? target : null }))
}

/** Cohorts were a page of their own: links to it lead to where they stand now. Runs before the router reads the address. */
export function followMoved(): void {
  if (path.value !== '/cohorts') return
  address.value = withQuery({ tab: 'cohorts' }, '/revenue')
  history.replaceState(null, '', address.value)
}

/**
 * Whoever opens a page without any query gets the comparison as they left it; the choice then stands in the address. A link
 * that says more was made by somebody who saw it, and shows what they saw. Runs before the router reads the address.
 */
export function recallCompare(): void {
  try {
    if (location.search !== '' || localStorage.getItem(COMPARE_KEY) !== 'off') return
  } catch {
    return
  }
  address.value = withQuery({ compare: 'off' }, location.pathname)
  history.replaceState(null, '', address.value)
}
