import { toMajor } from '../money.ts'
import { amount, average, count, type FigureRule, known, share } from './figure.ts'
import type { Span } from './span.ts'

export const netOf = ({ gross, refunds, disputes }: Pick<Span, 'gross' | 'refunds' | 'disputes'>): number => gross - refunds - disputes

const sumOf = (name: string, minor: number, span: Span) => known(toMajor(minor, span.currency), [amount(name, minor, span)])

/** Money that came in, and how people came to pay it. */
export const REVENUE_FIGURES: readonly FigureRule[] = [
  {
    id: 'grossRevenue',
    name: 'Gross revenue',
    unit: 'money',
    definition: 'What customers paid, before anything went back',
    formula: 'Sum of verified purchases, by booked day',
    compute: (span) => sumOf('verified purchases', span.gross, span),
  },
  {
    id: 'netRevenue',
    name: 'Net revenue',
    unit: 'money',
    definition: 'What customers paid less what went back to them',
    formula: 'Gross revenue − refunds − disputes, each by its own booked day',
    compute: (span) =>
      known(toMajor(netOf(span), span.currency), [
        amount('gross revenue', span.gross, span),
        amount('refunds', span.refunds, span),
        amount('disputes', span.disputes, span),
      ]),
  },
  {
    id: 'refunds',
    name: 'Refunds',
    unit: 'money',
    definition: 'What the shop gave back',
    formula: 'Sum of refunds, by booked day',
    compute: (span) => sumOf('refunds', span.refunds, span),
  },
  {
    id: 'disputes',
    name: 'Disputes',
    unit: 'money',
    definition: 'What banks took back',
    formula: 'Sum of disputed payments less those won back, by booked day',
    compute: (span) => sumOf('disputed payments less those won back', span.disputes, span),
  },
  {
    id: 'orders',
    name: 'Orders',
    unit: 'count',
    definition: 'Purchases that a server confirmed',
    formula: 'Number of verified purchases, renewals included',
    compute: (span) => known(span.orders, [count('verified purchases', span.orders)]),
  },
  {
    id: 'averageOrderValue',
    name: 'Average order value',
    unit: 'money',
    definition: 'AOV: what one order brings',
    formula: 'Gross revenue ÷ orders',
    compute: (span) =>
      average(
        span.gross,
        span.orders,
        span,
        [amount('gross revenue', span.gross, span), count('orders', span.orders)],
        'There is no order in this time',
      ),
  },
  {
    id: 'visitorDays',
    name: 'Visitor-days',
    unit: 'count',
    definition: 'Visitors, each once a day: a person seen on two days counts twice',
    formula: 'Visitors counted once a day, days added',
    ofAll: true,
    compute: (span) => known(span.visitorDays, [count('visitors counted once a day', span.visitorDays)]),
  },
  {
    id: 'conversion',
    name: 'Conversion',
    unit: 'share',
    definition: 'Share of people in the funnel who buy',
    formula: 'People who entered the funnel in the period and within 7 days made a verified order ÷ people who entered it',
    ofAll: true,
    compute: ({ bought, entered }) =>
      share(
        bought,
        entered,
        [
          count('people who entered the funnel in the period and within 7 days made a verified order', bought),
          count('people who entered it', entered),
        ],
        'Nobody entered the funnel in this time',
      ),
  },
  {
    id: 'abandonment',
    name: 'Checkout abandonment',
    unit: 'share',
    definition: 'Share of begun checkouts that did not become an order within an hour',
    formula: 'Checkouts abandoned ÷ checkouts begun',
    ofAll: true,
    compute: ({ checkoutsAbandoned, checkoutsBegun }) =>
      share(
        checkoutsAbandoned,
        checkoutsBegun,
        [count('checkouts abandoned', checkoutsAbandoned), count('checkouts begun', checkoutsBegun)],
        'No checkout was begun in this time',
      ),
  },
  {
    id: 'reportedRevenue',
    name: 'Reported revenue',
    unit: 'money',
    definition: 'What browsers say was bought',
    formula: 'Purchases reported by browsers; unverified, never part of revenue',
    compute: (span) => sumOf('purchases reported by browsers', span.reported, span),
  },
]
