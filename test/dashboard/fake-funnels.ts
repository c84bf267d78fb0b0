import type { FunnelAnswer, FunnelDefinitionAnswer, FunnelDriver } from '../../worker/contract/funnels.ts'
import { fakeFunnel, TODAY } from './fake-figures.ts'
import type { FakeRefusal } from './fake-pricing.ts'

/** Funnels of a shop that does not exist, by the shapes the routes agree on. */

export interface FakeFunnels {
  definitions: FunnelDefinitionAnswer[]
  drivers: FunnelDriver[]
  /** Whether anybody enters. */
  visited: boolean
  /** By `POST /api/funnels` and the like: the next answers are these. */
  refusals: Record<string, FakeRefusal>
  /** Bodies that were sent, by method and path, in order. */
  sent: { to: string; body: unknown }[]
}

const step = (key: string, name: string, events: string[]) => ({ key, name, events, condition: null, optional: false, windowHours: null })

const DEFAULT: FunnelDefinitionAnswer = {
  funnel: 'default@1',
  id: 'default',
  version: 1,
  name: 'Landing to purchase',
  order: 'implied',
  windowHours: 168,
  steps: [
    step('visited', 'Visited', ['page_view']),
    step('viewed_a_product', 'Viewed a product', ['view_item']),
    step('added_to_cart', 'Added to cart', ['add_to_cart']),
    step('began_checkout', 'Began checkout', ['begin_checkout']),
    step('entered_payment', 'Entered payment', ['add_payment_info']),
    step('purchased', 'Purchased', ['purchase']),
  ],
  builtIn: true,
  backfill: null,
}

export const TRIAL: FunnelDefinitionAnswer = {
  funnel: 'trial@2',
  id: 'trial',
  version: 2,
  name: 'Trial to plan',
  order: 'ordered',
  windowHours: 336,
  steps: [
    { ...step('pricing_page', 'Pricing page', ['view_item']), condition: { 'metadata.plan': 'pro' } },
    { ...step('help', 'Help', ['help_opened', 'chat_opened']), optional: true },
    { ...step('purchase', 'Purchase', ['purchase']), windowHours: 72 },
  ],
  builtIn: false,
  backfill: { done: 1250, total: 5000 },
}

export const DRIVERS: FunnelDriver[] = [
  {
    step: 'viewed_a_product',
    feature: 'device',
    value: 'mobile',
    people: 2104,
    rate: 0.311,
    otherRate: 0.392,
    difference: { value: -0.081, low: -0.104, high: -0.058 },
    pValue: 0.0000001,
    adjustedPValue: 0.000002,
    atStake: 170,
    recommendation: 'On mobile fewer people go on from a product to the cart: look at this page on a phone.',
  },
  {
    step: 'began_checkout',
    feature: 'event',
    value: 'coupon_refused',
    people: 312,
    rate: 0.52,
    otherRate: 0.71,
    difference: { value: -0.19, low: -0.26, high: -0.12 },
    pValue: 0.0004,
    adjustedPValue: 0.0031,
    atStake: 59,
    recommendation: 'Whoever had a coupon refused leaves the checkout more often: say beforehand what a coupon is for.',
  },
]

export const freshFunnels = (): FakeFunnels => ({
  definitions: [DEFAULT, TRIAL, { ...TRIAL, funnel: 'trial@1', version: 1, backfill: null }],
  drivers: DRIVERS,
  visited: true,
  refusals: {},
  sent: [],
})

const MINUTE = 60
const MEDIANS = [null, 95, 7.5 * MINUTE, 42 * MINUTE, 3 * MINUTE, 30 * 60 * MINUTE]

/** The steps of the default funnel, or as many of them under the names of another. */
function stepsOf(definition: FunnelDefinitionAnswer, timeframe: string, to: string, visited: boolean): FunnelAnswer['steps'] {
  const { steps } = fakeFunnel(timeframe, to)
  const reached = definition.steps.map((_, at) => (visited ? (steps[at]?.entered ?? 0) : 0))
  const share = (part: number, whole: number | undefined) => (whole ? part / whole : null)
  return definition.steps.map(({ key, name, optional }, at) => ({
    step: key,
    label: name,
    optional,
    entered: reached[at] ?? 0,
    ofPrevious: at === 0 ? null : share(reached[at] ?? 0, reached[at - 1]),
    ofFirst: share(reached[at] ?? 0, reached[0]),
    droppedOff: (reached[at] ?? 0) - (reached[at + 1] ?? reached[at] ?? 0),
    medianSeconds: visited ? (MEDIANS[at] ?? null) : null,
  }))
}

const VALUES: Record<string, string[]> = {
  country: ['US', 'DE', 'GB', 'FR', 'CA', 'NL', 'other'],
  device: ['mobile', 'desktop', 'tablet'],
  source: ['google', 'newsletter', '=HYPERLINK("http://x")', 'direct', 'bing', 'unknown'],
  visitor: ['new', 'returning'],
  variant: ['control', 'short'],
}

