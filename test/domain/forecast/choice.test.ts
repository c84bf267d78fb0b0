import { describe, expect, it } from 'vitest'
import { backtest, candidatesFor, scaleOf, symmetricError } from '../../../worker/domain/forecast/backtest.ts'
import { forecast, MODELS } from '../../../worker/domain/forecast/index.ts'
import { type ForecastModel, intervals } from '../../../worker/domain/forecast/model.ts'
import { naive } from '../../../worker/domain/forecast/naive.ts'
import { seasonalNaive } from '../../../worker/domain/forecast/seasonal-naive.ts'

const months = (count: number, amount: (at: number) => number) => Array.from({ length: count }, (_, at) => Math.round(amount(at)))
/** Noise that is the same in every run. */
const shake = (at: number) => Math.sin(at * 12.9898) * 43758.5453 - Math.floor(Math.sin(at * 12.9898) * 43758.5453) - 0.5
const growing = (count: number) => months(count, (at) => 100_000 * 1.06 ** at * (1 + 0.03 * shake(at)))
const seasonal = (count: number) =>
  months(count, (at) => 500_000 * 1.01 ** at * (1 + 0.4 * Math.sin((at * Math.PI) / 6)) * (1 + 0.02 * shake(at)))

describe('the choice of a model', () => {
  it('repeats the last month, with a warning, below a year of history', () => {
    for (const count of [1, 2, 3, 11]) {
      const { model, warning, intervals: ahead, backtest: tried } = forecast(growing(count), 6)
      expect([model?.id, warning, tried, ahead.length]).toEqual(['naive', 'short_history', null, 6])
      expect(ahead.map(({ point }) => point)).toEqual(new Array(6).fill(growing(count).at(-1)))
      expect(ahead[0]?.bands.every(({ low, high }) => low < high)).toBe(true)
    }
  })

  it('says so where a year is there but no month to try models on', () => {
    expect(forecast(growing(12), 3)).toMatchObject({ model: { id: 'naive' }, warning: 'not_compared', backtest: null })
    expect(forecast(growing(13), 3)).toMatchObject({ warning: null, backtest: { origins: 1, comparisons: 1 } })
  })

  it('has nothing to say of nothing', () => {
    expect(forecast([], 12)).toEqual({ model: null, intervals: [], backtest: null, warning: 'no_history' })
  })

  it('sees that a shop grows, where last year would not', () => {
    const history = growing(20)
    const { model, intervals: ahead, backtest: tried } = forecast(history, 6)
    expect(model?.id).toBe('damped_trend')
    expect(ahead[0]?.point).toBeGreaterThan(history.at(-1) as number)
    const benchmark = tried?.trials.find(({ id }) => id === 'seasonal_naive')
    const chosen = tried?.trials.find(({ id }) => id === model?.id)
    expect(chosen?.mase).toBeLessThan((benchmark?.mase ?? 0) / 3)
  })

  it('finds the season of three years, and misses by little what comes', () => {
    const all = seasonal(54)
    const { model, intervals: ahead } = forecast(all.slice(0, 42), 12)
    expect(model?.id).toMatch(/season|winters/)
    for (const [at, { point, bands }] of ahead.entries()) {
      const outcome = all[42 + at] as number
      expect(Math.abs(point / outcome - 1)).toBeLessThan(0.06)
      expect(bands[2]?.low).toBeLessThan(outcome)
      expect(bands[2]?.high).toBeGreaterThan(outcome)
    }
  })

  it('never takes a model that loses to the year before, whatever it promises', () => {
    const boaster: ForecastModel = {
      id: 'boaster',
      name: 'Ten times as much',
      minPoints: 1,
      positiveOnly: false,
      fit: (history, horizon) => Array.from({ length: horizon }, () => intervals(null)(10 * (history.at(-1) as number), 1)),
    }
    const repeating = months(40, (at) => 1000 + 500 * (at % 12) + at)
    const { model, backtest: tried } = forecast(repeating, 12, { models: [seasonalNaive, boaster] })
    expect(model?.id).toBe('seasonal_naive')
    expect(tried?.trials.map(({ id, mase }) => [id, (mase ?? Number.NaN) > 1])).toEqual([
      ['seasonal_naive', false],
      ['boaster', true],
    ])
  })

  it('takes the simplest of those that err alike', () => {
    expect(forecast(new Array(40).fill(5_000), 12)).toMatchObject({ model: { id: 'seasonal_naive' }, warning: null })
  })

  it('leaves out what needs more history, and what cannot take months of nothing', () => {
    const ids = (history: readonly number[]) => candidatesFor(history, MODELS).map(({ id }) => id)
    expect(ids(growing(20))).toEqual(['seasonal_naive', 'naive', 'simple_smoothing', 'damped_trend'])
    expect(ids(seasonal(60))).toEqual(MODELS.map(({ id }) => id))
    expect(ids([0, ...seasonal(60)])).not.toContain('multiplicative_season')
  })

  it('gives whole amounts, and none below zero where there can be none', () => {
    const falling = months(30, (at) => Math.max(0, 90_000 - 4_000 * at))
    for (const notBelowZero of [true, false]) {
      const { intervals: ahead } = forecast(falling, 24, { notBelowZero })
      const amounts = ahead.flatMap(({ point, bands }) => [point, ...bands.flatMap(({ low, high }) => [low, high])])
      expect(amounts.every(Number.isSafeInteger)).toBe(true)
      expect(amounts.some((amount) => amount < 0)).toBe(!notBelowZero)
    }
  })

  it('is the same for the same history, every time', () => {
    expect(forecast(seasonal(48), 24)).toEqual(forecast(seasonal(48), 24))
  })
})

