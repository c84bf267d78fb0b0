import { MISMATCH_BELOW, sampleRatio } from '../../statistics/sample-ratio.ts'
import type { PriceTest } from '../types.ts'
import type { Cell } from './cells.ts'
import type { TestAnalysis } from './types.ts'

const sumOf = (cells: readonly Cell[], of: (cell: Cell) => number): number => cells.reduce((sum, cell) => sum + of(cell), 0)

/**
 * Whether people were split as they were meant to be: counts against the chances of each epoch, day and segment, summed.
 * Matured or not, everybody counts. Chances that change from day to day vary a sum less than χ² supposes, so the test errs on
 * the side of silence.
 */
export function sampleSplit(test: PriceTest, cells: readonly Cell[]): NonNullable<TestAnalysis['sampleRatio']> {
  const counts = test.arms.map(({ key }) => sumOf(cells, ({ moments }) => moments.get(key)?.n ?? 0))
  const expected = test.arms.map(({ key }) => sumOf(cells, ({ exposed, propensities }) => exposed * (propensities.get(key) ?? 0)))
  const { pValue } = sampleRatio(counts, expected)
  return { pValue, expected, mismatch: pValue < MISMATCH_BELOW }
}
