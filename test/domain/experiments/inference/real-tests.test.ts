import { describe, expect, it } from 'vitest'
import { compareJoints, type VariantComparison } from '../../../../worker/domain/experiments/inference/compare-variants.ts'
import { jointOfRows } from '../../../../worker/domain/experiments/inference/joint.ts'
import { type ScoredCustomer, type UpliftCurve, upliftCurve } from '../../../../worker/domain/experiments/inference/uplift.ts'
import { sampleRatio } from '../../../../worker/domain/statistics/sample-ratio.ts'
import { seededRandom } from '../../../../worker/domain/statistics/seeded-random.ts'
import { compareShares, type PooledComparison, signTest } from '../../../../worker/domain/statistics/shares.ts'
import { readReference } from '../../../support/reference.ts'

const linesOf = (text: string): string[] => text.trim().split('\n').slice(1)

interface Screener {
  totals: Record<'pageviews' | 'clicks23' | 'enrollments' | 'payments', [number, number]>
  grossConversion: { diff: number; pooledSe: number; ci: [number, number]; z: number; p: number }
  netConversion: Screener['grossConversion']
  published: Record<'gross' | 'net', { diff: number; ci: [number, number] }>
  signTest: Record<'gross' | 'net', { days: number; experimentHigher: number; p: number }>
}
const udacity = readReference('udacity-reference.json', 'a real test of 37 days')
const days = readReference('udacity-ab-daily.csv', 'a real test of 37 days')

describe.skipIf(udacity === null || days === null)('a real test of 37 days', () => {
  const { totals, grossConversion, netConversion, published, signTest: signs } = JSON.parse(udacity ?? '{}') as Screener
  const { clicks23, enrollments, payments } = totals ?? {}
  const compare = (of: [number, number]) =>
    compareShares({ n: clicks23[0], successes: of[0] }, { n: clicks23[1], successes: of[1] }) as PooledComparison

  it.each([
    ['gross conversion', () => compare(enrollments), () => ({ ...grossConversion, published: published.gross })],
    ['net conversion', () => compare(payments), () => ({ ...netConversion, published: published.net })],
  ])('has the %s that was published', (_, found, wanted) => {
    const { effect, standardError, low, high, z, pValue } = found()
    const reference = wanted()
    expect(effect).toBeCloseTo(reference.diff, 12)
    expect(standardError).toBeCloseTo(reference.pooledSe, 12)
    expect([low, high]).toEqual(reference.ci.map((bound) => expect.closeTo(bound, 9)))
    expect(z).toBeCloseTo(reference.z, 9)
    expect(pValue).toBeCloseTo(reference.p, 9)
    expect([effect, low, high]).toEqual([reference.published.diff, ...reference.published.ci].map((figure) => expect.closeTo(figure, 4)))
  })

  it('has days that point the way they were said to, in which payments of the last fortnight are not counted yet', () => {
    const arms = { control: new Map<string, number[]>(), experiment: new Map<string, number[]>() }
    for (const line of linesOf(days as string)) {
      const [arm, day, ...rest] = line.replace(/"[^"]*"/, 'date').split(',')
      if (rest.at(-1) === '') continue
      const [clicks, enrolled, paid] = rest.slice(2).map(Number) as [number, number, number]
      arms[arm as 'control' | 'experiment'].set(day as string, [enrolled / clicks, paid / clicks])
    }
    for (const [at, wanted] of [signs.gross, signs.net].entries()) {
      const pairs = [...arms.control].map(([day, control]) => [control[at] as number, arms.experiment.get(day)?.[at] as number] as const)
      const higher = pairs.filter(([control, experiment]) => experiment > control).length
      expect([pairs.length, higher]).toEqual([wanted.days, wanted.experimentHigher])
      expect(signTest(higher, pairs.length)).toBeCloseTo(wanted.p, 12)
    }
  })

  it('was split as it should be', () => {
    expect(sampleRatio(totals.pageviews, [1, 1]).pValue).toBeGreaterThan(0.2)
  })
})

interface Effect {
  treated: number
  control: number
  effect: number
  se: number
  z: number
}
interface Mail {
  reference: {
    visit: Record<Name, Effect>
    conversion: Record<Name, Effect>
    spend: Record<Name, Effect>
    cupedSpendOnHistory: Record<Name, { theta: number; effect: number; se: number }>
    womensEmailVisitUpliftByPriorCategory: Record<string, Effect>
    qiniWomensVisit: Qini
    qiniNegative: Qini
  }
  tolerance: number
}
interface Qini {
  qiniEnd: number
  qiniAreaOverRandomPerRow: number
  qiniAt30pct: number
  upliftInTop30pct: number
  rows: number
  topRows: number
}
const NAMES = ['none', 'mens', 'womens'] as const
type Name = 'mens' | 'womens'
const mail = readReference('uplift-reference.json', 'a real e-mail test')
const sent = readReference('hillstrom-a.csv', 'a real e-mail test')

