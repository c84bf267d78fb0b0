import { compileConfiguration } from '../config.ts'
import { readDemand, readViews, saveDemand } from '../db/demand.ts'
import { BASELINE_WEEKS, demandIndexOf } from '../domain/pricing/demand-index.ts'
import { addDays, DAY_MS, dayOf, startOfDay } from '../domain/time.ts'
import type { Env } from '../env.ts'

/**
 * Yesterday's demand of each product against its usual weekday, compiled into the next snapshot: where it has moved, and once
 * a day in any case, since a snapshot also says what a price was the day before.
 */
export async function computeDemand(env: Env, slot: number): Promise<string> {
  const day = dayOf(slot - DAY_MS)
  const weekdays = Array.from({ length: BASELINE_WEEKS }, (_, week) => addDays(day, -7 * (week + 1)))
  const views = new Map<string, Map<string, number>>()
  for (const row of await readViews(env.DB, weekdays.at(-1) as string, day)) {
    const ofProduct = views.get(row.productId) ?? new Map<string, number>()
    ofProduct.set(row.day, row.views)
    views.set(row.productId, ofProduct)
  }
  const indices = [...views].sort(byProduct).flatMap(([productId, byDay]) => {
    const index = demandIndexOf(
      byDay.get(day) ?? 0,
      weekdays.map((weekday) => byDay.get(weekday) ?? 0),
    )
    return index === null ? [] : [{ productId, indexThousandths: Math.round(index * 1000) }]
  })
  const stored = await readDemand(env.DB)
  const isSame = JSON.stringify(stored.indices) === JSON.stringify(indices)
  if (isSame && stored.compiledAt >= Math.max(stored.computedAt, startOfDay(dayOf(slot)))) return `${indices.length} products, unchanged`
  if (!isSame) await saveDemand(env.DB, indices, slot)
  await compileConfiguration(env, Date.now())
  return `${indices.length} products, compiled`
}

const byProduct = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)
