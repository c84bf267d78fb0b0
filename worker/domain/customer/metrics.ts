import type { Movement } from '../../contract/lists.ts'

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
  /** Customers whose first order in a currency it is. */
  customersNew: 'customers_new',
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
  /**
   * Change in a month (`day`) of what the customers of an earlier start of a month (`value`) still pay without having left
   * since: all of it, and no more than they paid then. At most eleven months apart.
   */
  mrrKeptNet: 'mrr_kept_net',
  mrrKeptGross: 'mrr_kept_gross',
  /** Customers who begin, or cease, to pay anything recurring in a currency. */
  subscribersWon: 'subscribers_won',
  subscribersLost: 'subscribers_lost',
  /** Customers whose first order in a currency fell in the month `value`. */
  cohortSize: 'cohort_size',
  /** Customers of cohort `value` with an order in the month `day`. */
  cohortActive: 'cohort_active',
  /** Minor units, less refunds and disputes, each in the month it is booked in. */
  cohortRevenue: 'cohort_revenue',
  /** People who reached step `value`, by day of entry. */
  funnel: 'funnel',
  /**
   * People who reached a step, by day of entry: `value|step` by what they were at entry, `experiment@version|variant|step` by
   * what they had been shown, `event|step` with the event seen before they left it; of the latter under `event_on` those who went on.
   */
  funnelBy: 'funnel_by',
  /** People by how long a step took from the one before: `step|bucket`. */
  funnelTime: 'funnel_time',
  /** Minor units of the purchases that ended the funnel, less refunds and disputes, by day of entry. */
  funnelRevenue: 'funnel_revenue',
  checkoutsBegun: 'checkouts_begun',
  checkoutsAbandoned: 'checkouts_abandoned',
  payments: 'payments',
  decisions: 'decisions',
  /** Moments of a test by arm, of some also by `segment|arm`, and exposure day: n, Σy, and Σy² in three parts. */
  exposed: 'test_exposed',
  exposedTwice: 'test_excluded',
  rewardSum: 'test_reward_sum',
  rewardSquaresHigh: 'test_reward_squares_high',
  rewardSquaresMiddle: 'test_reward_squares_middle',
  rewardSquaresLow: 'test_reward_squares_low',
  rewarded: 'test_rewarded',
  /**
   * Moments of one metric of an experiment; its reference is the end of the scope, and y is under the names of rewards. Of x, the
   * same before exposure: Σx, Σx², Σxy. Of d, a ratio's denominator: Σd, Σd², Σyd. Squares and cross sums in three parts.
   */
  covariateSum: 'test_covariate_sum',
  covariateSquaresHigh: 'test_covariate_squares_high',
  covariateSquaresMiddle: 'test_covariate_squares_middle',
  covariateSquaresLow: 'test_covariate_squares_low',
  covariateCrossHigh: 'test_covariate_cross_high',
  covariateCrossMiddle: 'test_covariate_cross_middle',
  covariateCrossLow: 'test_covariate_cross_low',
  denominatorSum: 'test_denominator_sum',
  denominatorSquaresHigh: 'test_denominator_squares_high',
  denominatorSquaresMiddle: 'test_denominator_squares_middle',
  denominatorSquaresLow: 'test_denominator_squares_low',
  denominatorCrossHigh: 'test_denominator_cross_high',
  denominatorCrossMiddle: 'test_denominator_cross_middle',
  denominatorCrossLow: 'test_denominator_cross_low',
  /** Net revenue, minor units, where y is the margin. */
  testRevenue: 'test_revenue',
  /** People of a price test with a purchase in their window; those of them who got money back, and who dispute a payment. */
  testBuyers: 'test_buyers',
  testRefunded: 'test_refunded',
  testDisputed: 'test_disputed',
  /** People who tried to pay in their window, and those of them with whom it failed at least once. */
  testPayers: 'test_payers',
  testPaymentFailed: 'test_payment_failed',
  /** People shown a price in a block of a switchback, `window|place|arm`, and what they bought in it after that, less refunds and disputes, minor units. */
  blockVisitors: 'block_visitors',
  blockRevenue: 'block_revenue',
  /** What the units they bought cost, where the test is to raise margin. */
  blockCost: 'block_cost',
} as const

export const METRIC_OF_MOVEMENT = {
  new: METRIC.mrrNew,
  expansion: METRIC.mrrExpansion,
  reactivation: METRIC.mrrReactivation,
  contraction: METRIC.mrrContraction,
  churn: METRIC.mrrChurn,
} as const satisfies Record<Movement, string>

export const MRR_MOVEMENTS = Object.values(METRIC_OF_MOVEMENT)

/** Revenue and people are broken down by one of these at a time, never crossed. */
export const DIMENSIONS = ['country', 'device', 'source'] as const
