import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AcceptedEvent, compareEvents } from '../../../worker/domain/customer/event.ts'
import { emptyFacts, guardFacts } from '../../../worker/domain/customer/facts.ts'
import { step as foldStep, noEffects, refold } from '../../../worker/domain/customer/fold.ts'
import { parseRollupKey } from '../../../worker/domain/customer/rollup.ts'
import { accepted, sentEvents } from '../customer/arbitraries.ts'
import { DAY_MS, fold, HOUR, MINUTE, NOON } from '../customer/log.ts'
import { defined, funnel, shown, step } from './walk.ts'

const NAMES = ['page_view', 'view_item', 'add_to_cart', 'begin_checkout', 'purchase', 'constructor', 'custom'] as const
const steps = fc
  .array(
    fc.record({
      events: fc.uniqueArray(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 2 }),
      optional: fc.integer({ min: 0, max: 3 }).map((drawn) => drawn === 0),
      windowMs: fc.constantFrom(null, null, 30 * MINUTE, DAY_MS),
      condition: fc.constantFrom(null, null, { country: 'US' }),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((all) => all.map((over, at) => step(`s${at}`, { ...over, optional: over.optional && at > 0 && at < all.length - 1 })))
const definition = fc.record({
  steps,
  order: fc.constantFrom('ordered' as const, 'strict' as const, 'implied' as const),
  windowMs: fc.constantFrom(HOUR, 2 * DAY_MS, 7 * DAY_MS),
})
const views = fc
  .array(fc.record({ variant: fc.constantFrom('a', 'a', 'a', 'b'), minutesBefore: fc.integer({ min: 0, max: 6 * 48 }) }), { maxLength: 3 })
  .map((all) => all.map(({ variant, minutesBefore }, at) => ({ ...shown(variant, NOON - minutesBefore * 30 * MINUTE), id: `view${at}` })))

const log: fc.Arbitrary<AcceptedEvent[]> = fc
  .tuple(fc.array(definition, { minLength: 1, maxLength: 3 }), sentEvents(NOON, { maxLength: 50 }), views)
  .map(([definitions, sent, exposures]) => [
    ...definitions.map((one, at) => defined(funnel(one.steps, { ...one, id: `f${at}` }))),
    ...sent.map(accepted),
    ...exposures,
  ])

const byScope = (events: readonly AcceptedEvent[]) => {
  const folded = fold(...events)
  const sums = new Map<string, Map<string, number>>()
  for (const [key, sum] of folded.effects.contributions) {
    const { metric, scope, day, dimension, value } = parseRollupKey(key)
    if (!metric.startsWith('funnel')) continue
    const name = `${metric} ${scope} ${day} ${dimension}`
    sums.set(name, (sums.get(name) ?? new Map()).set(value, sum))
  }
  return { folded, sums }
}

describe('a funnel, whatever its steps', () => {
  it('depends on the set of events, not on the order they came in', () => {
    fc.assert(
      fc.property(
        log.chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
        ([events, shuffled]) => {
          expect(byScope(shuffled)).toEqual(byScope(events))
        },
      ),
      { numRuns: 200 },
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
          foldStep(facts, event, effects)
        })
        const whole = refold(ordered)
        expect(JSON.parse(JSON.stringify(facts))).toEqual(JSON.parse(JSON.stringify(whole.facts)))
        expect(effects.contributions).toEqual(whole.effects.contributions)
      }),
      { numRuns: 200 },
    )
  })

  it('counts what comes up to two days late as if it had come at once', () => {
    fc.assert(
      fc.property(
        definition,
        sentEvents(NOON, { maxLength: 50 }),
        fc.array(fc.integer({ min: 0, max: 48 }), { minLength: 50, maxLength: 50 }),
        (one, sent, hours) => {
          const log = sent.map((each) => ({ ...each, event: { ...each.event, origin: 'server' as const } }))
          const atOnce = log.map((each) => accepted({ ...each, acceptedAt: each.event.occurredAt }))
          const late = log.map((each, at) => accepted({ ...each, acceptedAt: each.event.occurredAt + (hours[at] ?? 0) * HOUR }))
          const walked = defined(funnel(one.steps, one))
          expect(byScope([walked, ...late]).sums).toEqual(byScope([walked, ...atOnce]).sums)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('never widens from one required step to the next, on any day of entry and in any group', () => {
    fc.assert(
      fc.property(log, (events) => {
        const { folded, sums } = byScope(events)
        for (const [reference, { steps }] of Object.entries(folded.facts.funnels)) {
          const required = steps.filter(({ optional }) => !optional).map(({ key }) => key)
          for (const [name, values] of sums) {
            const [metric, scope, , dimension] = name.split(' ')
            if (scope !== reference || dimension === 'event' || dimension === 'event_on' || metric === 'funnel_time') continue
            const groups = new Set([...values.keys()].map((value) => value.slice(0, Math.max(0, value.lastIndexOf('|')))))
            for (const group of groups) {
              const counts = required.map((key) => values.get(group === '' ? key : `${group}|${key}`) ?? 0)
              for (let at = 1; at < counts.length; at++) expect(counts[at]).toBeLessThanOrEqual(counts[at - 1] as number)
            }
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('is the sum of its groups, where everybody is known', () => {
    fc.assert(
      fc.property(log, (events) => {
        const known = events.map((event) => ({ ...event, context: { ...event.context, country: event.context.country ?? 'FR' } }))
        const { sums } = byScope(known)
        for (const [name, values] of sums) {
          const [metric, scope, day] = name.split(' ')
          if (metric !== 'funnel') continue
          for (const dimension of ['country', 'visitor']) {
            const groups = sums.get(`funnel_by ${scope} ${day} ${dimension}`) ?? new Map<string, number>()
            for (const [key, sum] of values) {
              const parts = [...groups].filter(([value]) => value.endsWith(`|${key}`)).reduce((total, [, part]) => total + part, 0)
              expect(parts).toBe(sum)
            }
          }
        }
      }),
      { numRuns: 200 },
    )
  })

  it('has seen an event as often as it says, and of those some went on', () => {
    fc.assert(
      fc.property(log, (events) => {
        const { sums } = byScope(events)
        for (const [name, values] of sums) {
          if (!name.endsWith(' event_on')) continue
          const seen = sums.get(name.replace(/event_on$/, 'event')) ?? new Map<string, number>()
          for (const [value, sum] of values) expect(sum).toBeLessThanOrEqual(seen.get(value) ?? 0)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('earns what is left of the purchases that ended it, to the minor unit', () => {
    fc.assert(
      fc.property(log, (events) => {
        const { folded, sums } = byScope(events)
        const left = new Map<string, number>()
        for (const purchase of Object.values(folded.facts.purchases)) {
          for (const { funnel: reference, day } of purchase.ended ?? []) {
            const name = `funnel_revenue ${reference}:${purchase.currency} ${day} `
            const net = purchase.amountMinor - purchase.refundedMinor - purchase.disputedMinor
            left.set(name, (left.get(name) ?? 0) + net)
          }
        }
        for (const [name, net] of left) expect(sums.get(name)?.get('') ?? 0).toBe(net)
      }),
      { numRuns: 200 },
    )
  })
})
