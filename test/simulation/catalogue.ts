import type * as z from 'zod'
import type { Product, Settings } from '../../worker/contract/configuration.ts'
import type { CostInput } from '../../worker/contract/costs.ts'
import type { Interval } from '../../worker/contract/lists.ts'
import type { Rule } from '../../worker/contract/price-rules.ts'
import { addDays, addMonths, monthOf } from '../../worker/domain/time.ts'

/** What the simulated shop sells. List prices are decimal major units, one a currency. */
interface Item {
  name: string
  interval: Interval | null
  USD: number
  EUR: number
  unitCost: number
}

export const ITEMS = {
  starter_bundle: { name: 'Starter bundle', interval: null, USD: 199, EUR: 189, unitCost: 20 },
  pro_bundle: { name: 'Pro bundle', interval: null, USD: 499, EUR: 459, unitCost: 40 },
  starter_monthly: { name: 'Starter, monthly', interval: 'month', USD: 29, EUR: 27, unitCost: 4 },
  pro_monthly: { name: 'Pro, monthly', interval: 'month', USD: 79, EUR: 73, unitCost: 9 },
  pro_yearly: { name: 'Pro, yearly', interval: 'year', USD: 790, EUR: 730, unitCost: 100 },
} as const satisfies Record<string, Item>

export type ProductId = keyof typeof ITEMS
export type ShopCurrency = 'USD' | 'EUR'

/** Plans by the month cost less in France than elsewhere in euros: a list price of the country's own, which needs no rule. */
const IN_FRANCE: Partial<Record<ProductId, number>> = { starter_monthly: 25, pro_monthly: 69 }

function countriesOf(id: ProductId, currency: ShopCurrency) {
  const amount = currency === 'EUR' ? IN_FRANCE[id] : undefined
  return amount === undefined ? {} : { countries: [{ country: 'FR', amount }] }
}

/** Bodies of `/api/products`. Bounds are ±40 % of the list price, wide enough for the demo's test prices. */
export const demoProducts: Product[] = (Object.entries(ITEMS) as [ProductId, Item][]).map(([id, item]) => ({
  id,
  name: item.name,
  interval: item.interval,
  minimumMargin: 0.5,
  maximumStepPerDay: 0.2,
  rounding: 'auto',
  purchasingPower: false,
  prices: (['USD', 'EUR'] as const).map((currency) => ({
    currency,
    amount: item[currency],
    floor: Math.round(item[currency] * 0.6),
    ceiling: Math.round(item[currency] * 1.4),
    unitCost: item.unitCost,
    ...countriesOf(id, currency),
  })),
}))

/** Uniform prices are allowed, prices drawn by lot are disclosed, prices from personal data are off. */
export const demoSettings: Partial<Settings> = {
  defaultCurrency: 'USD',
  holdoutShare: 0.05,
  law: { US: { uniform: 'allow', randomised: 'disclose', personal: 'off' } },
}

const anyTime = { priority: 0, sensitivity: null, minimum: null, maximum: null, reference: null, startsAt: null, endsAt: null }

export const demoRules: Rule[] = [
  {
    ...anyTime,
    id: 'market_india',
    kind: 'market',
    name: 'India: local purchasing power',
    productIds: null,
    condition: { country: 'IN' },
    multiplier: 0.7,
  },
  {
    ...anyTime,
    id: 'market_mobile',
    kind: 'market',
    name: 'Phones: an easier start',
    productIds: ['starter_monthly'],
    condition: { device: 'mobile' },
    multiplier: 0.85,
  },
  {
    ...anyTime,
    id: 'segment_returning',
    kind: 'segment',
    name: 'Price-sensitive returners',
    productIds: ['starter_bundle', 'pro_bundle'],
    condition: { behaviorFlags: { $in: ['price_sensitive'] }, newVisitor: false },
    multiplier: 0.92,
  },
  {
    ...anyTime,
    id: 'demand_bundles',
    kind: 'demand',
    name: 'Bundles follow demand a little',
    productIds: ['starter_bundle', 'pro_bundle'],
    condition: {},
    multiplier: 1,
    sensitivity: 0.1,
    minimum: 0.95,
    maximum: 1.05,
  },
]

export const demoPriceTest = {
  productId: 'pro_bundle',
  testPrices: [449, 499, 549],
  duration: 30,
  name: 'Pro bundle: 449, 499 or 549',
  currency: 'USD',
  mode: 'randomised',
} as const

/** What the storefront says first, in two ways; the first is the control. */
export const demoExperiment = {
  key: 'hero',
  name: 'Headline of the storefront',
  hypothesis: 'Saying how soon it pays off brings more people to a product page than saying how it feels',
  funnelStep: 'landing',
  duration: 60,
  variants: [
    {
      key: 'calm',
      name: 'Calm',
      config: {
        title: 'A calm place to run a small company',
        line: 'Invoices, bookings and crew in one harbour. Start with a bundle, or come aboard by the month.',
      },
    },
    {
      key: 'soon',
      name: 'Soon',
      config: {
        title: 'Your books in order by this afternoon',
        line: 'Bring last year’s papers and leave with invoices, bookings and crew in one place.',
      },
    },
  ],
}

/** Where the shop is advertised, and what that takes in a usual month, in major units. */
const CHANNELS = [
  { channel: 'search', currency: 'USD', amount: 1_900 },
  { channel: 'social', currency: 'USD', amount: 1_100 },
  { channel: 'partners', currency: 'USD', amount: 600 },
  { channel: 'search', currency: 'EUR', amount: 800 },
] as const

/** What winning customers cost in each of the last eighteen months, the running one included; spring and autumn cost more. */
export function demoCosts(today: string): z.input<typeof CostInput>[] {
  const running = monthOf(today)
  return Array.from({ length: 18 }, (_, back) => addMonths(running, -back)).flatMap((month) => {
    const season = 1 + 0.2 * Math.sin((Number(month.slice(5)) / 12) * 4 * Math.PI)
    const to = addDays(`${addMonths(month, 1)}-01`, -1)
    return CHANNELS.map(({ channel, currency, amount }) => ({
      channel,
      currency,
      amount: Math.round(amount * season),
      from: `${month}-01`,
      to,
      note: '',
    }))
  })
}

/** The experiments that the simulated history tells of, as they were begun. */
export const demoPastExperiments = [
  {
    key: 'sim_landing',
    name: 'Landing page: a photo or a promise',
    hypothesis: 'Saying what is done by the afternoon keeps people who would leave after a photo of a harbour',
    funnelStep: 'landing',
    variants: [
      { key: 'photo', name: 'Photo' },
      { key: 'promise', name: 'Promise' },
    ],
    goals: ['reached_product_view'],
    secondary: ['net_revenue', 'purchase', 'reached_cart'],
    minimumDetectableEffect: 0.1,
    plannedSample: 1_200,
  },
  {
    key: 'sim_trust_marks',
    name: 'Trust marks at the till',
    hypothesis: 'Marks of the card companies make more of those who reach the till pay',
    funnelStep: 'checkout',
    variants: [
      { key: 'plain', name: 'Plain' },
      { key: 'trust_marks', name: 'Trust marks' },
    ],
    minimumDetectableEffect: 0.5,
    plannedSample: 600,
  },
]
