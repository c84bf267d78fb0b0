import { describe, expect, it } from 'vitest'
import { readHistory, type StripeRow } from '../../../client-sdk/cli/stripe.ts'
import type { IncomingEvent } from '../../../worker/contract/events.ts'
import { type NormalEvent, normalise } from '../../../worker/domain/customer/accept.ts'
import { type AcceptedEvent, compareEvents, type SubscriptionBody } from '../../../worker/domain/customer/event.ts'
import { type Folded, refold } from '../../../worker/domain/customer/fold.ts'
import { mismatchOf } from '../../../worker/domain/customer/refusals.ts'
import { boundTo, type ProviderEvent } from '../../../worker/domain/payments/provider.ts'
import { stripe } from '../../../worker/domain/payments/providers/stripe.ts'
import { dayOf } from '../../../worker/domain/time.ts'
import { duplicatedAndShuffled, read, type StripePayload, streamAt } from './webhooks.ts'

/** What stores do with webhooks, in memory: links, what waits for them, and a log a customer. Everything else is the real thing. */
class Shop {
  readonly #owners = new Map<string, { owner: string; transactionId: string }>()
  readonly #waiting = new Map<string, ProviderEvent[]>()
  readonly #logs = new Map<string, Map<string, AcceptedEvent>>()

  deliver(event: ProviderEvent): void {
    if (event.facts.length === 0 && event.links.length === 0) return
    if ('objectId' in event.whose) {
      const { objectId } = event.whose
      const known = this.#owners.get(objectId)
      if (known) this.#book(boundTo(event, known.transactionId), known.owner)
      else this.#waiting.set(objectId, [...(this.#waiting.get(objectId) ?? []), event])
      return
    }
    const [name] = event.whose.names
    if (name && 'customerId' in name) this.#book(event, name.customerId)
  }

  #book(event: ProviderEvent, owner: string): void {
    const log = this.#logs.get(owner) ?? new Map<string, AcceptedEvent>()
    this.#logs.set(owner, log)
    for (const fact of event.facts) {
      const before = log.get(fact.id)
      if (before) expect(mismatchOf(before, fact)).toBeNull()
      else log.set(fact.id, accepted(fact, owner))
    }
    for (const { objectId, transactionId } of event.links) {
      if (!this.#owners.has(objectId)) this.#owners.set(objectId, { owner, transactionId })
      const released = this.#waiting.get(objectId) ?? []
      this.#waiting.delete(objectId)
      for (const each of released) this.deliver(each)
    }
  }