describe.skipIf(mail === null || sent === null)('a real e-mail test', () => {
  const { reference, tolerance } = JSON.parse(mail ?? '{}') as Mail
  const customers = linesOf(sent ?? '').map((line) => {
    const [recency, history, , womens, , , , arm, visit, conversion, spend] = line.split(',').map(Number) as number[]
    return { recency, history, womens, arm: NAMES[arm as number], visit, conversion, spend } as {
      recency: number
      history: number
      womens: number
      arm: (typeof NAMES)[number]
      visit: number
      conversion: number
      spend: number
    }
  })
  type Customer = (typeof customers)[number]
  const close = (actual: number, wanted: number) => expect(Math.abs(actual - wanted)).toBeLessThan(tolerance)
  const compare = (arm: Name, rowOf: (one: Customer) => number[], among = customers, cuped = false) => {
    const side = (of: Customer['arm']) => jointOfRows(among.filter((one) => one.arm === of).map(rowOf), cuped)
    return compareJoints('mean', side('none'), side(arm)) as VariantComparison
  }
  const agree = (found: VariantComparison, wanted: Effect) => {
    close(found.control.value, wanted.control)
    close(found.treatment.value, wanted.treated)
    close(found.effect, wanted.effect)
    close(found.standardError, wanted.se)
    expect(found.effect / found.standardError / wanted.z).toBeCloseTo(1, 6)
  }

  it.each(['mens', 'womens'] as const)('has the effects of the %s mail on visits, conversions and money', (arm) => {
    agree(
      compare(arm, ({ visit }) => [visit]),
      reference.visit[arm],
    )
    agree(
      compare(arm, ({ conversion }) => [conversion]),
      reference.conversion[arm],
    )
    agree(
      compare(arm, ({ spend }) => [spend]),
      reference.spend[arm],
    )
  })

  it.each(['mens', 'womens'] as const)('gains nothing for the %s mail by past spending, and says so', (arm) => {
    const { theta, effect, standardError, varianceReduction } = compare(arm, ({ spend, history }) => [spend, 1, history], customers, true)
    const wanted = reference.cupedSpendOnHistory[arm]
    close(theta as number, wanted.theta)
    close(effect, wanted.effect)
    close(standardError, wanted.se)
    expect(varianceReduction).toBeLessThan(0.001)
  })

  it('works on those who bought women’s goods before', () => {
    for (const womens of [0, 1]) {
      const among = customers.filter((one) => one.womens === womens)
      agree(
        compare('womens', ({ visit }) => [visit], among),
        reference.womensEmailVisitUpliftByPriorCategory[`womens=${womens}`] as Effect,
      )
    }
  })

  const rows = (sign: number): ScoredCustomer[] =>
    customers
      .filter(({ arm }) => arm !== 'mens')
      .map(({ womens, recency, arm, visit }) => ({ score: sign * (1000 * womens - recency), treated: arm === 'womens', outcome: visit }))

  it('has the Qini curves of a score that finds them, and of its opposite', () => {
    for (const [sign, wanted] of [[1, reference.qiniWomensVisit] as const, [-1, reference.qiniNegative] as const]) {
      const found = upliftCurve(rows(sign), { random: seededRandom(6) }) as UpliftCurve
      close(found.qiniEnd, wanted.qiniEnd)
      close(found.qiniArea, wanted.qiniAreaOverRandomPerRow)
      close(found.top.gain, wanted.qiniAt30pct)
      close(found.top.effect as number, wanted.upliftInTop30pct)
      expect([found.people, found.top.people, found.curve.length]).toEqual([wanted.rows, wanted.topRows, 100])
      expect(found.curve.at(-1)).toEqual({ share: 1, gain: found.qiniEnd, random: found.qiniEnd })
      expect(found.areaLow).toBeLessThan(found.qiniArea)
      expect(found.areaHigh).toBeGreaterThan(found.qiniArea)
      expect(Math.sign(found.areaLow)).toBe(Math.sign(found.areaHigh))
      expect(Math.sign(found.areaLow)).toBe(sign)
    }
  })

  it('cannot tell a score of chance from none', () => {
    const random = seededRandom(7)
    const found = upliftCurve(
      rows(1).map((one) => ({ ...one, score: random() })),
      { random },
    ) as UpliftCurve
    expect(found.areaLow).toBeLessThan(0)
    expect(found.areaHigh).toBeGreaterThan(0)
  })
})

describe('upliftCurve', () => {
  it('has the same interval for the same seed, and a reason where one side is missing', () => {
    const rows = Array.from({ length: 50 }, (_, at) => ({ score: at, treated: at % 2 === 0, outcome: at % 7 === 0 ? 1 : 0 }))
    const draw = () => upliftCurve(rows, { random: seededRandom(1) })
    expect(draw()).toEqual(draw())
    expect(
      upliftCurve(
        rows.map((row) => ({ ...row, treated: true })),
        { random: seededRandom(1) },
      ),
    ).toHaveProperty('reason')
    expect(upliftCurve([], { random: seededRandom(1) })).toHaveProperty('reason')
  })
})

describe('compareShares and signTest', () => {
  it('give a reason, or no evidence, where there is nothing to compare', () => {
    expect(compareShares({ n: 0, successes: 0 }, { n: 1, successes: 1 })).toHaveProperty('reason')
    expect(compareShares({ n: 5, successes: 0 }, { n: 5, successes: 0 })).toHaveProperty('reason')
    expect([signTest(0, 0), signTest(5, 10), signTest(6, 11)]).toEqual([1, 1, 1])
    expect(signTest(10, 10)).toBeCloseTo(2 / 1024, 12)
  })
})
