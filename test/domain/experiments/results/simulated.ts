import type { MetricRole, SegmentDimension } from '../../../../worker/contract/lists.ts'
import { draftOf, type Experiment } from '../../../../worker/domain/experiments/definition.ts'
import type { SegmentMoments } from '../../../../worker/domain/experiments/experiment-sums.ts'
import type { MetricMoments } from '../../../../worker/domain/experiments/inference/metric-moments.ts'
import { BUILT_IN_METRICS, referenceOf } from '../../../../worker/domain/experiments/metric.ts'
import type { Evidence, Judged } from '../../../../worker/domain/experiments/results/evidence.ts'
import { addDays, DAY_MS, startOfDay } from '../../../../worker/domain/time.ts'
import { chance, exponential, type Random } from '../../../simulation/random.ts'

export const FIRST_DAY = '2026-01-05'
export const START = startOfDay(FIRST_DAY)
/** The moment at which so many days of an experiment are over. */
export const afterDays = (days: number): number => START + days * DAY_MS

export const judgedBy = (id: string, role: MetricRole, cap: number | null = null): Judged => {
  const definition = BUILT_IN_METRICS.find((metric) => metric.id === id)
  if (!definition) throw new Error(`no metric ${id}`)
  const currency = definition.numerator.of === 'net_revenue' && definition.kind !== 'proportion' ? { currency: 'USD' } : {}
  return { metric: referenceOf(definition), role, cap, definition, ...currency }
}

/** A running experiment of four weeks with as many variants, unless told otherwise. */
export function running(over: Partial<Experiment> = {}, variants = 2): Experiment {
  const names = ['Old', 'New', 'Newer', 'Newest'].slice(0, variants)
  const input = { name: 'Hero', hypothesis: '', prerequisites: [], coverage: 1, hashVersion: 2, hashAttribute: 'id', duration: 28 }
  const draft = draftOf({ ...input, variants: names.map((name) => ({ name })), prior: undefined } as never, 'hero', 'USD', START)
  const { input: _, ...rest } = draft
  const phases = [{ version: 1, from: START, coverage: 1, weights: rest.variants.map(({ weight }) => weight) }]
  return { ...rest, status: 'running', method: 'sequential', minimumDetectableEffect: 0.1, power: 0.8, phases, ...over }
}

export const stoppedAt = (days: number, over: Partial<Experiment> = {}): Experiment =>
  running({ status: 'stopped', endedAt: afterDays(days), ending: days >= 28 ? 'duration' : 'stopped', ...over })

/** One person: what each metric counts of them, in minor units or as a number. */
export type Outcome = Readonly<Record<string, number>>

export const momentsOf = (values: readonly number[]): MetricMoments => ({
  n: values.length,
  sum: values.reduce((sum, value) => sum + value, 0),
  squares: values.reduce((sum, value) => sum + BigInt(value) * BigInt(value), 0n),
})

interface Crowd {
  /** People a day and variant. */
  people: Readonly<Record<string, number>>
  days: number
  outcome: (variant: string, random: Random, value: string) => Outcome
  /** Values of one dimension, equally common. */
  values?: readonly string[]
  dimension?: SegmentDimension
  excluded?: number
}

/** Sums of people who come at a steady rate and each do something. */
export function evidenceOf({ people, days, outcome, values = [''], dimension = 'device', excluded = 0 }: Crowd, random: Random): Evidence {
  const drawn = Object.keys(people).flatMap((variant) =>
    Array.from({ length: days }, (_, at) => ({ variant, day: addDays(FIRST_DAY, at) })).flatMap((cell) =>
      Array.from({ length: people[variant] as number }, (_, at) => {
        const value = values[Math.floor(random() * values.length)] as string
        return { ...cell, value, half: at % 2 === 0 ? ('a' as const) : ('b' as const), outcome: outcome(variant, random, value) }
      }),
    ),
  )
  const metrics = Object.keys(drawn[0]?.outcome ?? {})
  const byDay = [...Map.groupBy(drawn, ({ variant, day }) => `${day} ${variant}`).values()]
  const bySegment = [...Map.groupBy(drawn, ({ variant, value, half }) => `${value} ${variant} ${half}`).values()]
  const first = <T>(group: readonly T[]): T => group[0] as T
  const goal = metrics[0] ?? ''
  return {
    exposed: byDay.map((group) => ({ day: first(group).day, variant: first(group).variant, exposed: group.length })),
    excluded,
    metrics: new Map(
      metrics.map((metric) => [
        metric,
        byDay.map((group) => {
          const { variant, day } = first(group)
          return { variant, day, moments: momentsOf(group.map(({ outcome }) => outcome[metric] as number)) }
        }),
      ]),
    ),
    segments:
      values.length < 2
        ? []
        : bySegment.map((group): SegmentMoments => {
            const { variant, value, half } = first(group)
            return { dimension, value, variant, half, moments: momentsOf(group.map(({ outcome }) => outcome[goal] as number)) }
          }),
  }
}

/** A shop where one in ten buys, for sums that are spread as those of shops are: few pay much. */
export const spends = (random: Random, lift = 0, rate = 0.1): number =>
  chance(random, rate) ? Math.round(exponential(random, 8_000) * (1 + lift)) + 500 : 0
