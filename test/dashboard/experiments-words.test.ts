import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { configOf, configText, placed } from '../../dashboard/experiment-form.ts'
import { baselineOf, peopleADay, sampleSizeQuestion } from '../../dashboard/experiment-plan.ts'
import { chanceWords, daysLeftOf, figureWords, lossWords, metricWords, stateWords } from '../../dashboard/experiments-words.ts'
import { fakeExperiment, fakeMetrics } from './fake-experiments.ts'

const metric = (id: string) => {
  const found = fakeMetrics().find((each) => each.id === id)
  if (!found) throw new Error(`there is no ${id}`)
  return found
}

describe('what a variant answers', () => {
  it('comes back from its field as it was, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (config) => {
        fc.pre(config !== 'the_key')
        // A field knows no difference between 0 and −0, nor does JSON.
        expect(configOf(configText({ key: 'the_key', config }).trim())).toEqual(JSON.parse(JSON.stringify(config)))
      }),
    )
  })

  it('is a plain text where it is no JSON, and the key where nothing stands', () => {
    expect(configOf('Buy now')).toBe('Buy now')
    expect(configOf('12')).toBe(12)
    expect(configText({ key: 'a', config: '12' })).toBe('"12"')
    expect(configOf('')).toBeUndefined()
    expect(configText({ key: 'a', config: 'a' })).toBe('')
    expect(() => configOf('{"a":')).toThrow(SyntaxError)
  })
})

describe('a refusal', () => {
  const draft = { name: 'A', variants: [], goals: ['purchase@1', 'trials@2'], guardrails: ['refunded@1'] }
  it.each([
    ['variants', 'variants.0.weight'],
    ['goals.0', 'goals'],
    ['goals.1', 'role.trials'],
    ['guardrails.0', 'role.refunded'],
    ['guardrails.7', 'guardrails'],
    ['variants.1.key', 'variants.1.key'],
    ['name', 'name'],
  ])('of %s stands at %s', (field, at) => {
    expect(placed({ field, message: 'no' }, draft, fakeMetrics())).toEqual({ field: at, message: 'no' })
  })

  it('of nothing in particular stands above the form', () => {
    expect(placed({ field: null, message: 'no' }, draft, [])).toEqual({ field: null, message: 'no' })
  })
})

describe('the plan', () => {
  const history = { days: 30, entered: 3000, bought: 90, revenue: 9000, reached: { payment: 0.06 } }

  it('begins with how the goal is today', () => {
    expect(baselineOf(metric('purchase'), history)).toEqual({ value: 0.03, spread: null })
    expect(baselineOf(metric('reached_payment'), history)).toEqual({ value: 0.06, spread: null })
    expect(peopleADay(history)).toBe(100)
  })

  it('takes amounts to vary as an exponential’s do', () => {
    const { value, spread } = baselineOf(metric('net_revenue'), history)
    expect(value).toBe(3)
    // With chance p an exponential of mean m, else nothing: E y² = 2 p m², so the variance is 2 p m² − (p m)².
    expect(spread).toBeCloseTo(Math.sqrt(2 * 0.03 * 100 ** 2 - 3 ** 2), 10)
  })

  it('asks nothing while something of it is not known, and never for NaN', () => {
    const none = { days: 0, entered: 0, bought: 0, revenue: 0, reached: {} }
    const draft = { name: 'A', variants: [{ name: 'A' }, { name: 'B' }], minimumDetectableEffect: 0.1 }
    for (const each of fakeMetrics()) {
      expect(baselineOf(each, none)).toEqual({ value: null, spread: null })
      expect(sampleSizeQuestion(draft, each, baselineOf(each, none), peopleADay(none))).toBeNull()
    }
    fc.assert(
      fc.property(fc.nat(1e6), fc.nat(1e6), fc.integer({ min: -1e6, max: 1e6 }), (entered, bought, revenue) => {
        fc.pre(bought <= entered)
        for (const each of fakeMetrics()) {
          const question = sampleSizeQuestion(draft, each, baselineOf(each, { days: 30, entered, bought, revenue, reached: {} }), null)
          if (question) expect(Object.values(question).filter((value) => typeof value === 'number' && !Number.isFinite(value))).toEqual([])
        }
      }),
    )
  })

  it('asks for a decrease where less is better, and for the shares that were typed', () => {
    const variants = [
      { name: 'A', weight: 0.8 },
      { name: 'B', weight: 0.2 },
    ]
    const draft = { name: 'A', variants, minimumDetectableEffect: 0.1, coverage: 0.5 }
    expect(sampleSizeQuestion(draft, metric('refunded'), { value: 0.02, spread: null }, 100)).toMatchObject({
      metric: 'proportion',
      mde: -0.1,
      shares: [0.8, 0.2],
      peoplePerDay: 50,
      method: 'sequential',
    })
  })
})

describe('experiments in words', () => {
  const now = Date.parse('2026-11-27T00:00:00Z')
  const at = (change: Parameters<typeof fakeExperiment>[2]) => fakeExperiment('a', 'A', { startsAt: now - 1, endsAt: now + 1, ...change })
  it.each([
    [{}, 'Running'],
    [{ startsAt: now + 1, endsAt: now + 2 }, 'Planned'],
    [{ endsAt: now }, 'Over'],
    [{ status: 'draft' }, 'Draft'],
    [{ status: 'stopped' }, 'Stopped'],
    [{ status: 'stopped', shipped: 'b' }, 'Shipped'],
    [{ status: 'archived', shipped: 'b' }, 'Archived'],
  ] as const)('%o is %s', (change, state) => {
    expect(stateWords(at(change), now)).toBe(state)
    expect(daysLeftOf(at(change), now) !== null).toBe(state === 'Running')
  })

  it('tells figures by what they are', () => {
    expect(figureWords(0.0345, 'share', 'USD')).toBe('3.5%')
    expect(figureWords(0.0345, 'money', 'USD')).toBe('$0.0345')
    expect(figureWords(12_345.678, 'number', 'USD')).toBe('12,346')
    expect([chanceWords(0.0004), chanceWords(0.0123), lossWords(0.00004), lossWords(0), lossWords(0.25)]).toEqual([
      '< 0.001',
      '0.012',
      '< 0.1%',
      '0.0%',
      '25.0%',
    ])
  })

  it('says what a metric counts', () => {
    expect(
      metricWords({ ...metric('net_revenue'), numerator: { of: 'net_revenue', productIds: ['pro'] }, cap: 500, currency: 'USD' }),
    ).toBe('Net revenue of pro per visitor within 14 days of first seeing it; nobody counts for more than $500')
    expect(metricWords(metric('trials'))).toBe(
      'Share of people with “trial requested” where country is Germany within 7 days of first seeing it',
    )
  })
})
