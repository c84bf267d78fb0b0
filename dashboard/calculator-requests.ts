import type * as z from 'zod'
import type { CompareInput, SampleRatioInput } from '../worker/contract/experiment-analysis.ts'
import type { SampleSizeInput, SequentialInput } from '../worker/contract/experiment-planning.ts'
import { rowsOf, type Values } from './calculator-inputs.ts'
import { listOf } from './form-values.ts'

/** What was typed, as the API takes it: shares are typed in per cent and sent as 0–1. */

type SampleSize = z.input<typeof SampleSizeInput>
type Compare = z.input<typeof CompareInput>
type SampleRatio = z.input<typeof SampleRatioInput>
type Sequential = z.input<typeof SequentialInput>

/** Nothing typed is nothing sent; what is no number is sent as none, so that the server refuses it at its field. */
const number = (text: string): number | undefined => (text.trim() === '' ? undefined : Number(text))

/** Per cent as a share, without the dust of dividing. @example shareOf('5.5') // => 0.055 */
function shareOf(text: string): number | undefined {
  const typed = number(text)
  return typed === undefined ? undefined : Number((typed / 100).toPrecision(12))
}

/** Leaves out what was not typed. */
const given = <T extends object>(body: T): T => Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined)) as T

export function sampleSizeOf(typed: Values): SampleSize {
  const isShare = typed.kind !== 'mean'
  const isRelative = typed.relative === 'yes'
  const arms = number(typed.groups)
  return given({
    metric: isShare ? 'proportion' : 'mean',
    baseline: (isShare ? shareOf : number)(typed.baseline),
    standardDeviation: isShare ? undefined : number(typed.standardDeviation),
    mde: typed.find === 'effect' ? undefined : (isShare || isRelative ? shareOf : number)(typed.mde),
    relative: isRelative,
    total: typed.find === 'people' ? undefined : number(typed.total),
    power: typed.find === 'power' ? undefined : shareOf(typed.power),
    alpha: shareOf(typed.alpha),
    arms,
    method: typed.method as NonNullable<SampleSize['method']>,
    tunedFor: typed.method === 'sequential' ? number(typed.tunedFor) : undefined,
    looks: typed.method === 'group_sequential' ? number(typed.looks) : undefined,
    correction: arms !== undefined && arms > 2 ? (typed.correction as 'none' | 'bonferroni') : undefined,
    peoplePerDay: number(typed.perDay),
  }) as SampleSize
}

/** One variant, by what is known of it: people who converted; mean and deviation; or sums. */
function armOf(of: string, [name = '', people = '', first = '', second = '']: readonly string[]): Compare['arms'][number] {
  const n = number(people)
  const own = { name: name || undefined, n }
  if (of === 'counts') return given({ ...own, conversions: number(first) }) as Compare['arms'][number]
  if (of === 'sums') return given({ ...own, sum: number(first), squares: number(second) }) as Compare['arms'][number]
  const mean = number(first)
  const deviation = number(second)
  const sum = mean === undefined || n === undefined ? undefined : mean * n
  const squares =
    sum === undefined || deviation === undefined || mean === undefined || n === undefined
      ? undefined
      : deviation ** 2 * (n - 1) + sum * mean
  return given({ ...own, sum, squares }) as Compare['arms'][number]
}

export const compareOf = (typed: Values, method: 'fixed' | 'sequential'): Compare =>
  given({
    arms: rowsOf(typed.arms).map((row) => armOf(typed.of, row)),
    method,
    relative: typed.relative === 'yes',
    higherIsBetter: typed.better !== 'lower',
    alpha: shareOf(typed.alpha),
  })

export const sampleRatioOf = ({ counts, weights }: Values): SampleRatio =>
  given({
    counts: listOf(counts).map(Number),
    weights: weights.trim() === '' ? undefined : listOf(weights).map(Number),
  })

export function sequentialOf(typed: Values): Sequential {
  const alpha = shareOf(typed.alpha)
  if (typed.show === 'now')
    return given({
      alpha,
      look: given({
        effect: number(typed.effect) as number,
        standardError: number(typed.standardError) as number,
        n: number(typed.n) as number,
        tunedFor: number(typed.tunedFor),
      }),
    })
  const looks = listOf(typed.looks).map(Number)
  return given({
    alpha,
    looks: looks.length === 1 && Number.isInteger(looks[0]) ? looks[0] : looks,
    spending: typed.spending as NonNullable<Sequential['spending']>,
  })
}
