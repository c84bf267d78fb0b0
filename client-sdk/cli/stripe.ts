import type { IncomingEvent } from '../../worker/contract/events.ts'
import type { LinksInput } from '../../worker/contract/providers.ts'
import { RANK, versionAt } from '../../worker/domain/payments/stripe/subscriptions.ts'

/**
 * History from the files that Stripe's dashboard exports: payments and subscriptions. What they say becomes the events that
 * webhooks would have made, under the same transactions, so that one adds nothing to the other. The files know less: no
 * change of a plan before today's, no end of a dispute, and of several refunds of a payment the sum and the last day.
 */
export interface StripeRow {
  file: string
  line: number
  get(column: string): string
}

export interface StripeHistory {
  events: { row: StripeRow; event: IncomingEvent }[]
  /** To which transaction each payment belongs, for refunds and disputes that come as webhooks later. */
  links: LinksInput['links']
  /** Payments in which no money moved: failed, cancelled, not captured. */
  skipped: number
}

export type StripeFile = 'payments' | 'subscriptions'

const COLUMNS: Record<StripeFile, readonly string[]> = {
  payments: ['id', 'Created date (UTC)', 'Amount', 'Amount Refunded', 'Currency', 'Status', 'Customer ID'],
  subscriptions: ['id', 'Customer ID', 'Plan', 'Quantity', 'Currency', 'Interval', 'Amount', 'Status', 'Created (UTC)'],
}

/** Which of the exports a file is, by its columns. @throws Error naming what is missing */
export function stripeFileOf(header: readonly string[]): StripeFile {
  const missing = (kind: StripeFile) => COLUMNS[kind].filter((name) => !header.includes(name))
  for (const kind of ['payments', 'subscriptions'] as const) if (missing(kind).length === 0) return kind
  const kind = header.includes('Plan') ? 'subscriptions' : 'payments'
  throw new Error(`this is not Stripe's export of ${kind}: it has no column ${missing(kind).join(', ')}`)
}

/** @param now epoch ms: a trial that ends later has not ended */
export function readHistory(payments: Iterable<StripeRow>, subscriptions: Iterable<StripeRow>, now: number): StripeHistory {
  const history: StripeHistory = { events: [], links: [], skipped: 0 }
  /** The shop's own ids, by Stripe's: they stand with subscriptions, and invoices are of whoever subscribed. */
  const subscribers = new Map<string, string>()
  for (const row of subscriptions) {
    const [customer, own] = [row.get('Customer ID'), row.get('customerId (metadata)')]
    if (customer && own && !subscribers.has(customer)) subscribers.set(customer, own)
    for (const event of subscriptionEvents(row, now)) history.events.push({ row, event })
  }
  for (const rows of byTransaction(payments, history)) paymentEvents(rows, subscribers, history)
  return history
}

// ── Subscriptions ─────────────────────────────────────────────────────────────────────────────────────────────────

function* subscriptionEvents(row: StripeRow, now: number): Generator<IncomingEvent> {
  const status = row.get('Status').toLowerCase()
  // Never paid for: no subscription ever came of it.
  if (status === 'incomplete' || status === 'incomplete_expired') return
  const id = row.get('id')
  const created = instantOf(row, 'Created (UTC)')
  if (created === null) throw problem(row, 'has no Created (UTC)')
  const [trialEnd, canceled, ended] = [
    instantOf(row, 'Trial End (UTC)'),
    instantOf(row, 'Canceled At (UTC)'),
    instantOf(row, 'Ended At (UTC)'),
  ]
  const terms = {
    customerId: row.get('customerId (metadata)') || row.get('Customer ID'),
    subscriptionId: id,
    productId: row.get('productId (metadata)') || row.get('Product') || row.get('Plan'),
    amount: amountOf(row, 'Amount'),
    currency: row.get('Currency'),
    interval: row.get('Interval') as NonNullable<IncomingEvent['interval']>,
    intervalCount: Number(row.get('Interval Count') || 1),
    quantity: Number(row.get('Quantity') || 1),
  }
  const at = (change: string, instant: number, rest: Partial<IncomingEvent>): IncomingEvent => ({
    id: `stripe:${id}:${change}.csv`,
    event: `subscription_${change}`,
    timestamp: instant,
    version: versionAt(instant, 'file'),
    ...terms,
    ...rest,
  })
  const stopped = stoppedOf(row, status, created)
  const worthAt = (instant: number) => (stopped !== null && instant >= stopped.since ? stopped.worth : {})
  yield at('started', created + RANK.started, { trial: trialEnd !== null, ...worthAt(created) })
  const hasConverted = trialEnd !== null && trialEnd <= now && (ended === null || trialEnd < ended)
  if (hasConverted) yield at('renewed', trialEnd + RANK.updated, { trial: false, ...worthAt(trialEnd) })
  const trial = trialEnd !== null && !hasConverted
  if (stopped !== null && stopped.since > created) {
    const isTrial = trialEnd !== null && stopped.since < trialEnd
    yield at('changed', stopped.since + RANK.updated, { trial: trial || isTrial, ...stopped.worth })
  }
  // Cancelled for the end of its period; at once, its end says it.
  if (canceled !== null && (ended === null || canceled < ended))
    yield at('cancelled', canceled + RANK.updated, { trial, ...worthAt(canceled) })
  const churnReason = /payment_failed/.test(row.get('Cancellation Reason')) ? ('payment_failure' as const) : ('voluntary' as const)
  if (ended !== null) yield at('ended', ended + RANK.ended, { trial, churnReason })
}

