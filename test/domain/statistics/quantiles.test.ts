import { describe, expect, it } from 'vitest'
import { normalQuantile } from '../../../worker/domain/statistics/normal-quantile.ts'
import { studentQuantile } from '../../../worker/domain/statistics/student-quantile.ts'

const refused = expect.objectContaining({ code: 'invalid_field' })

describe('normalQuantile', () => {
  // SciPy 1.17: scipy.stats.norm.ppf
  it.each([
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.999999, 4.753424308817087],
    [1e-10, -6.361340902404056],
    [1e-200, -30.20559417957964],
  ])('agrees with SciPy at %d', (p, expected) => {
    expect(normalQuantile(p)).toBeCloseTo(expected, 12)
  })

  it('mirrors around the middle', () => {
    for (const p of [0.01, 0.2, 0.45]) expect(normalQuantile(p)).toBeCloseTo(-normalQuantile(1 - p), 12)
  })

  it.each([0, 1, -0.1, Number.NaN])('refuses %d', (p) => {
    expect(() => normalQuantile(p)).toThrow(refused)
  })
})

describe('studentQuantile', () => {
  // SciPy 1.17: scipy.stats.t.ppf
  it.each([
    [0.75, 1, 1],
    [0.975, 1, 12.706204736174694],
    [0.9, 2, 1.8856180831641272],
    [0.975, 3, 3.1824463052837078],
    [0.75, 4, 0.7406970841126829],
    [0.9, 5, 1.4758840488244815],
    [0.975, 10, 2.228138851986274],
    [0.975, 100, 1.9839715185235518],
  ])('agrees with SciPy at %d with %d degrees of freedom', (p, freedom, expected) => {
    expect(studentQuantile(p, freedom) / expected).toBeCloseTo(1, 5)
    expect(studentQuantile(1 - p, freedom)).toBeCloseTo(-studentQuantile(p, freedom), 9)
  })

  it('becomes the normal one as freedom grows, and is never narrower', () => {
    const widths = [1, 2, 3, 5, 8, 20, 100, 1e6].map((freedom) => studentQuantile(0.95, freedom))
    expect(widths).toEqual([...widths].sort((a, b) => b - a))
    expect(widths.at(-1)).toBeCloseTo(normalQuantile(0.95), 5)
    expect(studentQuantile(0.5, 7)).toBe(0)
  })

  it('refuses what is no probability, and no freedom at all', () => {
    expect(() => studentQuantile(1, 5)).toThrow(refused)
    expect(() => studentQuantile(0.9, 0)).toThrow(refused)
  })
})
