import { describe, expect, it } from 'vitest'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'
import { historyOf, type MonthSum } from '../../../worker/domain/forecast/history.ts'

const sum = (metric: string, month: string, amount: number, day = 1): MonthSum => ({
  metric,
  month,
  sum: amount,
  firstDay: `${month}-${String(day).padStart(2, '0')}`,
})

describe('the history of a metric', () => {
  it('stands for MRR: each month ends with all movements so far, months without any with those before', () => {
    const sums = [
      sum(METRIC.mrrNew, '2025-11', 5_000, 20),
      sum(METRIC.mrrChurn, '2026-02', -2_000),
      sum(METRIC.mrrExpansion, '2026-02', 700, 9),
      sum(METRIC.mrrNew, '2026-03', 900),
    ]
    expect(historyOf('mrr', sums, '2026-02')).toEqual([
      { month: '2025-11', amountMinor: 5_000 },
      { month: '2025-12', amountMinor: 5_000 },
      { month: '2026-01', amountMinor: 5_000 },
      { month: '2026-02', amountMinor: 3_700 },
    ])
  })

  it('flows for revenue: less refunds and disputes, nothing in months without any', () => {
    const sums = [
      sum(METRIC.gross, '2026-01', 900, 5),
      sum(METRIC.refunded, '2026-03', 1_000),
      sum(METRIC.gross, '2026-03', 400),
      sum(METRIC.disputed, '2026-03', 50),
    ]
    expect(historyOf('revenue', sums, '2026-04').map(({ amountMinor }) => amountMinor)).toEqual([900, 0, -650, 0])
  })

  it('leaves out the part of a month in which revenue began, where a year remains', () => {
    const year = Array.from({ length: 12 }, (_, at) => sum(METRIC.gross, `2026-${String(at + 1).padStart(2, '0')}`, 100))
    expect(historyOf('revenue', [sum(METRIC.gross, '2025-12', 10, 28), ...year], '2026-12')).toHaveLength(12)
    expect(historyOf('revenue', [sum(METRIC.gross, '2025-12', 10, 1), ...year], '2026-12')).toHaveLength(13)
    expect(historyOf('revenue', [sum(METRIC.gross, '2025-12', 10, 28), ...year], '2026-11')).toHaveLength(12)
    expect(historyOf('mrr', [sum(METRIC.mrrNew, '2025-12', 10, 28)], '2026-12')).toHaveLength(13)
  })

  it('is empty without anything, and before the first month is over', () => {
    expect(historyOf('mrr', [], '2026-01')).toEqual([])
    expect(historyOf('mrr', [sum(METRIC.gross, '2025-01', 5)], '2026-01')).toEqual([])
    expect(historyOf('revenue', [sum(METRIC.gross, '2026-02', 5)], '2026-01')).toEqual([])
  })
})
