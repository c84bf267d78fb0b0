import { compileConfiguration } from '../config.ts'
import { readViews, saveDemand } from '../db/demand.ts'
import { BASELINE_WEEKS, demandIndexOf } from '../domain/pricing/demand-index.ts'
import { addDays, DAY_MS, dayOf } from '../domain/time.ts'
import type { Env } from '../env.ts'

/** Yesterday's demand of each product against its usual weekday, compiled into the next snapshot. */
export async function computeDemand(env: Env, now: number): Promise<void> {
  const day = dayOf(now - DAY_MS)
  const weekdays = Array.from({ length: BASELINE_WEEKS }, (_, week) => addDays(day, -7 * (week + 1)))
  const views = new Map<string, Map<string, number>>()
  for (const row of await readViews(env.DB, weekdays.at(-1) as string, day)) {
    const ofProduct = views.get(row.productId) ?? new Map<string, number>()
    ofProduct.set(row.day, row.views)
    views.set(row.productId, ofProduct)
  }
  const indices = [...views].flatMap(([productId, byDay]) => {
    const index = demandIndexOf(
      byDay.get(day) ?? 0,
      weekdays.map((weekday) => byDay.get(weekday) ?? 0),
    )
    return index === null ? [] : [{ productId, indexThousandths: Math.round(index * 1000) }]
  })
  await saveDemand(env.DB, indices, now)
  await compileConfiguration(env, now)
}