describe('the backtest', () => {
  it('is a mean of errors that can be worked out by hand', () => {
    // Naive, from month 12 on: 12 looks at 13 … 14, and so on; each month ahead is one more away.
    const history = months(15, (at) => 100 + 10 * at)
    const { origins, comparisons, trials } = backtest(history, [seasonalNaive, naive])
    expect([origins, comparisons]).toEqual([3, 6])
    // Steps 1, 2, 3; 1, 2; 1: errors of 10, 20, 30, 10, 20, 10 in units of 120 a year.
    expect(trials[1]?.mase).toBeCloseTo(100 / 6 / 120, 12)
    expect(trials[0]?.mase).toBeCloseTo(1, 12)
    expect(trials[1]?.coverage.map(({ level }) => level)).toEqual([50, 80, 95])
  })

  it('measures how often the ranges held', () => {
    const wide: ForecastModel = {
      ...naive,
      id: 'wide',
      fit: (history, horizon) => naive.fit(history, horizon).map(({ point }) => intervals(null)(point, 1e9)),
    }
    const narrow: ForecastModel = {
      ...wide,
      id: 'narrow',
      fit: (history, horizon) => naive.fit(history, horizon).map(({ point }) => intervals(null)(point, 1e-9)),
    }
    const { trials } = backtest(growing(30), [wide, narrow])
    expect(trials.map(({ coverage }) => coverage.map(({ share }) => share))).toEqual([
      [1, 1, 1],
      [0, 0, 0],
    ])
  })

  it('shows a model nothing of what it is tried on', () => {
    const history = seasonal(40)
    const seen: number[] = []
    const spy: ForecastModel = {
      ...naive,
      fit: (past, horizon) => {
        seen.push(past.length + horizon)
        return naive.fit(past, horizon)
      },
    }
    backtest(history, [spy])
    expect(Math.max(...seen)).toBe(40)
    expect(seen).toHaveLength(8)
  })

  it('knows no scale of what never changed, and no distance between nothing and nothing', () => {
    expect(scaleOf(new Array(20).fill(7))).toBeNull()
    expect(scaleOf([5])).toBeNull()
    expect(symmetricError(0, 0)).toBe(0)
    expect(symmetricError(0, 5)).toBe(2)
  })
})
