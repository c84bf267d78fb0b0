import { beforeAll, describe, expect, it } from 'vitest'
import {
  CompareAnswer,
  CompareInput,
  SampleRatioAnswer,
  SampleRatioInput,
  UpliftAnswer,
  UpliftInput,
} from '../../worker/contract/experiment-analysis.ts'
import { SampleSizeAnswer, SampleSizeInput, SequentialAnswer, SequentialInput } from '../../worker/contract/experiment-planning.ts'
import { type Answer, send, setUpShop } from './shop.ts'

const SK = 'sk_demo_server'
const PK = 'pk_demo_storefront'

beforeAll(() => setUpShop({ test: false }))

const ask = (calculator: string, body: unknown, key = SK) => send('POST', `/api/analysis/${calculator}`, { key, body })
const refusal = ({ status, body }: Answer) => [status, body.code, body.field]
const close = (value: number, digits = 5) => expect.closeTo(value, digits)

describe('the calculators for experiments', () => {
  it.each([
    ['compare', CompareInput, CompareAnswer],
    ['sample-ratio', SampleRatioInput, SampleRatioAnswer],
    ['sample-size', SampleSizeInput, SampleSizeAnswer],
    ['sequential', SequentialInput, SequentialAnswer],
    ['uplift', UpliftInput, UpliftAnswer],
  ] as const)('answer their published example, and only those who may read: %s', async (calculator, Input, Told) => {
    const example = Input.meta()?.example
    const { status, body } = await ask(calculator, example)
    expect([status, body]).toEqual([200, Told.parse(body)])
    expect(JSON.stringify(body)).not.toContain('"reason":"')
    expect((await ask(calculator, example, PK)).status).toBe(401)
    expect(refusal(await ask(calculator, {}))[0]).toBe(400)
  })
})

