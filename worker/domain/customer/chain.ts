import type { ChainAnswer, ChainLink, ChainQuery, ChainSummary } from '../../contract/chain.ts'
import { toMajor } from '../money.ts'
import type { AcceptedEvent, DecisionBody, PurchaseBody, ReversalBody } from './event.ts'
import { CONVERSION_WINDOW_MS, isContradicted, netRevenueWithin, revenueOf } from './exposures.ts'
import type { CustomerFacts, Exposure, MeasuredExposure } from './facts.ts'
import { refold } from './fold.ts'
import { isHoldout } from './holdout.ts'
import type { Identity } from './identity.ts'
import { isTornBetween } from './measured.ts'
import { type RevenueRow, rowIdOf } from './projection.ts'
import { isRenewal } from './purchases.ts'
import { recurringMinor } from './recurring.ts'

/** Where a page begins, and the clock, which says of a quote whether it still holds. */
export interface ChainQuestion extends ChainQuery {
  now: number
}

export type Chain = Omit<ChainAnswer, 'success'>

type Of<Body> = Omit<AcceptedEvent, 'body'> & { body: Body }

/**
 * One person's chain from decision to money, a page of it, newest first. What each refund took is what the fold says that
 * it took; no rule of money stands here a second time. Only what is of this person leaves: neither the facts a decision was
 * made of nor the names of the visitors they once were.
 *
 * @param events the log in canonical order
 */
export function chainOf(
  { identity, facts }: { identity: Identity; facts: CustomerFacts },
  events: readonly AcceptedEvent[],
  question: ChainQuestion,
): Chain {
  const all = linksOf(events, question.now).sort(newestFirst)
  const from = question.before === undefined ? 0 : placeAfter(all, question.before)
  const chain = all.slice(from, from + question.limit)
  const last = chain.at(-1)
  const next = last && from + chain.length < all.length ? `${last.at}.${last.id}` : null
  return { customerId: identity.customerId, summary: summaryOf(facts), chain, next }
}

const newestFirst = (a: Pick<ChainLink, 'at' | 'id'>, b: Pick<ChainLink, 'at' | 'id'>): number =>
  b.at - a.at || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0)

/** Behind the last link of the page before, which need not be there any more. */
function placeAfter(all: readonly ChainLink[], before: string): number {
  const dot = before.indexOf('.')
  const cursor = { at: Number(before.slice(0, dot)), id: before.slice(dot + 1) }
  const place = all.findIndex((link) => newestFirst(cursor, link) < 0)
  return place < 0 ? all.length : place
}

/** The log sorted by what belongs together. */
interface Threads {
  decisions: Map<string, Of<DecisionBody>>
  viewedAt: Map<string, number>
  voidedAt: Map<string, number>
  redeemed: Map<string, { at: number; transactionId: string }>
  purchases: Of<PurchaseBody>[]
  reversals: Map<string, Of<ReversalBody>[]>
}

function threadsOf(events: readonly AcceptedEvent[], counts: (event: AcceptedEvent) => boolean): Threads {
  const threads: Threads = {
    decisions: new Map(),
    viewedAt: new Map(),
    voidedAt: new Map(),
    redeemed: new Map(),
    purchases: [],
    reversals: new Map(),
  }
  for (const event of events) {
    const { body, occurredAt: at } = event
    if (body.kind === 'decision') {
      if (!threads.decisions.has(body.decision.id)) threads.decisions.set(body.decision.id, { ...event, body })
    } else if (body.kind === 'decision_viewed') threads.viewedAt.set(body.decisionId, at)
    else if (body.kind === 'decision_voided') threads.voidedAt.set(body.decisionId, at)
    else if (body.kind === 'quote_redeemed') threads.redeemed.set(body.decisionId, { at, transactionId: body.transactionId })
    else if (!counts(event)) continue
    else if (body.kind === 'purchase') threads.purchases.push({ ...event, body })
    else if (body.kind === 'refund' || body.kind === 'dispute_opened' || body.kind === 'dispute_closed') {
      const known = threads.reversals.get(body.transactionId)
      if (known) known.push({ ...event, body })
      else threads.reversals.set(body.transactionId, [{ ...event, body }])
    }
  }
  return threads
}

