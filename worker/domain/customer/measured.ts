import type { Measure, MetricDefinition } from '../experiments/metric.ts'
import { LANE_SEEDS, laneHash } from '../fingerprint.ts'
import { dayOf } from '../time.ts'
import type { AcceptedEvent, ExposureBody } from './event.ts'
import type { CustomerFacts, MeasuredExposure, MetricTotals, Purchase } from './facts.ts'
import {
  AFTER,
  BEFORE,
  countOf,
  currencyOf,
  DENOMINATOR,
  definitionOf,
  isOutOfReach,
  leaveTrail,
  listenersTo,
  type Slot,
  slotOf,
  trailOf,
} from './measures.ts'
import { METRIC } from './metrics.ts'
import { giveCovariate, giveOutcome, valuesOf } from './moments.ts'
import { add, type Contributions, rollupKey } from './rollup.ts'

/** What the universal holdout is judged by. */
const HOLDOUT_METRICS: NonNullable<MeasuredExposure['metrics']> = [['net_revenue_90d@1', null]]

const metricsOf = ({ metrics }: MeasuredExposure) => metrics ?? HOLDOUT_METRICS

/** Whether somebody saw two variants: then they leave the analysis. */
export const isTornBetween = ({ excluded, seen }: MeasuredExposure): boolean =>
  excluded || seen.some(({ variant }) => variant !== seen[0].variant)

const SEGMENTS = ['country', 'device', 'source', 'visitor'] as const

/** Adds or withdraws all that one customer gives to an experiment. */
export function giveMeasured(
  facts: CustomerFacts,
  key: string,
  exposure: MeasuredExposure,
  contributions: Contributions,
  sign: 1 | -1,
): void {
  const { day, variant } = exposure.seen[0]
  const scope = `${key}:`
  if (isTornBetween(exposure)) return add(contributions, rollupKey(METRIC.exposedTwice, scope, day), sign)
  add(contributions, rollupKey(METRIC.exposed, scope, day, 'arm', variant), sign)
  for (const inSegment of segmentNames(exposure, scope)) add(contributions, inSegment(METRIC.exposed), sign)
  for (let at = 0; at < exposure.totals.length; at++) giveMetric(facts, key, exposure, at, contributions, sign)
}

/** Names of sums by segment: undated, so that their number does not grow with the days, and halved, to rank in one half and measure in the other. */
function segmentNames({ segment, seen: [{ variant }] }: MeasuredExposure, scope: string): ((metric: string) => string)[] {
  if (!segment) return []
  return SEGMENTS.map(
    (dimension) => (metric: string) => rollupKey(metric, scope, '', dimension, `${segment[dimension]}|${variant}|${segment.half}`),
  )
}

function giveMetric(facts: CustomerFacts, key: string, exposure: MeasuredExposure, at: number, contributions: Contributions, sign: 1 | -1) {
  const totals = exposure.totals[at] as MetricTotals
  if (totals[AFTER] === 0 && totals[BEFORE] === 0 && totals[DENOMINATOR] === 0) return
  const [reference, frozen] = metricsOf(exposure)[at] as [string, number | null]
  const definition = definitionOf(facts, reference)
  if (!definition) return
  const { day, variant } = exposure.seen[0]
  const scope = `${key}:${reference}`
  const name = (metric: string) => rollupKey(metric, scope, day, 'arm', variant)
  const values = valuesOf(definition, frozen, totals)
  giveOutcome(definition, values, name, contributions, sign)
  giveCovariate(definition, values, name, contributions, sign)
  if (at === 0) for (const inSegment of segmentNames(exposure, scope)) giveOutcome(definition, values, inSegment, contributions, sign)
}

