import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { pricingInputsKey } from '../../../worker/domain/pricing/inputs-key.ts'
import * as arbitrary from './arbitraries.ts'
import { context, facts, HOUR, NOW, priceTest, rule, slice } from './fixtures.ts'

const keyOf = (over: { slice?: ReturnType<typeof slice>; facts?: object; context?: object; now?: number; settingsHash?: string } = {}) =>
  pricingInputsKey(over.slice ?? slice(), over.settingsHash ?? 's', facts(over.facts), context(over.context), over.now ?? NOW)

const held = { subscriptionId: 's', amountMinor: 1, currency: 'USD' }

describe('pricingInputsKey', () => {
  it('is the same for the same inputs, whatever the last quote and the order of flags', () => {
    const quoted = keyOf({ facts: { lastQuote: { amountMinor: 1, expiresAt: NOW + 1 } }, context: { behaviorFlags: ['b', 'a'] } })
    expect(quoted).toEqual(keyOf({ context: { behaviorFlags: ['a', 'b'] } }))
  })

  it.each([
    ['the configuration of the product', { slice: slice({ hash: 'other' }) }],
    ['the settings', { settingsHash: 'other' }],
    ['the subject', { facts: { subject: 'other' } }],
    ['a first order', { facts: { orders: 1 } }],
    ['a contract', { facts: { contracts: { pro_bundle: { subscriptionId: 's', amountMinor: 1, currency: 'USD' } } } }],
    ['a subscription to something else', { facts: { contracts: { x: { subscriptionId: 's', amountMinor: 1, currency: 'USD' } } } }],
    ['payment recovery', { facts: { inDunning: true } }],
    ['the country', { context: { country: 'US' } }],
    ['the region', { context: { region: 'GB-ENG' } }],
    ['the device', { context: { device: 'mobile' } }],
    ['a flag', { context: { behaviorFlags: ['a'] } }],
    ['refused consent', { context: { profilingRefused: true } }],
  ])('changes with %s', (_, over) => {
    expect(keyOf(over).key).not.toBe(keyOf().key)
  })

  it('cannot be confused by separators inside values', () => {
    expect(keyOf({ context: { behaviorFlags: ['a,b'] } }).key).not.toBe(keyOf({ context: { behaviorFlags: ['a', 'b'] } }).key)
  })

  it('does not change when the first exposure is recorded', () => {
    const of = slice({ test: priceTest() })
    const seen = { firstSeenAt: NOW, arms: { test_1: { arm: 'control', version: 1 } } }
    expect(keyOf({ slice: of, facts: { subject: 'b', ...seen } })).toEqual(keyOf({ slice: of, facts: { subject: 'b' } }))
    const other = { arms: { test_1: { arm: 'variant_1', version: 1 } } }
    expect(keyOf({ slice: of, facts: { subject: 'b', ...other } }).key).not.toBe(keyOf({ slice: of, facts: { subject: 'b' } }).key)
  })

  it('is valid until the next rule or test begins or ends, or the window turns', () => {
    const rules = [
      rule({ startsAt: NOW - 5, endsAt: NOW + 50 }),
      rule({ startsAt: NOW + 30 }),
      rule({ productIds: ['other'], startsAt: NOW + 1 }),
    ]
    expect(keyOf().validUntil).toBe(Number.MAX_SAFE_INTEGER)
    expect(keyOf({ slice: slice({ rules }) }).validUntil).toBe(NOW + 30)
    expect(keyOf({ slice: slice({ rules }), now: NOW + 30 }).validUntil).toBe(NOW + 50)
    expect(keyOf({ slice: slice({ test: priceTest({ startsAt: NOW + HOUR }) }) }).validUntil).toBe(NOW + HOUR)
    // NOW is noon UTC, so a window of six hours ends at 18:00
    expect(keyOf({ slice: slice({ test: priceTest() }) }).validUntil).toBe(NOW + 6 * HOUR)
    expect(keyOf({ slice: slice({ test: priceTest({ endsAt: NOW + HOUR }) }) }).validUntil).toBe(NOW + HOUR)
  })

  it('is valid until other weights come into force, or an arm closes', () => {
    const weights = { control: 1, variant_1: 0, variant_2: 0 }
    const epochs = ['2027-01-08', '2027-01-15', '2027-01-16', '2027-01-17'].map((day) => ({ day, weights, bySegment: {} }))
    const test = priceTest({ epochs, windowMs: 10_000 * HOUR, endsAt: NOW + 100 * HOUR })
    expect(keyOf({ slice: slice({ test }) }).validUntil).toBe(NOW + 12 * HOUR)
    const arms = test.arms.map((arm, at) => (at === 1 ? { ...arm, closedAt: NOW + HOUR } : arm))
    expect(keyOf({ slice: slice({ test: { ...test, arms } }) }).validUntil).toBe(NOW + HOUR)
    expect(keyOf({ slice: slice({ test: { ...test, arms } }), now: NOW + HOUR }).validUntil).toBe(NOW + 12 * HOUR)
  })

  it.each([
    ['orders', { orders: { $gte: 2 } }, { orders: 1 }, { orders: 2 }],
    ['plans', { plans: { $in: ['x'] } }, { contracts: { y: held } }, { contracts: { x: held } }],
    ['health', { health: { $lt: 0.5 } }, { health: 0.4 }, { health: 0.6 }],
  ])('holds %s as they are, where a rule looks at them', (_, condition, one, other) => {
    const asked = slice({ rules: [rule({ kind: 'segment', condition })] })
    expect(keyOf({ facts: one }).key).toBe(keyOf({ facts: other }).key)
    expect(keyOf({ slice: asked, facts: one }).key).not.toBe(keyOf({ slice: asked, facts: other }).key)
  })

  it('is valid until the hour is over where a rule looks at the clock, and until a signal is stale', () => {
    // NOW is noon UTC
    for (const condition of [{ hour: 12 }, { $not: { weekday: 1 } }, { $or: [{ country: 'DE' }, { month: { $in: [1] } }] }])
      expect(keyOf({ slice: slice({ rules: [rule({ condition })] }), now: NOW + 5 }).validUntil).toBe(NOW + HOUR)
    expect(keyOf({ slice: slice({ rules: [rule({ condition: { hour: 12 }, productIds: ['other'] })] }) }).validUntil).toBe(
      Number.MAX_SAFE_INTEGER,
    )
    const signals = { inventory: { value: 1, at: NOW - 7 * 24 * HOUR + 40 }, competitor: { value: 1, at: NOW } }
    expect(keyOf({ slice: slice({ signals }) }).validUntil).toBe(NOW + 41)
    expect(keyOf({ slice: slice({ signals }), now: NOW + 41 }).validUntil).toBe(NOW + 7 * 24 * HOUR + 1)
  })

  it('promises truly: the same key before validUntil decides the same price', () => {
    let compared = 0
    fc.assert(
      fc.property(
        arbitrary.slice,
        arbitrary.settings,
        arbitrary.facts,
        arbitrary.context,
        arbitrary.now,
        arbitrary.facts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (of, settings, known, asked, now, other, part) => {
          const then = { ...known, lastQuote: null }
          const { key, validUntil } = pricingInputsKey(of, 's', then, asked, now)
          const later = Math.min(validUntil - 1, now + Math.floor(part * 100 * HOUR))
          for (const next of [
            then,
            { ...then, arms: other.arms },
            { ...then, orders: other.orders, firstSeenAt: other.firstSeenAt },
            { ...other, subject: then.subject, lastQuote: null },
          ]) {
            if (pricingInputsKey(of, 's', next, asked, later).key !== key) continue
            const [before, after] = [decide(of, settings, then, asked, 'd', now), decide(of, settings, next, asked, 'd', later)]
            if (before.priceMinor !== after.priceMinor || before.reason !== after.reason || before.test?.arm !== after.test?.arm)
              throw new Error('differs')
            compared++
          }
        },
      ),
      { numRuns: 5_000 },
    )
    expect(compared).toBeGreaterThan(5_000)
  })
})
