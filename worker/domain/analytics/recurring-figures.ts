import type { FigureInput } from '../../contract/analytics.ts'
import { toMajor } from '../money.ts'
import { amount, average, type Computed, count, type FigureRule, known, share, unknown } from './figure.ts'
import { shareKept } from './retention.ts'
import type { Span } from './span.ts'

const NO_OPENING = 'There was no recurring revenue when this time opened'
const NO_SUBSCRIBERS = 'Nobody had subscribed when this time opened'

/** Losses as the formulas name them, without their sign. */
const lossesOf = (span: Span): FigureInput[] => [amount('churn', -span.mrr.churn, span), amount('contraction', -span.mrr.contraction, span)]
const opening = (span: Span): FigureInput => amount('opening MRR', span.mrr.opening, span)

function retained(span: Span, change: 'net' | 'gross', name: string): Computed {
  const { retention } = span
  const inputs = [
    amount('opening MRR', retention.opening, span),
    amount(name, retention[change], span),
    count('whole months', retention.months),
  ]
  const value = shareKept(retention.opening, retention[change])
  return value === null ? unknown(NO_SUBSCRIBERS, inputs) : known(value, inputs)
}

const churned = (lost: number, span: Span, name: string): Computed =>
  share(lost, span.subscribers.opening, [count(name, lost), count('subscribers at the opening', span.subscribers.opening)], NO_SUBSCRIBERS)

/** Recurring revenue: what stands, what moved it, and who stayed. */
export const RECURRING_FIGURES: readonly FigureRule[] = [
  {
    id: 'mrr',
    name: 'MRR',
    unit: 'money',
    definition: 'Monthly recurring revenue: recurring amounts normalised to a month, at the end of the period',
    formula: 'Opening MRR + new + expansion + reactivation − contraction − churn',
    stands: true,
    compute: (span) =>
      known(toMajor(span.mrr.closing, span.currency), [
        opening(span),
        amount('new', span.mrr.new, span),
        amount('expansion', span.mrr.expansion, span),
        amount('reactivation', span.mrr.reactivation, span),
        ...lossesOf(span).reverse(),
      ]),
  },
  {
    id: 'arr',
    name: 'ARR',
    unit: 'money',
    definition: 'Annual recurring revenue: a year of what recurs at the end of the period',
    formula: 'MRR × 12',
    stands: true,
    compute: (span) => known(toMajor(span.mrr.closing * 12, span.currency), [amount('MRR', span.mrr.closing, span)]),
  },
  {
    id: 'mrrGrowth',
    name: 'MRR growth',
    unit: 'share',
    definition: 'How much recurring revenue grew over the period',
    formula: '(Closing MRR − opening MRR) ÷ opening MRR',
    compute: (span) =>
      share(
        span.mrr.closing - span.mrr.opening,
        span.mrr.opening,
        [amount('closing MRR', span.mrr.closing, span), opening(span)],
        NO_OPENING,
      ),
  },
  {
    id: 'subscribers',
    name: 'Subscribers',
    unit: 'count',
    definition: 'Customers with recurring revenue at the end of the period, in each currency that is counted',
    formula: 'Subscribers at the opening + won − lost',
    stands: true,
    compute: ({ subscribers }) =>
      known(subscribers.closing, [
        count('subscribers at the opening', subscribers.opening),
        count('won', subscribers.won),
        count('lost', subscribers.lostVoluntary + subscribers.lostInvoluntary),
      ]),
  },
  {
    id: 'arpa',
    name: 'ARPA',
    unit: 'money',
    definition: 'Average recurring revenue per account: what one subscriber brings in a month',
    formula: 'MRR ÷ subscribers, both at the end of the period',
    stands: true,
    compute: (span) =>
      average(
        span.mrr.closing,
        span.subscribers.closing,
        span,
        [amount('MRR', span.mrr.closing, span), count('subscribers', span.subscribers.closing)],
        'There are no subscribers',
      ),
  },
  {
    id: 'grossMrrChurn',
    name: 'Gross MRR churn',
    unit: 'share',
    definition: 'Share of the opening recurring revenue that was lost over the period',
    formula: '(Churn + contraction) ÷ opening MRR',
    compute: (span) => share(-span.mrr.churn - span.mrr.contraction, span.mrr.opening, [...lossesOf(span), opening(span)], NO_OPENING),
  },
  {
    id: 'netMrrChurn',
    name: 'Net MRR churn',
    unit: 'share',
    definition: 'What was lost less what existing and returning customers added; negative where they added more',
    formula: '(Churn + contraction − expansion − reactivation) ÷ opening MRR',
    compute: (span) =>
      share(
        -span.mrr.churn - span.mrr.contraction - span.mrr.expansion - span.mrr.reactivation,
        span.mrr.opening,
        [
          ...lossesOf(span),
          amount('expansion', span.mrr.expansion, span),
          amount('reactivation', span.mrr.reactivation, span),
          opening(span),
        ],
        NO_OPENING,
      ),
  },
  {
    id: 'nrr',
    name: 'Net revenue retention',
    unit: 'share',
    definition:
      'NRR: share of the recurring revenue of those who had subscribed when the months opened that is there at their end, with what they added; new and reactivated ones are left out',
    formula: '(Opening MRR + change of its subscribers with expansion) ÷ opening MRR, over the whole months',
    compute: (span) => retained(span, 'net', 'change of its subscribers with expansion'),
  },
  {
    id: 'grr',
    name: 'Gross revenue retention',
    unit: 'share',
    definition: 'GRR: the same without what they added, so never above 1',
    formula: '(Opening MRR + change of its subscribers without expansion) ÷ opening MRR, over the whole months',
    compute: (span) => retained(span, 'gross', 'change of its subscribers without expansion'),
  },
  {
    id: 'quickRatio',
    name: 'Quick ratio',
    unit: 'ratio',
    definition: 'How many times the recurring revenue lost was won',
    formula: '(New + expansion) ÷ (churn + contraction)',
    compute: (span) =>
      share(
        span.mrr.new + span.mrr.expansion,
        -span.mrr.churn - span.mrr.contraction,
        [amount('new', span.mrr.new, span), amount('expansion', span.mrr.expansion, span), ...lossesOf(span)],
        'No recurring revenue was lost in this time',
      ),
  },
  {
    id: 'customerChurn',
    name: 'Customer churn',
    unit: 'share',
    definition: 'Logo churn: share of the opening subscribers that left over the period',
    formula: 'Subscribers lost ÷ subscribers at the opening',
    compute: (span) => churned(span.subscribers.lostVoluntary + span.subscribers.lostInvoluntary, span, 'subscribers lost'),
  },
  {
    id: 'voluntaryChurn',
    name: 'Voluntary churn',
    unit: 'share',
    definition: 'The part of customer churn that cancelled',
    formula: 'Subscribers who cancelled ÷ subscribers at the opening',
    compute: (span) => churned(span.subscribers.lostVoluntary, span, 'subscribers who cancelled'),
  },
  {
    id: 'involuntaryChurn',
    name: 'Involuntary churn',
    unit: 'share',
    definition: 'The part of customer churn whose payment failed',
    formula: 'Subscribers whose payment failed ÷ subscribers at the opening',
    compute: (span) => churned(span.subscribers.lostInvoluntary, span, 'subscribers whose payment failed'),
  },
]
