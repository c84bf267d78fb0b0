import type { AnalyticsAnswer, CohortRow, Figure, FigureId, FigureUnit, LiveEvent } from '../../worker/contract/analytics.ts'
import type { ForecastAnswer } from '../../worker/contract/forecasts.ts'
import type { FunnelAnswer } from '../../worker/contract/funnels.ts'
import type { ForecastMetric } from '../../worker/contract/lists.ts'

/** Figures of a shop that does not exist: seeded, so that the same question has the same answer to the cent. */

const DAY_MS = 86_400_000
const LENGTHS: Record<string, number> = { '7d': 7, '30d': 30, '90d': 90, '365d': 365, '18m': 548, all: 548 }
export const TODAY = new Date().toISOString().slice(0, 10)

const dayAfter = (day: string, days: number) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)
const cents = (amount: number) => Math.round(amount * 100) / 100

/** A number of [0, 1) that belongs to a text. */
function lot(text: string): number {
  let hash = 2166136261
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 16777619)
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}

type Day = AnalyticsAnswer['series'][number]

function dayRow(day: string, currency: string): Day {
  const age = (Date.parse(TODAY) - Date.parse(day)) / DAY_MS
  const growth = Math.max(0, 1 - age / 620)
  const weekend = [0, 6].includes(new Date(day).getUTCDay()) ? 0.6 : 1
  const scale = currency === 'EUR' ? 0.3 : 1
  const visitors = Math.round(420 * growth * weekend * (0.8 + 0.4 * lot(`v${day}`)))
  const orders = Math.round(visitors * scale * (0.02 + 0.025 * lot(`o${day}${currency}`)))
  const gross = cents(orders * (140 + 90 * lot(`g${day}${currency}`)))
  const refunds = lot(`r${day}${currency}`) < 0.2 ? cents(gross * 0.3) : 0
  const disputes = lot(`d${day}${currency}`) < 0.1 ? cents(gross * 0.2) : 0
  const entered = Math.round(visitors * 0.8)
  return {
    day,
    gross,
    refunds,
    disputes,
    net: cents(gross - refunds - disputes),
    orders,
    visitors,
    entered,
    bought: Math.round(entered * (0.02 + 0.02 * lot(`b${day}`))),
    mrr: cents(21_480 * scale * growth + 260 * lot(`m${day.slice(0, 7)}`)),
  }
}

function span(timeframe: string, to: string) {
  const days = LENGTHS[timeframe] ?? 30
  return { from: dayAfter(to, 1 - days), to, days }
}

const series = ({ from, days }: { from: string; days: number }, currency: string) =>
  Array.from({ length: days }, (_, at) => dayRow(dayAfter(from, at), currency))

const over = (above: number, below: number) => (below > 0 ? above / below : null)

function totals(rows: Day[]) {
  const sum = (pick: (row: Day) => number) => cents(rows.reduce((all, row) => all + pick(row), 0))
  const gross = sum((row) => row.gross)
  const orders = sum((row) => row.orders)
  const visitors = sum((row) => row.visitors)
  const mrr = rows.at(-1)?.mrr ?? 0
  const conversion = over(
    sum((row) => row.bought),
    sum((row) => row.entered),
  )
  const [net, refunds, disputes] = [sum((row) => row.net), sum((row) => row.refunds), sum((row) => row.disputes)]
  return { gross, net, refunds, disputes, orders, visitors, conversion, mrr, opening: rows[0]?.mrr ?? 0 }
}

export interface Extras {
  /** Added to today's net and gross, as a purchase would. */
  bonus: number
  productIds: readonly string[]
  countries: readonly string[]
  /** Names the catalogue has for some of the products. */
  names?: Readonly<Record<string, string>>
  /** First and last day of revenue, for each currency that has some. */
  currencies?: AnalyticsAnswer['currencies']
  firstDay?: string
}

const firstDay = dayAfter(TODAY, -620)
const SOLD = ['USD', 'EUR'].map((currency) => ({ currency, firstDay, lastDay: TODAY }))