/** Counts something more, or less, for one metric of an exposure. */
function count(
  facts: CustomerFacts,
  key: string,
  exposure: MeasuredExposure,
  at: number,
  slot: Slot,
  amount: number,
  contributions: Contributions,
): void {
  if (amount === 0) return
  const isOut = isTornBetween(exposure)
  const totals = exposure.totals[at] as MetricTotals
  if (!isOut) giveMetric(facts, key, exposure, at, contributions, -1)
  totals[slot] += amount
  if (!isOut) giveMetric(facts, key, exposure, at, contributions, 1)
}

/** Slots of a ratio: it has no covariate, and its denominator looks at what came after exposure alone. */
function slotFor({ kind }: MetricDefinition, isDenominator: boolean, slot: typeof AFTER | typeof BEFORE): Slot | null {
  if (kind !== 'ratio') return slot
  return slot === BEFORE ? null : isDenominator ? DENOMINATOR : AFTER
}

/** Calls back for each measure of each metric of an exposure that something at a moment is for. */
function eachMeasure(
  facts: CustomerFacts,
  exposure: MeasuredExposure,
  at: number,
  use: (measure: Measure, definition: MetricDefinition, index: number, slot: Slot) => void,
): void {
  const exposedAt = exposure.seen[0].at
  if (isOutOfReach(exposedAt, at)) return
  for (const [index, [reference]] of metricsOf(exposure).entries()) {
    const definition = definitionOf(facts, reference)
    const side = definition && slotOf(definition, exposedAt, at)
    if (!definition || side === null) continue
    for (const measure of [definition.numerator, definition.denominator]) {
      const slot = measure && slotFor(definition, measure !== definition.numerator, side as typeof AFTER | typeof BEFORE)
      if (measure && slot !== null) use(measure, definition, index, slot)
    }
  }
}

/** Tells every exposure what a purchase counts for now, and what it counted for before; null: it was not known. */
export function measurePurchase(facts: CustomerFacts, before: Purchase | null, after: Purchase, contributions: Contributions): void {
  for (const key in facts.measured) {
    const exposure = facts.measured[key] as MeasuredExposure
    eachMeasure(facts, exposure, after.occurredAt, (measure, definition, index, slot) => {
      const currency = currencyOf(definition, exposure.currency)
      const more = countOf(measure, currency, after) - (before ? countOf(measure, currency, before) : 0)
      count(facts, key, exposure, index, slot, more, contributions)
    })
  }
}

/** Tells every exposure of an attempt to pay that failed. */
export function measureFailure(facts: CustomerFacts, occurredAt: number, contributions: Contributions): void {
  for (const key in facts.measured) {
    const exposure = facts.measured[key] as MeasuredExposure
    eachMeasure(facts, exposure, occurredAt, ({ of }, _, index, slot) => {
      if (of === 'payment_failures') count(facts, key, exposure, index, slot, 1, contributions)
    })
  }
}

/** Counts an event for the metrics that listen to its name; of others nothing is looked at. */
export function countEvent(facts: CustomerFacts, event: AcceptedEvent, contributions: Contributions): void {
  for (const listener of listenersTo(facts, event)) {
    leaveTrail(facts, listener, event.occurredAt)
    const { reference, definition, isDenominator } = listener
    for (const key in facts.measured) {
      const exposure = facts.measured[key] as MeasuredExposure
      if (isOutOfReach(exposure.seen[0].at, event.occurredAt)) continue
      const at = metricsOf(exposure).findIndex(([metric]) => metric === reference)
      const side = at < 0 ? null : slotOf(definition, exposure.seen[0].at, event.occurredAt)
      const slot = side === null ? null : slotFor(definition, isDenominator, side)
      if (slot !== null) count(facts, key, exposure, at, slot, 1, contributions)
    }
  }
}

