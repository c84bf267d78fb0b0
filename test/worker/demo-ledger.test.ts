import { beforeAll, describe, expect, it } from 'vitest'
import type { IncomingEvent } from '../../worker/contract/events.ts'
import { monthlyRecurring } from '../../worker/domain/customer/recurring.ts'
import { toMinor } from '../../worker/domain/money.ts'
import { addDays, addMonths, DAY_MS, dayOf, startOfDay } from '../../worker/domain/time.ts'
import { simulateShop } from '../simulation/shop.ts'
import { reconciled } from './objects.ts'
import { send, settle, setUpShop } from './shop.ts'

const NOW = startOfDay(dayOf(Date.now()))
const SUBSCRIBERS = 120
const MONEY = /^(purchase|refund|dispute_|subscription_)/

/** Money of some customers of the demo's shop, who all have, or had, a subscription. */
const people: IncomingEvent[][] = []
for (const life of simulateShop({ seed: 20_260, now: NOW })) {
  if (people.length === SUBSCRIBERS) break
  const money = life.filter(({ event = '' }) => MONEY.test(event))
  if (money.some(({ event }) => event === 'subscription_started')) people.push(money)
}

/** MRR of some events at the end of a day in minor units: each subscription as the last event before then left it. */
function recurringAt(day: string, currency: string, events: IncomingEvent[] = people.flat()): number {
  const until = startOfDay(day) + DAY_MS
  const standing = new Map<string, number>()
  for (const event of events) {
    if (!event.event?.startsWith('subscription_') || event.currency !== currency || (event.timestamp as number) >= until) continue
    const amountMinor = toMinor(event.amount as number, currency) * (event.quantity ?? 1)
    const isOver = event.event === 'subscription_ended'
    standing.set(event.subscriptionId as string, isOver ? 0 : monthlyRecurring(amountMinor, event.interval ?? 'month'))
  }
  return [...standing.values()].reduce((sum, minor) => sum + minor, 0)
}

const totalOf = (name: string, currency: string): number =>
  people
    .flat()
    .filter((event) => event.event === name && event.currency === currency)
    .reduce((sum, { amount = 0 }) => sum + toMinor(amount, currency), 0) / 100

beforeAll(async () => {
  await setUpShop({ test: false })
  const events = people.flat()
  for (let at = 0; at < events.length; at += 1_000) {
    const body = { importId: 'demo', events: events.slice(at, at + 1_000) }
    const { status, body: answer } = await send('POST', '/api/import', { key: 'sk_demo_server', body })
    expect([status, answer.rejected, answer.retry]).toEqual([200, 0, 0])
  }
  await settle()
}, 120_000)

describe('the ledger of the demo shop', () => {
  it.each(['USD', 'EUR'])('in %s opens, moves and closes with what the events themselves come to', async (currency) => {
    const { body } = await send('GET', `/api/analytics?timeframe=all&currency=${currency}`)
    const { opening, new: won, expansion, reactivation, contraction, churn, closing } = body.movements
    expect(opening).toBe(0)
    const cents = (amount: number) => Math.round(amount * 100)
    expect(cents(won) + cents(expansion) + cents(reactivation) + cents(contraction) + cents(churn)).toBe(cents(closing))
    expect(cents(closing)).toBe(recurringAt(dayOf(NOW), currency))
    for (const { day, mrr } of body.series) if (day.endsWith('-11')) expect([day, cents(mrr)]).toEqual([day, recurringAt(day, currency)])
    expect(body.figures.grossRevenue.value).toBe(totalOf('purchase', currency))
    expect(body.figures.refunds.value).toBe(totalOf('refund', currency))
    expect(closing).toBeGreaterThan(0)
  })

  it.each(['USD', 'EUR'])('in %s keeps of each month’s opening customers what each of them still pays', async (currency) => {
    const { body } = await send('GET', `/api/analytics?timeframe=365d&currency=${currency}`)
    let told = 0
    for (const { month, complete, opening, closing, nrr, grr } of body.months) {
      const [before, after] = [addDays(`${month}-01`, -1), addDays(`${addMonths(month, 1)}-01`, -1)]
      expect([month, opening]).toEqual([month, recurringAt(before, currency) / 100])
      if (complete) expect([month, closing]).toEqual([month, recurringAt(after, currency) / 100])
      const each = people.map((life) => [recurringAt(before, currency, life), recurringAt(after, currency, life)] as const)
      const opened = each.reduce((sum, [minor]) => sum + minor, 0)
      if (!complete || opened === 0) {
        expect([nrr, grr]).toEqual([null, null])
        continue
      }
      told++
      // Nobody of the demo leaves and comes back within a month.
      expect(nrr).toBeCloseTo(each.reduce((sum, [o, c]) => (o > 0 ? sum + c : sum), 0) / opened, 12)
      expect(grr).toBeCloseTo(each.reduce((sum, [o, c]) => sum + Math.min(o, c), 0) / opened, 12)
    }
    expect(told).toBeGreaterThan(10)
    const { nrr, grr } = body.figures
    expect(grr.value).toBeLessThanOrEqual(1)
    expect(nrr.value).toBeGreaterThanOrEqual(grr.value)
  })

  it('agrees with the sums, and with every object', async () => {
    expect(await reconciled()).toMatchObject({ differing: [], table: { equal: true }, ledger: [] })
  })
})