export function fakeAnalytics(timeframe: string, to: string, currency: string, withCohorts: boolean, extras: Extras): AnalyticsAnswer {
  const period = span(timeframe, to)
  const previousPeriod = span(timeframe, dayAfter(to, -Math.ceil(period.days / 7) * 7))
  const rows = series(period, currency)
  const last = rows.at(-1)
  if (last?.day === TODAY && extras.bonus > 0) {
    last.gross = cents(last.gross + extras.bonus)
    last.net = cents(last.net + extras.bonus)
    last.orders += 1
  }
  const now = totals(rows)
  const then = totals(series(previousPeriod, currency))
  const complete = (extras.firstDay ?? firstDay) <= previousPeriod.from
  const figure = (
    id: FigureId,
    unit: FigureUnit,
    [value, previous]: readonly [number | null, number | null],
    formula: string,
    of: string | null = currency,
    inputs: Figure['inputs'] = [],
  ): Figure => ({
    id,
    name: id,
    unit,
    value,
    previous: complete ? previous : null,
    currency: of,
    definition: formula,
    formula,
    inputs,
    reason: value === null ? 'There is nothing to divide by in this period' : null,
  })
  const money = (id: FigureId, values: readonly [number | null, number | null], formula: string) => figure(id, 'money', values, formula)
  const shareOf = (id: FigureId, values: readonly [number | null, number | null], formula: string) => figure(id, 'share', values, formula)
  const movement = cents(now.mrr - now.opening)
  const gained = { new: cents(Math.max(0, movement) + 812.4), expansion: 316.2, reactivation: 58 }
  const churn = -294.15
  return {
    success: true,
    period,
    previousPeriod: { ...previousPeriod, complete },
    currency,
    currencies: extras.currencies ?? SOLD,
    rates: null,
    figures: {
      grossRevenue: money('grossRevenue', [now.gross, then.gross], 'Sum of verified purchases booked in the period'),
      netRevenue: figure(
        'netRevenue',
        'money',
        [now.net, then.net],
        'Gross revenue minus refunds and lost disputes booked in the period',
        currency,
        [
          { name: 'gross revenue', value: now.gross, unit: currency },
          { name: 'refunds', value: now.refunds, unit: currency },
          { name: 'disputes', value: now.disputes, unit: currency },
        ],
      ),
      refunds: money('refunds', [now.refunds, then.refunds], 'Sum of refunds booked in the period'),
      disputes: money('disputes', [now.disputes, then.disputes], 'Sum of disputed payments booked in the period'),
      orders: figure('orders', 'count', [now.orders, then.orders], 'Number of verified purchases booked in the period'),
      averageOrderValue: money('averageOrderValue', [over(now.gross, now.orders), over(then.gross, then.orders)], 'Gross revenue ÷ orders'),
      visitorDays: figure('visitorDays', 'count', [now.visitors, then.visitors], 'Visitors counted once a day, added over the days', null),
      conversion: figure(
        'conversion',
        'share',
        [now.conversion, then.conversion],
        'People who bought ÷ people who entered the funnel',
        null,
      ),
      abandonment: figure('abandonment', 'share', [0.31, 0.34], 'Checkouts abandoned ÷ checkouts begun', null),
      mrr: money('mrr', [now.mrr, now.opening], 'Monthly-normalised amount of live subscriptions at the end of the period'),
      arr: money('arr', [cents(now.mrr * 12), cents(now.opening * 12)], 'MRR × 12'),
      mrrGrowth: shareOf('mrrGrowth', [over(movement, now.opening), 0.02], '(Closing MRR − opening MRR) ÷ opening MRR'),
      arpa: money('arpa', [41, 41], 'MRR ÷ subscribers'),
      subscribers: figure(
        'subscribers',
        'count',
        [Math.round(now.mrr / 41), Math.round(now.opening / 41)],
        'Customers with at least one live subscription at the end of the period',
      ),
      grossMrrChurn: shareOf('grossMrrChurn', [0.034, 0.041], '(Churn + contraction) ÷ opening MRR'),
      netMrrChurn: shareOf('netMrrChurn', [0.012, 0.02], 'Gross MRR churn − (expansion + reactivation) ÷ opening MRR'),
      nrr: shareOf('nrr', [1.021, 1.013], 'MRR of the opening subscribers at the end ÷ their MRR at the opening'),
      grr: shareOf('grr', [0.966, 0.959], 'The same without what they added'),
      quickRatio: figure('quickRatio', 'ratio', [3.1, 2.8], '(New + expansion) ÷ (churn + contraction)'),
      customerChurn: shareOf('customerChurn', [0.031, 0.036], 'Subscribers lost ÷ subscribers at the opening'),
      voluntaryChurn: shareOf('voluntaryChurn', [0.022, 0.025], 'Subscribers who cancelled ÷ subscribers at the opening'),
      involuntaryChurn: shareOf('involuntaryChurn', [0.009, 0.011], 'Subscribers whose payment failed ÷ subscribers at the opening'),
      customersNew: figure('customersNew', 'count', [64, 58], 'Customers whose first order fell in the period'),
      ltv: money('ltv', [612.4, 598.1], 'Net revenue a customer by age in months, added over 12 months'),
      cac: money('cac', [112.5, 120.25], 'Costs ÷ new customers'),
      payback: figure('payback', 'months', [2.74, 2.93], 'CAC ÷ ARPA'),
      ltvToCac: figure('ltvToCac', 'ratio', [5.44, 4.97], 'LTV ÷ CAC'),
      reportedRevenue: money('reportedRevenue', [1840.5, 1200], 'Purchases that browsers reported without proof'),
    },
    movements: {
      opening: now.opening,
      ...gained,
      contraction: cents(movement - gained.new - gained.expansion - gained.reactivation - churn),
      churn,
      closing: now.mrr,
    },
    retentionMonths: { from: to.slice(0, 7), to: to.slice(0, 7), months: 1 },
    series: rows,
    months: fakeMonths(to, currency),
    products: extras.productIds.map((productId, at) => ({
      productId,
      name: extras.names?.[productId] ?? null,
      gross: cents(now.gross * ([0.42, 0.27, 0.16, 0.1, 0.05][at] ?? 0)),
      refunds: cents(now.refunds * ([0.42, 0.27, 0.16, 0.1, 0.05][at] ?? 0)),
      disputes: 0,
      net: cents((now.gross - now.refunds) * ([0.42, 0.27, 0.16, 0.1, 0.05][at] ?? 0)),
      rest: false,
      orders: Math.round(now.orders / (at + 2)),
      views: Math.round(now.visitors / (at + 2)),
      ordersPerView: productId.endsWith('ly') ? null : over(now.orders, now.visitors),
    })),
    countries: breakdownOf(now, extras.countries).map(({ value: country, ...part }) => ({ country, ...part })),
    devices: breakdownOf(now, ['desktop', 'mobile', 'tablet']).map(({ value: device, ...part }) => ({ device, ...part })),
    sources: breakdownOf(now, ['google', 'direct', 'other']).map(({ value: source, ...part }) => ({ source, ...part })),
    cohorts: withCohorts ? fakeCohorts(to) : null,
    forecasts: null,
  }
}

