import type { AnalyticsAnswer } from '../worker/contract/analytics.ts'
import { shiftDay, startOf } from './calendar.ts'

type Day = AnalyticsAnswer['series'][number]

export type Bucket = 'day' | 'week' | 'month'

/** What one bar stands for, so that bars stay wide enough to see. */
export const bucketOf = (days: number): Bucket => (days <= 100 ? 'day' : days <= 800 ? 'week' : 'month')

/** First day of the week (Monday) or month a day is in. */
export function startOfBucket(day: string, bucket: Bucket): string {
  if (bucket === 'day') return day
  if (bucket === 'month') return `${day.slice(0, 7)}-01`
  return shiftDay(day, -((new Date(startOf(day)).getUTCDay() + 6) % 7))
}

/** Daily rows as rows of a bucket: flows are added, MRR is the one at the end. Each row keeps the first day it covers. */
export function gather(series: readonly Day[], bucket: Bucket): Day[] {
  const rows: Day[] = []
  let current = ''
  for (const day of series) {
    const start = startOfBucket(day.day, bucket)
    const row = rows.at(-1)
    if (!row || start !== current) {
      rows.push({ ...day })
      current = start
      continue
    }
    row.gross += day.gross
    row.refunds += day.refunds
    row.disputes += day.disputes
    row.net += day.net
    row.orders += day.orders
    row.visitors += day.visitors
    row.entered += day.entered
    row.bought += day.bought
    row.mrr = day.mrr
  }
  return rows
}
