/** What analytics is computed from: sums as the database adds them up, still in their own currencies. */

/** A sum of a metric. `scope` is a currency, or '' for what has none; `how` says which of two ways, where a metric has them. */
export interface MetricSum {
  metric: string
  scope: string
  how: string
  sum: number
}

/** The sums of a metric by day, or by month (YYYY-MM): one beside the other, as a shop with many days has few metrics. */
export interface SumsByTime extends Omit<MetricSum, 'sum'> {
  times: readonly string[]
  sums: readonly number[]
}

/** What was won or lost between two of the days at which a level is asked for; `cut` counts those of them that lie no later. */
export interface LevelSum {
  metric: string
  scope: string
  cut: number
  sum: number
}

/** Change, in month `month`, of what the subscribers of the start of month `since` are worth. */
export interface KeptSum {
  metric: string
  scope: string
  since: string
  month: string
  sum: number
}

/** Sums of a period under one value of a dimension; a null value stands for all that have no row of their own. */
export interface ValueSum {
  dimension: string
  value: string | null
  scope: string
  gross: number
  refunds: number
  disputes: number
  orders: number
  views: number
}

/** A cell of the cohort table. */
export interface CohortSum {
  metric: string
  scope: string
  cohort: string
  month: string
  sum: number
}

/** People by the day on which they entered the funnel, and how many of them have bought. */
export interface EntryDay {
  day: string
  entered: number
  bought: number
}

/** A cost as it was recorded. */
export interface CostDays {
  firstDay: string
  lastDay: string
  amount: number
  currency: string
}

export interface AnalyticsRows {
  /** Of the period, by day. */
  days: readonly SumsByTime[]
  /** Of the previous period. */
  before: readonly MetricSum[]
  /** Of the days before the period from the first month of the trend on, by month. */
  months: readonly SumsByTime[]
  levels: readonly LevelSum[]
  kept: readonly KeptSum[]
  values: readonly ValueSum[]
  cohorts: readonly CohortSum[]
  entries: readonly EntryDay[]
  entriesBefore: Omit<EntryDay, 'day'>
  costs: readonly CostDays[]
  /** Orders of each product in all currencies together. */
  ordersByProduct: readonly { productId: string; orders: number }[]
  /** Products of the catalogue that were viewed or sold in the period. */
  products: readonly { id: string; name: string; interval: string | null }[]
  currencies: readonly { currency: string; firstDay: string; lastDay: string }[]
  /** Currencies in which there are recurring amounts. */
  recurring: readonly string[]
  /** First day with any revenue or visit; null: there is none. */
  firstDay: string | null
}
