import { describe, expect, it } from 'vitest'
import type { ExposureBody } from '../../../worker/domain/customer/event.ts'
import { METRIC } from '../../../worker/domain/customer/metrics.ts'
import { draftOf, type Experiment } from '../../../worker/domain/experiments/definition.ts'
import { exposureOf } from '../../../worker/domain/experiments/exposure.ts'
import { FlagBook } from '../../../worker/domain/experiments/flag-book.ts'
import type { StickyAssignments } from '../../../worker/domain/experiments/types.ts'
import { sampleRatio } from '../../../worker/domain/statistics/sample-ratio.ts'
import { DAY_MS, event, fold, NOON, purchase, sums } from './log.ts'

const input = { name: 'Hero', hypothesis: '', prerequisites: [], coverage: 1, hashVersion: 2, hashAttribute: 'id', duration: 30 }
const draft = draftOf({ ...input, variants: [{ name: 'Old' }, { name: 'New' }] } as never, 'hero', 'USD', NOON)
const metrics: Experiment['metrics'] = [{ metric: 'net_revenue@1', role: 'goal', cap: null }]
const first: Experiment = { ...draft, status: 'running', metrics }
const weights = [0.2, 0.8]
const second: Experiment = {
  ...first,
  version: 2,
  variants: first.variants.map((variant, at) => ({ ...variant, weight: weights[at] as number })),
}

/** What a page tells of a visitor who comes with what was kept of them, and what is kept after it. */
function visit(experiment: Experiment, id: string, stickyAssignments: StickyAssignments) {
  const { results, changed } = new FlagBook('book', [experiment]).evaluateAll({ attributes: { id }, stickyAssignments }, NOON + DAY_MS)
  const drawn = results[0]?.drawn
  if (!drawn) throw new Error('nobody is left out')
  const told = exposureOf(() => drawn.experiment, `hero@${experiment.version}`, drawn.variant, 1) as ExposureBody
  return { told, sticky: changed ?? stickyAssignments }
}

const countIn = (folded: ReturnType<typeof fold>, version: number, variant: string): number =>
  Object.entries(sums(folded, METRIC.exposed))
    .filter(([key]) => key.startsWith(`hero@${version}:|`) && key.endsWith(`|arm|${variant}`))
    .reduce((total, [, sum]) => total + sum, 0)

describe('a change of weights', () => {
  it('leaves the split of its version right, though whoever was drawn before comes again and keeps their variant', () => {
    const counts = { 1: [0, 0], 2: [0, 0] }
    const people = 1_500
    for (let person = 0; person < people; person++) {
      const id = `person ${person}`
      const isEarly = person < people / 2
      const before = isEarly ? visit(first, id, {}) : null
      const after = visit(second, id, before?.sticky ?? {})
      if (before) expect(after.told.variant).toBe(before.told.variant)
      const folded = fold(...(before ? [event(before.told, NOON)] : []), event(after.told, NOON + DAY_MS))
      for (const version of [1, 2] as const)
        counts[version] = counts[version].map((count, at) => count + countIn(folded, version, ['old', 'new'][at] as string))
    }
    expect(counts[1].reduce((sum, count) => sum + count)).toBe(people / 2)
    expect(counts[2].reduce((sum, count) => sum + count)).toBe(people / 2)
    expect(sampleRatio(counts[1], [0.5, 0.5]).pValue).toBeGreaterThan(0.001)
    expect(sampleRatio(counts[2], weights).pValue).toBeGreaterThan(0.001)
  })

  it('leaves what somebody brings where they were counted, whichever version is told of first', () => {
    const exposed = (version: number, variant: string, at: number) =>
      event({ ...(exposureOf(() => second, `hero@${version}`, variant, 1) as ExposureBody) }, at)
    const [early, late] = [exposed(1, 'old', NOON), exposed(2, 'new', NOON + DAY_MS)]
    for (const told of [
      [early, late],
      [late, early],
    ]) {
      const folded = fold(...told, purchase({}, NOON + 2 * DAY_MS))
      expect([1, 2].map((version) => ['old', 'new'].map((variant) => countIn(folded, version, variant)))).toEqual([
        [1, 0],
        [0, 0],
      ])
      expect(Object.keys(sums(folded, METRIC.rewardSum)).filter((key) => key.includes('|arm|'))).toEqual([
        'hero@1:net_revenue@1|2027-03-10|arm|old',
      ])
    }
  })
})