/** Half of what is left for each, and all of it for the last: parts that add up to the cent. */
function partsOf(total: number, count: number, round: (value: number) => number): number[] {
  let left = total
  return Array.from({ length: count }, (_, at) => {
    const part = at === count - 1 ? round(left) : round(left / 2)
    left -= part
    return part
  })
}

function breakdownOf(now: { gross: number; orders: number }, values: readonly string[]) {
  const gross = partsOf(now.gross, values.length, cents)
  const orders = partsOf(now.orders, values.length, Math.round)
  return values.map((value, at) => ({ value, gross: gross[at] as number, orders: orders[at] as number, rest: value === 'other' }))
}

function fakeMonths(to: string, currency: string): AnalyticsAnswer['months'] {
  const scale = currency === 'EUR' ? 0.3 : 1
  const level = (month: string) => cents(18_000 * scale + 4000 * scale * lot(`l${month}`))
  return Array.from({ length: 13 }, (_, at) => {
    const month = monthAfter(to.slice(0, 7), at - 12)
    const [opening, closing] = [level(monthAfter(month, -1)), level(month)]
    const [won, lost] = [cents(Math.max(0, closing - opening) + 300 * scale), cents(Math.min(0, closing - opening) - 300 * scale)]
    return {
      month,
      complete: at < 12,
      gross: cents(42_000 * scale * (0.8 + 0.4 * lot(`g${month}`))),
      net: cents(39_000 * scale * (0.8 + 0.4 * lot(`g${month}`))),
      orders: Math.round(190 * scale),
      customersNew: Math.round(60 * (0.8 + 0.4 * lot(`c${month}`))),
      opening,
      new: won,
      expansion: 0,
      reactivation: 0,
      contraction: 0,
      churn: lost,
      closing,
      nrr: at < 12 ? 1.02 : null,
      grr: at < 12 ? 0.96 : null,
      subscribersOpening: 480,
      subscribersWon: 24,
      subscribersLost: 15,
      customerChurn: 0.03125,
      voluntaryChurn: 0.0225,
      involuntaryChurn: 0.00875,
    }
  })
}

function fakeCohorts(to: string): CohortRow[] {
  const end = Number(to.slice(0, 4)) * 12 + Number(to.slice(5, 7)) - 1
  return Array.from({ length: 18 }, (_, at) => {
    const index = end - 17 + at
    const cohort = `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`
    const customers = Math.round(18 + 30 * lot(cohort))
    const activeByMonth = Array.from({ length: 18 - at }, (_, month) =>
      month === 0 ? customers : Math.round(customers * 0.62 * 0.94 ** month * (0.8 + 0.4 * lot(`${cohort}${month}`))),
    )
    return {
      cohort,
      customers,
      activeByMonth,
      revenueByMonth: activeByMonth.map((active, month) => cents(active * (month === 0 ? 214.5 : 68.25))),
      lastMonthComplete: false,
    }
  })
}

