import { describe, expect, it } from 'vitest'
import { behaviour, DAY_MS, event, fold, HOUR, MINUTE, NOON, payment, purchase, reversal, subscription } from '../customer/log.ts'
import { counted, defined, funnel, shown, step } from './walk.ts'

/** Events of the given names, a minute apart. */
const path = (...names: string[]) => names.map((name, at) => behaviour(name, NOON + at * MINUTE))
const abc = [step('a'), step('b'), step('c')]

describe('an ordered funnel', () => {
  const walked = (...names: string[]) => counted(fold(defined(funnel(abc)), ...path(...names)))

  it('takes one step after the other, with anything between', () => {
    expect(walked('a', 'x', 'b', 'x', 'c')).toEqual({ a: 1, b: 1, c: 1 })
  })

  it('is entered by its first step alone, and a later step implies nothing', () => {
    expect(walked('b', 'c')).toEqual({})
    expect(walked('a', 'c')).toEqual({ a: 1 })
    expect(walked('a', 'c', 'b')).toEqual({ a: 1, b: 1 })
  })

  it('counts a person once while the attempt lasts, and anew after the last step or the window', () => {
    expect(walked('a', 'a', 'b', 'a', 'b')).toEqual({ a: 1, b: 1 })
    expect(walked('a', 'b', 'c', 'a', 'b')).toEqual({ a: 2, b: 2, c: 1 })
    expect(counted(fold(defined(funnel(abc)), behaviour('a'), behaviour('a', NOON + 8 * DAY_MS)))).toEqual({ a: 2 })
  })

  it('does not let one event be two steps', () => {
    const twice = funnel([step('first', { events: ['view_item'] }), step('second', { events: ['view_item'] })])
    expect(counted(fold(defined(twice), ...path('view_item')))).toEqual({ first: 1 })
    expect(counted(fold(defined(twice), ...path('view_item', 'view_item')))).toEqual({ first: 1, second: 1 })
  })

  it('does not count what came before the entry and was told after the day had closed', () => {
    const late = behaviour('b', NOON - 5 * DAY_MS, { bookedDay: '2027-03-10' })
    expect(counted(fold(defined(funnel(abc)), behaviour('a'), { ...late, id: 'zz', bookedDay: '2027-03-11' }))).toEqual({ a: 1 })
  })
})

describe('a strict funnel', () => {
  const walked = (...names: string[]) => counted(fold(defined(funnel(abc, { order: 'strict' })), ...path(...names)))

  it('takes its steps with nothing between', () => {
    expect(walked('a', 'b', 'c')).toEqual({ a: 1, b: 1, c: 1 })
    expect(walked('a', 'x', 'b')).toEqual({ a: 1 })
    expect(walked('a', 'b', 'x', 'c')).toEqual({ a: 1, b: 1 })
  })

  it('has nothing between its steps that only a provider or a page tells', () => {
    const strict = defined(funnel(abc, { order: 'strict' }))
    const told = [payment('succeeded', NOON + 1), behaviour('experiment_viewed', NOON + 2), subscription({}, NOON + 3)]
    expect(counted(fold(strict, behaviour('a'), ...told, behaviour('b', NOON + 4)))).toEqual({ a: 1, b: 1 })
    expect(counted(fold(strict, behaviour('a'), purchase({}, NOON + 1), behaviour('b', NOON + 4)))).toEqual({ a: 1 })
  })

  it('may be taken again from the start without another entry', () => {
    expect(walked('a', 'x', 'a', 'b', 'c')).toEqual({ a: 1, b: 1, c: 1 })
    expect(walked('a', 'a', 'b')).toEqual({ a: 1, b: 1 })
  })
})

describe('an optional step', () => {
  const withCoupon = [step('a'), step('coupon', { optional: true }), step('c')]

  it.each(['ordered', 'strict', 'implied'] as const)('may be passed by, and counts those who took it, in a funnel that is %s', (order) => {
    const walked = (...names: string[]) => counted(fold(defined(funnel(withCoupon, { order })), ...path(...names)))
    expect(walked('a', 'c')).toEqual({ a: 1, c: 1 })
    expect(walked('a', 'coupon', 'c')).toEqual({ a: 1, coupon: 1, c: 1 })
    expect(walked('a', 'c', 'coupon')).toEqual({ a: 1, c: 1 })
  })
})

describe('the window of a step', () => {
  const hurried = funnel([step('a'), step('b', { windowMs: HOUR }), step('c')])
  const walked = (...at: [string, number][]) =>
    counted(fold(defined(hurried), ...at.map(([name, offset]) => behaviour(name, NOON + offset))))

  it('is counted from the latest time the step before was there', () => {
    expect(walked(['a', 0], ['b', HOUR])).toEqual({ a: 1, b: 1 })
    expect(walked(['a', 0], ['b', HOUR + 1])).toEqual({ a: 1 })
    expect(walked(['a', 0], ['a', 2 * HOUR], ['b', 2 * HOUR + MINUTE])).toEqual({ a: 1, b: 1 })
  })
})

