import { describe, expect, it } from 'vitest'
import { timersOf } from '../../../worker/domain/customer/behaviour.ts'
import { bookedDayOf } from '../../../worker/domain/customer/booking.ts'
import { behaviour, DAY, DAY_MS, event, fold, HOUR, MINUTE, NOON, purchase, sums } from './log.ts'

const funnel = (folded: ReturnType<typeof fold>) =>
  Object.fromEntries(
    Object.entries(sums(folded, 'funnel')).map(([key, value]) => [
      key.replace('default@1|', '').replace('step|', '').replace('|', ' '),
      value,
    ]),
  )

describe('a visit', () => {
  it('is one visitor a day and one a month, and days are never added up', () => {
    const folded = fold(behaviour('page_view'), behaviour('page_view', NOON + HOUR), behaviour('page_view', NOON + DAY_MS))
    expect(sums(folded, 'visitor_day')).toMatchObject({ [`|${DAY}||`]: 1, '|2027-03-11||': 1, [`|${DAY}|country|US`]: 1 })
    expect(sums(folded, 'visitor_month')).toEqual({ '|2027-03||': 1 })
  })

  it('counts a product’s views, also of a product with the separator in its name', () => {
    const view = event({ kind: 'behaviour', productId: 'a|b|c', funnelStep: null }, NOON, { type: 'view_item' })
    expect(sums(fold(view), 'product_views')).toEqual({ [`|${DAY}|product|a|b|c`]: 1 })
  })

  it('keeps names that strangers make up out of the keys', () => {
    const folded = fold(behaviour('page_view'), behaviour('hacked_1'), behaviour('hacked_2'))
    expect(sums(folded, 'events')).toEqual({ [`|${DAY}|type|page_view`]: 1, [`|${DAY}|type|custom`]: 2 })
  })
})

describe('the funnel', () => {
  it('is booked on the day of entry, a later step implying the earlier ones', () => {
    const folded = fold(behaviour('page_view'), behaviour('begin_checkout', NOON + DAY_MS))
    expect(funnel(folded)).toEqual({
      '2027-03-10 landing': 1,
      '2027-03-10 product_view': 1,
      '2027-03-10 cart': 1,
      '2027-03-10 checkout': 1,
    })
  })

  it('begins anew after a purchase, or after a week', () => {
    const folded = fold(
      behaviour('page_view'),
      purchase({}, NOON + MINUTE),
      behaviour('page_view', NOON + HOUR),
      behaviour('page_view', NOON + 9 * DAY_MS),
    )
    expect(funnel(folded)).toMatchObject({ '2027-03-10 landing': 2, '2027-03-10 purchase': 1, '2027-03-19 landing': 1 })
  })

  it('is not completed by what a browser reports, but by the order that a server confirms', () => {
    const reported = purchase({}, NOON + HOUR, { verified: false, origin: 'browser' })
    const before = fold(behaviour('begin_checkout'), reported)
    expect(funnel(before)).not.toHaveProperty('2027-03-10 purchase')
    expect(timersOf(before.facts)).toEqual([])
    expect(funnel(fold(behaviour('begin_checkout'), reported, purchase({}, NOON + DAY_MS)))).toMatchObject({ '2027-03-10 purchase': 1 })
  })

  it('is not entered by a purchase alone', () => {
    expect(funnel(fold(purchase()))).toEqual({})
  })

  it.each(['constructor', 'toString', '__proto__', 'valueOf'])('is not moved by a custom event called %s', (name) => {
    const folded = fold(behaviour('page_view'), behaviour(name, NOON + 1), behaviour('view_item', NOON + 2))
    expect(funnel(folded)).toEqual({ '2027-03-10 landing': 1, '2027-03-10 product_view': 1 })
  })
})

describe('a checkout', () => {
  const abandoned = (startedAt: number, at = startedAt + HOUR) => event({ kind: 'checkout_abandoned', startedAt }, at, { origin: 'system' })

  it('sets a timer of an hour, which a purchase takes away', () => {
    const begun = fold(behaviour('begin_checkout'))
    expect(timersOf(begun.facts)).toMatchObject([{ at: NOON + HOUR, notBefore: DAY }])
    expect(timersOf(fold(behaviour('begin_checkout'), purchase({}, NOON + MINUTE)).facts)).toEqual([])
  })

  it('that is begun again waits anew', () => {
    const folded = fold(behaviour('begin_checkout'), behaviour('begin_checkout', NOON + 30 * MINUTE), abandoned(NOON))
    expect(timersOf(folded.facts)).toMatchObject([{ at: NOON + 90 * MINUTE }])
    expect(sums(folded, 'checkouts_abandoned')).toEqual({})
  })

  it('counts as abandoned once the timer has fired, until a late purchase shows that it was not', () => {
    const folded = fold(behaviour('begin_checkout'), abandoned(NOON))
    expect(sums(folded, 'checkouts_abandoned')).toEqual({ [`|${DAY}||`]: 1 })
    expect(timersOf(folded.facts)).toEqual([])
    expect(sums(fold(behaviour('begin_checkout'), abandoned(NOON), purchase({}, NOON + MINUTE)), 'checkouts_abandoned')).toEqual({})
  })

  it('out of history sets no timer, and counts as abandoned where no purchase follows within the hour', () => {
    const past = { origin: 'import' as const }
    const begun = [behaviour('begin_checkout', NOON, past), behaviour('begin_checkout', NOON + MINUTE, past)]
    expect(timersOf(fold(...begun).facts)).toEqual([])
    for (const [events, abandoned] of [
      [begun, { [`|${DAY}||`]: 1 }],
      [[...begun, purchase({}, NOON + HOUR, past)], {}],
      [[...begun, purchase({}, NOON + HOUR + 1, past)], { [`|${DAY}||`]: 1 }],
      [[...begun, behaviour('begin_checkout', NOON + DAY_MS, past)], { [`|${DAY}||`]: 1, '|2027-03-11||': 1 }],
    ] as const) {
      expect(sums(fold(...events), 'checkouts_abandoned')).toEqual(abandoned)
    }
  })
})

describe('the booked day', () => {
  it.each([
    ['within two days, is its own', NOON - 48 * HOUR, 'browser', '2027-03-08'],
    ['after two days, is the day of acceptance', NOON - 48 * HOUR - 1, 'browser', DAY],
    ['of history, is its own however old', NOON - 400 * DAY_MS, 'import', '2026-02-03'],
    ['of a clock that runs ahead, is today', NOON + 13 * HOUR, 'server', DAY],
  ] as const)('of an event accepted %s', (_, occurredAt, origin, day) => {
    expect(bookedDayOf(occurredAt, origin, NOON)).toBe(day)
  })
})
