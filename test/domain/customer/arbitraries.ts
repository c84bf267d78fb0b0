import fc from 'fast-check'
import type { NormalEvent } from '../../../worker/domain/customer/accept.ts'
import { bookedDayOf } from '../../../worker/domain/customer/booking.ts'
import type { AcceptedEvent, EventBody, ExposureBody } from '../../../worker/domain/customer/event.ts'
import { canonicalName } from '../../../worker/domain/customer/vocabulary.ts'
import type { MetricDefinition } from '../../../worker/domain/experiments/metric.ts'
import type { TestAssignment } from '../../../worker/domain/pricing/types.ts'
import { DAY_MS, decision, MINUTE, NOON } from './log.ts'

/** Small pools, so that events meet; some names are those of every object's members. */
const transactionId = fc.constantFrom('t1', 't2', 't3', '__proto__', 'constructor', 'toString')
const subscriptionId = fc.constantFrom('s1', 's2', '7', '__proto__')
const decisionId = fc.constantFrom('d1', 'd2', 'd3', 'valueOf')
const currency = fc.constantFrom('USD', 'USD', 'EUR', 'JPY')
const amountMinor = fc.oneof(fc.integer({ min: 0, max: 50_000 }), fc.constantFrom(10_000_001, 1_000_000_000_000))
const productId = fc.constantFrom('pro', 'a|b', '__proto__', null)

const behaviour = fc.record({
  kind: fc.constant('behaviour' as const),
  productId,
  funnelStep: fc.constant(null),
})
const purchase = fc.record({
  kind: fc.constant('purchase' as const),
  transactionId,
  amountMinor,
  currency,
  productId,
  quantity: fc.constantFrom(1, 1, 3),
  subscriptionId: fc.option(subscriptionId),
  decisionId: fc.constant(null),
})
const reversal = fc.record({
  kind: fc.constantFrom('refund' as const, 'dispute_opened' as const, 'dispute_closed' as const),
  transactionId,
  amountMinor,
  currency,
  won: fc.boolean(),
  cumulative: fc.boolean(),
  paymentId: fc.constantFrom(null, 'ch_1', '__proto__'),
})
const subscription = fc.record({
  kind: fc.constant('subscription' as const),
  change: fc.constantFrom('started' as const, 'renewed' as const, 'changed' as const, 'cancelled' as const, 'ended' as const),
  subscriptionId,
  version: fc.integer({ min: 0, max: 8 }),
  productId: fc.constantFrom('pro_monthly', 'constructor'),
  amountMinor: fc.integer({ min: 0, max: 20_000 }),
  currency,
  interval: fc.constantFrom('week' as const, 'month' as const, 'month' as const, 'year' as const),
  intervalCount: fc.constantFrom(1, 1, 3),
  trial: fc.constantFrom(null, null, true, false),
  suspended: fc.constantFrom(false, false, false, true),
  quantity: fc.integer({ min: 1, max: 5 }),
  churnReason: fc.constantFrom('voluntary' as const, 'payment_failure' as const, null),
})
const trial = fc.record({
  kind: fc.constant('trial' as const),
  change: fc.constantFrom('started' as const, 'ended' as const),
  subscriptionId,
})
const payment = fc.record({
  kind: fc.constant('payment' as const),
  change: fc.constantFrom('failed' as const, 'succeeded' as const, 'action_required' as const),
  invoiceId: fc.constantFrom('in_1', 'hasOwnProperty'),
  attempt: fc.constant(1),
  amountMinor: fc.constant(null),
  currency: fc.constant(null),
  declineCode: fc.constant(null),
})
/** A decision of a test: by lot or of a block, read by segments or not, for revenue or margin, or as it was before there were any of these. */
const made = fc
  .record({
    id: decisionId,
    arm: fc.constantFrom('a', 'b', null),
    clamped: fc.integer({ min: 0, max: 9 }),
    segment: fc.constantFrom(null, 'mobile', 'other'),
    windowDays: fc.constantFrom(14, 2),
    unitCostMinor: fc.constantFrom(null, null, 4_000),
    epoch: fc.constantFrom('2027-03-01', '2027-03-08'),
    block: fc.oneof(
      { weight: 3, arbitrary: fc.constant(null) },
      {
        weight: 1,
        arbitrary: fc.record({ window: fc.constantFrom(41, 42), place: fc.constantFrom('US', '') }).map(({ window, place }) => ({
          window,
          place,
          endsAt: NOON - (42 - window) * DAY_MS,
        })),
      },
    ),
    isOld: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn === 0),
  })
  .map(({ id, arm, clamped, windowDays, block, isOld, ...terms }) => {
    const decided = decision(id, arm)
    if (!decided.test) return decided
    const { segment: _1, conversionWindowMs: _2, unitCostMinor: _3, block: _4, ...old } = { ...decided.test, clamped: clamped === 0 }
    if (isOld) return { ...decided, test: { ...old, ...(block ? { mode: 'switchback' } : {}) } as TestAssignment }
    const mode = block ? ('switchback' as const) : ('randomised' as const)
    return { ...decided, test: { ...old, ...terms, block, mode, conversionWindowMs: windowDays * DAY_MS } }
  })
