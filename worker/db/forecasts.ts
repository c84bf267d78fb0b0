import { and, asc, desc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm'
import type { ForecastMetric, ForecastWarning } from '../contract/lists.ts'
import type { Backtest } from '../domain/forecast/backtest.ts'
import type { MonthAmount, MonthSum } from '../domain/forecast/history.ts'
import type { ForecastError, MonthForecast } from '../domain/forecast/score.ts'
import { connect } from './client.ts'
import { forecasts, rollups } from './tables.ts'

/** Currencies in which there is a sum of any of the metrics, in order. */
export async function readForecastCurrencies(binding: D1Database, metrics: readonly string[]): Promise<string[]> {
  const rows = await connect(binding)
    .selectDistinct({ currency: rollups.scope })
    .from(rollups)
    .where(and(inArray(rollups.metric, [...metrics]), eq(rollups.dimension, '')))
    .orderBy(asc(rollups.scope))
  return rows.map(({ currency }) => currency)
}

/** Sums of the metrics by month, of one currency, before a day. */
export function readMonthSums(binding: D1Database, metrics: readonly string[], currency: string, before: string): Promise<MonthSum[]> {
  const month = sql<string>`substr(${rollups.day}, 1, 7)`
  return connect(binding)
    .select({ metric: rollups.metric, month, sum: sql<number>`SUM(${rollups.sum})`, firstDay: sql<string>`MIN(${rollups.day})` })
    .from(rollups)
    .where(and(inArray(rollups.metric, [...metrics]), eq(rollups.scope, currency), eq(rollups.dimension, ''), lt(rollups.day, before)))
    .groupBy(rollups.metric, month)
}

export interface StoredForecast {
  id: string
  metric: ForecastMetric
  currency: string
  horizon: number
  model: string
  inputsHash: string
  madeAt: number
  history: MonthAmount[]
  points: MonthForecast[]
  backtest: Backtest | null
  warning: ForecastWarning | null
}

/** Keeps a forecast. One of that id is the same one: it is confirmed instead. */
export async function saveForecast(binding: D1Database, { history, points, backtest, madeAt, ...rest }: StoredForecast): Promise<void> {
  await connect(binding)
    .insert(forecasts)
    .values({
      ...rest,
      madeAt,
      confirmedAt: madeAt,
      history: JSON.stringify(history),
      points: JSON.stringify(points),
      backtest: backtest && JSON.stringify(backtest),
    })
    .onConflictDoUpdate({ target: forecasts.id, set: { confirmedAt: laterOf(madeAt) } })
}

/** Says of a stored forecast that it still holds; false where there is none of that id. */
export async function confirmForecast(binding: D1Database, id: string, at: number): Promise<boolean> {
  const confirmed = await connect(binding)
    .update(forecasts)
    .set({ confirmedAt: laterOf(at) })
    .where(eq(forecasts.id, id))
    .returning({ id: forecasts.id })
  return confirmed.length > 0
}

const laterOf = (at: number) => sql`MAX(${forecasts.confirmedAt}, ${at})`

export async function readForecast(binding: D1Database, id: string): Promise<StoredForecast | null> {
  const [row] = await connect(binding).select().from(forecasts).where(eq(forecasts.id, id))
  if (!row) return null
  return {
    ...row,
    history: JSON.parse(row.history) as MonthAmount[],
    points: JSON.parse(row.points) as MonthForecast[],
    backtest: row.backtest === null ? null : (JSON.parse(row.backtest) as Backtest),
  }
}

/** Forecasts that have not been compared with a month yet, newest first: more than one run can compare wait for the next. */
export async function readUnscored(
  binding: D1Database,
  metric: ForecastMetric,
  currency: string,
  lastMonth: string,
  limit: number,
): Promise<{ id: string; points: MonthForecast[] }[]> {
  const rows = await connect(binding)
    .select({ id: forecasts.id, points: forecasts.points })
    .from(forecasts)
    .where(
      and(
        eq(forecasts.metric, metric),
        eq(forecasts.currency, currency),
        or(isNull(forecasts.scoredThrough), lt(forecasts.scoredThrough, lastMonth)),
        // It begins with a month that is over, and ends with one that was not yet when it was last compared.
        sql`${forecasts.points} ->> '$[0].month' <= ${lastMonth}`,
        sql`COALESCE(${forecasts.scoredThrough}, '') < ${forecasts.points} ->> '$[#-1].month'`,
      ),
    )
    .orderBy(desc(forecasts.confirmedAt))
    .limit(limit)
  return rows.map(({ id, points }) => ({ id, points: JSON.parse(points) as MonthForecast[] }))
}

/** Writes down how far forecasts were off, in one statement. */
export async function saveErrors(binding: D1Database, errors: readonly { id: string; error: ForecastError }[]): Promise<void> {
  if (errors.length === 0) return
  await binding
    .prepare(
      `UPDATE forecasts SET error = given.value -> 'error', scored_through = given.value ->> '$.error.through'
       FROM json_each(?1) AS given WHERE forecasts.id = given.value ->> 'id'`,
    )
    .bind(JSON.stringify(errors))
    .run()
}