describe('compare', () => {
  const one = async (body: object) => {
    const answer = await ask('compare', body)
    expect(answer.status).toBe(200)
    expect(CompareAnswer.parse(answer.body)).toEqual(answer.body)
    return answer.body.comparison
  }

  // GrowthBook's own cases, MIT: packages/stats/tests at 8f1db44.
  const welch = [
    { n: 3407, sum: 1396.87, squares: 52377.9767 },
    { n: 3461, sum: 2422.7, squares: 134698.29 },
  ]
  const screened = [{ ...welch[0], n: 3000 }, welch[1]]

  it('has the interval of a lift that GrowthBook has', async () => {
    const { comparisons, kind } = await one({ arms: welch, relative: true })
    expect(kind).toBe('mean')
    expect(comparisons).toMatchObject([
      {
        effect: close(0.70732),
        low: close(-0.03526),
        high: close(1.44989),
        standardError: close(0.37879),
        pValue: close(0.06191),
        significant: false,
      },
    ])
    const counts = await one({
      arms: [
        { n: 28, conversions: 14 },
        { n: 30, conversions: 16 },
      ],
      relative: true,
    })
    expect(counts.comparisons).toMatchObject([
      { effect: close(0.06667), low: close(-0.47767), high: close(0.61101), pValue: close(0.80707) },
    ])
    expect(counts.comparisons[0].warnings).toMatchObject([{ code: 'small_sample' }])
  })

  it('has the interval that may be looked at any day, of one side and of two', async () => {
    const both = await one({ arms: screened, relative: true, method: 'sequential', tunedFor: 1000 })
    expect(both.comparisons).toMatchObject([{ effect: close(0.50336), low: close(-0.55844), high: close(1.56516), pValue: 1 }])
    expect(both.comparisons[0].warnings).toMatchObject([{ code: 'implausible_lift' }])
    const up = await one({ arms: screened, relative: true, method: 'sequential', alternative: 'greater' })
    expect(up.comparisons).toMatchObject([{ low: close(-0.42356454602790883, 8), high: null }])
    const fixed = await one({ arms: screened, alternative: 'greater' })
    expect(fixed.comparisons).toMatchObject([{ low: close(0.020791480063255735, 8), high: null, pValue: close(0.03554272489873023, 8) }])
  })

  it('has belief and losses as GrowthBook has them', async () => {
    const arms = [
      { n: 100, conversions: 49 },
      { n: 100, conversions: 51 },
    ]
    const { comparisons } = await one({ arms, relative: true, method: 'bayesian' })
    expect(comparisons).toMatchObject([
      {
        effect: close(0.04082),
        low: close(-0.24779),
        high: close(0.32943),
        chanceToWin: close(0.60918),
        expectedLoss: { keepControl: close(0.0814), shipTreatment: close(0.04058) },
        pValue: null,
        adjustedPValue: null,
        significant: null,
      },
    ])
    const quantiles = [
      { n: 11054, quantile: { value: 7.157987489967789, low: 7.098780136176828, high: 7.217194843758751 } },
      { n: 10861, quantile: { value: 7.694499927525767, low: 7.64180598628119, high: 7.747193868770344 } },
    ]
    const believed = await one({ arms: quantiles, method: 'bayesian', prior: { mean: 0, standardDeviation: 1 } })
    expect(believed).toMatchObject({
      kind: 'quantile',
      comparisons: [{ effect: close(0.536495315442269, 8), low: close(0.4572401014910488, 8) }],
    })
  })

  it('takes off what was so before, from sums and from customers alike', async () => {
    const arms = [
      { n: 3001, sum: 300, squares: 600, covariate: { sum: 210, squares: 415, cross: -20 } },
      { n: 3000, sum: 222, squares: 555, covariate: { sum: 120, squares: 405, cross: -10 } },
    ]
    const { comparisons } = await one({ arms, relative: true })
    expect(comparisons).toMatchObject([{ effect: close(-0.281707154, 9), pValue: close(0.003732549, 9) }])
    const plain = await one({ arms, relative: true, cuped: false })
    expect(plain.comparisons).toMatchObject([{ theta: null, varianceReduction: null }])

    const control = { values: [3, 9, 4, 8, 5, 1], before: [2, 8, 5, 7, 4, 1] }
    const treatment = { values: [5, 9, 4, 9, 7, 3], before: [3, 8, 3, 7, 6, 1] }
    const sums = ({ values, before }: typeof control) => {
      const dot = (a: number[], b: number[]) => a.reduce((total, y, at) => total + y * (b[at] as number), 0)
      const ones = values.map(() => 1)
      return {
        n: values.length,
        sum: dot(values, ones),
        squares: dot(values, values),
        covariate: { sum: dot(before, ones), squares: dot(before, before), cross: dot(values, before) },
      }
    }
    const rows = await one({ arms: [control, treatment] })
    const added = await one({ arms: [sums(control), sums(treatment)] })
    expect(rows.comparisons[0].varianceReduction).toBeGreaterThan(0.8)
    for (const figure of ['effect', 'low', 'high', 'pValue', 'theta'])
      expect(rows.comparisons[0][figure]).toBeCloseTo(added.comparisons[0][figure], 9)
  })

  it('has a ratio by the delta method', async () => {
    const of = (values: number[], denominators: number[]) => ({ values, denominators })
    const { kind, comparisons, arms } = await one({ arms: [of([10, 0, 30, 20], [1, 0, 2, 1]), of([12, 5, 0, 40], [1, 1, 0, 2])] })
    expect(kind).toBe('ratio')
    expect(arms).toMatchObject([{ value: 15 }, { value: 57 / 4 }])
    expect(comparisons).toMatchObject([{ effect: close(-0.75), reason: null }])
  })

  it('corrects several treatments, by Holm unless asked otherwise', async () => {
    const arms = [1000, 1060, 1080, 1100].map((conversions) => ({ n: 10_000, conversions }))
    const { comparisons } = await one({ arms })
    const [first, second, third] = comparisons.map(({ pValue }: { pValue: number }) => pValue)
    expect(comparisons.map(({ adjustedPValue }: { adjustedPValue: number }) => adjustedPValue)).toEqual(
      [Math.max(3 * third, 2 * second, first), Math.max(3 * third, 2 * second), 3 * third].map((p) => close(p, 12)),
    )
    expect(comparisons.map(({ treatment }: { treatment: string }) => treatment)).toEqual(['treatment_1', 'treatment_2', 'treatment_3'])
    const none = await one({ arms, correction: 'none' })
    expect(none.comparisons.map(({ adjustedPValue }: { adjustedPValue: number }) => adjustedPValue)).toEqual([first, second, third])
    const found = await one({ arms, correction: 'benjamini_hochberg' })
    expect(found.comparisons[2].adjustedPValue).toBeLessThanOrEqual(3 * third)
  })

  it('has the z test and the sign test of a course that was published', async () => {
    const { pooled, signTest } = await one({
      arms: [
        { n: 17293, conversions: 3785 },
        { n: 17260, conversions: 3423 },
      ],
      days: [...Array.from({ length: 4 }, () => [0.1, 0.2]), ...Array.from({ length: 19 }, () => [0.2, 0.1]), [0.1, 0.1]],
    })
    expect(pooled).toMatchObject({
      effect: close(-0.0206, 4),
      low: close(-0.0291, 4),
      high: close(-0.012, 4),
      z: close(-4.701830023753982, 9),
    })
    expect(signTest).toEqual({ days: 23, higher: 4, pValue: close(0.002599477767944336, 12) })
  })

  it('gives a reason, and no figure, where there is nothing to tell', async () => {
    const nobody = await one({
      arms: [
        { n: 0, conversions: 0 },
        { n: 10, conversions: 3 },
      ],
    })
    expect(nobody).toMatchObject({
      arms: [{ value: null, reason: 'this variant has fewer than two customers' }, { value: 0.3 }],
      comparisons: [{ effect: null, low: null, pValue: null, significant: null, reason: 'the control has fewer than two customers' }],
      pooled: null,
    })
    const none = { n: 50, conversions: 0 }
    expect((await one({ arms: [none, none] })).comparisons[0].reason).toContain('nothing varies')
    expect((await one({ arms: [none, { n: 50, conversions: 5 }], relative: true })).comparisons[0].reason).toContain('control is zero')
  })

  it('refuses arms that cannot be, and says where', async () => {
    const good = { n: 10, conversions: 3 }
    const of = async (arm: object, rest: object = {}) => refusal(await ask('compare', { arms: [good, arm], ...rest }))
    expect(await of({ n: 10, conversions: 11 })).toEqual([400, 'invalid_field', 'arms.1.conversions'])
    expect(await of({ n: 10 })).toEqual([400, 'missing_field', 'arms.1.conversions'])
    expect(await of({ conversions: 1 })).toEqual([400, 'missing_field', 'arms.1.n'])
    expect(await of({ n: 10, sum: 1 })).toEqual([400, 'missing_field', 'arms.1.squares'])
    expect(await of({ n: 10, sum: 100, squares: 999 })).toEqual([400, 'invalid_field', 'arms.1.squares'])
    expect(await of({ n: 10, sum: 10, squares: 20 })).toEqual([400, 'invalid_field', 'arms'])
    expect(await of({ values: [1, 2], before: [1] })).toEqual([400, 'invalid_field', 'arms.1.before'])
    expect(await of({ n: 10, conversions: 1, sum: 1 })).toEqual([400, 'invalid_field', 'arms.1.conversions'])
    expect(await of({ n: 10, converted: 1 })).toEqual([400, 'unknown_field', 'arms.1.converted'])
    expect(await of(good, { alpha: 0.5 })).toEqual([400, 'invalid_field', 'alpha'])
    expect(await of(good, { prior: { standardDeviation: 0 } })).toEqual([400, 'invalid_field', 'prior.standardDeviation'])
    expect(refusal(await ask('compare', { arms: [good] }))).toEqual([400, 'invalid_field', 'arms'])
  })
})