/** What came of an exposure, and before it, anew from all there is: when it is first told of, or its first decision has moved. */
export function settleMeasured(facts: CustomerFacts, key: string, exposure: MeasuredExposure): void {
  const totals = metricsOf(exposure).map((): MetricTotals => [0, 0, 0])
  const tally = (index: number, slot: Slot, amount: number) => {
    const own = totals[index] as MetricTotals
    own[slot] += amount
  }
  for (const transactionId in facts.purchases) {
    const purchase = facts.purchases[transactionId] as Purchase
    eachMeasure(facts, exposure, purchase.occurredAt, (measure, definition, index, slot) =>
      tally(index, slot, countOf(measure, currencyOf(definition, exposure.currency), purchase)),
    )
  }
  for (const [occurredAt, failed] of facts.attempts) {
    if (failed === 0) continue
    eachMeasure(facts, exposure, occurredAt, ({ of }, _, index, slot) => of === 'payment_failures' && tally(index, slot, 1))
  }
  settleEvents(facts, key, exposure, tally)
  exposure.totals = totals
}

/** Events from their trails, or from what was counted while they were kept. */
function settleEvents(
  facts: CustomerFacts,
  key: string,
  exposure: MeasuredExposure,
  tally: (index: number, slot: Slot, amount: number) => void,
): void {
  const counted = facts.counted?.[key]
  for (const [index, [reference]] of metricsOf(exposure).entries()) {
    const definition = definitionOf(facts, reference)
    if (!definition) continue
    for (const measure of [definition.numerator, definition.denominator]) {
      if (measure?.of !== 'events') continue
      const isDenominator = measure !== definition.numerator
      if (counted) {
        const own = counted[index] ?? [0, 0, 0]
        if (isDenominator) tally(index, DENOMINATOR, own[DENOMINATOR])
        else for (const slot of [AFTER, BEFORE] as const) tally(index, slot, own[slot])
        continue
      }
      for (const at of facts.trails[trailOf(reference, isDenominator)] ?? []) {
        const side = slotOf(definition, exposure.seen[0].at, at)
        const slot = side === null ? null : slotFor(definition, isDenominator, side)
        if (slot !== null) tally(index, slot, 1)
      }
    }
  }
}

/** A variant of an experiment with metrics was seen. The first one counts; whoever sees another leaves the analysis. */
export function viewMeasured(facts: CustomerFacts, event: AcceptedEvent, body: ExposureBody, contributions: Contributions): void {
  const key = `${body.experiment}@${body.version}`
  const known = facts.measured[key]
  if (known) {
    if (known.excluded || known.seen[0].variant === body.variant) return
    giveMeasured(facts, key, known, contributions, -1)
    known.excluded = true
    return giveMeasured(facts, key, known, contributions, 1)
  }
  if (hasSeenAnother(facts, body.experiment)) return
  const { id, occurredAt: at, bookedDay: day, context } = event
  const isNew = facts.firstSeenAt === null || dayOf(facts.firstSeenAt) >= dayOf(at)
  const exposure: MeasuredExposure = {
    currency: body.currency,
    seen: [{ id, at, day, variant: body.variant }],
    excluded: false,
    metrics: body.metrics ?? [],
    totals: [],
    segment: {
      country: context.country ?? 'unknown',
      device: context.device ?? 'unknown',
      source: context.source ?? 'unknown',
      visitor: isNew ? 'new' : 'returning',
      half: halfOf(id),
    },
  }
  settleMeasured(facts, key, exposure)
  facts.measured[key] = exposure
  giveMeasured(facts, key, exposure, contributions, 1)
}

/**
 * Whether they are counted under another version of an experiment. The first exposure wins, there as here: who was drawn by
 * other weights and keeps their variant would make the split of this version wrong.
 */
function hasSeenAnother({ measured }: CustomerFacts, experiment: string): boolean {
  for (const key in measured) if (key.startsWith(`${experiment}@`)) return true
  return false
}

/** People by lot in two halves, whatever their variant. */
const halfOf = (exposureId: string): 'a' | 'b' => (laneHash(exposureId, LANE_SEEDS[1]) % 2 === 0 ? 'a' : 'b')
