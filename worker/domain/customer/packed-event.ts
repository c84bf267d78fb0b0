import type { ExplainStep, PriceDecision } from '../pricing/types.ts'
import { hasAny } from '../records.ts'
import type { NormalEvent } from './accept.ts'
import type { AcceptedEvent, BehaviourBody, DecisionBody, EventBody, EventContext } from './event.ts'

/**
 * An event as it crosses to its object and lies in its log: by place instead of by name, and without what nearly every
 * event says. Behaviour is most of a log, and two thirds of its bytes would be names and defaults. What is missing at
 * the end was empty. The day it is booked under is told beside it, as only the object can know it.
 */
export type PackedEvent = [
  id: string,
  occurredAt: number,
  type: string,
  origin: AcceptedEvent['origin'],
  verified: 0 | 1,
  body: PackedBody,
  context?: PackedContext,
  metadata?: Record<string, unknown>,
  /** Where it is not the object in whose log it lies. */
  home?: string,
]

type PackedBody = PackedBehaviour | PackedDecision | Exclude<EventBody, BehaviourBody | DecisionBody>
type PackedBehaviour = [productId: string | null, funnelStep: number | null] | 0
/** A decision is the largest of events, and most of it is its explanation: a line of four values, as each begins where the last one ended. */
type PackedStep = [step: ExplainStep['step'], outcome: ExplainStep['outcome'], afterMinor: number, detail: string]
type PackedDecision = Omit<DecisionBody, 'decision'> & {
  decision: Omit<PriceDecision, 'explain'> & { explain: { fromMinor: number; steps: PackedStep[] } }
}
type PackedContext = [country: EventContext['country'], device: EventContext['device'], source: string | null, sessionId: string | null] | 0

/** @param home the object that first accepted it, where that is another than the one whose log it is for */
export function packEvent(event: NormalEvent, home?: string): PackedEvent {
  const packed: PackedEvent = [
    event.id,
    event.occurredAt,
    event.type,
    event.origin,
    event.verified ? 1 : 0,
    packBody(event.body),
    packContext(event.context),
  ]
  if (hasAny(event.metadata) || home !== undefined) packed.push(event.metadata)
  if (home !== undefined) packed.push(home)
  return packed
}

export function unpackEvent(
  [id, occurredAt, type, origin, verified, body, context = 0, metadata = {}, home]: PackedEvent,
  bookedDay: string,
  object: string,
): AcceptedEvent {
  return {
    id,
    type,
    occurredAt,
    bookedDay,
    origin,
    verified: verified === 1,
    home: home ?? object,
    context: unpackContext(context),
    body: unpackBody(body),
    metadata,
  }
}

function packBody(body: EventBody): PackedBody {
  if (body.kind === 'decision') return packDecision(body)
  if (body.kind !== 'behaviour') return body
  return body.productId === null && body.funnelStep === null ? 0 : [body.productId, body.funnelStep]
}

function unpackBody(body: PackedBody): EventBody {
  if (body === 0) return { kind: 'behaviour', productId: null, funnelStep: null }
  if (Array.isArray(body)) return { kind: 'behaviour', productId: body[0], funnelStep: body[1] }
  return body.kind === 'decision' ? unpackDecision(body) : body
}

function packDecision({ decision, ...rest }: DecisionBody): PackedDecision {
  const fromMinor = decision.explain[0]?.beforeMinor ?? 0
  const steps = decision.explain.map(({ step, outcome, afterMinor, detail }): PackedStep => [step, outcome, afterMinor, detail])
  return { ...rest, decision: { ...decision, explain: { fromMinor, steps } } }
}

function unpackDecision({ decision, ...rest }: PackedDecision): DecisionBody {
  let beforeMinor = decision.explain.fromMinor
  const explain = decision.explain.steps.map(([step, outcome, afterMinor, detail]): ExplainStep => {
    const line = { step, outcome, beforeMinor, afterMinor, detail }
    beforeMinor = afterMinor
    return line
  })
  return { ...rest, decision: { ...decision, explain } }
}

const packContext = ({ country, device, source, sessionId }: EventContext): PackedContext =>
  country === null && device === null && source === null && sessionId === null ? 0 : [country, device, source, sessionId]

function unpackContext(context: PackedContext): EventContext {
  const [country, device, source, sessionId] = context === 0 ? [null, null, null, null] : context
  return { country, device, source, sessionId }
}
