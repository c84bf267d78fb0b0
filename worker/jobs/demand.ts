import { compileConfiguration } from '../config.ts'
import { readCounts, readDemand, readFollowed, saveDemand, saveHours } from '../db/demand.ts'
import { compareDay, hourOf, rawDemandIndex, smoothDemandIndex, spanOf } from '../domain/pricing/demand-index.ts'
import { dayOf, startOfDay } from '../domain/time.ts'
import type { Env } from '../env.ts'

/** A move of the index that is not worth a new price for everybody. */
const LEAST_MOVE_THOUSANDTHS = 10

/**
 * Demand in the last 24 hours for each product that a demand rule follows, against the same hours of the same weekday,
 * compiled into the next snapshot where it has moved, and once a day in any case, since a snapshot also says what the lowest
 * price of the last 30 days was. Each run leaves how far the day had got, which is what later runs know hours by.
 */
export async function computeDemand(env: Env, slot: number): Promise<string> {
  const { days, hours } = spanOf(slot)
  const stored = await readDemand(env.DB)
  const counts = await readCounts(env.DB, await readFollowed(env.DB, slot), days, hours)
  const today = dayOf(slot)
  const nothing = { views: 0, purchases: 0 }
  await saveHours(
    env.DB,
    hourOf(slot),
    [...counts].map(([productId, known]) => ({ productId, ...(known.days.get(today) ?? nothing) })),
  )
  const previous = new Map(stored.indices.map(({ productId, indexThousandths }) => [productId, indexThousandths]))
  const indices = [...counts].sort(byProduct).flatMap(([productId, known]) => {
    const raw = rawDemandIndex(compareDay(known, slot))
    if (raw === null) return []
    const before = previous.get(productId) ?? null
    const next = Math.round(smoothDemandIndex(before === null ? null : before / 1000, raw) * 1000)
    return [{ productId, indexThousandths: before !== null && Math.abs(next - before) < LEAST_MOVE_THOUSANDTHS ? before : next }]
  })
  // A slot that is done again after it was saved would go a second step: what it said stays said.
  const isDone = stored.computedAt >= slot && indices.length > 0
  const isSame = isDone || JSON.stringify(stored.indices) === JSON.stringify(indices)
  if (isSame && stored.compiledAt >= Math.max(stored.computedAt, startOfDay(today))) return `${indices.length} products, unchanged`
  if (!isSame) await saveDemand(env.DB, indices, slot)
  await compileConfiguration(env, Date.now())
  return `${indices.length} products, compiled`
}

const byProduct = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)