describe('sample-ratio', () => {
  it('tells a broken split, and whom it comes from', async () => {
    const dimensions = {
      browser: { chrome: [5000, 5010], safari: [4000, 3200] },
      country: { DE: [4500, 4110], FR: [4500, 4100] },
    }
    const { status, body } = await ask('sample-ratio', { counts: [9000, 8210], dimensions })
    expect(status).toBe(200)
    expect(SampleRatioAnswer.parse(body)).toEqual(body)
    const { mismatch, causes, expected } = body.sampleRatio
    expect([mismatch, expected]).toEqual([true, [8605, 8605]])
    expect(causes[0]).toMatchObject({ dimension: 'browser', value: 'safari', people: 7200, pValueWithout: close(0.92, 1) })
    expect(causes.every(({ pValueWithout }: { pValueWithout: number }, at: number) => at === 0 || pValueWithout < 0.001)).toBe(true)
  })

  it('has the published figures, and nobody to blame where the split is right', async () => {
    const of = async (counts: number[], weights: number[]) => (await ask('sample-ratio', { counts, weights })).body.sampleRatio
    expect(await of([1000, 1200], [0.5, 0.5])).toMatchObject({ pValue: close(2.0079e-5, 9), mismatch: true })
    expect(await of([310, 98], [0.75, 0.25])).toMatchObject({ pValue: close(0.647434186, 9), mismatch: false, causes: [] })
    expect(await of([460, 540], [0.5, 0.5])).toMatchObject({ pValue: close(0.0114, 4), mismatch: false })
    expect(await of([0, 0], [0.5, 0.5])).toMatchObject({ pValue: 1, expected: [0, 0] })
    expect((await of([4072, 2035], [0.8, 0.2])).pValue / 2.4e-149).toBeCloseTo(1, 2)
  })

  it('refuses counts without weights', async () => {
    expect(refusal(await ask('sample-ratio', { counts: [1, 2, 3], weights: [1, 1] }))).toEqual([400, 'invalid_field', 'weights'])
    expect(refusal(await ask('sample-ratio', { counts: [1, 2], dimensions: { a: { b: [1] } } }))).toEqual([
      400,
      'invalid_field',
      'dimensions.a.b',
    ])
    expect(refusal(await ask('sample-ratio', { counts: [-1, 2] }))).toEqual([400, 'invalid_field', 'counts.0'])
  })
})

