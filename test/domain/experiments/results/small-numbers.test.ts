import { expect, it } from 'vitest'
import { resultsOf } from '../../../../worker/domain/experiments/results/results.ts'
import { chance, mulberry32 } from '../../../simulation/random.ts'
import { afterDays, evidenceOf, FIRST_DAY, judgedBy, running, stoppedAt } from './simulated.ts'

const BUYERS = judgedBy('purchase', 'goal')

/** People of each variant who bought, of so many a day. */
const bought = (rates: Record<string, number>, days: number, people: number | Record<string, number> = 200) =>
  evidenceOf(
    {
      people: typeof people === 'number' ? Object.fromEntries(Object.keys(rates).map((key) => [key, people])) : people,
      days,
      outcome: (variant, random) => ({ [BUYERS.metric]: chance(random, rates[variant] as number) ? 1 : 0 }),
    },
    mulberry32(1),
  )

it('the interval of a share has a width where nobody or everybody is counted, and stays a share', () => {
  for (const rate of [0, 0.02, 0.98, 1]) {
    const { metrics } = resultsOf(running(), [BUYERS], bought({ old: rate, new: rate }, 1, 60), [], afterDays(40))
    for (const { value, low, high } of metrics[0]?.variants ?? []) {
      expect(low).toBeGreaterThanOrEqual(0)
      expect(high).toBeLessThanOrEqual(1)
      expect(high as number).toBeGreaterThan(low as number)
      expect([low, value, high]).toEqual([low, value, high].toSorted((a, b) => (a as number) - (b as number)))
    }
  }
})

it('a variant that nobody is drawn into any more keeps no verdict from the others', () => {
  const weights = [0.5, 0.5, 0]
  const variants = running({}, 3).variants.map((variant, at) => ({ ...variant, weight: weights[at] as number }))
  const say = (rate: number) => resultsOf(stoppedAt(28, { variants }), [BUYERS], bought({ old: 0.15, new: rate }, 28), [], afterDays(60))
  expect(say(0.22)).toMatchObject({ verdict: 'ship', variant: 'new' })
  expect(say(0.09)).toMatchObject({ verdict: 'roll_back', variant: 'new' })
})

it('a fixed test has no verdict where its end comes before its planned sample', () => {
  const say = (plannedSample: number | null) =>
    resultsOf(stoppedAt(28, { method: 'fixed', plannedSample }), [BUYERS], bought({ old: 0.1, new: 0.2 }, 28), [], afterDays(60))
  const short = say(40_000)
  expect(short.verdict).toBe('inconclusive')
  expect(short.sentence).toContain('it has 11200 of the 40000 people it was planned with')
  expect(say(null)).toMatchObject({ verdict: 'ship' })
})

it('a look that found a gain does not make a loss sure', () => {
  const plan = running({ method: 'group_sequential', looks: 2, plannedSample: 4_000 })
  const looks = [{ day: '2026-01-12', share: 0.5, variant: 'new', statistic: 3.5, boundary: 2.96, crossed: true }]
  const said = { exposed: 2_000, verdict: 'ship' as const, variant: 'new', sentence: '', lifts: {}, looks }
  const { verdict } = resultsOf(plan, [BUYERS], bought({ old: 0.102, new: 0.1 }, 6), [{ day: '2026-01-12', said }], afterDays(21))
  expect(verdict).toBe('keep_running')
})

it('segments with hardly any outcome are not told apart', () => {
  let differing = 0
  for (let seed = 1; seed <= 100; seed++) {
    const evidence = evidenceOf(
      {
        people: { old: 60, new: 60 },
        days: 10,
        values: ['desktop', 'mobile', 'tablet', 'tv'],
        outcome: (_, random) => ({ [BUYERS.metric]: chance(random, 0.02) ? 1 : 0 }),
      },
      mulberry32(seed),
    )
    const { heterogeneity, segments } = resultsOf(running(), [BUYERS], evidence, [], afterDays(40))
    const isSure = segments.some(({ variants }) => (variants[1]?.lift?.adjustedPValue ?? 1) < 0.05)
    if (isSure || (heterogeneity[0]?.adjustedPValue ?? 1) < 0.05) differing++
  }
  expect(differing).toBeLessThanOrEqual(8)
})

it.each([5e-324, 1e-310, 1e-20])(
  'people in a variant of which hardly anybody was to be are a split that is wrong: a weight of %s',
  (weight) => {
    const variants = running().variants.map((variant, at) => ({ ...variant, weight: at === 0 ? 1 : weight }))
    const results = resultsOf(stoppedAt(28, { variants }), [BUYERS], bought({ old: 0.1, new: 0.2 }, 28), [], afterDays(60))
    expect(results).toMatchObject({ verdict: 'invalid', sampleRatio: { pValue: 0, mismatch: true } })
  },
)

it('variants are not called different before exposure where hardly anybody of a small one had done anything yet', () => {
  const warningsOf = (before: Record<string, number>) => {
    const people: Record<string, number> = { old: 950, new: 50 }
    const cell = (variant: string) => {
      const [n, had] = [people[variant] as number, before[variant] as number]
      return {
        day: FIRST_DAY,
        variant,
        moments: { n, sum: had, squares: BigInt(had), covariate: { sum: had, squares: BigInt(had), cross: 0n } },
      }
    }
    const evidence = {
      exposed: ['old', 'new'].map((variant) => ({ day: FIRST_DAY, variant, exposed: people[variant] as number })),
      excluded: 0,
      metrics: new Map([[BUYERS.metric, ['old', 'new'].map(cell)]]),
      segments: [],
    }
    const variants = running().variants.map((variant, at) => ({ ...variant, weight: [0.95, 0.05][at] as number }))
    return resultsOf(running({ variants }), [BUYERS], evidence, [], afterDays(20)).warnings.map(({ code }) => code)
  }
  expect(warningsOf({ old: 28, new: 0 })).not.toContain('pre_exposure_bias')
  expect(warningsOf({ old: 28, new: 25 })).toContain('pre_exposure_bias')
})