describe('what reaches a step', () => {
  it('meets its condition', () => {
    const pro = funnel([step('a'), step('b', { condition: { 'metadata.plan': 'pro', country: { $in: ['US'] } } })])
    const viewed = (plan: string) => behaviour('b', NOON + MINUTE, { metadata: { plan } })
    expect(counted(fold(defined(pro), behaviour('a'), viewed('basic')))).toEqual({ a: 1 })
    expect(counted(fold(defined(pro), behaviour('a'), viewed('pro')))).toEqual({ a: 1, b: 1 })
  })

  it('is a purchase that a server vouches for, and no renewal', () => {
    const sale = funnel([step('a'), step('bought', { events: ['purchase'] })])
    expect(counted(fold(defined(sale), behaviour('a'), purchase({}, NOON + 1, { verified: false })))).toEqual({ a: 1 })
    expect(counted(fold(defined(sale), behaviour('a'), purchase({}, NOON + 1)))).toEqual({ a: 1, bought: 1 })
    const renewal = purchase({ subscriptionId: 's1' }, NOON + 1)
    expect(counted(fold(defined(sale), subscription({}, NOON - 40 * DAY_MS), behaviour('a'), renewal))).toEqual({ a: 1 })
  })

  it('may be what a server says of a subscription', () => {
    const trial = funnel([step('a'), step('on_trial', { events: ['trial_started'] })])
    const started = event({ kind: 'trial', change: 'started', subscriptionId: 's1' }, NOON + 1, { type: 'trial_started' })
    expect(counted(fold(defined(trial), behaviour('a'), started))).toEqual({ a: 1, on_trial: 1 })
    expect(counted(fold(defined(trial), behaviour('a'), { ...started, verified: false }))).toEqual({ a: 1 })
  })
})

describe('a funnel that is retired', () => {
  it('keeps what it counted and counts no more', () => {
    const retired = event({ kind: 'definition', retired: 'f@1' }, NOON + HOUR, { type: 'definition', origin: 'system' })
    const folded = fold(defined(funnel(abc)), behaviour('a'), retired, behaviour('b', NOON + 2 * HOUR))
    expect(counted(folded)).toEqual({ a: 1 })
    expect(folded.facts).toMatchObject({ events: 2, funnels: {}, journeys: {} })
  })
})

describe('what people were at entry', () => {
  const from = (country: string | null, device: 'mobile' | null) => ({ context: { country, device, source: null, sessionId: null } })

  it('goes along with all they reach, whatever they are later', () => {
    const folded = fold(defined(funnel(abc)), behaviour('a', NOON, from('DE', 'mobile')), behaviour('b', NOON + 1, from('US', null)))
    expect(counted(folded, 'f@1', 'funnel_by')).toEqual({
      'country DE|a': 1,
      'country DE|b': 1,
      'device mobile|a': 1,
      'device mobile|b': 1,
      'visitor new|a': 1,
      'visitor new|b': 1,
    })
  })

  it('tells who comes again from who is new', () => {
    const folded = fold(defined(funnel(abc)), behaviour('x', NOON - DAY_MS), behaviour('a', NOON))
    expect(counted(folded, 'f@1', 'funnel_by')).toMatchObject({ 'visitor returning|a': 1 })
  })

  it('is counted of the funnel everybody has, too', () => {
    const folded = fold(behaviour('page_view', NOON, from('DE', null)), behaviour('add_to_cart', NOON + MINUTE))
    expect(counted(folded, 'default@1', 'funnel_by')).toMatchObject({ 'country DE|landing': 1, 'country DE|cart': 1 })
  })
})

describe('a variant', () => {
  const by = (...events: Parameters<typeof fold>) => {
    const sums = counted(fold(defined(funnel(abc)), ...events), 'f@1', 'funnel_by')
    return Object.fromEntries(Object.entries(sums).filter(([name]) => name.startsWith('variant')))
  }

  it('counts with all that was reached, from when it is shown', () => {
    expect(by(behaviour('a'), shown('control', NOON + 1), behaviour('b', NOON + 2))).toEqual({
      'variant x@1|control|a': 1,
      'variant x@1|control|b': 1,
    })
    expect(by(shown('control', NOON - DAY_MS), behaviour('a'))).toEqual({ 'variant x@1|control|a': 1 })
  })

  it('no longer counts once another one has been shown, nor does its revenue', () => {
    expect(by(shown('control', NOON - 1), behaviour('a'), shown('bold', NOON + 1), behaviour('b', NOON + 2))).toEqual({})
    const sale = funnel([step('a'), step('bought', { events: ['purchase'] })])
    const folded = fold(defined(sale), shown('control', NOON - 1), behaviour('a'), purchase({}, NOON + 1), shown('bold', NOON + 2))
    expect(Object.keys(counted(folded, 'f@1:USD', 'funnel_revenue')).some((name) => name.startsWith('variant'))).toBe(false)
  })

  it('does not count for what was over before it was shown', () => {
    expect(by(...path('a', 'b', 'c'), shown('control', NOON + HOUR))).toEqual({})
  })
})

