import type { CustomerFacts, MetricTotals } from './facts.ts'
import { definitionOf } from './measures.ts'

/** What metrics have counted of behaviour that is about to be dropped, or has been. */
export type CountedPast = Partial<Pick<CustomerFacts, 'trails' | 'counted'>>

/**
 * What must be carried over of behaviour that goes, so that exposures that stay still count it: those that are there already by
 * what they have counted, those to come by the trails. Nothing for whoever has neither.
 *
 * @param before facts of the log up to where behaviour goes
 */
export function countedBefore(before: CustomerFacts): CountedPast {
  const counted = Object.entries(before.measured).flatMap(([key, { metrics = [], totals }]): [string, MetricTotals[]][] => {
    const own = metrics.map(([reference], at): MetricTotals => {
      const definition = definitionOf(before, reference)
      const [after, ahead, denominator] = totals[at] ?? [0, 0, 0]
      const ofEvents = (of: string | undefined, amount: number) => (of === 'events' ? amount : 0)
      const numerator = definition?.numerator.of
      return [ofEvents(numerator, after), ofEvents(numerator, ahead), ofEvents(definition?.denominator?.of, denominator)]
    })
    return metrics.some(([reference]) => listensToEvents(before, reference)) ? [[key, own]] : []
  })
  return {
    ...(Object.keys(before.trails).length > 0 ? { trails: { ...before.trails } } : {}),
    ...(counted.length > 0 ? { counted: Object.fromEntries(counted) } : {}),
  }
}

function listensToEvents(facts: CustomerFacts, reference: string): boolean {
  const definition = definitionOf(facts, reference)
  return definition?.numerator.of === 'events' || definition?.denominator?.of === 'events'
}

/** The same of two people who turn out to be one. */
export function countedTogether(ours: CountedPast, theirs: CountedPast): CountedPast {
  const trails = merged(ours.trails, theirs.trails, (one, other) => [...one, ...other].sort((a, b) => a - b))
  const counted = merged(ours.counted, theirs.counted, (one, other) =>
    one.map((own, at): MetricTotals => {
      const [after, ahead, denominator] = other[at] ?? [0, 0, 0]
      return [own[0] + after, own[1] + ahead, own[2] + denominator]
    }),
  )
  return { ...(trails ? { trails } : {}), ...(counted ? { counted } : {}) }
}

function merged<T>(
  ours: Record<string, T> | undefined,
  theirs: Record<string, T> | undefined,
  both: (one: T, other: T) => T,
): Record<string, T> | undefined {
  if (!ours || !theirs) return ours ?? theirs
  const together = new Map(Object.entries(ours))
  for (const [key, value] of Object.entries(theirs)) {
    const known = together.get(key)
    together.set(key, known === undefined ? value : both(known, value))
  }
  return Object.fromEntries(together)
}
