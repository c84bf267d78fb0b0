import { describe, expect, it } from 'vitest'
import { resultsOf } from '../../../../worker/domain/experiments/results/results.ts'
import { cochranQ } from '../../../../worker/domain/experiments/results/segments.ts'
import { chance, mulberry32 } from '../../../simulation/random.ts'
import { afterDays, evidenceOf, judgedBy, momentsOf, running } from './simulated.ts'

const BUYERS = judgedBy('purchase', 'goal')
const VALUES = ['desktop', 'mobile', 'tablet', 'tv']

/** People on four devices, of whom the new page has some buy more often. */
const results = (ratesOf: (value: string) => number, seed: number, people = 200) => {
  const evidence = evidenceOf(
    {
      people: { old: people, new: people },
      days: 10,
      values: VALUES,
      outcome: (variant, random, value) => ({ [BUYERS.metric]: chance(random, variant === 'new' ? ratesOf(value) : 0.2) ? 1 : 0 }),
    },
    mulberry32(seed),
  )
  return resultsOf(running(), [BUYERS], evidence, [], afterDays(40))
}

describe('segments', () => {
  it('tell apart where a variant works, and that it differs', () => {
    const { segments, heterogeneity, uplift } = results((value) => (value === 'mobile' ? 0.4 : 0.2), 7)
    expect(segments.map(({ value }) => value).sort()).toEqual(VALUES)
    const of = (value: string) => segments.find((each) => each.value === value)?.variants[1]?.lift
    expect(of('mobile')?.adjustedPValue).toBeLessThan(0.001)
    expect(of('tv')?.adjustedPValue).toBeGreaterThan(0.05)
    expect(heterogeneity).toMatchObject([{ dimension: 'device', variant: 'new' }])
    expect(heterogeneity[0]?.adjustedPValue).toBeLessThan(0.001)
    expect(uplift[0]?.qini?.low).toBeGreaterThan(0)
    const { curve = [] } = uplift[0] ?? {}
    expect([curve[0], curve.at(-1)?.share]).toEqual([{ share: 0, gain: 0 }, 1])
    // Three quarters of the people bring nothing more: all there is to win is won in the first quarter.
    expect(curve[6]?.gain).toBeGreaterThan(0.8 * (curve.at(-1)?.gain ?? 1))
  })

  it('differ by chance about as often as they say, and rank nobody then', () => {
    let [differing, ranking] = [0, 0]
    for (let seed = 1; seed <= 200; seed++) {
      const { heterogeneity, uplift } = results(() => 0.2, seed, 60)
      if ((heterogeneity[0]?.adjustedPValue ?? 1) < 0.05) differing++
      const qini = uplift[0]?.qini
      if (qini && (qini.low > 0 || qini.high < 0)) ranking++
    }
    expect(differing).toBeLessThanOrEqual(16)
    expect(ranking).toBeLessThanOrEqual(16)
  }, 60_000)

  it('are compared from a hundred people a variant on, and not ranked where there are no two', () => {
    const { segments, uplift, heterogeneity } = results(() => 0.2, 1, 8)
    for (const { variants } of segments) expect(variants[1]).toMatchObject({ lift: null, value: expect.any(Number) })
    expect(heterogeneity).toEqual([])
    expect(uplift).toEqual([{ variant: 'new', qini: null, curve: [], reason: expect.any(String) }])
  })

  it('warn where each of them points the other way than the whole', () => {
    // The new page was mostly seen where hardly anybody buys, and is better in each place.
    const cells = [
      { value: 'rich', variant: 'old', people: 900, buyers: 450 },
      { value: 'rich', variant: 'new', people: 300, buyers: 165 },
      { value: 'poor', variant: 'old', people: 300, buyers: 15 },
      { value: 'poor', variant: 'new', people: 900, buyers: 63 },
    ]
    const moments = (people: number, buyers: number) => momentsOf(Array.from({ length: people }, (_, at) => (at < buyers ? 1 : 0)))
    const whole = (variant: string) => {
      const own = cells.filter((cell) => cell.variant === variant)
      const sum = (of: (cell: (typeof cells)[number]) => number) => own.reduce((total, cell) => total + of(cell), 0)
      return {
        variant,
        day: '2026-01-05',
        moments: moments(
          sum(({ people }) => people),
          sum(({ buyers }) => buyers),
        ),
      }
    }
    const evidence = {
      exposed: ['old', 'new'].map((variant) => ({ variant, day: '2026-01-05', exposed: 1_200 })),
      excluded: 0,
      metrics: new Map([[BUYERS.metric, ['old', 'new'].map(whole)]]),
      segments: cells.map(({ value, variant, people, buyers }) => ({
        dimension: 'source' as const,
        value,
        variant,
        half: 'a' as const,
        moments: moments(people, buyers),
      })),
    }
    const { warnings } = resultsOf(running(), [BUYERS], evidence, [], afterDays(40))
    expect(warnings.map(({ code }) => code)).toEqual(['implausible_lift', 'simpsons_paradox'])
  })
})

it('Cochran’s Q is that of the textbook', () => {
  expect(
    cochranQ([
      { value: 0, standardError: 1 },
      { value: 2, standardError: 1 },
    ]),
  ).toBeCloseTo(2, 12)
  expect(
    cochranQ([
      { value: 1, standardError: 1 },
      { value: 1, standardError: 5 },
    ]),
  ).toBe(0)
})
