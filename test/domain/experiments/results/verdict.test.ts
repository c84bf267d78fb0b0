import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Experiment } from '../../../../worker/domain/experiments/definition.ts'
import type { Evidence, Judged } from '../../../../worker/domain/experiments/results/evidence.ts'
import { type History, resultsOf, saidOf } from '../../../../worker/domain/experiments/results/results.ts'
import { addDays } from '../../../../worker/domain/time.ts'
import { chance, mulberry32 } from '../../../simulation/random.ts'
import { afterDays, evidenceOf, FIRST_DAY, judgedBy, momentsOf, running, spends, stoppedAt } from './simulated.ts'

const GOAL = judgedBy('net_revenue', 'goal')
const BUYERS = judgedBy('purchase', 'goal')
const REFUNDED = judgedBy('refunded', 'guardrail')

/** Half of whom a shop shows the new page to buy a tenth more often than of the others, or whatever is told. */
const buyers = (rates: Record<string, number>, days: number, people = 200, seed = 1): Evidence =>
  evidenceOf(
    {
      people: Object.fromEntries(Object.keys(rates).map((variant) => [variant, people])),
      days,
      outcome: (variant, random) => ({ [BUYERS.metric]: chance(random, rates[variant] as number) ? 1 : 0 }),
    },
    mulberry32(seed),
  )

const say = (experiment: Experiment, judged: readonly Judged[], evidence: Evidence, days: number, history: History = []) =>
  resultsOf(experiment, judged, evidence, history, afterDays(days))

/** Every number of an answer. */
function* numbersOf(value: unknown): Generator<number> {
  if (typeof value === 'number') yield value
  else if (value !== null && typeof value === 'object') for (const each of Object.values(value)) yield* numbersOf(each)
}