describe('sample-size', () => {
  const plan = async (body: object) => {
    const answer = await ask('sample-size', body)
    expect(answer.status).toBe(200)
    expect(SampleSizeAnswer.parse(answer.body)).toEqual(answer.body)
    return answer.body.sampleSize
  }

  it('has the sizes of R and of Evan Miller, and says whose', async () => {
    expect(await plan({ baseline: 0.2, mde: 0.05, peoplePerDay: 300 })).toMatchObject({
      perArm: [1094, 1094],
      exactPerArm: close(1093.739, 3),
      total: 2188,
      days: 8,
      formula: 'unpooled',
    })
    expect(await plan({ baseline: 0.2, mde: 0.05, formula: 'pooled_null' })).toMatchObject({ exactPerArm: close(1030.2192831104599, 6) })
    expect(await plan({ metric: 'mean', baseline: 0, standardDeviation: 1, mde: 1, power: 0.9, formula: 't' })).toMatchObject({
      exactPerArm: close(22.0211, 4),
    })
  })

  it('goes back from people to the effect, and to the power', async () => {
    const terms = { metric: 'mean', baseline: 0.1, standardDeviation: Math.SQRT1_2, relative: true, arms: 3, total: 13_500 }
    expect((await plan(terms)).mde).toBeCloseTo(0.54299, 3)
    expect((await plan({ ...terms, mde: 0.3 })).power).toBeCloseTo(0.41122, 5)
    expect(await plan({ metric: 'mean', baseline: 1, standardDeviation: 1000, relative: true, total: 100 })).toMatchObject({
      mde: null,
      reason: expect.stringContaining('too few people'),
    })
    expect((await plan({ baseline: 0.1, total: 10_000, decrease: true })).mde).toBeLessThan(0)
  })

  it('plans with the interval that will be used', async () => {
    const terms = { metric: 'mean', baseline: 10, standardDeviation: Math.sqrt(3909.9997749994377), relative: true, arms: 3 }
    const { power } = await plan({ ...terms, method: 'sequential', total: 400_000, mde: 0.05 })
    expect(power).toBeCloseTo(0.07206494784267459, 9)
    expect((await plan({ ...terms, total: 400_000, mde: 0.05 })).power).toBeCloseTo(0.52144, 5)
    const planned = await plan({ baseline: 0.2, mde: 0.05, method: 'group_sequential', looks: [0.2, 0.4, 0.6, 0.8, 1] })
    expect(planned.looks).toMatchObject([4.8769, 3.357, 2.6803, 2.2898, 2.031].map((z) => ({ z: close(z, 2) })))
    expect(planned.looks.at(-1).people).toBe(planned.total)
    expect(planned.total).toBeGreaterThan(2188)
    expect(planned.total).toBeLessThan(2188 * 1.04)
  })

  it('refuses what cannot be planned', async () => {
    const of = async (body: object) => refusal(await ask('sample-size', body))
    expect(await of({ baseline: 0.2 })).toEqual([400, 'missing_field', 'mde'])
    expect(await of({ baseline: 0.2, mde: 0 })).toEqual([400, 'invalid_field', 'mde'])
    expect(await of({ baseline: 0.2, mde: 0.9 })).toEqual([400, 'invalid_field', 'mde'])
    expect(await of({ baseline: 1.2, mde: 0.1 })).toEqual([400, 'invalid_field', 'baseline'])
    expect(await of({ metric: 'mean', baseline: 1, mde: 0.1 })).toEqual([400, 'missing_field', 'standardDeviation'])
    expect(await of({ baseline: 0.2, mde: 0.1, total: 3 })).toEqual([400, 'invalid_field', 'total'])
    expect(await of({ baseline: 0.2, mde: 0.1, method: 'group_sequential', looks: [0.5, 0.5] })).toEqual([
      400,
      'invalid_field',
      'fractions.1',
    ])
  })
})