function groupsOf(by: string, steps: FunnelAnswer['steps'], revenue: number): NonNullable<FunnelAnswer['groups']> {
  const values = VALUES[by] ?? []
  return values.map((value, index) => {
    const part = 1 / values.length
    const entered = steps.map((each, at) => Math.round(each.entered * part * (1 - 0.02 * index * at)))
    const earned = Math.round(revenue * part)
    return {
      value,
      steps: steps.map(({ step: key }, at) => ({
        step: key,
        entered: entered[at] ?? 0,
        ofPrevious: at === 0 || !entered[at - 1] ? null : (entered[at] ?? 0) / (entered[at - 1] ?? 1),
        ofFirst: entered[0] ? (entered[at] ?? 0) / entered[0] : null,
        droppedOff: (entered[at] ?? 0) - (entered[at + 1] ?? entered[at] ?? 0),
      })),
      revenue: earned,
      revenuePerEntry: entered[0] ? earned / entered[0] : null,
    }
  })
}

function answerFor(definition: FunnelDefinitionAnswer, { visited, drivers }: FakeFunnels, query: URLSearchParams): FunnelAnswer {
  const timeframe = query.get('timeframe') ?? '30d'
  const to = query.get('to') ?? TODAY
  const { period, reportedPurchases } = fakeFunnel(timeframe, to)
  const steps = stepsOf(definition, timeframe, to, visited)
  const length = Math.round((Date.parse(to) - Date.parse(period.from)) / 86_400_000) + 1
  const share = steps.at(-1)?.ofFirst ?? 0
  const by = query.get('by')
  const revenue = (steps.at(-1)?.entered ?? 0) * 180
  return {
    success: true,
    funnel: { id: definition.id, version: definition.version, name: definition.name },
    period,
    reportedPurchases,
    currency: query.get('currency') ?? 'USD',
    revenue,
    steps,
    days: Array.from({ length }, (_, at) => {
      const entered = Math.round(((steps[0]?.entered ?? 0) / length) * (0.8 + 0.1 * (at % 5)))
      const day = new Date(Date.parse(period.from) + at * 86_400_000).toISOString().slice(0, 10)
      return { day, entered, converted: Math.round(entered * share * (0.9 + 0.05 * (at % 4))) }
    }),
    groups: by === null ? null : groupsOf(by, steps, revenue),
    drivers: visited ? drivers : [],
  }
}

type Send = (status: number, body: unknown) => void

/** @returns whether it was a question about funnels */
export function answerFunnels(funnels: FakeFunnels, method: string, url: URL, body: string, send: Send): boolean {
  const [, kind = '', id = ''] = /^\/api\/(funnels?)(?:\/([^/]+))?$/.exec(url.pathname) ?? []
  if (kind === '') return false
  const to = `${method} ${url.pathname}`
  if (method !== 'GET') funnels.sent.push({ to, body: body === '' ? null : JSON.parse(body) })
  const refusal = funnels.refusals[to]
  const refuse = ({ status, code, error, field }: FakeRefusal) =>
    send(status, { success: false, type: `/docs#${code}`, title: code, error, code, field, status })
  if (refusal) {
    refuse(refusal)
    return true
  }
  if (kind === 'funnel') {
    const asked = url.searchParams.get('funnel') ?? 'default'
    const found = funnels.definitions.find((each) => each.id === asked || each.funnel === asked)
    if (found) send(200, answerFor(found, funnels, url.searchParams))
    else refuse({ status: 404, code: 'not_found', error: `there is no funnel "${asked}"` })
  } else if (method === 'POST') {
    const made = take(funnels, JSON.parse(body))
    send(200, { success: true, funnel: made })
  } else if (method === 'DELETE') {
    funnels.definitions = funnels.definitions.filter((each) => each.id !== id)
    send(200, { success: true, message: 'Archived' })
  } else send(200, { success: true, funnels: funnels.definitions })
  return true
}

function take({ definitions }: FakeFunnels, input: Partial<FunnelDefinitionAnswer> & { name: string }): FunnelDefinitionAnswer {
  const id = input.id ?? input.name.toLowerCase().replaceAll(/\W+/g, '_')
  const version = 1 + Math.max(0, ...definitions.filter((each) => each.id === id).map((each) => each.version))
  const made: FunnelDefinitionAnswer = {
    funnel: `${id}@${version}`,
    id,
    version,
    name: input.name,
    order: input.order ?? 'ordered',
    windowHours: input.windowHours ?? 168,
    steps: (input.steps ?? []).map((each) => ({ ...step(each.name.toLowerCase(), each.name, []), ...each })),
    builtIn: false,
    backfill: { done: 0, total: 5000 },
  }
  definitions.unshift(made)
  return made
}
