/** Names of the rollup metrics, each with what one unit of its sum means. Read by the fold and by every query. */
export const METRIC = {
  /** Accepted events, by type. */
  events: 'events',
  /** One person on one day; days are never added up to people. */
  visitorDay: 'visitor_day',
  /** One person in one month. */
  visitorMonth: 'visitor_month',
  productViews: 'product_views',
  orders: 'orders',
  /** Minor units. */
  gross: 'revenue_gross',
  refunded: 'revenue_refunded',
  disputed: 'revenue_disputed',
  reportedOrders: 'reported_orders',
  reportedRevenue: 'reported_revenue',
  mrrNew: 'mrr_new',
  mrrExpansion: 'mrr_expansion',
  mrrReactivation: 'mrr_reactivation',
  /** Zero or negative. */
  mrrContraction: 'mrr_contraction',
  mrrChurn: 'mrr_churn',
  subscribersWon: 'subscribers_won',
  subscribersLost: 'subscribers_lost',
  /** Customers whose first order fell in the month `value`. */
  cohortSize: 'cohort_size',
  /** Customers of cohort `value` with an order in the month `day`. */
  cohortActive: 'cohort_active',
  cohortRevenue: 'cohort_revenue',
  /** People who reached step `value`, by day of entry. */
  funnel: 'funnel',
  checkoutsAbandoned: 'checkouts_abandoned',
  payments: 'payments',
  decisions: 'decisions',
  /** Moments of a price test by arm and exposure day: n, Σy, and Σy² in three parts. */
  exposed: 'test_exposed',
  exposedTwice: 'test_excluded',
  rewardSum: 'test_reward_sum',
  rewardSquaresHigh: 'test_reward_squares_high',
  rewardSquaresMiddle: 'test_reward_squares_middle',
  rewardSquaresLow: 'test_reward_squares_low',
  rewarded: 'test_rewarded',
} as const

export const MRR_MOVEMENTS = [METRIC.mrrNew, METRIC.mrrExpansion, METRIC.mrrReactivation, METRIC.mrrContraction, METRIC.mrrChurn] as const

/** Revenue and people are broken down by one of these at a time, never crossed. */
export const DIMENSIONS = ['country', 'device', 'source'] as const
