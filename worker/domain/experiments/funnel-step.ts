import { canonicalName } from '../customer/vocabulary.ts'

/** What reaches a step of a funnel; see `FunnelStep`. */
export interface NamedStep {
  key: string
  events: readonly string[]
}

/**
 * Where in a funnel a step is that somebody names by its key, by an event or an alias of one that reaches it, or by its
 * place, the first being 1; −1: nowhere.
 *
 * @example placeOfStep(steps, 'checkout_started') // => 3 in the default funnel
 */
export function placeOfStep(steps: readonly NamedStep[], named: string | number): number {
  const place = typeof named === 'number' ? named : /^\d{1,2}$/.test(named) ? Number(named) : null
  if (place !== null) return place >= 1 && place <= steps.length ? place - 1 : -1
  const byKey = steps.findIndex(({ key }) => key === named)
  if (byKey >= 0) return byKey
  const event = canonicalName(String(named))
  return steps.findIndex(({ events }) => events.includes(event))
}
