import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  add,
  type Contributions,
  difference,
  digestOf,
  formatDigest,
  parseDigest,
  parseRollupKey,
  rollupKey,
  sumDigests,
} from '../../../worker/domain/customer/rollup.ts'

const word = fc.stringMatching(/^[a-z_@:.0-9-]{0,12}$/)
const amount = fc.integer({ min: -(2 ** 50), max: 2 ** 50 })
const contributions = fc
  .array(fc.tuple(fc.constantFrom('a|b|c|d|e', 'f||2027-01-01||', '__proto__||||', 'g|h|||i|j'), amount), { maxLength: 20 })
  .map((entries): Contributions => {
    const result: Contributions = new Map()
    for (const [key, value] of entries) add(result, key, value)
    return result
  })

const sumOf = (...all: Contributions[]): Contributions => {
  const total: Contributions = new Map()
  for (const each of all) for (const [key, value] of each) add(total, key, value)
  return total
}

describe('a rollup key', () => {
  it('gives back its parts, whatever stands in the value', () => {
    fc.assert(
      fc.property(word, word, word, word, fc.string(), (metric, scope, day, dimension, value) => {
        expect(parseRollupKey(rollupKey(metric, scope, day, dimension, value))).toEqual({ metric, scope, day, dimension, value })
      }),
    )
  })
})

describe('contributions', () => {
  it('hold no zero', () => {
    const map: Contributions = new Map()
    add(map, 'a', 5)
    add(map, 'a', -5)
    add(map, 'b', 0)
    expect(map.size).toBe(0)
  })

  it('plus their difference to others are the others', () => {
    fc.assert(
      fc.property(contributions, contributions, (before, after) => {
        expect(sumOf(before, difference(before, after))).toEqual(after)
      }),
    )
  })
})

describe('a digest', () => {
  it('of a sum is the sum of the digests', () => {
    fc.assert(
      fc.property(fc.array(contributions, { maxLength: 6 }), (all) => {
        expect(all.map(digestOf).reduce(sumDigests, [0, 0])).toEqual(digestOf(sumOf(...all)))
      }),
    )
  })

  it('tells a doubled, a lost and a moved amount', () => {
    const one: Contributions = new Map([['a|||b|', 3]])
    const digest = formatDigest(digestOf(one))
    for (const other of [new Map([['a|||b|', 6]]), new Map(), new Map([['a|||c|', 3]])]) {
      expect(formatDigest(digestOf(other))).not.toBe(digest)
    }
  })

  it('comes back from its text', () => {
    fc.assert(
      fc.property(contributions, (map) => {
        const digest = digestOf(map)
        expect(parseDigest(formatDigest(digest))).toEqual(digest)
        expect(formatDigest(digest)).toMatch(/^[0-9a-f]{16}$/)
      }),
    )
  })
})
