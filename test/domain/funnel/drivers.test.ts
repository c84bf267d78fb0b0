import { describe, expect, it } from 'vitest'
import { type Feature, findDrivers } from '../../../worker/domain/funnel/drivers.ts'
import { featuresOf } from '../../../worker/domain/funnel/features.ts'
import { seededRandom } from '../../../worker/domain/statistics/seeded-random.ts'
import { funnel, step } from './walk.ts'

const ab = funnel([step('a', { name: 'Cart' }), step('b', { name: 'Checkout' })])
const reached = (a: number, b: number) =>
  new Map([
    ['a', a],
    ['b', b],
  ])
const country = (value: string, a: number, b: number): Feature => ({ feature: 'country', value, reached: reached(a, b), isOneOfTwo: false })

describe('a driver', () => {
  it('has its rate beside that of the others, an interval, and the people at stake', () => {
    const [driver, ...others] = findDrivers(ab, reached(1_000, 500), [country('DE', 200, 40)])
    expect(others).toEqual([])
    expect(driver).toMatchObject({ step: 'a', feature: 'country', value: 'DE', people: 200, rate: 0.2, otherRate: 0.575, atStake: 75 })
    expect(driver?.difference.value).toBeCloseTo(-0.375, 12)
    expect(driver?.difference.high).toBeLessThan(-0.3)
    expect(driver?.recommendation).toBe(
      'Of those with country DE, 20.0 % go on from Cart to Checkout, against 57.5 % of the others. Look at Cart as they see it, and test a change: 75 people are at stake. What else they have in common may be the reason.',
    )
  })

  it('needs thirty people with it and thirty without', () => {
    expect(findDrivers(ab, reached(1_000, 500), [country('DE', 29, 0), country('US', 971, 500)])).toEqual([])
    expect(findDrivers(ab, reached(1_000, 500), [country('DE', 30, 0)])).toHaveLength(1)
  })

  it('is none where a rate is the others’ but for chance, nor where nobody is left to compare', () => {
    expect(findDrivers(ab, reached(1_000, 500), [country('DE', 200, 99)])).toEqual([])
    expect(findDrivers(ab, reached(1_000, 500), [country('DE', 1_000, 500)])).toEqual([])
    expect(findDrivers(ab, new Map(), [country('DE', 0, 0)])).toEqual([])
  })

  it('is looked at once where there are two values, and it is the one that loses more', () => {
    const sums = [
      { dimension: 'visitor', value: 'new', step: 'a', sum: 600 },
      { dimension: 'visitor', value: 'new', step: 'b', sum: 200 },
      { dimension: 'visitor', value: 'returning', step: 'a', sum: 400 },
      { dimension: 'visitor', value: 'returning', step: 'b', sum: 300 },
    ]
    const features = featuresOf({ groups: sums, names: [] }, 'a', reached(1_000, 500))
    expect(findDrivers(ab, reached(1_000, 500), features).map(({ value }) => value)).toEqual(['new'])
  })

  it('of a variant is measured against the other variants, and points to the experiment', () => {
    const names = Object.entries({ 'x@1|plain|a': 100, 'x@1|plain|b': 70, 'x@1|bold|a': 100, 'x@1|bold|b': 30 }).map(([value, sum]) => ({
      dimension: 'variant',
      value,
      sum,
    }))
    const features = featuresOf({ groups: [], names }, 'a', reached(5_000, 100))
    const drivers = findDrivers(ab, reached(5_000, 100), features)
    expect(drivers).toMatchObject([{ value: 'x@1|bold', people: 100, rate: 0.3, otherRate: 0.7 }])
    expect(drivers[0]?.recommendation).toContain('The experiment tells')
  })

  it('of an event counts who went on with it, and not who saw it later', () => {
    const names = [
      { dimension: 'event', value: 'search|a', sum: 200 },
      { dimension: 'event_on', value: 'search|a', sum: 180 },
      { dimension: 'event', value: 'search|b', sum: 400 },
    ]
    const [driver] = findDrivers(ab, reached(1_000, 500), featuresOf({ groups: [], names }, 'a', reached(1_000, 500)))
    expect(driver).toMatchObject({ feature: 'event', people: 200, rate: 0.9, otherRate: 0.4, atStake: 400 })
  })

  it('is rarely found where there is none: in one crowd in twenty at most, however much is looked at', () => {
    const random = seededRandom(20_261_127)
    let found = 0
    for (let crowd = 0; crowd < 400; crowd++) {
      const features: Feature[] = []
      const people = Array.from({ length: 600 }, () => ({ goesOn: random() < 0.4, place: Math.floor(random() * 12) }))
      for (let place = 0; place < 12; place++) {
        const own = people.filter((person) => person.place === place)
        features.push(country(`C${place}`, own.length, own.filter(({ goesOn }) => goesOn).length))
      }
      if (findDrivers(ab, reached(600, people.filter(({ goesOn }) => goesOn).length), features).length > 0) found++
    }
    expect(found / 400).toBeLessThanOrEqual(0.065)
  })
})
