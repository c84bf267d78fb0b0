import { hasAny } from '../records.ts'
import { DAY_MS, dayOf, startOfDay } from '../time.ts'
import type { CustomerFacts } from './facts.ts'
import type { Identity } from './identity.ts'

/**
 * How long a visitor who only looked around is remembered after their last event: thirteen months, the longest an
 * identifier may live on a device without being asked for again.
 * Source: CNIL (2020), guidelines on cookies and other trackers, audience measurement.
 */
export const VISITOR_KEPT_MS = 396 * DAY_MS

/**
 * When a person is taken for gone; null for whoever is not: a customer lives as long as the shop does, and so does a
 * visitor with money in their log, which a refund may still be about. The same moment for all events of a day.
 *
 * @returns epoch ms
 */
export function departsAt(identity: Identity, facts: CustomerFacts, importedAt: number): number | null {
  if (identity.kind === 'customer' || identity.forward || identity.erased || identity.departed || facts.lastSeenAt === null) return null
  const holdsMoney = [facts.purchases, facts.parked, facts.subscriptions, facts.dunning].some(hasAny)
  if (holdsMoney) return null
  return startOfDay(dayOf(Math.max(facts.lastSeenAt, importedAt))) + VISITOR_KEPT_MS
}