describe('sequential', () => {
  const read = async (body: object) => {
    const answer = await ask('sequential', body)
    expect(answer.status).toBe(200)
    expect(SequentialAnswer.parse(answer.body)).toEqual(answer.body)
    return answer.body.sequential
  }

  it('has the price of looking at any time', async () => {
    const { look, ...rest } = await read({ look: { effect: 0.5, standardError: 0.1, n: 5000 } })
    expect(look).toMatchObject({ multiplier: close(3.035, 3), overFixed: close(1.549, 3), low: close(0.5 - 0.3035, 3) })
    expect(Object.values(rest)).toEqual([null, null, null, null, null])
    expect((await read({ look: { effect: 0.5, standardError: 0.1, n: 5000, alternative: 'less' } })).look).toMatchObject({
      low: null,
      pValue: 1,
    })
  })

  it('has the interval of a share, the always valid p value and the planned boundaries that were published', async () => {
    const steps = [
      [0.02, 500],
      [0.025, 2000],
      [0.021, 8000],
      [0.018, 20_000],
    ]
    const { share, path, looks } = await read({
      share: { successes: 700, trials: 1000, tunedFor: 100 },
      path: steps.map(([difference, nPerArm]) => ({ difference, nPerArm, varianceSum: 0.5 })),
      mixingVariance: 0.0001,
      looks: 5,
    })
    expect(share).toEqual({ value: 0.7, low: close(0.651629), high: close(0.745949) })
    expect(path.map(({ pValue }: { pValue: number }) => pValue)).toEqual(
      [1, 0.8278637106310038, 0.1839077141799034, 0.012534367043468405].map((p) => close(p, 9)),
    )
    expect(looks.map(({ z }: { z: number }) => z)).toEqual([4.8769, 3.357, 2.6803, 2.2898, 2.031].map((z) => close(z, 2)))
  })

  it('has the constants, the bounds and what a test still needs, as published', async () => {
    expect((await read({ looks: 5, classic: true })).looks.at(-1)).toMatchObject({ z: close(2.04, 2), alphaSpent: close(0.05, 6) })
    expect((await read({ looks: 5, classic: true, spending: 'pocock' })).looks[0]).toMatchObject({ z: close(2.413, 2) })
    const bound = async (mixture: string, rest: object) => (await read({ bound: { mixture, variance: 100, ...rest } })).bound
    expect(await bound('normal', { tunedFor: 100 })).toBeCloseTo(30.35209, 4)
    expect(await bound('gamma_exponential', { tunedFor: 100, scale: 2 })).toBeCloseTo(33.02017, 4)
    expect(await bound('stitched', { tunedFor: 10, scale: 3 })).toBeCloseTo(64.48755, 4)
    const running = { standardError: Math.sqrt(0.008426853707414856), n: 1000, mde: 0.05, peoplePerDay: 100 }
    expect((await read({ running })).running).toEqual({ share: close(25.457, 2), people: 25_457, days: 255 })
  })

  it('refuses a question that asks nothing', async () => {
    expect(refusal(await ask('sequential', {}))).toEqual([400, 'missing_field', 'look'])
    expect(refusal(await ask('sequential', { path: [{ difference: 0, varianceSum: 1, nPerArm: 1 }] }))).toEqual([
      400,
      'missing_field',
      'mixingVariance',
    ])
    expect(refusal(await ask('sequential', { looks: [0.5, 1], classic: true }))).toEqual([400, 'invalid_field', 'classic'])
    expect(refusal(await ask('sequential', { running: { standardError: 1, n: 10, mde: 0 } }))).toEqual([
      400,
      'invalid_field',
      'running.mde',
    ])
    expect(refusal(await ask('sequential', { share: { successes: 2, trials: 1 } }))).toEqual([400, 'invalid_field', 'share.successes'])
  })
})