const decisions = fc.oneof(
  fc.record(
    {
      kind: fc.constant('decision' as const),
      preview: fc.boolean(),
      decision: made,
      configVersion: fc.constant(1),
      holdoutShare: fc.constantFrom(0.05, 0.05, 0.1, 0),
    },
    { requiredKeys: ['kind', 'preview', 'decision', 'configVersion'] },
  ),
  fc.record({ kind: fc.constantFrom('decision_viewed' as const, 'decision_voided' as const), decisionId }),
  fc.record({ kind: fc.constant('quote_redeemed' as const), decisionId, transactionId }),
)

/** What exposures are judged by: built in, or defined below. */
export const JUDGED: NonNullable<ExposureBody['metrics']> = [
  ['net_revenue@1', 12_345],
  ['orders@1', 2],
  ['purchase@1', null],
  ['average_order_value@1', null],
  ['refunded@1', null],
  ['payment_failed@1', null],
  ['carts@1', 3],
  ['cart_rate@2', null],
  ['reached_product_view@1', null],
  ['looked@1', null],
  ['unknown@1', null],
]

const metric = (over: Pick<MetricDefinition, 'id' | 'kind' | 'numerator'> & Partial<MetricDefinition>): MetricDefinition => ({
  version: 1,
  name: over.id,
  denominator: null,
  direction: 'up',
  windowMs: DAY_MS,
  currency: null,
  cap: null,
  ...over,
})
export const METRICS: MetricDefinition[] = [
  metric({ id: 'carts', kind: 'mean', numerator: { of: 'events', events: ['add_to_cart', 'view_item'], condition: { country: 'US' } } }),
  metric({
    id: 'cart_rate',
    version: 2,
    kind: 'ratio',
    windowMs: 2 * DAY_MS,
    numerator: { of: 'net_revenue', productIds: ['pro'] },
    denominator: { of: 'events', events: ['add_to_cart', 'purchase'] },
  }),
  metric({ id: 'looked', kind: 'proportion', numerator: { of: 'events', events: ['page_view', 'constructor'] } }),
]

const exposure = fc.record({
  kind: fc.constant('exposure' as const),
  experiment: fc.constantFrom('hero', 'constructor'),
  version: fc.constantFrom(1, 1, 2),
  variant: fc.constantFrom('a', 'a', 'b'),
  propensity: fc.constant(0.5),
  currency: fc.constantFrom('USD', 'EUR'),
  configVersion: fc.constant(1),
  metrics: fc.constant(JUDGED),
})

const outside: fc.Arbitrary<EventBody> = fc.oneof(
  { arbitrary: behaviour, weight: 4 },
  { arbitrary: purchase, weight: 3 },
  { arbitrary: reversal, weight: 2 },
  { arbitrary: subscription, weight: 2 },
  trial,
  payment,
)

const behaviourName = fc.constantFrom(
  'page_view',
  'view_item',
  'add_to_cart',
  'begin_checkout',
  'add_payment_info',
  'constructor',
  'custom',
)

function nameOf(body: EventBody, behaves: string): string {
  if (body.kind === 'behaviour') return behaves
  if (body.kind === 'subscription' || body.kind === 'payment' || body.kind === 'trial') return canonicalName(`${body.kind}_${body.change}`)
  return body.kind
}

export interface Sent {
  event: NormalEvent
  acceptedAt: number
}

/** Events of six days before `end`, on a grid that makes ties, each accepted at once or up to five days late. */
export const sentEvents = (end: number, { system = false, imports = false, measured = false, maxLength = 40 } = {}): fc.Arbitrary<Sent[]> =>
  fc
    .array(
      fc.record({
        body: fc.oneof(
          { arbitrary: outside, weight: 6 },
          { arbitrary: decisions, weight: system ? 2 : 0 },
          { arbitrary: exposure, weight: measured ? 2 : 0 },
        ),
        name: behaviourName,
        minutesBefore: fc.integer({ min: 0, max: 6 * 24 * 2 }).map((half) => half * 30),
        lateDays: fc.constantFrom(0, 0, 0, 1, 3, 5),
        origin: fc.constantFrom('server' as const, 'browser' as const, imports ? ('import' as const) : ('server' as const)),
        country: fc.constantFrom('US', 'DE', null),
      }),
      { minLength: 1, maxLength, size: '+1' },
    )
    .map((all) =>
      all.map(({ body, name, minutesBefore, lateDays, origin, country }, index) => {
        const occurredAt = end - minutesBefore * MINUTE
        return {
          acceptedAt: Math.min(end, occurredAt + lateDays * DAY_MS),
          event: {
            id: `e${index}`,
            type: nameOf(body, name),
            occurredAt,
            origin,
            verified: origin !== 'browser',
            context: { country, device: null, source: null, sessionId: null },
            // A record comes without a prototype, and so would not cross RPC.
            body: JSON.parse(JSON.stringify(measured ? body : { ...body, holdoutShare: undefined })) as EventBody,
            metadata: {},
          },
        }
      }),
    )

export const accepted = ({ event, acceptedAt }: Sent): AcceptedEvent => ({
  ...event,
  bookedDay: bookedDayOf(event.occurredAt, event.origin, acceptedAt),
  home: 'home',
})
