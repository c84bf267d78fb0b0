import type * as z from 'zod'
import { CompareInput, SampleRatioInput } from '../../worker/contract/experiment-analysis.ts'
import { SampleSizeInput, SequentialInput } from '../../worker/contract/experiment-planning.ts'
import { compareArms } from '../../worker/domain/experiments/calculators/compare-arms.ts'
import { checkSplit } from '../../worker/domain/experiments/calculators/sample-ratio.ts'
import { planSample } from '../../worker/domain/experiments/calculators/sample-size.ts'
import { readLooks } from '../../worker/domain/experiments/calculators/sequential.ts'

/** The calculators as they are: the contract that refuses and the code that reckons, behind no route. */

type Send = (status: number, body: unknown) => void

const answering =
  <T extends z.ZodType>(schema: T, name: string, reckon: (input: z.output<T>) => unknown) =>
  (body: unknown, send: Send): void => {
    const read = schema.safeParse(body)
    if (read.success) return send(200, { success: true, [name]: reckon(read.data) })
    const [issue] = read.error.issues
    const field = issue?.path.join('.')
    send(422, {
      success: false,
      type: '/docs',
      title: 'refused',
      error: `${field}: ${issue?.message}`,
      code: 'invalid_field',
      field,
      status: 422,
    })
  }

const CALCULATORS: Record<string, (body: unknown, send: Send) => void> = {
  'sample-size': answering(SampleSizeInput, 'sampleSize', planSample),
  compare: answering(CompareInput, 'comparison', compareArms),
  'sample-ratio': answering(SampleRatioInput, 'sampleRatio', checkSplit),
  sequential: answering(SequentialInput, 'sequential', readLooks),
}

/** @returns whether it was a question for a calculator */
export function answerCalculators(method: string, { pathname }: URL, body: string, send: Send): boolean {
  const calculator = CALCULATORS[/^\/api\/analysis\/([\w-]+)$/.exec(pathname)?.[1] ?? '']
  if (method !== 'POST' || !calculator) return false
  calculator(JSON.parse(body), send)
  return true
}
