import { describe, expect, it } from 'vitest'
import { liftsOverTime } from '../../../../worker/domain/experiments/results/history.ts'
import { mulberry32 } from '../../../simulation/random.ts'
import { afterDays, evidenceOf, judgedBy, running, stoppedAt } from './simulated.ts'

const goal = judgedBy('purchase', 'goal')
const evidence = evidenceOf(
  { people: { old: 60, new: 60 }, days: 5, outcome: (_, random) => ({ 'purchase@1': random() < 0.3 ? 1 : 0 }) },
  mulberry32(7),
)
const stored = [{ day: '2026-01-08', exposed: 480, lifts: { new: { value: 0.1, low: -0.2, high: 0.4 } }, isStored: true }]

describe('the lift over time', () => {
  it('retells the days before the first that was stored, by who had been exposed until then', () => {
    const told = liftsOverTime(running(), goal, evidence, stored, afterDays(5))
    expect(told.map(({ day, exposed, isStored }) => [day, exposed, isStored])).toEqual([
      ['2026-01-05', 120, false],
      ['2026-01-06', 240, false],
      ['2026-01-07', 360, false],
      ['2026-01-08', 480, true],
    ])
    // Sixty people of a variant are too few for an interval that anybody could draw.
    expect(told.map(({ lifts }) => Object.keys(lifts))).toEqual([[], ['new'], ['new'], ['new']])
    expect(told[3]).toBe(stored[0])
  })

  it('narrows as people come, and ends with the last day of the experiment', () => {
    const told = liftsOverTime(stoppedAt(4), goal, evidence, [], afterDays(40))
    expect(told.map(({ day }) => day)).toEqual(['2026-01-05', '2026-01-06', '2026-01-07', '2026-01-08'])
    const widths = told.flatMap(({ lifts: { new: lift } }) => (lift ? [lift.high - lift.low] : []))
    expect(widths).toHaveLength(3)
    expect(widths).toEqual([...widths].sort((a, b) => b - a))
  })

  it('tells nothing where nobody was exposed', () => {
    const nobody = { ...evidence, exposed: [], metrics: new Map() }
    expect(liftsOverTime(running(), goal, nobody, [], afterDays(5))).toEqual([])
  })
})