export function fakeFunnel(timeframe: string, to: string): FunnelAnswer {
  const visitors = totals(series(span(timeframe, to), 'USD')).visitors
  const reached = [1, 0.58, 0.21, 0.12, 0.085, 0.06].map((share) => Math.round(visitors * share))
  const labels = ['Visited', 'Viewed a product', 'Added to cart', 'Began checkout', 'Entered payment', 'Purchased']
  return {
    success: true,
    funnel: { id: 'purchase', version: 1, name: 'Purchase' },
    period: span(timeframe, to),
    reportedPurchases: 12,
    currency: 'USD',
    revenue: (reached[5] as number) * 214.5,
    days: [],
    groups: null,
    drivers: [],
    steps: reached.map((entered, at) => {
      const before = reached[at - 1]
      return {
        step: (labels[at] as string).toLowerCase().replaceAll(' ', '_'),
        label: labels[at] as string,
        entered,
        ofPrevious: before ? entered / before : null,
        ofFirst: reached[0] ? entered / reached[0] : null,
        droppedOff: before === undefined ? 0 : before - entered,
        optional: false,
        medianSeconds: at === 0 ? null : 60 * at,
      }
    }),
  }
}

export const fakeLine = (at: number, productId: string): LiveEvent => {
  const types = ['view_item', 'add_to_cart', 'begin_checkout', 'purchase', 'page_view'] as const
  const type = types[at % types.length] as string
  const sale = type === 'purchase'
  return {
    at: Date.now() - at * 7300,
    type,
    productId: type === 'page_view' ? null : productId,
    country: ['US', 'DE', 'GB', 'FR'][at % 4] as string,
    amount: sale ? 499 : null,
    currency: sale ? 'USD' : null,
    verified: at % 10 !== 8,
  }
}

const monthAfter = (month: string, months: number) => {
  const [year = 0, index = 1] = month.split('-').map(Number)
  return new Date(Date.UTC(year, index - 1 + months, 1)).toISOString().slice(0, 7)
}

/** What a test may have of a forecast: fewer months, none, or a warning. */
export interface ForecastExtras {
  months?: number
  losing?: number
}

export function fakeForecast(
  metric: ForecastMetric,
  horizon: number,
  currency: string,
  { months = 30, losing = 2 }: ForecastExtras = {},
): ForecastAnswer {
  const scale = (metric === 'mrr' ? 20_000 : 45_000) * (currency === 'EUR' ? 0.3 : 1)
  const last = monthAfter(TODAY.slice(0, 7), -1)
  const history = Array.from({ length: months }, (_, at) => {
    const month = monthAfter(last, at + 1 - months)
    return { month, amount: cents(scale * (0.25 + (0.75 * (at + 1)) / months) * (0.96 + 0.08 * lot(`f${month}${metric}`))) }
  })
  const now = history.at(-1)?.amount ?? 0
  const points = Array.from({ length: months === 0 ? 0 : horizon }, (_, at) => {
    const amount = cents(now * (1 + 0.02 * (at + 1)))
    const around = ([50, 80, 95] as const).map((level, index) => {
      const half = now * 0.02 * Math.sqrt(at + 1) * ([0.67, 1.28, 1.96][index] as number)
      return { level, low: cents(amount - half), high: cents(amount + half) }
    })
    return { month: monthAfter(last, at + 1), amount, intervals: around }
  })
  const trial = (model: string, name: string, mase: number) => ({ model, name, mase, smape: mase / 5, beatsBenchmark: mase <= 1 })
  const warning =
    months === 0
      ? { code: 'no_history' as const, message: `There is no month with ${metric} in ${currency} that is over` }
      : months < 12
        ? { code: 'short_history' as const, message: `Only ${months} months are over: the last one is repeated` }
        : undefined
  return {
    success: true,
    forecast: {
      metric,
      currency,
      horizon,
      model: months === 0 ? null : months < 12 ? 'naive' : 'damped_trend',
      modelName: months === 0 ? null : months < 12 ? 'Same as last month' : 'Damped trend',
      madeAt: Date.parse(`${TODAY}T03:17:00Z`),
      stored: true,
      inputsHash: '0123456789abcdef',
      history,
      points,
      backtest:
        months < 13
          ? null
          : {
              origins: 8,
              comparisons: 52,
              chosen: 'damped_trend',
              errors: [
                trial('damped_trend', 'Damped trend', 0.21),
                trial('naive', 'Same as last month', 0.4),
                trial('seasonal_naive', 'Same as the year before', 1),
                ...Array.from({ length: losing }, (_, at) => trial(`loser_${at}`, `Loser ${at}`, 1.2 + at)),
              ],
              coverage: [
                { level: 50, share: 0.52 },
                { level: 80, share: 0.77 },
                { level: 95, share: 0.904 },
              ],
            },
      ...(warning ? { warning } : {}),
    },
    currencies: ['EUR', 'USD'],
  }
}
