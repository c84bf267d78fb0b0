import type { Verdict } from '../../../contract/lists.ts'

/** What a test is learnt from and what it says. Sums and estimates are in minor units, shares and rates 0–1, days UTC. */

/** People first exposed on one day under one epoch's weights, and what came of them within their conversion window. */
export interface ArmDay {
  day: string
  /** Day of the weight epoch they were drawn under. */
  epoch: string
  arm: string
  /** Value of what the test is read by; null where it is read as one. */
  segment: string | null
  exposed: number
  /** Σ of the metric over these people, and Σ of its squares, exact. */
  sum: number
  squares: bigint
}

/** What went wrong among the people of an arm. */
export interface ArmSafety {
  arm: string
  /** Day of first exposure. With a row for each day, people of the same age are compared; else all are one group. */
  day?: string
  buyers: number
  refunded: number
  disputed: number
  payers: number
  failed: number
}

/** One time window of a switchback in one place, in which everybody saw the same arm. */
export interface Block {
  window: number
  place: string
  arm: string
  day: string
  visitors: number
  sum: number
}

export interface Estimate {
  value: number
  standardError: number
  /** 95 % interval. */
  low: number
  high: number
}

export interface Lift {
  /** Share of the control's figure, less one: 0.05 is five per cent more. */
  value: number
  standardError: number
  /** 95 %, for all arms together, at every look; of a switchback at its end. Not symmetric about the value. */
  low: number
  high: number
}

export interface ArmAnalysis {
  key: string
  exposed: number
  /** Of these, those whose conversion window is over. */
  matured: number
  /** The metric a visitor, for an average week of the test; null where too few are known. */
  perVisitor: Estimate | null
  /** Against the control; null for the control itself, and where there is nothing to compare. */
  lift: Lift | null
  /** Among the open arms. */
  chanceToBeBest: number | null
  /** Minor units a visitor given up, in expectation, by choosing this arm. */
  expectedLoss: number | null
}

export interface SegmentAnalysis {
  segment: string
  arms: { key: string; exposed: number; matured: number; perVisitor: Estimate | null }[]
}

export interface BlockSum {
  arm: string
  blocks: number
  visitors: number
  sum: number
}

export interface TestAnalysis {
  method: 'weighted' | 'blocks'
  arms: ArmAnalysis[]
  /** `expected`: people an arm should have, by the weights of their days. Null for a switchback, which draws no people. */
  sampleRatio: { pValue: number; expected: number[]; mismatch: boolean } | null
  /** By what the test is read by; partially pooled. */
  segments: SegmentAnalysis[]
  /** Of a switchback. */
  blocks: BlockSum[] | null
  /** Until its planned end. */
  daysLeft: number
  /** Until a verdict is to be expected, if rate and figures stay what they are; null where nothing says so. */
  daysToVerdict: number | null
  verdict: Verdict
  /** The arm the verdict is about. */
  arm: string | null
  /** The verdict in words. */
  sentence: string
  reasons: string[]
}

/** Numbers behind one arm's weight, for the audit log. */
export interface ArmWeighing {
  key: string
  /** People whose reward is in the estimate. */
  matured: number
  estimate: number | null
  standardError: number | null
  chanceToBeBest: number | null
  before: number
  after: number
}

export interface Weighing {
  /** The day from which the weights hold. */
  day: string
  /** False: they are those of before, for the reason given. */
  moved: boolean
  reason: string
  weights: Record<string, number>
  /** Of segments with weights of their own. */
  bySegment: Record<string, Record<string, number>>
  /** Last day whose reward is counted; null for none. */
  maturedThrough: string | null
  arms: ArmWeighing[]
  segments: { segment: string; arms: ArmWeighing[] }[]
}

export const HARM_RATES = ['refunds', 'disputes', 'payment_failures'] as const
export type HarmRate = (typeof HARM_RATES)[number]

/** An arm that does worse than the control, and how that is known. */
export interface Harm {
  arm: string
  rate: HarmRate
  count: number
  of: number
  value: number
  controlCount: number
  controlOf: number
  controlValue: number
  /** An e-value: how many times likelier the figures are under harm than under none. */
  statistic: number
  /** What it had to reach. */
  threshold: number
}
