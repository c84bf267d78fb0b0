import { describe, expect, it } from 'vitest'
import { BUILT_IN_METRICS, type MetricDefinition } from '../../../../worker/domain/experiments/metric.ts'
import { type Evidence, evidenceBefore } from '../../../../worker/domain/experiments/results/evidence.ts'
import { holdoutResults } from '../../../../worker/domain/experiments/results/holdout.ts'
import { addDays } from '../../../../worker/domain/time.ts'
import { mulberry32, type Random } from '../../../simulation/random.ts'
import { afterDays, evidenceOf, FIRST_DAY, spends } from './simulated.ts'

const metric = BUILT_IN_METRICS.find(({ id }) => id === 'net_revenue_90d') as MetricDefinition
const terms = { share: 0.1, currency: 'USD', metric, reference: 'net_revenue_90d@1' }
const customers = (lift: number, heldOut = 20): Evidence =>
  evidenceOf(
    {
      people: { held_out: heldOut, treated: 180 },
      days: 60,
      outcome: (side, random) => ({ [terms.reference]: spends(random, side === 'treated' ? lift : 0, 0.3) }),
    },
    mulberry32(11),
  )

describe('the universal holdout', () => {
  it('tells what all levers together bring in, a customer and in all', () => {
    const results = holdoutResults(terms, customers(0.5), afterDays(100))
    expect(results).toMatchObject({
      conclusion: 'gain',
      reason: null,
      windowDays: 90,
      sides: [
        { key: 'held_out', exposed: 1_200, expected: 1_200, matured: 200 },
        { key: 'treated', exposed: 10_800, matured: 1_800 },
      ],
    })
    expect(results.effect?.low).toBeGreaterThan(0)
    expect(results.total?.value).toBeCloseTo((results.effect?.value ?? 0) * 10_800, 0)
    expect(results.sentence).toMatch(/^The levers together bring in more: \d+\.\d\d USD \(\+\d+\.\d %\) a customer in 90 days, between \d/)
  })

  it('tells what they cost, and when nothing is sure', () => {
    const loss = holdoutResults(terms, customers(-0.5), afterDays(100))
    expect(loss).toMatchObject({ conclusion: 'loss' })
    expect(loss.sentence).toMatch(/^The levers together cost revenue: −\d+\.\d\d USD \(−\d+\.\d %\) a customer/)
    expect(holdoutResults(terms, customers(0), afterDays(100))).toMatchObject({ conclusion: 'unsure', reason: null })
  })

  it('claims nothing by chance, however often somebody looks and however few are held out yet', () => {
    let claimed = 0
    for (let seed = 1; seed <= 100; seed++) {
      const outcome = (_: string, random: Random) => ({ [terms.reference]: spends(random, 0, 0.03) })
      const evidence = evidenceOf({ people: { held_out: 5, treated: 95 }, days: 40, outcome }, mulberry32(seed))
      const conclusions = Array.from({ length: 40 }, (_, at) => {
        const seen = evidenceBefore(evidence, addDays(FIRST_DAY, at + 1))
        return holdoutResults({ ...terms, share: 0.05 }, seen, afterDays(at + 1)).conclusion
      })
      if (conclusions.includes('gain') || conclusions.includes('loss')) claimed++
    }
    expect(claimed).toBeLessThanOrEqual(5)
  })

  it('tells no effect where the share is another, or nobody was asked', () => {
    expect(holdoutResults(terms, customers(0.5, 40), afterDays(100))).toMatchObject({
      conclusion: 'invalid',
      effect: null,
      lift: null,
      total: null,
      sampleRatio: { mismatch: true },
    })
    const nothing: Evidence = { exposed: [], excluded: 0, metrics: new Map(), segments: [] }
    expect(holdoutResults(terms, nothing, afterDays(1))).toMatchObject({ conclusion: 'unsure', effect: null, sampleRatio: null })
  })
})