describe('the verdict', () => {
  it('is to ship what is surely better, with what is sure in the sentence', () => {
    const results = say(running(), [BUYERS], buyers({ old: 0.1, new: 0.16 }, 21), 28)
    expect(results).toMatchObject({ verdict: 'ship', variant: 'new', isFinal: false })
    expect(results.sentence).toMatch(/^Ship New: buyers is \+\d+\.\d % against Old \(between \+\d+\.\d % and \+\d+\.\d %\)$/)
    expect(results.metrics[0]?.variants[1]?.chanceToWin).toBeGreaterThan(0.99)
  })

  it('to ship comes with what it likely costs, though that is not sure', () => {
    const evidence = evidenceOf(
      {
        people: { old: 200, new: 200 },
        days: 28,
        outcome: (variant, random) => ({
          [BUYERS.metric]: chance(random, variant === 'new' ? 0.16 : 0.1) ? 1 : 0,
          [REFUNDED.metric]: chance(random, variant === 'new' ? 0.0125 : 0.008) ? 1 : 0,
        }),
      },
      mulberry32(1),
    )
    const results = say(stoppedAt(28), [BUYERS, REFUNDED], evidence, 60)
    expect(results).toMatchObject({ verdict: 'ship', variant: 'new' })
    expect(results.reasons.at(-1)).toMatch(/^look before you ship: with New people with a refund or dispute is \+\d/)
    expect(say(stoppedAt(28), [BUYERS], evidence, 60).reasons.join()).not.toContain('look before you ship')
  })

  it('that nothing is settled says what was shipped all the same', () => {
    const shipped = { ...stoppedAt(28), shipped: 'new' }
    expect(say(shipped, [BUYERS], buyers({ old: 0.1, new: 0.1 }, 28), 60).sentence).toMatch(/\. New was shipped all the same$/)
  })

  it('says which is sooner, the end or what it waits for', () => {
    const none = say(running({ plannedSample: 400_000 }), [BUYERS], buyers({ old: 0.1, new: 0.1 }, 20, 1000), 20.5)
    expect(none.daysToVerdict).toBeGreaterThan(8)
    expect(none.sentence).toMatch(/at the current rate a verdict takes about \d+ days more, but it ends in 8 days$/)
  })

  it('is to go back from what is surely worse', () => {
    const results = say(running(), [BUYERS], buyers({ old: 0.16, new: 0.1 }, 21), 28)
    expect(results).toMatchObject({ verdict: 'roll_back', variant: 'new' })
    expect(results.sentence).toMatch(/^Keep Old: New is surely worse: buyers is −\d/)
  })

  it('is to keep running while nothing is sure, with the days that are left', () => {
    const results = say(running({ plannedSample: 40_000 }), [BUYERS], buyers({ old: 0.1, new: 0.1 }, 20), 20.5)
    expect(results).toMatchObject({ verdict: 'keep_running', variant: null, daysLeft: 8 })
    expect(results.sentence).toMatch(/^Keep running: no variant is surely better than Old in buyers.*it ends in 8 days$/)
    expect(results.daysToVerdict).toBeGreaterThan(0)
  })

  it('is that nothing is settled where its end finds nothing sure', () => {
    expect(say(stoppedAt(28), [BUYERS], buyers({ old: 0.1, new: 0.1 }, 28), 60)).toMatchObject({
      verdict: 'inconclusive',
      isFinal: true,
      daysLeft: 0,
      daysToVerdict: null,
    })
  })

  it('is invalid where people are split wrongly, and no figure tells of a winner', () => {
    const uneven = evidenceOf(
      {
        people: { old: 200, new: 260 },
        days: 21,
        values: ['desktop', 'mobile'],
        outcome: (variant, random) => ({ [BUYERS.metric]: chance(random, variant === 'new' ? 0.2 : 0.1) ? 1 : 0 }),
      },
      mulberry32(3),
    )
    const said = saidOf(running(), [BUYERS], uneven, [], afterDays(28))
    const results = say(running(), [BUYERS], uneven, 28, [
      { day: addDays(FIRST_DAY, 9), said: { ...said, lifts: { new: { value: 1, low: 0, high: 2 } } } },
    ])
    expect(results).toMatchObject({ verdict: 'invalid', variant: null, heterogeneity: [], uplift: [], history: [] })
    expect(results.sampleRatio?.mismatch).toBe(true)
    expect(said.lifts).toEqual({})
    for (const variant of results.metrics[0]?.variants ?? [])
      expect(variant).toMatchObject({
        value: null,
        low: null,
        high: null,
        lift: null,
        fixedLift: null,
        difference: null,
        cuped: null,
        chanceToWin: null,
        expectedLoss: null,
      })
    for (const segment of results.segments) for (const { value, lift } of segment.variants) expect([value, lift]).toEqual([null, null])
    expect(results.warnings.map(({ code }) => code)).toEqual(['sample_ratio_mismatch', 'immature_cohorts'])
    // What everybody is, nobody is told apart by.
    const one = { ...uneven, segments: uneven.segments.map((segment) => ({ ...segment, value: 'mobile' })) }
    expect(results.sampleRatio?.causes.length).toBeGreaterThan(0)
    expect(say(running(), [BUYERS], one, 28).sampleRatio?.causes).toEqual([])
    expect(JSON.stringify([results.sentence, results.reasons, results.warnings])).not.toMatch(/[+−]\d/)
  })

  it('is reached by people whose window is over alone while it runs', () => {
    const evidence = buyers({ old: 0.1, new: 0.16 }, 21)
    expect(say(running(), [BUYERS], evidence, 13)).toMatchObject({ verdict: 'keep_running' })
    expect(say(running(), [BUYERS], evidence, 13).sentence).toContain(
      'Old has 0 of the 100 people it needs whose conversion window is over',
    )
    expect(say(running(), [BUYERS], evidence, 13).reasons).toEqual([
      'nobody’s conversion window is over yet',
      'Old has 0 of the 100 people it needs whose conversion window is over',
    ])
    const some = say(running(), [BUYERS], evidence, 22)
    expect(some.reasons).toContain('it is judged by the 3200 of 8400 people whose conversion window is over')
    expect(say(stoppedAt(21), [BUYERS], evidence, 21)).toMatchObject({ verdict: 'ship', isFinal: false })
  })

  it('of a fixed test comes not before its planned sample, and then from that sample alone', () => {
    const evidence = buyers({ old: 0.05, new: 0.2 }, 28)
    const fixed = { method: 'fixed' as const, plannedSample: 4_000 }
    expect(say(running(fixed), [BUYERS], buyers({ old: 0.05, new: 0.2 }, 9), 27)).toMatchObject({ verdict: 'keep_running' })
    expect(say(running(fixed), [BUYERS], evidence, 20)).toMatchObject({ verdict: 'keep_running' })
    expect(say(running(fixed), [BUYERS], evidence, 25)).toMatchObject({ verdict: 'ship' })
    expect(say(running({ method: 'fixed' }), [BUYERS], evidence, 27).sentence).toContain('a fixed test is read once, at its end')
    expect(say(stoppedAt(28, { method: 'fixed' }), [BUYERS], evidence, 28)).toMatchObject({ verdict: 'ship' })
    const cutShort = stoppedAt(9, { method: 'fixed', plannedSample: 40_000 })
    expect(say(cutShort, [BUYERS], buyers({ old: 0.05, new: 0.2 }, 9), 40)).toMatchObject({ verdict: 'inconclusive' })
  })

  it('of planned looks comes at a look, and stays', () => {
    const plan = running({ method: 'group_sequential', looks: 4, plannedSample: 8_000 })
    const evidence = buyers({ old: 0.1, new: 0.15 }, 28)
    let history: History = []
    const verdicts: string[] = []
    for (let day = 1; day < 28; day++) {
      const seen = { ...evidence, exposed: evidence.exposed.filter((each) => each.day < addDays(FIRST_DAY, day)) }
      const said = saidOf(plan, [BUYERS], seen, history, afterDays(day))
      history = [...history, { day: addDays(FIRST_DAY, day - 1), said }]
      verdicts.push(said.verdict)
    }
    const shares = [...new Set(history.at(-1)?.said.looks.map(({ share }) => share))]
    expect(shares).toEqual([0.25, 0.5])
    expect(verdicts.indexOf('ship')).toBe(23)
    expect(new Set(verdicts.slice(23))).toEqual(new Set(['ship']))
    const last = say({ ...plan, status: 'stopped', ending: 'duration', endedAt: plan.endsAt }, [BUYERS], evidence, 60, history)
    expect(last).toMatchObject({ verdict: 'ship', looks: [{ share: 0.25 }, { share: 0.5 }, { share: 1, day: addDays(FIRST_DAY, 27) }] })
    const none = say(plan, [BUYERS], evidence, 18.5, history.slice(0, 18))
    expect(none.sentence).toMatch(/the next planned look is at 2000 people|the next planned look is at 4000 people/)
  })

  it('of planned looks without a plan is read at every look, and says so', () => {
    const results = say(running({ method: 'group_sequential', looks: 4 }), [BUYERS], buyers({ old: 0.1, new: 0.16 }, 21), 28)
    expect(results).toMatchObject({ verdict: 'ship', looks: [] })
    expect(results.reasons.join()).toContain('no sample was planned')
  })

  it('is to go back where every variant surely harms a guardrail, whatever the goal says', () => {
    const harm = evidenceOf(
      {
        people: { old: 200, new: 200 },
        days: 21,
        outcome: (variant, random) => ({
          [BUYERS.metric]: chance(random, variant === 'new' ? 0.2 : 0.1) ? 1 : 0,
          [REFUNDED.metric]: chance(random, variant === 'new' ? 0.05 : 0.01) ? 1 : 0,
        }),
      },
      mulberry32(4),
    )
    const results = say(running(), [BUYERS, REFUNDED], harm, 28)
    expect(results).toMatchObject({ verdict: 'roll_back', variant: 'new' })
    expect(results.sentence).toMatch(
      /^Keep Old: New surely harms a guardrail: people with a refund or dispute \d\.\d %, \d\.\d % with Old$/,
    )
    const ended = stoppedAt(9, { ending: 'guardrail' })
    expect(say(ended, [BUYERS], buyers({ old: 0.1, new: 0.1 }, 9), 10)).toMatchObject({ verdict: 'roll_back', variant: null })
  })

  it('is none where one goal is surely better and another surely worse', () => {
    const orders = judgedBy('reached_payment', 'goal')
    const torn = evidenceOf(
      {
        people: { old: 200, new: 200 },
        days: 28,
        outcome: (variant, random) => ({
          [BUYERS.metric]: chance(random, variant === 'new' ? 0.16 : 0.1) ? 1 : 0,
          [orders.metric]: chance(random, variant === 'new' ? 0.2 : 0.3) ? 1 : 0,
        }),
      },
      mulberry32(5),
    )
    const results = say(stoppedAt(28), [BUYERS, orders], torn, 60)
    expect(results).toMatchObject({ verdict: 'inconclusive' })
    expect(results.sentence).toContain('New is surely better in one goal and surely worse in another')
  })

  it('waits for no variant that nobody is drawn into any more', () => {
    const narrowed = running({}, 3)
    narrowed.variants.forEach((variant, at) => {
      variant.weight = at < 2 ? 0.5 : 0
    })
    const results = say(narrowed, [BUYERS], buyers({ old: 0.1, new: 0.17 }, 28), 42)
    expect(results).toMatchObject({ verdict: 'ship', variant: 'new', sampleRatio: { mismatch: false } })
    expect(results.metrics[0]?.variants[2]).toMatchObject({ key: 'newer', exposed: 0, lift: null, reason: expect.any(String) })
  })

  it('chooses the best of several, with p values for all of them together', () => {
    const results = say(running({}, 3), [BUYERS], buyers({ old: 0.1, new: 0.17, newer: 0.2 }, 28), 42)
    expect(results).toMatchObject({ verdict: 'ship', variant: 'newer' })
    for (const { lift } of results.metrics[0]?.variants.slice(1) ?? [])
      expect(lift?.adjustedPValue).toBeGreaterThanOrEqual(lift?.pValue as number)
  })
})

