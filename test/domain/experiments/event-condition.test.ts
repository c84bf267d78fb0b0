import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { eventConditionFlaw, meets } from '../../../worker/domain/experiments/event-condition.ts'
import { behaviour, NOON } from '../customer/log.ts'

const seen = (metadata: Record<string, unknown>, productId: string | null = null) =>
  behaviour('viewed', NOON, { metadata, body: { kind: 'behaviour', productId, funnelStep: null } })

describe('a condition on events', () => {
  it.each([
    [{ 'metadata.plan': 'pro' }, seen({ plan: 'pro' }), true],
    [{ 'metadata.plan': 'pro' }, seen({ plan: 'free' }), false],
    [{ 'metadata.cart.total': { $gte: 50 } }, seen({ cart: { total: 60 } }), true],
    [{ productId: { $in: ['pro'] } }, seen({}, 'pro'), true],
    [{ productId: { $exists: false } }, seen({}), true],
    [{ $and: [{ country: 'US' }, { device: 'desktop' }] }, seen({}), true],
    [{ $or: [{ country: 'DE' }, { source: 'mail' }] }, seen({}), false],
    [{}, seen({}), true],
  ])('%j', (condition, event, expected) => {
    expect(eventConditionFlaw(condition)).toBeNull()
    expect(meets(condition, event)).toBe(expected)
  })

  it.each([
    [{ mail: 'x' }, ['mail']],
    [{ $not: { $nor: [{ country: 'US' }, { visitorId: 'v' }] } }, ['$not', '$nor', '1', 'visitorId']],
    [{ country: { $like: 'U' } }, ['country', '$like']],
    [[], []],
  ])('is flawed: %j', (condition, path) => {
    expect(eventConditionFlaw(condition)?.path).toEqual(path)
  })

  it('sees no member of a prototype, and bears whatever a stranger sends', () => {
    const conditions: Record<string, unknown>[] = [
      { 'metadata.constructor': { $exists: true } },
      { 'metadata.__proto__.polluted': true },
      { 'metadata.toString.name': 'toString' },
      { 'metadata.a': { $regex: '^(a+)$' } },
      { 'metadata.a': { $gt: 3 } },
      { 'metadata.a': { $elemMatch: { b: { $size: 2 } } } },
    ]
    for (const condition of conditions.slice(0, 3)) expect(meets(condition, seen({}))).toBe(false)
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('a', 'b', 'toString', 'valueOf', '__proto__', 'constructor'), fc.anything()),
        (metadata) => {
          for (const condition of conditions) expect(typeof meets(condition, seen(metadata))).toBe('boolean')
        },
      ),
    )
  })
})
