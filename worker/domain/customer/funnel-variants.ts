import { type FunnelAttempt, hasReached, isThrough, isWithin } from '../funnel/attempt.ts'
import { DEFAULT_PLAN, type FunnelPlan, planOf } from '../funnel/plan.ts'
import { DAY_MS } from '../time.ts'
import type { AcceptedEvent, ExposureBody } from './event.ts'
import { isContradicted } from './exposures.ts'
import type { CustomerFacts } from './facts.ts'
import { disown } from './funnel-revenue.ts'
import { HOLDOUT_KEY } from './holdout.ts'
import { METRIC } from './metrics.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

const MAXIMUM_VARIANTS = 10
/** An experiment seen longer ago than this says nothing of a new attempt. */
const EXPOSURE_KEPT_MS = 90 * DAY_MS

export const planIn = (facts: CustomerFacts, reference: string): FunnelPlan =>
  planOf(facts.funnels[reference] as CustomerFacts['funnels'][string])

/** The variant that somebody has been shown; null where it is none, or more than one. */
function variantIn({ experiments, measured }: CustomerFacts, key: string): { variant: string; at: number } | null {
  const view = experiments[key]
  if (view) return isContradicted(view) ? null : { variant: view.served[0].arm, at: view.served[0].at }
  const exposure = measured[key]
  return exposure && !exposure.excluded ? { variant: exposure.seen[0].variant, at: exposure.seen[0].at } : null
}

/** What has been shown to somebody who enters, the latest experiments first. The holdout is none of a funnel. */
export function variantsOf(facts: CustomerFacts, at: number): string[] {
  const found: { name: string; at: number }[] = []
  for (const exposures of [facts.experiments, facts.measured]) {
    for (const key in exposures) {
      const known = key.startsWith(HOLDOUT_KEY) ? null : variantIn(facts, key)
      if (known && known.at >= at - EXPOSURE_KEPT_MS) found.push({ name: `${key}|${known.variant}`, at: known.at })
    }
  }
  if (found.length > MAXIMUM_VARIANTS) found.sort((a, b) => b.at - a.at || (a.name < b.name ? -1 : 1)).splice(MAXIMUM_VARIANTS)
  return found.map(({ name }) => name)
}

/**
 * A variant was shown in the middle of attempts: they count under it with all they have reached. Once it turns out that somebody
 * has seen two variants, the attempts at hand no longer count under either.
 */
export function tellVariant(facts: CustomerFacts, event: AcceptedEvent, body: ExposureBody, contributions: Contributions): void {
  const key = `${body.experiment}@${body.version}`
  const shown = variantIn(facts, key)
  if (facts.funnel) tellAttempt(facts, DEFAULT_PLAN, facts.funnel, key, shown?.variant ?? null, event.occurredAt, contributions)
  for (const reference in facts.journeys) {
    const attempt = facts.journeys[reference] as FunnelAttempt
    tellAttempt(facts, planIn(facts, reference), attempt, key, shown?.variant ?? null, event.occurredAt, contributions)
  }
}

function tellAttempt(
  facts: CustomerFacts,
  plan: FunnelPlan,
  attempt: FunnelAttempt,
  key: string,
  variant: string | null,
  at: number,
  contributions: Contributions,
): void {
  const told = attempt.variants?.find((name) => name.startsWith(`${key}|`))
  if (variant === null) {
    if (told === undefined) return
    attempt.variants = attempt.variants?.filter((name) => name !== told) as string[]
    countUnder(plan, attempt, told, contributions, -1)
    return disown(facts, plan, attempt, told, contributions)
  }
  const isOpen = isWithin(plan, attempt, at) && !isThrough(plan, attempt)
  if (told !== undefined || !isOpen || (attempt.variants?.length ?? 0) >= MAXIMUM_VARIANTS) return
  const name = `${key}|${variant}`
  attempt.variants = [...(attempt.variants ?? []), name]
  countUnder(plan, attempt, name, contributions, 1)
}

function countUnder(plan: FunnelPlan, attempt: FunnelAttempt, variant: string, contributions: Contributions, sign: 1 | -1): void {
  for (const [step, key] of plan.keys.entries()) {
    if (!hasReached(plan, attempt, step)) continue
    add(contributions, rollupKey(METRIC.funnelBy, plan.reference, attempt.day, 'variant', `${variant}|${key}`), sign)
  }
}