/** Every decision with what became of it, and every purchase that no decision led to. */
function linksOf(events: readonly AcceptedEvent[], now: number): ChainLink[] {
  const { facts, effects } = refold(events)
  // Money that counted left a row: not what a browser reported, nor what told of a transaction again.
  const rowOf = (event: AcceptedEvent) => effects.rows.get(rowIdOf(event)) as RevenueRow | undefined
  const threads = threadsOf(events, (event) => rowOf(event) !== undefined)
  const byDecision = new Map<string, Of<PurchaseBody>>()
  const alone = threads.purchases.filter((event) => {
    const { decisionId } = event.body
    if (decisionId === null || !threads.decisions.has(decisionId) || byDecision.has(decisionId)) return true
    byDecision.set(decisionId, event)
    return false
  })
  const paid = (event: Of<PurchaseBody> | undefined) => paymentOf(event, threads, facts, rowOf)
  return [
    ...[...threads.decisions].map(([id, event]) => decidedLink(event, threads, now, paid(byDecision.get(id)))),
    ...alone.map((event) => ({
      id: `purchase:${event.body.transactionId}`,
      at: event.occurredAt,
      decision: null,
      exposure: null,
      quote: null,
      ...paid(event),
    })),
  ]
}

type Payment = Pick<ChainLink, 'purchase' | 'reversals' | 'net'>

function paymentOf(
  event: Of<PurchaseBody> | undefined,
  { reversals }: Threads,
  facts: CustomerFacts,
  rowOf: (event: AcceptedEvent) => RevenueRow | undefined,
): Payment {
  if (!event) return { purchase: null, reversals: [], net: null }
  const { body, occurredAt: at, bookedDay } = event
  const { transactionId, currency, productId, quantity, subscriptionId, amountMinor } = body
  const kind = subscriptionId === null ? 'order' : isRenewal(facts, body, bookedDay) ? 'renewal' : 'subscription'
  const left = facts.purchases[transactionId]
  return {
    purchase: {
      transactionId,
      kind,
      at,
      bookedDay,
      productId,
      quantity,
      amount: toMajor(amountMinor, currency),
      currency,
      subscriptionId,
    },
    reversals: (reversals.get(transactionId) ?? []).map((reversal) => {
      const isClosing = reversal.body.kind === 'dispute_closed'
      const movedMinor = rowOf(reversal)?.amount ?? 0
      return {
        kind: reversal.body.kind,
        at: reversal.occurredAt,
        // One that came before its purchase is booked with it.
        bookedDay: reversal.bookedDay < bookedDay ? bookedDay : reversal.bookedDay,
        change: toMajor(isClosing || movedMinor === 0 ? movedMinor : -movedMinor, currency),
        won: isClosing ? reversal.body.won : null,
      }
    }),
    net: toMajor(amountMinor - (left?.refundedMinor ?? 0) - (left?.disputedMinor ?? 0), currency),
  }
}

function decidedLink(event: Of<DecisionBody>, threads: Threads, now: number, payment: Payment): ChainLink {
  const { decision, preview, quote } = event.body
  const { id, currency, test } = decision
  const voidedAt = threads.voidedAt.get(id)
  const viewedAt = threads.viewedAt.get(id)
  const redeemed = threads.redeemed.get(id)
  const status = redeemed ? 'redeemed' : voidedAt !== undefined ? 'withdrawn' : quote && quote.expiresAt <= now ? 'expired' : 'open'
  return {
    id: `decision:${id}`,
    at: event.occurredAt,
    decision: {
      decisionId: id,
      productId: decision.productId,
      decidedAt: decision.decidedAt,
      price: toMajor(decision.priceMinor, currency),
      listPrice: toMajor(decision.listMinor, currency),
      currency,
      reason: decision.reason,
      priceClass: decision.priceClass,
      personalized: decision.personalized,
      disclosure: decision.disclosure,
      test: test && { id: test.testId, version: test.version, variant: test.arm, mode: test.mode, clamped: test.clamped },
      propensity: decision.propensity,
    },
    exposure: exposureOf(event, preview, viewedAt, voidedAt),
    quote: quote
      ? {
          issuedAt: decision.decidedAt,
          expiresAt: quote.expiresAt,
          status,
          redeemedAt: redeemed?.at ?? null,
          transactionId: redeemed?.transactionId ?? null,
        }
      : null,
    ...payment,
  }
}