describe('figures that bear nothing', () => {
  const nothing: Evidence = { exposed: [], excluded: 0, metrics: new Map(), segments: [] }
  const same = buyers({ old: 0, new: 0 }, 28)
  const everybody = buyers({ old: 1, new: 1 }, 28)
  const one = buyers({ old: 0.5, new: 0.5 }, 1, 1)
  it.each([
    ['nobody was exposed', nothing],
    ['nobody bought', same],
    ['everybody bought', everybody],
    ['one person saw each variant', one],
    ['the control saw nobody', buyers({ new: 0.5 }, 5, 3)],
    ['the control sold nothing', buyers({ old: 0, new: 0.5 }, 28)],
  ])('have a reason and no number that is none: %s', (_, evidence) => {
    for (const experiment of [
      running(),
      running({ method: 'fixed' }),
      running({ method: 'group_sequential', looks: 5, plannedSample: 1000 }),
      stoppedAt(28),
    ]) {
      const results = say(experiment, [BUYERS, judgedBy('average_order_value', 'secondary'), REFUNDED], evidence, 42)
      for (const number of numbersOf(results)) expect(Number.isFinite(number)).toBe(true)
      expect(JSON.parse(JSON.stringify(results))).toEqual(results)
      expect(['keep_running', 'inconclusive', 'invalid']).toContain(results.verdict)
      expect(results.sentence.length + results.reasons.join().length).toBeGreaterThan(0)
      for (const { variants } of results.metrics)
        for (const { lift, reason } of variants.slice(1)) expect(lift !== null || reason !== null).toBe(true)
    }
  })

  it('whatever they are: there is a sentence, and every number is one', () => {
    const cell = fc.record({
      people: fc.nat(400),
      value: fc.constantFrom(0, 0, 1, 5_000, 1_000_000_000),
      day: fc.integer({ min: 0, max: 40 }),
      variant: fc.constantFrom('old', 'new'),
      device: fc.constantFrom('desktop', 'mobile', 'tablet'),
    })
    const method = fc.constantFrom('sequential' as const, 'fixed' as const, 'group_sequential' as const)
    const plannedSample = fc.option(fc.integer({ min: 2, max: 3_000 }))
    fc.assert(
      fc.property(
        fc.array(cell, { maxLength: 12 }),
        method,
        plannedSample,
        fc.boolean(),
        fc.nat(60),
        (cells, method, plannedSample, isOver, days) => {
          const rows = cells.map(({ people, value, day, variant, device }, at) => {
            const whole = momentsOf(Array.from({ length: people }, (_, n) => (n % 3 === 0 ? value : 0)))
            const moments = { ...whole, covariate: { sum: whole.sum, squares: whole.squares, cross: whole.squares } }
            return {
              day: addDays(FIRST_DAY, day),
              variant,
              moments,
              value: device,
              dimension: 'device' as const,
              half: at % 2 ? ('a' as const) : ('b' as const),
            }
          })
          const evidence = {
            exposed: rows.map(({ day, variant, moments }) => ({ day, variant, exposed: moments.n })),
            excluded: cells.length,
            metrics: new Map([[GOAL.metric, rows]]),
            segments: rows,
          }
          const over = { method, plannedSample, looks: 3, prior: { mean: 0, standardDeviation: 0.3 } }
          const experiment = isOver ? stoppedAt(days, over) : running(over)
          const said = saidOf(experiment, [GOAL], evidence, [], afterDays(days))
          const results = say(experiment, [GOAL], evidence, days, [{ day: FIRST_DAY, said }])
          for (const number of numbersOf([results, said])) expect(Number.isFinite(number)).toBe(true)
          expect(results.sentence.length).toBeGreaterThan(0)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('are those of a draft', () => {
    const draft = { ...running(), status: 'draft' as const }
    expect(say(running({ startsAt: afterDays(3) }), [BUYERS], nothing, 1).sentence).toBe('Not started: it begins in 2 days')
    expect(say(draft, [BUYERS], nothing, 1)).toMatchObject({
      verdict: 'keep_running',
      sentence: 'Not started: nobody is drawn yet',
      daysLeft: 0,
    })
  })
})

describe('an experiment without an effect', () => {
  const people = 60
  const withoutEffect = (seed: number, days: number) =>
    evidenceOf(
      { people: { old: people, new: people }, days, outcome: (_, random) => ({ [GOAL.metric]: spends(random) }) },
      mulberry32(seed),
    )

  it('is given a verdict by chance at most one time in twenty, though it is looked at every day', () => {
    let decided = 0
    for (let seed = 1; seed <= 200; seed++) {
      const evidence = withoutEffect(seed, 28)
      const verdicts = Array.from({ length: 14 }, (_, at) => say(running(), [GOAL], evidence, 15 + at).verdict)
      const end = say(stoppedAt(28), [GOAL], evidence, 42).verdict
      if ([...verdicts, end].some((verdict) => verdict === 'ship' || verdict === 'roll_back')) decided++
    }
    expect(decided).toBeLessThanOrEqual(10)
  }, 60_000)

  it('is decided by chance about one time in twenty by planned looks', () => {
    let decided = 0
    for (let seed = 1; seed <= 200; seed++) {
      const plan = running({ method: 'group_sequential', looks: 4, plannedSample: 28 * 2 * people })
      const evidence = withoutEffect(seed, 28)
      let history: History = []
      for (let day = 15; day < 28; day += 2)
        history = [...history, { day: addDays(FIRST_DAY, day), said: saidOf(plan, [GOAL], evidence, history, afterDays(day)) }]
      const end = say(stoppedAt(28, { ...plan, status: 'stopped', ending: 'duration' }), [GOAL], evidence, 42, history)
      if (['ship', 'roll_back'].includes(end.verdict)) decided++
    }
    expect(decided).toBeLessThanOrEqual(14)
  }, 60_000)

  it('wins by chance at most one time in twenty when it is read once, at its end', () => {
    let won = 0
    for (let seed = 1; seed <= 200; seed++) {
      if (say(stoppedAt(28, { method: 'fixed' }), [GOAL], withoutEffect(seed, 28), 42).verdict === 'ship') won++
    }
    expect(won).toBeLessThanOrEqual(10)
  }, 60_000)
})
