import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { missingDefinitions } from '../../../worker/domain/customer/definitions.ts'
import { type AcceptedEvent, compareEvents, type ExposureBody } from '../../../worker/domain/customer/event.ts'
import { emptyFacts, guardFacts, type Purchase } from '../../../worker/domain/customer/facts.ts'
import { type Folded, noEffects, refold, step } from '../../../worker/domain/customer/fold.ts'
import { digestOf, formatDigest, parseRollupKey } from '../../../worker/domain/customer/rollup.ts'
import { experimentSumsOf, type SumsRow } from '../../../worker/domain/experiments/experiment-sums.ts'
import type { MetricMoments } from '../../../worker/domain/experiments/inference/metric-moments.ts'
import { BUILT_IN_METRICS, type Measure, type MetricDefinition, referenceOf } from '../../../worker/domain/experiments/metric.ts'
import { accepted, JUDGED, METRICS, type Sent, sentEvents } from './arbitraries.ts'
import { fold, NOON } from './log.ts'

const DEFINED = missingDefinitions({ metrics: METRICS, funnels: [], retired: [] }, { funnels: {} }, () => new Set(), 'home', NOON)
const KNOWN = new Map([...BUILT_IN_METRICS, ...METRICS].map((metric) => [referenceOf(metric), metric]))
const sets = sentEvents(NOON, { system: true, measured: true, maxLength: 50 })
const log = sets.map((sent) => [...DEFINED, ...sent.map(accepted)])
/** The same, each event told of at once. */
const onTime = sets.map((sent) => [...DEFINED, ...sent.map(({ event }: Sent) => accepted({ event, acceptedAt: event.occurredAt }))])

/** Contributions as D1 would answer them. */
function rowsOf({ effects }: Folded, key: string): SumsRow[] {
  const rows = new Map<string, SumsRow & { all: Record<string, number> }>()
  for (const [name, sum] of effects.contributions) {
    const { metric, scope, dimension, value, day } = parseRollupKey(name)
    if (!scope.startsWith(`${key}:`)) continue
    const place = JSON.stringify([scope, dimension, value, day])
    const row = rows.get(place) ?? { scope, dimension, value, day, sums: '', all: {} }
    row.all[metric] = sum
    rows.set(place, row)
  }
  return [...rows.values()].map(({ all, ...row }) => ({ ...row, sums: JSON.stringify(all) }))
}

type Exposed = AcceptedEvent & { body: ExposureBody }
const isExposure = (event: AcceptedEvent): event is Exposed => event.body.kind === 'exposure'

/** What a measure counts between two moments, from the events themselves; purchases as the ledger has them in the end. */
function countBetween(
  events: readonly AcceptedEvent[],
  purchases: readonly Purchase[],
  measure: Measure,
  currency: string | null,
  from: number,
  to: number,
) {
  const isIn = (at: number) => at >= from && at <= to
  if (measure.of === 'events') {
    const counts = events.filter(
      ({ type, occurredAt, verified, body, context }) =>
        measure.events?.includes(type) &&
        isIn(occurredAt) &&
        (body.kind === 'behaviour' || (verified && body.kind === 'purchase')) &&
        (!measure.condition || context.country === 'US'),
    )
    return counts.length
  }
  if (measure.of === 'payment_failures')
    return events.filter(
      ({ body, verified, occurredAt }) => body.kind === 'payment' && body.change === 'failed' && verified && isIn(occurredAt),
    ).length
  const bought = purchases.filter(
    (one) =>
      isIn(one.occurredAt) &&
      (currency === null || one.currency === currency) &&
      (!measure.productIds || measure.productIds.includes(one.productId ?? '')),
  )
  if (measure.of === 'orders') return bought.length
  if (measure.of === 'refunds') return bought.filter(({ refundedMinor, disputedMinor }) => refundedMinor + disputedMinor > 0).length
  return bought.reduce((sum, { amountMinor, refundedMinor, disputedMinor }) => sum + amountMinor - refundedMinor - disputedMinor, 0)
}

/** Moments of one person, counted without any fold. */
function naiveMoments(
  events: readonly AcceptedEvent[],
  purchases: readonly Purchase[],
  first: Exposed,
  metric: MetricDefinition,
  cap: number | null,
): MetricMoments {
  const { kind, numerator, denominator, windowMs } = metric
  const at = first.occurredAt
  const currency = numerator.of === 'net_revenue' ? first.body.currency : null
  const most = kind === 'proportion' ? 1 : (cap ?? Number.POSITIVE_INFINITY)
  const between = (measure: Measure, from: number, to: number) => countBetween(events, purchases, measure, currency, from, to)
  const y = Math.min(most, between(numerator, at, at + windowMs))
  const moments = { n: 1, sum: y, squares: BigInt(y) ** 2n }
  if (denominator) {
    const d = between(denominator, at, at + windowMs)
    return { ...moments, denominator: { sum: d, squares: BigInt(d) ** 2n, cross: BigInt(y) * BigInt(d) } }
  }
  const x = Math.min(most, between(numerator, at - windowMs, at - 1))
  return { ...moments, covariate: { sum: x, squares: BigInt(x) ** 2n, cross: BigInt(x) * BigInt(y) } }
}

