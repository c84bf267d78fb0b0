import type { PriceDecision } from '../pricing/types.ts'
import type { AcceptedEvent, DecisionBody } from './event.ts'
import type { CustomerFacts, MeasuredExposure, Seen } from './facts.ts'
import { giveMeasured, isTornBetween, settleMeasured } from './measured.ts'
import type { Contributions } from './rollup.ts'

/** The two sides of the universal holdout. */
export const HOLDOUT_VARIANTS = { heldOut: 'held_out', treated: 'treated' } as const

/** Prefix of the keys under which its sums lie; no experiment may have one that begins with it. */
export const HOLDOUT_KEY = 'universal_holdout'

/**
 * Names the universal holdout of a share as an experiment: one in each currency, as net revenue is never added across, and one for
 * each share, as its version. Null where there are not two sides to compare.
 *
 * @param share 0–1
 * @example holdoutOf(0.05, 'USD') // => { key: 'universal_holdout.usd', version: 50 }
 */
export function holdoutOf(share: number, currency: string): { key: string; version: number } | null {
  const version = Math.round(share * 1_000)
  return version > 0 && version < 1_000 ? { key: `${HOLDOUT_KEY}.${currency.toLowerCase()}`, version } : null
}

/** @param key as of exposures: `universal_holdout.usd@50` */
export const isHoldout = (key: string): boolean => key.startsWith(`${HOLDOUT_KEY}.`)

/** Whether a decision asked if its customer is held out: not where a contract, the kill switch or refused consent ended it before. */
export const asksHoldout = ({ explain }: Pick<PriceDecision, 'explain'>): boolean => explain.some(({ step }) => step === 'holdout')

/** Decisions kept of somebody, so that the first can be voided and they stay exposed by the next. */
const MOST_SEEN = 2

/** A price was decided, and whether they are held out was part of it. On a listing it is an exposure only once a product is looked at. */
export function askHoldout(facts: CustomerFacts, event: AcceptedEvent, body: DecisionBody, contributions: Contributions): void {
  if (body.holdoutShare === undefined) return
  const { id, currency, reason } = body.decision
  const named = holdoutOf(body.holdoutShare, currency)
  if (!named) return
  const key = `${named.key}@${named.version}`
  const variant = reason === 'holdout' ? HOLDOUT_VARIANTS.heldOut : HOLDOUT_VARIANTS.treated
  if (!body.preview) return see(facts, key, currency, { id, at: event.occurredAt, day: event.bookedDay, variant }, contributions)
  if (!facts.measured[key]) facts.holdoutPreview = { key, variant, currency }
}

/** A product was looked at whose price a listing had shown. */
export function viewHoldout(facts: CustomerFacts, event: AcceptedEvent, id: string, contributions: Contributions): void {
  if (!facts.holdoutPreview) return
  const { key, variant, currency } = facts.holdoutPreview
  delete facts.holdoutPreview
  see(facts, key, currency, { id, at: event.occurredAt, day: event.bookedDay, variant }, contributions)
}

/** The first decision is the exposure. Later ones say nothing new, unless they contradict it. */
function see(facts: CustomerFacts, key: string, currency: string, seen: Seen, contributions: Contributions): void {
  const known = facts.measured[key]
  if (!known) {
    const exposure: MeasuredExposure = { currency, seen: [seen], excluded: false, totals: [] }
    settleMeasured(facts, key, exposure)
    facts.measured[key] = exposure
    return giveMeasured(facts, key, exposure, contributions, 1)
  }
  if (isTornBetween(known)) return
  if (known.seen[0].variant === seen.variant) {
    if (known.seen.length < MOST_SEEN) known.seen.push(seen)
    return
  }
  giveMeasured(facts, key, known, contributions, -1)
  known.seen.push(seen)
  giveMeasured(facts, key, known, contributions, 1)
}

/** A decision was never served: whoever has seen no other was not exposed. */
export function leaveHoldout(facts: CustomerFacts, decisionId: string, contributions: Contributions): void {
  for (const key in facts.measured) {
    const known = facts.measured[key] as MeasuredExposure
    if (!known.seen.some(({ id }) => id === decisionId)) continue
    giveMeasured(facts, key, known, contributions, -1)
    const [first, ...rest] = known.seen.filter(({ id }) => id !== decisionId)
    if (!first) {
      delete facts.measured[key]
      continue
    }
    known.seen = [first, ...rest]
    settleMeasured(facts, key, known)
    giveMeasured(facts, key, known, contributions, 1)
  }
}
