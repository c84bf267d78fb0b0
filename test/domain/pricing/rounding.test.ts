import { describe, expect, it } from 'vitest'
import { endingsOf, roundPrice } from '../../../worker/domain/pricing/rounding.ts'

const anywhere = { lowMinor: 0, highMinor: 10_000_000 }
const whole = { unitMinor: 100, endingMinor: 0 }
const charm = { unitMinor: 100, endingMinor: 99 }

describe('endingsOf', () => {
  it.each([
    ['USD', 49_900, { unitMinor: 100, endingMinor: 0 }],
    ['USD', 1_999, { unitMinor: 100, endingMinor: 99 }],
    ['JPY', 49_801, { unitMinor: 1, endingMinor: 0 }],
    ['KWD', 12_000, { unitMinor: 1_000, endingMinor: 0 }],
    ['KWD', 12_500, { unitMinor: 1_000, endingMinor: 990 }],
  ])('gives %s with a list price of %i its ending', (currency, listMinor, endings) => {
    expect(endingsOf(currency, listMinor)).toEqual(endings)
  })
})

describe('roundPrice', () => {
  it.each([
    [54_890, whole, anywhere, 54_900],
    [54_849, whole, anywhere, 54_800],
    [54_850, whole, anywhere, 54_800],
    [54_900, whole, anywhere, 54_900],
    [1_930, charm, anywhere, 1_899],
    [1_950, charm, anywhere, 1_999],
    [1_999, charm, anywhere, 1_999],
    [140, charm, anywhere, 99],
    [498, { unitMinor: 1, endingMinor: 0 }, anywhere, 498],
    [12_345, { unitMinor: 1_000, endingMinor: 990 }, anywhere, 11_990],
  ])('rounds %i with %j to the nearest ending', (price, endings, range, expected) => {
    expect(roundPrice(price, endings, range)).toBe(expected)
  })

  it('takes the other neighbour where a guardrail bars the nearest, and none where both are barred', () => {
    expect(roundPrice(54_890, whole, { lowMinor: 0, highMinor: 54_890 })).toBe(54_800)
    expect(roundPrice(54_890, whole, { lowMinor: 54_900, highMinor: 54_900 })).toBe(54_900)
    expect(roundPrice(54_810, whole, { lowMinor: 54_805, highMinor: 60_000 })).toBe(54_900)
    expect(roundPrice(54_850, whole, { lowMinor: 54_820, highMinor: 54_880 })).toBe(54_850)
  })

  it('leaves a price of less than a unit alone, so that nothing becomes free', () => {
    expect(roundPrice(10, whole, anywhere)).toBe(10)
    expect(roundPrice(45, charm, anywhere)).toBe(45)
  })
})
