import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chooseVariation, hash, hashUnder, variationRanges } from '../../worker/domain/assignment.ts'

// The published cases of hashing and ranges are run in experiments/specification.test.ts.

/** FNV-1a by shifts: the prime is 2²⁴ + 2⁸ + 2⁷ + 2⁴ + 2 + 1. */
function fnv1a(text: string): number {
  let state = 0x811c9dc5
  for (let at = 0; at < text.length; at++) {
    state ^= text.charCodeAt(at)
    state = (state + (state << 1) + (state << 4) + (state << 7) + (state << 8) + (state << 24)) >>> 0
  }
  return state
}

describe('hash', () => {
  it('is FNV-1a of the digits of FNV-1a, for hashes of any length', () => {
    const lengths = new Set<number>()
    // One hash in 40,000 has five digits or fewer.
    for (let at = 0; at < 100_000; at++) {
      const digits = String(fnv1a(`seed${at}`))
      lengths.add(digits.length)
      if (hash('seed', String(at), 2) !== (fnv1a(digits) % 10_000) / 10_000) throw new Error(`differs for ${at}`)
    }
    for (const length of [5, 6, 7, 8, 9, 10]) expect(lengths).toContain(length)
  })

  it('answers the same under a seed kept ready, for any text', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, fc.constantFrom(1, 2), (seed, value, version) => {
        expect(hashUnder(seed, version)?.(value)).toBe(hash(seed, value, version))
      }),
    )
  })

  it('spreads values evenly over [0, 1)', () => {
    const places = Array.from({ length: 20_000 }, (_, at) => hash('spread', `visitor-${at}`, 2))
    const counts = Array.from({ length: 10 }, (_, tenth) => places.filter((place) => Math.floor(place * 10) === tenth).length)
    const chiSquare = counts.reduce((sum, count) => sum + (count - 2000) ** 2 / 2000, 0)
    // 99.9 % point of χ² with 9 degrees of freedom
    expect(chiSquare).toBeLessThan(27.88)
  })

  it('places one value independently under two seeds', () => {
    let both = 0
    for (let at = 0; at < 20_000; at++) if (hash('holdout', `v${at}`, 2) < 0.5 && hash('test', `v${at}`, 2) < 0.5) both++
    expect(Math.abs(both / 20_000 - 0.25)).toBeLessThan(0.015)
  })
})

describe('variationRanges', () => {
  it('moves people only from control into treatment when a split grows', () => {
    const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)
    fc.assert(
      fc.property(share, share, fc.string(), (a, b, subject) => {
        const [before, after] = [Math.min(a, b), Math.max(a, b)]
        const place = hash('growth', subject, 2)
        const then = chooseVariation(place, variationRanges([1 - before, before]))
        const now = chooseVariation(place, variationRanges([1 - after, after]))
        expect(now).toBeGreaterThanOrEqual(then)
      }),
      { numRuns: 2_000 },
    )
  })

  it('keeps everybody who has an arm when the coverage of any number of arms grows', () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true })
    const weights = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 6 }).map((parts) => {
      const total = parts.reduce((sum, part) => sum + part, 0)
      return parts.map((part) => part / total)
    })
    fc.assert(
      fc.property(weights, share, share, fc.string(), (split, a, b, subject) => {
        const place = hash('coverage', subject, 2)
        const then = chooseVariation(place, variationRanges(split, Math.min(a, b)))
        const now = chooseVariation(place, variationRanges(split, Math.max(a, b)))
        if (then !== -1) expect(now).toBe(then)
      }),
      { numRuns: 2_000 },
    )
  })

  it('leaves nobody out at full coverage', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 }).map((parts) => {
      const total = parts.reduce((sum, part) => sum + part, 0)
      return parts.map((part) => part / total)
    })
    fc.assert(
      fc.property(weights, (split) => {
        expect(chooseVariation(0.9999, variationRanges(split))).not.toBe(-1)
      }),
    )
  })
})
