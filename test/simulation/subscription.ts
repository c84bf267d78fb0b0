import { DAY_MS, HOUR_MS } from '../../worker/domain/time.ts'
import { addMonths } from './calendar.ts'
import { ITEMS, type ProductId } from './catalogue.ts'
import type { Diary } from './diary.ts'
import { between, chance, integer, kumaraswamy, pick } from './random.ts'

const DECLINE_CODES = { insufficient_funds: 45, do_not_honor: 20, expired_card: 15, processing_error: 8, try_again_later: 7, lost_card: 5 }
const HARD_DECLINES = new Set(['expired_card', 'lost_card'])
/** Days after the first failed attempt at which a card is tried again. */
const RETRY_DAYS = [1, 3, 7, 12]
const FEATURES = { report_opened: 5, dashboard_viewed: 4, export_created: 2, integration_used: 2, teammate_invited: 1 }

interface Plan {
  subscriptionId: string
  productId: ProductId
  version: number
  quantity: number
}

type Interval = 'month' | 'year'
const intervalOf = (productId: ProductId): Interval => ITEMS[productId].interval ?? 'month'

function change(diary: Diary, plan: Plan, event: string, at: number, more: object = {}): boolean {
  const { currency } = diary.traits
  const { subscriptionId, productId, quantity } = plan
  const fields = {
    subscriptionId,
    version: plan.version,
    productId,
    amount: ITEMS[productId][currency],
    currency,
    interval: intervalOf(productId),
  }
  if (diary.record(event, at, { ...fields, quantity, ...more }) === null) return false
  plan.version++
  return true
}

function charge(diary: Diary, plan: Plan, at: number, decisionId?: string): void {
  const { subscriptionId, productId, quantity } = plan
  const amount = ITEMS[productId][diary.traits.currency] * quantity
  diary.purchase(at, { productId, amount, quantity, subscriptionId, ...(decisionId ? { decisionId } : {}) })
}

/** Charges an invoice, with retries over two weeks where the card is declined. Answers when it was paid, or null. */
function collect(diary: Diary, plan: Plan, dueAt: number, invoice: number): number | null {
  const { random, traits } = diary
  const { currency } = traits
  const bill = { invoiceId: `sim_in_${plan.subscriptionId}_${invoice}`, currency, amount: ITEMS[plan.productId][currency] * plan.quantity }
  if (!chance(random, 0.055)) {
    diary.record('payment_succeeded', dueAt, { ...bill, attempt: 1 })
    return dueAt
  }
  const declineCode = pick(random, DECLINE_CODES)
  diary.record('payment_failed', dueAt, { ...bill, attempt: 1, declineCode })
  for (const [index, days] of RETRY_DAYS.entries()) {
    const at = dueAt + days * DAY_MS + integer(random, 0, 6) * HOUR_MS
    const attempt = index + 2
    if (chance(random, HARD_DECLINES.has(declineCode) ? 0.13 : 0.28)) {
      diary.record('payment_succeeded', at, { ...bill, attempt })
      return at
    }
    diary.record('payment_failed', at, { ...bill, attempt, declineCode })
  }
  return null
}

/** Use of the product between two instants; `pace` is visits a week. */
function use(diary: Diary, fromAt: number, toAt: number, pace: number): void {
  const { random, traits } = diary
  const step = (7 * DAY_MS) / pace
  for (let at = fromAt + between(random, 0.2, 1) * step; at < Math.min(toAt, diary.endAt); at += between(random, 0.4, 1.6) * step) {
    diary.record(pick(random, FEATURES), at, { device: traits.device, country: traits.country })
  }
}

/** Moves to a bigger plan, to more seats, or rarely to fewer. Answers whether the period starts anew with a payment. */
function develop(diary: Diary, plan: Plan, at: number): boolean {
  const { random } = diary
  if (plan.productId === 'starter_monthly' && chance(random, 0.035)) {
    plan.productId = 'pro_monthly'
    change(diary, plan, 'subscription_changed', at)
  } else if (plan.productId === 'pro_monthly' && chance(random, 0.02)) {
    plan.productId = 'pro_yearly'
    if (change(diary, plan, 'subscription_changed', at)) charge(diary, plan, at + 1)
    return true
  } else if (chance(random, 0.025)) {
    plan.quantity += integer(random, 1, 3)
    change(diary, plan, 'subscription_changed', at)
  } else if (plan.quantity > 1 && chance(random, 0.04)) {
    plan.quantity--
    change(diary, plan, 'subscription_changed', at)
  }
  return false
}

/**
 * One subscription from its first payment to its end or to the end of the simulated time. Each customer has a monthly
 * inclination to leave of their own; before they leave on purpose they use the product less. Answers when it ended, or null.
 */
export function subscribe(diary: Diary, productId: ProductId, startAt: number, subscriptionId: string, decisionId?: string): number | null {
  const { random } = diary
  const plan: Plan = { subscriptionId, productId, version: 1, quantity: chance(random, 0.18) ? integer(random, 2, 6) : 1 }
  if (!change(diary, plan, 'subscription_started', startAt)) return null
  charge(diary, plan, startAt + 1, decisionId)
  const leaving = kumaraswamy(random, 0.85, 14)
  const pace = between(random, 0.4, 1.9)
  let anchorAt = startAt
  let periodStartAt = startAt
  for (let period = 1, invoice = 1; periodStartAt < diary.endAt; period++, invoice++) {
    const months = intervalOf(plan.productId) === 'year' ? 12 : 1
    const dueAt = addMonths(anchorAt, months * period)
    const leaves = chance(random, 1 - (1 - leaving) ** months)
    use(diary, periodStartAt, dueAt, leaves ? pace * 0.4 : pace)
    if (leaves) {
      change(diary, plan, 'subscription_cancelled', between(random, periodStartAt + DAY_MS, dueAt - HOUR_MS))
      return change(diary, plan, 'subscription_ended', dueAt, { churnReason: 'voluntary' }) ? dueAt : null
    }
    const developedAt = between(random, periodStartAt + DAY_MS, dueAt - HOUR_MS)
    if (develop(diary, plan, developedAt)) {
      anchorAt = periodStartAt = developedAt
      period = 0
      continue
    }
    if (dueAt >= diary.endAt) return null
    const paidAt = collect(diary, plan, dueAt, invoice)
    if (paidAt === null) {
      const endedAt = dueAt + 14 * DAY_MS
      return change(diary, plan, 'subscription_ended', endedAt, { churnReason: 'payment_failure' }) ? endedAt : null
    }
    if (!change(diary, plan, 'subscription_renewed', paidAt + 1)) return null
    charge(diary, plan, paidAt + 2)
    // Not dueAt: a payment that came late must not be overtaken by changes of the new period.
    periodStartAt = paidAt
  }
  return null
}