describe('revenue at the end', () => {
  const sale = funnel([step('a'), step('bought', { events: ['purchase'] })])

  it('is less what goes back later, by the day of entry and by what people were', () => {
    const folded = fold(
      defined(sale),
      shown('bold', NOON - 1),
      behaviour('a'),
      purchase({}, NOON + DAY_MS),
      reversal({}, NOON + 9 * DAY_MS),
    )
    expect(counted(folded, 'f@1:USD', 'funnel_revenue')).toMatchObject({ '': 6_000, 'country US': 6_000, 'variant x@1|bold': 6_000 })
    expect([...folded.effects.contributions.keys()].filter((key) => key.startsWith('funnel_revenue|f@1:USD|2027-03-10||'))).toHaveLength(1)
  })

  it('is whole again when a dispute is won', () => {
    const opened = reversal({ kind: 'dispute_opened', amountMinor: 10_000 }, NOON + 2)
    const won = reversal({ kind: 'dispute_closed', amountMinor: 10_000, won: true }, NOON + 3)
    expect(counted(fold(defined(sale), behaviour('a'), purchase({}, NOON + 1), opened), 'f@1:USD', 'funnel_revenue')).toEqual({})
    expect(counted(fold(defined(sale), behaviour('a'), purchase({}, NOON + 1), opened, won), 'f@1:USD', 'funnel_revenue')).toMatchObject({
      '': 10_000,
    })
  })

  it('is less a refund that came before its purchase', () => {
    const folded = fold(defined(sale), behaviour('a'), reversal({}, NOON + 1), purchase({}, NOON + 2))
    expect(counted(folded, 'f@1:USD', 'funnel_revenue')).toMatchObject({ '': 6_000 })
  })
})

describe('an event seen on the way', () => {
  const seen = (...names: string[]) => {
    const sums = counted(fold(defined(funnel(abc)), ...path(...names)), 'f@1', 'funnel_by')
    return Object.fromEntries(Object.entries(sums).filter(([name]) => name.startsWith('event')))
  }

  it('counts of the step it was seen at, and of those after', () => {
    expect(seen('a', 'search')).toEqual({ 'event search|a': 1 })
    expect(seen('a', 'search', 'b')).toEqual({ 'event search|a': 1, 'event_on search|a': 1, 'event search|b': 1 })
    expect(seen('a', 'b', 'search', 'c')).toEqual({ 'event search|b': 1, 'event_on search|b': 1 })
  })

  it('says nothing of a step that was reached more than an hour before', () => {
    const events = [
      behaviour('a'),
      behaviour('search', NOON + HOUR + 1),
      behaviour('b', NOON + 2 * HOUR),
      behaviour('login', NOON + 3 * HOUR),
    ]
    const sums = counted(fold(defined(funnel(abc)), ...events), 'f@1', 'funnel_by')
    expect(Object.keys(sums).filter((name) => name.startsWith('event'))).toEqual(['event login|b'])
  })

  it('is none that strangers make up, nor one that is a step, nor one before the entry', () => {
    expect(seen('search', 'a', 'hacked', 'a', 'b')).toEqual({})
  })

  it('may be one that the deployment itself names', () => {
    const other = funnel([step('spin_the_wheel'), step('z')], { id: 'g' })
    const sums = counted(fold(defined(funnel(abc)), defined(other), ...path('a', 'spin_the_wheel')), 'f@1', 'funnel_by')
    expect(sums).toMatchObject({ 'event spin_the_wheel|a': 1 })
  })
})

describe('the time a step takes', () => {
  it('is from when the step before was first reached, in buckets that grow by a fourth root of two', () => {
    const folded = fold(defined(funnel(abc)), behaviour('a'), behaviour('a', NOON + 500), behaviour('b', NOON + 2_000))
    expect(counted(folded, 'f@1', 'funnel_time')).toEqual({ 'step b|5': 1 })
  })

  it('is unknown of a step that was passed by', () => {
    const folded = fold(behaviour('page_view'), behaviour('add_to_cart', NOON + MINUTE), behaviour('begin_checkout', NOON + 2 * MINUTE))
    expect(Object.keys(counted(folded, 'default@1', 'funnel_time')).map((name) => name.split('|')[0])).toEqual(['step checkout'])
  })
})
