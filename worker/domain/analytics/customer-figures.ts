import type { FigureInput } from '../../contract/analytics.ts'
import { toMajor } from '../money.ts'
import { amount, averageMinor, count, type FigureRule, known, share, unknown } from './figure.ts'
import { MOST_AGES } from './lifetime.ts'
import type { Span } from './span.ts'

const NO_COSTS = 'No cost is recorded for this time: see /api/costs'
const NO_CUSTOMERS = 'Nobody bought for the first time in this time'
const NO_COHORT = 'No cohort has been through the whole month of its first order'

const cacOf = ({ costs, customersNew }: Span): number | null => (costs === null ? null : averageMinor(costs, customersNew))
const withoutCac = ({ costs }: Span): string => (costs === null ? NO_COSTS : NO_CUSTOMERS)

const lifetimeInputs = (span: Span): FigureInput[] =>
  (span.lifetime?.ages ?? []).flatMap(({ netMinor, customers }, age) => [
    amount(`net revenue in month ${age + 1}`, netMinor, span),
    count(`customers old enough for month ${age + 1}`, customers),
  ])

/** Unit economics: what it costs to win a customer, and what one brings. */
export const CUSTOMER_FIGURES: readonly FigureRule[] = [
  {
    id: 'customersNew',
    name: 'New customers',
    unit: 'count',
    definition: 'Customers who bought for the first time in this currency',
    formula: 'Number of customers whose first order fell in the period',
    compute: ({ customersNew }) => known(customersNew, [count('customers whose first order fell in the period', customersNew)]),
  },
  {
    id: 'ltv',
    name: 'LTV',
    unit: 'money',
    definition: `Observed lifetime value: the net revenue a customer has brought over the first months, at most ${MOST_AGES}; nothing is extrapolated`,
    formula:
      'Sum over the months since the first order of (net revenue in the month ÷ customers old enough for it): those whose cohort has been through the whole month',
    compute: (span) =>
      span.lifetime
        ? known(toMajor(span.lifetime.valueMinor, span.currency), lifetimeInputs(span))
        : unknown(NO_COHORT, lifetimeInputs(span)),
  },
  {
    id: 'cac',
    name: 'CAC',
    unit: 'money',
    definition: 'Customer acquisition cost: what was spent to win one customer',
    formula: 'Costs of the period ÷ new customers',
    compute(span) {
      const inputs = [amount('costs of the period', span.costs, span), count('new customers', span.customersNew)]
      const cac = cacOf(span)
      return cac === null ? unknown(withoutCac(span), inputs) : known(toMajor(cac, span.currency), inputs)
    },
  },
  {
    id: 'payback',
    name: 'CAC payback',
    unit: 'months',
    definition:
      'Months until a subscriber has paid what winning one cost: of revenue, before cost of goods, as if the gross margin were 100 %',
    formula: 'CAC ÷ ARPA',
    compute(span) {
      const [cac, arpa] = [cacOf(span), averageMinor(span.mrr.closing, span.subscribers.closing)]
      const inputs = [amount('CAC', cac, span), amount('ARPA', arpa, span)]
      if (cac === null) return unknown(withoutCac(span), inputs)
      return arpa === null ? unknown('There are no subscribers', inputs) : share(cac, arpa, inputs, 'Subscribers bring nothing a month')
    },
  },
  {
    id: 'ltvToCac',
    name: 'LTV/CAC',
    unit: 'ratio',
    definition: 'How many times what winning a customer cost one has brought: of revenue, before cost of goods',
    formula: 'LTV ÷ CAC',
    compute(span) {
      const cac = cacOf(span)
      const inputs = [amount('LTV', span.lifetime?.valueMinor ?? null, span), amount('CAC', cac, span)]
      if (!span.lifetime) return unknown(NO_COHORT, inputs)
      return cac === null
        ? unknown(withoutCac(span), inputs)
        : share(span.lifetime.valueMinor, cac, inputs, 'Winning customers cost nothing')
    },
  },
]
