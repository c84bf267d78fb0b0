import type { ChurnReason } from '../../../contract/lists.ts'
import type { SubscriptionBody } from '../../customer/event.ts'
import { DomainError } from '../../error.ts'
import { listAt, member, needText, needWhole, textAt, wholeAt } from '../json.ts'
import { factOf } from '../provider.ts'
import { customersOf, instantOf, type Read, type StripeEvent } from './common.ts'
import { worthOf } from './recurring.ts'

/**
 * Milliseconds by which a change comes behind others of its second, as Stripe's clock knows no less and ids of events have no
 * order: it is created, changes, changes its status, is taken up once its first payment came through, ends. An object that
 * still says `incomplete` is older than the one that has left it, whatever else changed with it.
 */
export const RANK = { started: 0, updated: 1, statusChanged: 2, activated: 3, ended: 4 } as const

/** Version of a subscription as it stood at an instant. What an exported file says gives way to what a webhook says of the same instant. */
export const versionAt = (instant: number, told: 'webhook' | 'file'): number => instant * 2 + (told === 'webhook' ? 1 : 0)

/** From these it is taken up, or taken up again, when it becomes active. */
const INACTIVE = ['incomplete', 'trialing', 'past_due', 'unpaid', 'paused']
const GONE = ['canceled', 'incomplete_expired']

/**
 * A subscription as it stood at an event: the whole of it each time, so that it does not matter which events came before.
 * Its version is the time of the change.
 */
export function subscriptionChanged({ id, type, createdAt, object, previous, reading }: StripeEvent): Read {
  const names = customersOf(object)
  if (names.length === 0) throw new DomainError('missing_field', 'the subscription names no customer', 'customer')
  const subscriptionId = needText(object, 'id')
  const status = needText(object, 'status')
  const isDeleted = type === 'customer.subscription.deleted'
  const change = changeOf(type, status, object, previous)
  const [at, key] =
    change === 'started'
      ? [instantOf(needWhole(object, 'created')) + RANK.started, `${subscriptionId}:started`]
      : isDeleted
        ? [(endOf(object) ?? createdAt) + RANK.ended, `${subscriptionId}:ended`]
        : [createdAt + rankOf(change, status, previous), id]
  const body: SubscriptionBody = {
    kind: 'subscription',
    change,
    subscriptionId,
    version: versionAt(at, 'webhook'),
    ...worthOf(object),
    trial: status === 'trialing',
    suspended: isSuspended(status, object, reading.countPastDue),
    churnReason: reasonOf(change, status, object),
  }
  return { whose: { names }, facts: [factOf('stripe', key, `subscription_${change}`, at, body)], links: [] }
}

/** Place of an update among those of its second. */
function rankOf(change: SubscriptionBody['change'], status: string, previous: unknown): number {
  if (change === 'ended') return RANK.ended
  const before = textAt(previous, 'status')
  if (before === null) return RANK.updated
  return before === 'incomplete' && ['active', 'trialing'].includes(status) ? RANK.activated : RANK.statusChanged
}

function changeOf(type: string, status: string, object: unknown, previous: unknown): SubscriptionBody['change'] {
  if (type === 'customer.subscription.created') return 'started'
  if (type === 'customer.subscription.deleted' || GONE.includes(status)) return 'ended'
  if (member(object, 'cancel_at_period_end') === true || wholeAt(object, 'cancel_at') !== null) return 'cancelled'
  const wasInactive = status === 'active' && INACTIVE.includes(textAt(previous, 'status') ?? '')
  const wasCancelled = member(previous, 'cancel_at_period_end') === true || wholeAt(previous, 'cancel_at') !== null
  const moved = wholeAt(previous, 'current_period_start') ?? wholeAt(listAt(previous, 'items.data')[0], 'current_period_start')
  return wasInactive || wasCancelled || moved !== null ? 'renewed' : 'changed'
}

function isSuspended(status: string, object: unknown, countPastDue: boolean): boolean {
  if (['unpaid', 'paused', 'incomplete'].includes(status)) return true
  if (status === 'past_due' && !countPastDue) return true
  // Served for nothing until it is taken up again; a draft that is kept is still to be paid.
  return ['void', 'mark_uncollectible'].includes(textAt(object, 'pause_collection.behavior') ?? '')
}

function reasonOf(change: SubscriptionBody['change'], status: string, object: unknown): ChurnReason | null {
  if (change === 'ended') {
    const isUnpaid = textAt(object, 'cancellation_details.reason') === 'payment_failed' || status === 'incomplete_expired'
    return isUnpaid ? 'payment_failure' : 'voluntary'
  }
  return ['unpaid', 'past_due', 'incomplete'].includes(status) ? 'payment_failure' : null
}

const endOf = (object: unknown): number | null => {
  const seconds = wholeAt(object, 'ended_at')
  return seconds === null ? null : instantOf(seconds)
}
