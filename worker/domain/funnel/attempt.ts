import type { FunnelPlan } from './plan.ts'

/** One person's way through a funnel, from an entry on. */
export interface FunnelAttempt {
  /** Booked day of the entry, under which all of it is counted. */
  day: string
  /** When they entered, epoch ms. */
  at: number
  /** Place of the furthest required step; −1 before there is one. */
  furthest: number
  /** When each step was first reached by an event of its own, ms after entry. Absent in attempts from before that was kept. */
  reached?: (number | null)[]
  /** The same of the latest time; only where steps have windows. */
  latest?: (number | null)[]
  /** Of a strict funnel: the steps that the event before reached, and when, ms after entry. */
  run?: number[]
  runAt?: number
  /** Who they were at entry: country, device, source, visitor; null where unknown. */
  by?: (string | null)[]
  /** Names of events seen on the way. */
  seen?: string[]
  /** `experiment@version|variant` of what they have been shown. */
  variants?: string[]
}

/** An event as a funnel sees it: when, and which steps it is one of, in order. */
export interface Arrival {
  at: number
  steps: readonly number[]
}

/** A step that is reached for the first time, and how long after the one before; null where that was passed by. */
export interface Reached {
  step: number
  afterMs: number | null
}

export const isThrough = (plan: FunnelPlan, attempt: FunnelAttempt): boolean => attempt.furthest >= plan.last

export const isWithin = (plan: FunnelPlan, attempt: FunnelAttempt, at: number): boolean => at <= attempt.at + plan.definition.windowMs

/** Whether a step has been reached, by an event of its own or by a later one that implies it. */
export const hasReached = (plan: FunnelPlan, { furthest, reached }: FunnelAttempt, step: number): boolean =>
  plan.isRequired[step] ? step <= furthest : typeof reached?.[step] === 'number'

/**
 * Moves an open attempt on, which it changes in place, and tells what it has reached for the first time, in order. One event
 * takes one step on any one way: what it reaches it cannot also start from.
 */
export function advance(plan: FunnelPlan, attempt: FunnelAttempt, arrival: Arrival): Reached[] {
  if (plan.definition.order === 'implied') return advanceImplied(plan, attempt, arrival)
  const offset = arrival.at - attempt.at
  // What came before the entry, and was told too late to be booked there, does not follow it.
  if (offset < 0) return []
  const isStrict = plan.definition.order === 'strict'
  const all: Reached[] = []
  const run: number[] = []
  const run0 = attempt.run ?? []
  // From the back, so that no step starts from what this event has just reached.
  for (let at = arrival.steps.length - 1; at >= 0; at--) {
    const step = arrival.steps[at] as number
    if (step > 0 && !(isStrict ? followsRun(plan, attempt, run0, step, offset) : follows(plan, attempt, step, offset))) continue
    run.unshift(step)
    if (isNew(attempt, step)) all.unshift({ step, afterMs: elapsed(plan, attempt, step, offset) })
    note(plan, attempt, step, offset)
  }
  if (isStrict) {
    attempt.run = run
    attempt.runAt = offset
  }
  for (const { step } of all) if (plan.isRequired[step]) attempt.furthest = Math.max(attempt.furthest, step)
  return all
}

/** Most events change nothing. */
const NOTHING: Reached[] = []

/** A later step implies the required ones before it. Optional ones count for those who took them. */
function advanceImplied(plan: FunnelPlan, attempt: FunnelAttempt, { at, steps }: Arrival): Reached[] {
  const offset = at - attempt.at
  let target: number | null = null
  for (const step of steps) {
    if (target === null && !hasReached(plan, attempt, step)) target = step
    else if (isInTime(plan, attempt, step, offset)) note(plan, attempt, step, offset)
  }
  if (target === null || !isInTime(plan, attempt, target, offset)) return NOTHING
  const all: Reached[] = []
  for (let step = attempt.furthest + 1; step < target; step++) if (plan.isRequired[step]) all.push({ step, afterMs: null })
  all.push({ step: target, afterMs: elapsed(plan, attempt, target, offset) })
  note(plan, attempt, target, offset)
  for (const { step } of all) if (plan.isRequired[step]) attempt.furthest = Math.max(attempt.furthest, step)
  return all
}

const isNew = ({ reached }: FunnelAttempt, step: number): boolean => typeof reached?.[step] !== 'number'

/** Whether some step that may stand before this one was reached, and not too long ago. */
function follows(plan: FunnelPlan, attempt: FunnelAttempt, step: number, offset: number): boolean {
  const times = attempt.latest ?? attempt.reached ?? []
  const windowMs = plan.definition.steps[step]?.windowMs ?? Number.POSITIVE_INFINITY
  return (plan.before[step] as readonly number[]).some((place) => {
    const before = times[place]
    return typeof before === 'number' && offset - before <= windowMs
  })
}

function followsRun(plan: FunnelPlan, attempt: FunnelAttempt, run: readonly number[], step: number, offset: number): boolean {
  const windowMs = plan.definition.steps[step]?.windowMs ?? Number.POSITIVE_INFINITY
  return offset - (attempt.runAt ?? 0) <= windowMs && (plan.before[step] as readonly number[]).some((place) => run.includes(place))
}

/** Of an implied step before nobody knows when it was: then there is nothing to be late for. */
function isInTime(plan: FunnelPlan, attempt: FunnelAttempt, step: number, offset: number): boolean {
  if (!plan.hasWindows) return true
  const times = attempt.latest ?? []
  const isKnown = (plan.before[step] as readonly number[]).some((place) => typeof times[place] === 'number')
  return !isKnown || follows(plan, attempt, step, offset)
}

/** Since the nearest of the steps before that was reached by an event of its own. */
function elapsed(plan: FunnelPlan, { reached }: FunnelAttempt, step: number, offset: number): number | null {
  let latest: number | null = null
  for (const place of plan.before[step] as readonly number[]) {
    const before = reached?.[place]
    if (typeof before === 'number' && (latest === null || before > latest)) latest = before
  }
  return latest === null ? null : Math.max(0, offset - latest)
}

function note(plan: FunnelPlan, attempt: FunnelAttempt, step: number, offset: number): void {
  attempt.reached ??= []
  if (typeof attempt.reached[step] !== 'number') put(attempt.reached, step, offset)
  if (!plan.hasWindows) return
  attempt.latest ??= []
  put(attempt.latest, step, offset)
}

/** Without holes: they would come back from JSON as something else. */
function put(times: (number | null)[], step: number, offset: number): void {
  while (times.length < step) times.push(null)
  times[step] = offset
}
