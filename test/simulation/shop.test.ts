import { describe, expect, it } from 'vitest'
import { IncomingEvent } from '../../worker/contract/events.ts'
import { dayOf, HOUR_MS, startOfDay } from '../../worker/domain/time.ts'
import { PAST_TEST } from './browsing.ts'
import { demoProducts } from './catalogue.ts'
import { simulateEvents, simulateShop } from './shop.ts'

const now = Date.UTC(2026, 10, 23, 14, 30)
const people = [...simulateShop({ seed: 7, now })]
const events = people.flat()
const ownerOf = (event: IncomingEvent) => event.customerId ?? event.visitorId
const named = (name: string) => events.filter((event) => event.event === name)

describe('the simulated shop', () => {
  it('has the size of a small shop', () => {
    const paying = people.filter((life) => life.some((event) => event.event === 'purchase'))
    expect(people.length).toBeLessThanOrEqual(3000)
    expect(paying.length).toBeGreaterThanOrEqual(400)
    expect(events.length).toBeGreaterThan(35_000)
    expect(events.length).toBeLessThan(50_000)
    expect(Math.max(...people.map((life) => life.length))).toBeLessThan(1000)
  })

  it('tells the same history for the same seed and day, at any hour', () => {
    expect(simulateEvents({ seed: 7, now: startOfDay(dayOf(now)) + HOUR_MS, people: 200 })).toEqual(
      simulateEvents({ seed: 7, now, people: 200 }),
    )
  })

  it('tells another history for another seed', () => {
    expect(simulateEvents({ seed: 8, now, people: 50 })).not.toEqual(simulateEvents({ seed: 7, now, people: 50 }))
  })

  it('sends only events the contract takes', () => {
    for (const event of events) expect(IncomingEvent.safeParse(event).success, JSON.stringify(event)).toBe(true)
  })

  it('gives every event an id of its own', () => {
    expect(new Set(events.map((event) => event.id)).size).toBe(events.length)
  })

  it('keeps one person together, under one id and in order of time', () => {
    const owners = new Set<string | undefined>()
    for (const life of people) {
      const ids = new Set(life.map(ownerOf))
      expect(ids.size).toBe(1)
      const [owner] = ids
      expect(owners.has(owner)).toBe(false)
      owners.add(owner)
      const times = life.map((event) => event.timestamp as number)
      expect(times).toEqual([...times].sort((a, b) => a - b))
    }
  })

  it('spans eighteen months and ends before today', () => {
    const times = events.map((event) => event.timestamp as number)
    expect(Math.max(...times)).toBeLessThan(startOfDay(dayOf(now)))
    expect(dayOf(Math.min(...times)).slice(0, 7)).toBe('2025-05')
  })

  it('lets only known customers pay', () => {
    for (const purchase of named('purchase')) expect(purchase.customerId).toMatch(/^cus_\d{5}$/)
  })

  it('never gives back more than was paid, nor before it was paid', () => {
    const paid = new Map(named('purchase').map((purchase) => [purchase.transactionId, purchase]))
    expect(paid.size).toBe(named('purchase').length)
    const returned = new Map<string, number>()
    for (const event of [...named('refund'), ...named('dispute_opened')]) {
      const purchase = paid.get(event.transactionId)
      const id = event.transactionId as string
      returned.set(id, (returned.get(id) ?? 0) + (event.amount as number))
      expect(returned.get(id)).toBeLessThanOrEqual(purchase?.amount as number)
      expect(event.currency).toBe(purchase?.currency)
      expect(event.timestamp).toBeGreaterThan(purchase?.timestamp as number)
    }
    expect(named('refund').length).toBeGreaterThan(20)
  })

  it('counts the versions of a subscription up in order of time', () => {
    const last = new Map<string, number>()
    for (const event of events.filter((event) => event.event?.startsWith('subscription_'))) {
      const id = event.subscriptionId as string
      expect(event.version).toBe((last.get(id) ?? 0) + 1)
      last.set(id, event.version as number)
    }
    expect(last.size).toBeGreaterThan(300)
  })

  it('says nothing of a subscription once it has ended', () => {
    const ended = new Set<string>()
    for (const event of events.filter((event) => event.event?.startsWith('subscription_'))) {
      expect(ended.has(event.subscriptionId as string)).toBe(false)
      if (event.event === 'subscription_ended') ended.add(event.subscriptionId as string)
    }
    const reasons = new Set(named('subscription_ended').map((event) => event.churnReason))
    expect(reasons).toEqual(new Set(['voluntary', 'payment_failure']))
  })

  it('charges the price of the plan for every renewal', () => {
    const list = new Map(demoProducts.map((product) => [product.id, product.prices]))
    for (const life of people) {
      for (const renewal of life.filter((event) => event.event === 'subscription_renewed')) {
        const charge = life.find((event) => event.event === 'purchase' && event.timestamp === (renewal.timestamp as number) + 1)
        expect(charge?.amount).toBe((renewal.amount as number) * (renewal.quantity as number))
        const price = list.get(renewal.productId as string)?.find((price) => price.currency === renewal.currency)
        expect(renewal.amount).toBe(price?.amount)
      }
    }
  })

  it('remembers past prices with their arm and the chance it was drawn with', () => {
    const tested = named('price_decided').filter((event) => event.metadata?.testId)
    expect(tested.length).toBeGreaterThan(30)
    expect(new Set(tested.map((event) => event.amount))).toEqual(new Set([449, 499, 549]))
    for (const { amount, metadata } of tested) {
      expect(metadata).toMatchObject({ listPrice: 499, propensity: 1 / 3 })
      expect(PAST_TEST.prices).toHaveProperty(String(metadata?.arm), amount)
    }
  })

  it('names the decision and the subscription behind a payment', () => {
    const decisions = new Set(named('price_decided').map(({ id }) => id))
    const behind = named('purchase').filter((event) => event.decisionId)
    expect(behind.length).toBeGreaterThan(400)
    for (const { decisionId } of behind) expect(decisions).toContain(decisionId)
    const plans = new Set(demoProducts.filter(({ interval }) => interval).map(({ id }) => id))
    for (const { productId, subscriptionId } of named('purchase')) expect(subscriptionId !== undefined).toBe(plans.has(productId as string))
  })

  it('sells at the price that was decided', () => {
    for (const life of people) {
      const decided = life.find((event) => event.event === 'price_decided')
      const first = life.find((event) => event.event === 'purchase')
      if (decided && first?.productId === decided.productId && decided.productId === 'pro_bundle')
        expect(first?.amount).toBe(decided.amount)
    }
  })
})