describe('uplift', () => {
  /** Those of odd scores respond to the treatment, those of even ones do not. */
  const rows = Array.from({ length: 400 }, (_, at) => ({ score: at % 2, treated: at % 4 < 2, outcome: at % 4 === 1 ? 1 : 0 }))

  it('finds that a score finds them, the same way each time, from objects and from tuples', async () => {
    const { status, body } = await ask('uplift', { rows, top: 0.5 })
    expect(status).toBe(200)
    expect(UpliftAnswer.parse(body)).toEqual(body)
    expect(body.uplift).toMatchObject({ people: 400, treated: 200, effect: 0.5, qiniEnd: 100, top: { people: 200, effect: 1, gain: 100 } })
    expect(body.uplift.curve).toHaveLength(100)
    expect(body.uplift.areaLow).toBeGreaterThan(0)
    const tuples = rows.map(({ score, treated, outcome }) => [score, treated ? 1 : 0, outcome])
    expect((await ask('uplift', { rows: tuples, top: 0.5 })).body).toEqual(body)
    const other = await ask('uplift', { rows: tuples, top: 0.5, seed: 2 })
    expect(other.body.uplift.qiniArea).toBe(body.uplift.qiniArea)
    expect(other.body.uplift.areaLow).not.toBe(body.uplift.areaLow)
  })

  it('gives a reason where nobody was treated, and refuses rows that are none', async () => {
    const { body } = await ask('uplift', { rows: rows.map((row) => ({ ...row, treated: false })) })
    expect(body).toEqual({ success: true, uplift: null, reason: expect.stringContaining('treated') })
    expect(refusal(await ask('uplift', { rows: [...rows.slice(0, 5), [1, 2, 3]] }))).toEqual([400, 'invalid_field', 'rows.5.treated'])
  })
})