  get waiting(): string[] {
    return [...this.#waiting.keys()]
  }

  folded(): Map<string, Folded> {
    const sorted = [...this.#logs].sort(([a], [b]) => (a < b ? -1 : 1))
    return new Map(sorted.map(([owner, log]) => [owner, refold([...log.values()].sort(compareEvents))]))
  }
}

const accepted = (fact: NormalEvent, home: string): AcceptedEvent => ({ ...fact, bookedDay: dayOf(fact.occurredAt), home })

const shopAfter = (payloads: readonly StripePayload[]): Shop => {
  const shop = new Shop()
  for (const payload of payloads) shop.deliver(read(stripe, payload))
  return shop
}

const ledgerOf = (shop: Shop) =>
  [...shop.folded()].map(([owner, { facts, effects }]) => ({
    owner,
    facts,
    sums: [...effects.contributions].sort(),
    rows: [...effects.rows].sort(),
  }))

describe('a stream of webhooks', () => {
  const stream = streamAt(0)
  const inOrder = shopAfter(stream)

  it('leaves nobody waiting, and gives each their money', () => {
    expect(inOrder.waiting).toEqual([])
    const folded = inOrder.folded()
    expect([...folded.keys()]).toEqual(['cus_B', 'cus_F', 'cus_G', 'cus_H', 'guest:pi_D', 'guest:pi_E', 'shop_1', 'shop_3'])
    const money = Object.fromEntries([...folded].map(([owner, { facts }]) => [owner, facts.money]))
    expect(money).toEqual({
      cus_B: { USD: { grossMinor: 2_900, refundedMinor: 900, disputedMinor: 0 } },
      cus_F: { JPY: { grossMinor: 12_000, refundedMinor: 0, disputedMinor: 0 } },
      cus_G: { USD: { grossMinor: 2_513, refundedMinor: 0, disputedMinor: 0 } },
      cus_H: { KWD: { grossMinor: 75_000, refundedMinor: 75_000, disputedMinor: 0 } },
      'guest:pi_D': { USD: { grossMinor: 49_900, refundedMinor: 49_900, disputedMinor: 0 } },
      'guest:pi_E': { USD: { grossMinor: 4_200, refundedMinor: 0, disputedMinor: 4_200 } },
      shop_1: { USD: { grossMinor: 10_500, refundedMinor: 2_000, disputedMinor: 0 } },
      shop_3: { EUR: { grossMinor: 90_000, refundedMinor: 0, disputedMinor: 0 } },
    })
    const recurring = Object.fromEntries(
      [...folded].map(([owner, { facts }]) => [
        owner,
        Object.entries(facts.mrr).map(([currency, { balanceMinor }]) => [currency, balanceMinor]),
      ]),
    )
    expect(recurring).toMatchObject({ cus_B: [['USD', 2_900]], cus_G: [['USD', 2_512]], shop_1: [['USD', 0]], shop_3: [['EUR', 0]] })
    // 120 dinars a week, at 365 days a year.
    expect(recurring.cus_H).toEqual([['KWD', 521_429]])
  })

  it('duplicated and shuffled in a hundred ways gives one ledger', () => {
    const expected = ledgerOf(inOrder)
    for (let seed = 1; seed <= 100; seed++) {
      const shop = shopAfter(duplicatedAndShuffled(stream, seed))
      expect(shop.waiting).toEqual([])
      expect(ledgerOf(shop)).toEqual(expected)
    }
  })

  it('gives the same ledger backwards', () => {
    expect(ledgerOf(shopAfter([...stream].reverse()))).toEqual(ledgerOf(inOrder))
  })

  describe('in which a subscription changes twice in one second', () => {
    const [created, updated] = ['customer.subscription.created', 'customer.subscription.updated'].map((type) =>
      stream.find((event) => event.type === type && event.data.object.id === 'sub_A'),
    ) as [StripePayload, StripePayload]
    /** An update in the second of the creation. */
    const update = (id: string, status: string, previous: object, over: object = {}): StripePayload => ({
      ...structuredClone(updated),
      id,
      created: created.created,
      data: { object: { ...structuredClone(created.data.object), status, ...over }, previous_attributes: previous },
    })
    const stateAfter = (...payloads: StripePayload[]) =>
      [...shopAfter(payloads).folded().values()].map(({ facts }) => facts.subscriptions.sub_A)

    const orders = <T>(things: readonly T[]): T[][] =>
      things.length < 2 ? [[...things]] : things.flatMap((each, at) => orders(things.toSpliced(at, 1)).map((rest) => [each, ...rest]))

    it('leaves it active once it was paid, by whichever ids and in whichever order it is told', () => {
      const incomplete = update('evt_9', 'incomplete', { latest_invoice: 'in_A0' })
      const active = update('evt_1', 'active', { status: 'incomplete' })
      for (const order of orders([created, incomplete, active]))
        expect(stateAfter(...order)).toMatchObject([{ status: 'active', suspended: false, churnReason: null }])
    })

    it('takes the status that changed before one that did not, and the end before all', () => {
      const active = update('evt_9', 'active', { latest_invoice: 'in_A0' })
      const unpaid = update('evt_1', 'unpaid', { status: 'active' })
      const taken = update('evt_2', 'active', { status: 'incomplete' })
      const expired = update('evt_0', 'incomplete_expired', { status: 'incomplete' })
      for (const order of orders([active, unpaid])) expect(stateAfter(...order)).toMatchObject([{ suspended: true }])
      for (const order of orders([active, unpaid, taken])) expect(stateAfter(...order)).toMatchObject([{ suspended: false }])
      for (const order of orders([active, unpaid, taken, expired])) expect(stateAfter(...order)).toMatchObject([{ status: 'ended' }])
    })
  })
})

describe('subscriptions of an exported file', () => {
  const NOW = Date.parse('2026-11-20T00:00:00Z')
  const PERIOD = '2026-11-10 08:00:00'
  const cells = {
    id: 'sub_X',
    'Customer ID': 'cus_X',
    Plan: 'price_pro',
    Quantity: '2',
    Currency: 'usd',
    Interval: 'month',
    Amount: '29.00',
    'Created (UTC)': '2026-10-10 08:00:00',
  }
  const eventsOf = (over: Record<string, string>): IncomingEvent[] => {
    const row: StripeRow = { file: 'subscriptions', line: 2, get: (column) => ({ ...cells, ...over })[column] ?? '' }
    return readHistory([], [row], NOW).events.map(({ event }) => event)
  }
  const factsAfter = (events: readonly IncomingEvent[]) => {
    const log = events.map((event) => {
      const fact = normalise(event, {
        now: NOW,
        mintedId: 'minted',
        origin: 'import',
        verified: true,
        defaultCurrency: 'USD',
        context: { country: null, device: null },
        body: null,
        extras: {},
        currenciesOf: () => null,
      })
      return accepted(fact, 'cus_X')
    })
    return refold(log.sort(compareEvents)).facts
  }
  const told = (over: Record<string, string>) => {
    const { mrr, subscriptions } = factsAfter(eventsOf(over))
    return [mrr.USD?.balanceMinor ?? 0, subscriptions.sub_X?.suspended, subscriptions.sub_X?.churnReason]
  }

  it('are worth nothing while unpaid or paused, as webhooks tell it, and count while past due', () => {
    expect(told({ Status: 'active', 'Current Period Start (UTC)': PERIOD })).toEqual([5_800, false, null])
    expect(told({ Status: 'past_due', 'Current Period Start (UTC)': PERIOD })).toEqual([5_800, false, null])
    expect(told({ Status: 'unpaid', 'Current Period Start (UTC)': PERIOD })).toEqual([0, true, 'payment_failure'])
    expect(told({ Status: 'paused', 'Current Period Start (UTC)': PERIOD })).toEqual([0, true, 'voluntary'])
    expect(told({ Status: 'unpaid' })).toEqual([0, true, 'payment_failure'])
  })

  it('are so since their current period began, or from the start where the file does not tell it', () => {
    const lines = (over: Record<string, string>) =>
      eventsOf({ Status: 'unpaid', ...over }).map(({ event, timestamp, suspended }) => [
        event,
        new Date(timestamp as number).toISOString().slice(0, 10),
        suspended ?? false,
      ])
    expect(lines({ 'Current Period Start (UTC)': PERIOD })).toEqual([
      ['subscription_started', '2026-10-10', false],
      ['subscription_changed', '2026-11-10', true],
    ])
    expect(lines({})).toEqual([['subscription_started', '2026-10-10', true]])
  })

  it('stay so whatever else the file tells of them', () => {
    const trial = { 'Trial End (UTC)': PERIOD }
    const worthless = [0, true, 'voluntary']
    for (const period of ['', '2026-10-10 08:00:00', PERIOD])
      expect([period, told({ Status: 'paused', 'Current Period Start (UTC)': period, ...trial })]).toEqual([period, worthless])
    const cancelled = { 'Current Period Start (UTC)': PERIOD, 'Canceled At (UTC)': '2026-11-12 08:00:00' }
    expect(told({ Status: 'unpaid', ...cancelled })).toEqual([0, true, 'payment_failure'])
    expect(told({ Status: 'unpaid', ...cancelled, 'Canceled At (UTC)': PERIOD })).toEqual([0, true, 'payment_failure'])
  })

  it('give way to what a webhook says of the same instant', () => {
    const resumed = structuredClone(streamAt(0).find(({ type }) => type === 'customer.subscription.updated') as StripePayload)
    const at = Date.parse(`${PERIOD.replace(' ', 'T')}Z`) / 1000
    Object.assign(resumed, { created: at, data: { object: { ...resumed.data.object, id: 'sub_X', status: 'active' } } })
    const versionOf = ({ body }: NormalEvent) => (body as SubscriptionBody).version
    const [fact] = read(stripe, resumed).facts as [NormalEvent]
    const file = eventsOf({ Status: 'unpaid', 'Current Period Start (UTC)': PERIOD }).at(-1)
    expect(versionOf(fact)).toBeGreaterThan(file?.version as number)
  })
})