/**
 * Since when a subscription is worth nothing, as one that is unpaid or paused, like webhooks tell it; null for all others,
 * past due ones among them. The file has no instant for it: at the latest it was the start of the current period, which goes
 * on without being paid. A file without that column tells of no time in which it was worth something.
 */
function stoppedOf(row: StripeRow, status: string, created: number) {
  if (status !== 'unpaid' && status !== 'paused') return null
  const period = instantOf(row, 'Current Period Start (UTC)')
  const reason = status === 'unpaid' ? { churnReason: 'payment_failure' as const } : {}
  return { since: Math.max(created, period ?? created), worth: { suspended: true, ...reason } }
}

// ── Payments ──────────────────────────────────────────────────────────────────────────────────────────────────────

const MOVED = /^(paid|succeeded|refunded|partial|disputed)/i

/** Payments of one transaction: an invoice may be paid in parts; any other payment stands alone. */
function byTransaction(payments: Iterable<StripeRow>, history: StripeHistory): Iterable<StripeRow[]> {
  const transactions = new Map<string, StripeRow[]>()
  for (const row of payments) {
    if (!MOVED.test(row.get('Status')) || row.get('Captured').toLowerCase() === 'false' || amountOf(row, 'Amount') === 0) history.skipped++
    else transactions.set(transactionOf(row), [...(transactions.get(transactionOf(row)) ?? []), row])
  }
  return transactions.values()
}

const transactionOf = (row: StripeRow): string => row.get('Invoice ID') || row.get('PaymentIntent ID') || row.get('id')

function paymentEvents(rows: readonly StripeRow[], subscribers: ReadonlyMap<string, string>, history: StripeHistory): void {
  const [row] = rows as [StripeRow, ...StripeRow[]]
  const transactionId = transactionOf(row)
  const customer = row.get('Customer ID')
  const visitorId = row.get('visitorId (metadata)')
  const customerId =
    row.get('customerId (metadata)') ||
    (row.get('Invoice ID') && subscribers.get(customer)) ||
    customer ||
    (visitorId ? '' : `guest:${transactionId}`)
  const whose = customerId ? { customerId } : { visitorId }
  const currency = row.get('Currency')
  const money = { ...whose, transactionId, currency }
  const add = (event: IncomingEvent) => history.events.push({ row, event })
  const productId = row.get('productId (metadata)')
  const decisionId = row.get('decisionId (metadata)')
  add({
    // Not the webhook's name: that knows more, such as the subscription. The transaction is what both share.
    id: `stripe:${transactionId}:purchase.csv`,
    event: 'purchase',
    timestamp: latest(rows, 'Created date (UTC)') ?? undefined,
    ...money,
    amount: sum(rows, 'Amount'),
    ...(productId ? { productId } : {}),
    ...(decisionId ? { decisionId } : {}),
  })
  for (const each of rows) {
    const amount = amountOf(each, 'Amount Refunded')
    if (amount === 0) continue
    const timestamp = instantOf(each, 'Refunded date (UTC)') ?? instantOf(each, 'Created date (UTC)') ?? undefined
    const paymentId = each.get('id')
    add({ id: `stripe:${paymentId}:refunded.csv:${amount}`, event: 'refund', timestamp, ...money, amount, cumulative: true, paymentId })
  }
  for (const each of rows) {
    const status = each.get('Dispute Status').toLowerCase()
    // What was won has come back, and no column says when: in sum nothing has happened.
    if (!status || status === 'won' || status === 'prevented' || status.startsWith('warning_')) continue
    const timestamp = instantOf(each, 'Dispute Date (UTC)') ?? undefined
    add({
      id: `stripe:${each.get('id')}:disputed`,
      event: 'dispute_opened',
      timestamp,
      ...money,
      amount: amountOf(each, 'Disputed Amount'),
    })
  }
  const owner = customerId || `visitor:${visitorId}`
  const objects = new Set([transactionId, ...rows.flatMap((each) => [each.get('PaymentIntent ID'), each.get('id')])])
  for (const objectId of objects) if (objectId) history.links.push({ objectId, transactionId, customerId: owner })
}

// ── Cells ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const problem = ({ file, line }: StripeRow, what: string) => new Error(`${file}:${line} ${what}`)

/** Epoch ms of a cell, or null for an empty one. Stripe writes `2026-11-01 10:00:00` and, in older files, no seconds. */
function instantOf(row: StripeRow, column: string): number | null {
  const text = row.get(column)
  if (!text) return null
  const parts = /^(\d{4}-\d{2}-\d{2})[ T](\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text)
  const instant = parts ? Date.parse(`${parts[1]}T${parts[2]?.padStart(2, '0')}:${parts[3]}:${parts[4] ?? '00'}Z`) : Number.NaN
  if (Number.isNaN(instant)) throw problem(row, `${column} is no time in UTC: ${JSON.stringify(text)}`)
  return instant
}

const latest = (rows: readonly StripeRow[], column: string): number | null =>
  rows.reduce<number | null>((last, row) => {
    const instant = instantOf(row, column)
    return instant === null || (last !== null && last >= instant) ? last : instant
  }, null)

/** Decimal amount in major units, as the files have it and as our API takes it. */
function amountOf(row: StripeRow, column: string): number {
  const text = row.get(column).replaceAll(',', '')
  if (!text) return 0
  if (!/^\d+(\.\d+)?$/.test(text)) throw problem(row, `${column} is no amount: ${JSON.stringify(row.get(column))}`)
  return Number(text)
}

/** No currency has more than three decimals; a sum of decimals may have more by the way of binary fractions. */
const sum = (rows: readonly StripeRow[], column: string): number =>
  Math.round(rows.reduce((total, row) => total + amountOf(row, column), 0) * 1_000) / 1_000
