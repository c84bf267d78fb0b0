import { describe, expect, it } from 'vitest'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { replay } from '../../../worker/domain/pricing/replay.ts'
import { context, facts, NOW, priceTest, rule, settings, slice } from './fixtures.ts'

const surge = slice({ rules: [rule({ multiplier: 1.1 })] })
const recorded = decide(surge, settings(), facts(), context(), 'dec_1', NOW)

describe('replay', () => {
  it('finds nothing different under the configuration of the record', () => {
    expect(replay(recorded, surge, settings())).toMatchObject({ identical: true, differences: [] })
  })

  it('names what another configuration would have changed', () => {
    const { identical, differences, decision } = replay(recorded, { ...surge, hash: 'slice-2' }, settings({ optimizationEnabled: false }))
    expect(identical).toBe(false)
    expect(differences).toEqual(['priceMinor', 'reason', 'explain', 'sliceHash'])
    expect(decision.priceMinor).toBe(49_900)
  })

  it('finds an altered record', () => {
    expect(replay({ ...recorded, priceMinor: 1 }, surge, settings()).differences).toEqual(['priceMinor'])
  })

  it('finds a field that is missing inside a record, or of another type', () => {
    const tested = slice({ test: priceTest() })
    const whole = decide(tested, settings(), facts(), context(), 'dec_2', NOW)
    const { clamped: _, ...without } = whole.test as NonNullable<typeof whole.test>
    const renamed = { ...without, moved: false }
    for (const test of [without, renamed, { ...whole.test, extra: 1 }, null, 'control']) {
      expect(replay({ ...whole, test: test as never }, tested, settings()).differences).toEqual(['test'])
    }
  })

  it('does not mind another wording', () => {
    const reworded = { ...recorded, explain: recorded.explain.map((line) => ({ ...line, detail: 'In other words' })) }
    expect(replay(reworded, surge, settings()).identical).toBe(true)
  })
})
