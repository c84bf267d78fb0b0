import { describe, expect, it } from 'vitest'
import {
  warnOfImmatureCohorts,
  warnOfImplausibleLift,
  warnOfMultipleExposure,
  warnOfPreExposureBias,
  warnOfSimpsonsParadox,
  warnOfSmallSample,
} from '../../../../worker/domain/experiments/inference/warnings.ts'

describe('warnings', () => {
  it('come where more than one in a hundred saw several variants', () => {
    expect(warnOfMultipleExposure(1000, 10)).toBeNull()
    expect(warnOfMultipleExposure(0, 0)).toBeNull()
    expect(warnOfMultipleExposure(1000, 11)).toMatchObject({ code: 'multiple_exposure', evidence: { share: 0.011 } })
  })

  it('come where the variants differed before', () => {
    const of = (sum: number) => ({ n: 1000, sum, squares: BigInt(sum) })
    expect(warnOfPreExposureBias({ control: of(500), treatment: of(520) })).toBeNull()
    expect(warnOfPreExposureBias({ control: of(0), treatment: of(0) })).toBeNull()
    const warning = warnOfPreExposureBias({ control: of(500), treatment: of(600) })
    expect(warning).toMatchObject({ code: 'pre_exposure_bias', evidence: { control: 0.5, treatment: 0.6 } })
    expect(warning?.evidence.pValue).toBeLessThan(0.001)
  })

  it('come where the segments contradict their sum, as stones of two sizes do', () => {
    // Charig et al. (1986), British Medical Journal 292:879–882: open surgery (control) against the newer treatment.
    const small = { people: 87 + 270, effect: 234 / 270 - 81 / 87 }
    const large = { people: 263 + 80, effect: 55 / 80 - 192 / 263 }
    const whole = { effect: 289 / 350 - 273 / 350, standardError: 0.03 }
    expect(warnOfSimpsonsParadox(whole, [small, large])).toMatchObject({ code: 'simpsons_paradox', evidence: { against: 2, segments: 2 } })
    expect(warnOfSimpsonsParadox({ ...whole, effect: -0.04 }, [small, large])).toBeNull()
    expect(warnOfSimpsonsParadox(whole, [small])).toBeNull()
    expect(warnOfSimpsonsParadox({ ...whole, effect: 0 }, [small, large])).toBeNull()
  })

  it('do not come for one small segment that points elsewhere by chance, but for a majority that does', () => {
    const whole = { effect: 0.02, standardError: 0.01 }
    const for_ = { people: 900, effect: 0.023 }
    expect(warnOfSimpsonsParadox(whole, [for_, { people: 100, effect: -0.01 }])).toBeNull()
    expect(warnOfSimpsonsParadox(whole, [for_, { people: 2000, effect: -0.03 }])).toMatchObject({ evidence: { against: 1 } })
  })

  it('come where many have not had their time', () => {
    const days = Array.from({ length: 30 }, (_, ageDays) => ({ people: 100, ageDays }))
    expect(warnOfImmatureCohorts(days, 14)).toMatchObject({ code: 'immature_cohorts', evidence: { exposed: 3000, immature: 1400 } })
    expect(warnOfImmatureCohorts(days, 1)).toBeNull()
    expect(warnOfImmatureCohorts([], 14)).toBeNull()
  })

  it('come where a lift is too good, or too bad, to be true', () => {
    expect(warnOfImplausibleLift(0.3)).toBeNull()
    expect(warnOfImplausibleLift(0.31)).toMatchObject({ code: 'implausible_lift', message: expect.stringContaining('31.0 %') })
    expect(warnOfImplausibleLift(-0.5)).toMatchObject({ evidence: { lift: -0.5 } })
  })

  it('come where there are few customers, or few who did anything', () => {
    expect(warnOfSmallSample([{ people: 100, active: 10 }, { people: 5000 }])).toBeNull()
    expect(warnOfSmallSample([])).toBeNull()
    expect(warnOfSmallSample([{ people: 99 }, { people: 5000 }])).toMatchObject({ code: 'small_sample', evidence: { people: 99 } })
    expect(
      warnOfSmallSample([
        { people: 1000, active: 9 },
        { people: 1000, active: 90 },
      ]),
    ).toMatchObject({ evidence: { active: 9 } })
  })
})
