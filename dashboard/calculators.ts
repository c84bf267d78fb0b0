import { signal } from '@preact/signals'
import type * as z from 'zod'
import type { CompareAnswer, SampleRatioAnswer } from '../worker/contract/experiment-analysis.ts'
import type { SampleSizeAnswer, SequentialAnswer } from '../worker/contract/experiment-planning.ts'
import { ask, Refusal } from './api.ts'
import type { Refused } from './attempts.ts'
import { type Calculator, calculator, type Values, values } from './calculator-inputs.ts'
import { compareOf, sampleRatioOf, sampleSizeOf, sequentialOf } from './calculator-requests.ts'

/** What the calculators say, as they were asked last; null until they are. */

export type Comparison = z.infer<typeof CompareAnswer>['comparison']

export interface Results {
  'sample-size': z.infer<typeof SampleSizeAnswer>['sampleSize']
  compare: { fixed: Comparison; sequential: Comparison }
  'sample-ratio': z.infer<typeof SampleRatioAnswer>['sampleRatio']
  sequential: z.infer<typeof SequentialAnswer>['sequential']
}

/** Of the calculator that was asked, and the requests that say the same to the API. */
export type Result = { [Of in Calculator]: { of: Of; question: string; requests: readonly ApiCall[]; value: Results[Of] } }[Calculator]
export interface ApiCall {
  at: string
  body: unknown
}

export const result = signal<Result | null>(null)
export const refused = signal<Refused | null>(null)

const call = (of: Calculator, body: unknown): ApiCall => ({ at: `/api/analysis/${of}`, body })

/** What is to be asked for what is typed. */
export function callsOf(of: Calculator): readonly ApiCall[] {
  const typed = values.value
  switch (of) {
    case 'sample-size':
      return [call(of, sampleSizeOf(typed))]
    case 'compare':
      return [call(of, compareOf(typed, 'fixed')), call(of, compareOf(typed, 'sequential'))]
    case 'sample-ratio':
      return [call(of, sampleRatioOf(typed))]
    case 'sequential':
      return [call(of, sequentialOf(typed))]
  }
}

/** What each calculator makes of the answers. */
const READ: { [Of in Calculator]: (answers: unknown[]) => Results[Of] } = {
  'sample-size': ([answer]) => (answer as z.infer<typeof SampleSizeAnswer>).sampleSize,
  compare: ([fixed, sequential]) => ({
    fixed: (fixed as z.infer<typeof CompareAnswer>).comparison,
    sequential: (sequential as z.infer<typeof CompareAnswer>).comparison,
  }),
  'sample-ratio': ([answer]) => (answer as z.infer<typeof SampleRatioAnswer>).sampleRatio,
  sequential: ([answer]) => (answer as z.infer<typeof SequentialAnswer>).sequential,
}

/** What is typed in per cent, with what it must lie below: the server would refuse it as a share. */
const PERCENTAGES = { power: 100, alpha: 50, baseline: 100 } as const

function flawOf(of: Calculator, typed: Values): Refused | null {
  for (const [name, below] of Object.entries(PERCENTAGES) as [keyof typeof PERCENTAGES, number][]) {
    const isAsked = name === 'alpha' ? of !== 'sample-ratio' : of === 'sample-size' && (name === 'power' || typed.kind !== 'mean')
    if (isAsked && typed[name] !== '' && !(Number(typed[name]) > 0 && Number(typed[name]) < below))
      return { field: name, message: `A percentage above 0 and below ${below}` }
  }
  return null
}

/** The question that was answered or refused last: the same one needs no second answer. */
let asked = ''

/** Asks what the address says. A refusal belongs to the form, not to the page. */
export async function readCalculation(abort: AbortSignal): Promise<void> {
  const of = calculator.peek()
  const requests = callsOf(of)
  const question = JSON.stringify(requests)
  if (question === asked) return
  refused.value = flawOf(of, values.peek())
  if (refused.value) {
    result.value = null
    asked = question
    return
  }
  try {
    const answers = await Promise.all(requests.map(({ at, body }) => ask<unknown>(at, { method: 'POST', body, signal: abort })))
    result.value = { of, question, requests, value: READ[of](answers) } as Result
  } catch (error) {
    if (!(error instanceof Refusal) || ['unreachable', 'unauthorized', 'internal', 'unavailable'].includes(error.code)) throw error
    result.value = null
    refused.value = { field: error.field, message: error.message }
  }
  asked = question
}