function exposureOf(
  { occurredAt }: Of<DecisionBody>,
  preview: boolean,
  viewedAt: number | undefined,
  voidedAt: number | undefined,
): ChainLink['exposure'] {
  if (voidedAt !== undefined) return { status: 'voided', at: voidedAt }
  if (!preview) return { status: 'served', at: occurredAt }
  return viewedAt === undefined ? { status: 'preview', at: occurredAt } : { status: 'viewed', at: viewedAt }
}

function summaryOf(facts: CustomerFacts): ChainSummary {
  const currencies = [...new Set([...Object.keys(facts.money), ...Object.keys(facts.mrr)])].sort()
  return {
    firstSeenAt: facts.firstSeenAt,
    lastSeenAt: facts.lastSeenAt,
    orders: facts.orders,
    money: currencies.map((currency) => {
      const { grossMinor, refundedMinor, disputedMinor } = facts.money[currency] ?? { grossMinor: 0, refundedMinor: 0, disputedMinor: 0 }
      const major = (amountMinor: number) => toMajor(amountMinor, currency)
      return {
        currency,
        gross: major(grossMinor),
        refunded: major(refundedMinor),
        disputed: major(disputedMinor),
        net: major(grossMinor - refundedMinor - disputedMinor),
        mrr: major(facts.mrr[currency]?.balanceMinor ?? 0),
      }
    }),
    subscriptions: Object.entries(facts.subscriptions)
      // One of which nothing but its trial is known has no price yet.
      .filter(([, { currency }]) => currency !== '')
      .map(([subscriptionId, each]) => {
        const { productId, amountMinor, currency, interval, intervalCount, quantity, status, trial, suspended, startedDay, churnReason } =
          each
        return {
          subscriptionId,
          productId,
          amount: toMajor(amountMinor, currency),
          currency,
          interval,
          intervalCount,
          quantity,
          mrr: toMajor(recurringMinor(each), currency),
          status,
          trial,
          suspended,
          startedDay,
          churnReason,
        }
      }),
    exposures: [
      ...Object.entries(facts.exposures).map(([key, exposure]) => exposureIn('price_test', key, exposure)),
      ...Object.entries(facts.experiments).map(([key, exposure]) => exposureIn('experiment', key, exposure)),
      ...Object.entries(facts.measured).flatMap(([key, exposure]) => measuredIn(facts, key, exposure)),
    ].sort((a, b) => b.at - a.at),
    waiting: Object.entries(facts.parked).flatMap(([transactionId, reversals]) =>
      reversals.map(({ kind, amountMinor, currency, occurredAt: at }) => ({
        kind,
        transactionId,
        amount: toMajor(amountMinor, currency),
        currency,
        at,
      })),
    ),
  }
}

/** What they bought within a price test's window, as of exposures without metrics. The universal holdout is nothing they saw. */
function measuredIn(facts: CustomerFacts, key: string, exposure: MeasuredExposure): ChainSummary['exposures'] {
  if (isHoldout(key)) return []
  const at = key.lastIndexOf('@')
  const { currency, seen } = exposure
  return [
    {
      kind: 'experiment',
      key: key.slice(0, at),
      version: Number(key.slice(at + 1)),
      variant: seen[0].variant,
      at: seen[0].at,
      currency,
      netRevenue: toMajor(netRevenueWithin(facts, currency, seen[0].at, CONVERSION_WINDOW_MS), currency),
      excluded: isTornBetween(exposure),
    },
  ]
}

function exposureIn(kind: 'price_test' | 'experiment', key: string, exposure: Exposure): ChainSummary['exposures'][number] {
  const at = key.lastIndexOf('@')
  const { currency, served } = exposure
  return {
    kind,
    key: key.slice(0, at),
    version: Number(key.slice(at + 1)),
    variant: served[0].arm,
    at: served[0].at,
    currency,
    netRevenue: toMajor(revenueOf(exposure), currency),
    excluded: isContradicted(exposure),
  }
}