/** Holds what the fold says of each experiment against the naive count, for some of the metrics. */
function hold(events: AcceptedEvent[], references: readonly string[]): void {
  const ordered = [...events].sort(compareEvents)
  const folded = refold(ordered)
  const purchases = Object.values(folded.facts.purchases)
  const groups = Map.groupBy(ordered.filter(isExposure), ({ body }) => `${body.experiment}@${body.version}`)
  const counted = new Map(
    ordered
      .filter(isExposure)
      .toReversed()
      .map(({ body }) => [body.experiment, body.version]),
  )
  for (const [key, views] of groups) {
    const first = views[0] as Exposed
    const metrics = references.map((reference) => KNOWN.get(reference) as MetricDefinition)
    const sums = experimentSumsOf(rowsOf(folded, key), metrics)
    // A person is one of the first version they have seen, and of no other.
    if (first.body.version !== counted.get(first.body.experiment)) {
      expect(sums).toMatchObject({ exposed: [], excluded: 0, segments: [] })
      continue
    }
    if (views.some(({ body }) => body.variant !== first.body.variant)) {
      expect(sums).toMatchObject({ exposed: [], excluded: 1, segments: [] })
      continue
    }
    expect(sums.excluded).toBe(0)
    expect(sums.exposed).toEqual([{ day: first.bookedDay, variant: first.body.variant, exposed: 1 }])
    for (const [at, metric] of metrics.entries()) {
      const [reference, cap] = JUDGED.find(([name]) => name === references[at]) as [string, number | null]
      expect([reference, sums.metrics.get(reference)]).toEqual([
        reference,
        [{ day: first.bookedDay, variant: first.body.variant, moments: naiveMoments(ordered, purchases, first, metric, cap) }],
      ])
    }
  }
}

describe('the fold of metrics', () => {
  it('depends on the set of events, not on the order they came in', () => {
    fc.assert(
      fc.property(
        log.chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
        ([events, shuffled]) => {
          const [one, other] = [fold(...events), fold(...shuffled)]
          expect(other.facts).toEqual(one.facts)
          expect(formatDigest(digestOf(other.effects.contributions))).toBe(formatDigest(digestOf(one.effects.contributions)))
        },
      ),
    )
  })

  it('can be stored anywhere and gone on with: the chain of steps is the refold', () => {
    fc.assert(
      fc.property(log, fc.integer({ min: 0, max: 50 }), (events, cut) => {
        const ordered = [...events].sort(compareEvents)
        const effects = noEffects()
        let facts = emptyFacts()
        ordered.forEach((event, index) => {
          if (index === cut) facts = guardFacts(JSON.parse(JSON.stringify(facts)))
          step(facts, event, effects)
        })
        const whole = refold(ordered)
        expect(facts).toEqual(whole.facts)
        expect(effects.contributions).toEqual(whole.effects.contributions)
      }),
    )
  })

  it('counts money, orders, refunds, failures and events in their windows as a naive count does, however late they are told of', () => {
    const references = [
      'net_revenue@1',
      'orders@1',
      'purchase@1',
      'average_order_value@1',
      'refunded@1',
      'payment_failed@1',
      'carts@1',
      'cart_rate@2',
    ]
    fc.assert(
      fc.property(log, (events) => hold(events, references)),
      { numRuns: 300 },
    )
  })

  it('counts shares of behaviour likewise where events are told of as they happen', () => {
    fc.assert(
      fc.property(onTime, (events) => hold(events, ['reached_product_view@1', 'looked@1', 'carts@1'])),
      { numRuns: 300 },
    )
  })

  it('says by segment what it says of all, for n and the first goal', () => {
    fc.assert(
      fc.property(log, (events) => {
        const folded = fold(...events)
        const goal = KNOWN.get('net_revenue@1') as MetricDefinition
        for (const key of ['hero@1', 'hero@2', 'constructor@1']) {
          const { exposed, metrics, segments } = experimentSumsOf(rowsOf(folded, key), [goal])
          const days = metrics.get('net_revenue@1') ?? []
          for (const dimension of ['country', 'device', 'source', 'visitor']) {
            const own = segments.filter((each) => each.dimension === dimension)
            expect(own.map(({ variant, moments: { n, sum, squares } }) => ({ variant, n, sum, squares }))).toEqual(
              days.map(({ variant, moments: { n, sum, squares } }) => ({ variant, n, sum, squares })),
            )
            expect(own.length).toBe(exposed.length)
          }
        }
      }),
    )
  })
})

describe('the universal holdout', () => {
  it('has everybody on one side, from the first served price that asked, or in neither where prices disagree', () => {
    fc.assert(
      fc.property(log, (events) => {
        const ordered = [...events].sort(compareEvents)
        const folded = refold(ordered)
        const keys = Object.keys(folded.facts.measured).filter((key) => key.startsWith('universal_holdout.'))
        for (const key of keys) {
          const rows = experimentSumsOf(rowsOf(folded, key), [KNOWN.get('net_revenue_90d@1') as MetricDefinition])
          expect(rows.excluded + rows.exposed.reduce((sum, { exposed }) => sum + exposed, 0)).toBe(1)
          expect(rows.segments).toEqual([])
        }
        const asked = ordered.some(({ body }) => body.kind === 'decision' && !body.preview && (body.holdoutShare ?? 0) > 0)
        const voided = ordered.some(({ body }) => body.kind === 'decision_voided')
        if (asked && !voided) expect(keys.length).toBeGreaterThan(0)
      }),
    )
  })
})
