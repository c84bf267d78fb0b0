import { describe, expect, it } from 'vitest'
import { compileFlags, evaluateFlag } from '../../../worker/domain/experiments/flags.ts'
import type { ContextualBanditDefinition, EvaluationContext, FeatureRule } from '../../../worker/domain/experiments/types.ts'

const rule: FeatureRule = {
  key: 'bandit',
  hashVersion: 2,
  contextualVariations: ['control', 'treatment'],
  contextualBanditRef: 'b1',
  weights: [0, 1],
  meta: [{ key: '0' }, { key: '1' }],
}
const bandit: ContextualBanditDefinition = { banditVersion: 3, contexts: [{ leafId: 5, condition: { plan: 'pro' }, weights: [1, 0] }] }

function ask(change: Partial<FeatureRule>, bandits: Record<string, ContextualBanditDefinition>, context: Partial<EvaluationContext> = {}) {
  const flags = compileFlags({ features: { flag: { defaultValue: 'off', rules: [{ ...rule, ...change }] } }, contextualBandits: bandits })
  return evaluateFlag(flags, 'flag', { attributes: { id: '1', plan: 'pro' }, ...context })
}

describe('a contextual bandit', () => {
  it('draws by the weights of the first leaf that holds and tells them as propensities', () => {
    const { value, experiment, experimentResult } = ask({}, { b1: bandit })
    expect(value).toBe('control')
    expect(experiment?.contextualBandit).toEqual({ leafId: 5, variationWeights: [1, 0], banditVersion: 3 })
    expect(experimentResult).toMatchObject({ leafId: 5, variationWeights: [1, 0], banditVersion: 3 })
  })

  it('tells no version where there is none', () => {
    expect(ask({}, { b1: { contexts: bandit.contexts } }).experimentResult).not.toHaveProperty('banditVersion')
  })

  it('that is not in the set leaves the rule its own weights and tells nothing', () => {
    for (const bandits of [{}, { other: bandit }] as Record<string, ContextualBanditDefinition>[]) {
      const { value, experiment, experimentResult } = ask({}, bandits)
      expect(value).toBe('treatment')
      expect(experiment).not.toHaveProperty('contextualBandit')
      expect(experimentResult).not.toHaveProperty('leafId')
    }
    expect(ask({ contextualBanditRef: 'constructor' }, {}).experimentResult).not.toHaveProperty('leafId')
  })

  it('tells no weights where ranges drew', () => {
    const { value, experimentResult } = ask(
      {
        ranges: [
          [0, 0],
          [0, 1],
        ],
      },
      { b1: bandit },
    )
    expect(value).toBe('treatment')
    expect(experimentResult).not.toHaveProperty('variationWeights')
  })

  it.each([
    ['too few weights', { leafId: 5, weights: [1] }],
    ['weights of another sum', { leafId: 5, weights: [1, 1] }],
    ['weights below nothing', { leafId: 5, weights: [2, -1] }],
    ['no weights', { leafId: 5 }],
    ['no id', { weights: [1, 0] }],
  ])('takes a leaf with %s for none', (_name, leaf) => {
    const { value, experimentResult } = ask({}, { b1: { contexts: [leaf as never] } })
    expect(value).toBe('treatment')
    expect(experimentResult).toMatchObject({ leafId: -1, variationWeights: [0, 1] })
  })

  it('passes over a leaf whose condition is none, and takes one without a condition for everybody', () => {
    const contexts = [
      { leafId: 1, condition: 'pro' as never, weights: [0, 1] },
      { leafId: 2, weights: [1, 0] },
    ]
    expect(ask({}, { b1: { contexts } }).experimentResult).toMatchObject({ leafId: 2, value: 'control' })
  })

  it('falls back to equal weights where the rule has none', () => {
    expect(ask({ weights: undefined }, { b1: { contexts: [] } }).experimentResult?.variationWeights).toEqual([0.5, 0.5])
  })

  it('chose nothing where QA did', () => {
    const { experiment, experimentResult } = ask({}, { b1: bandit }, { forcedVariations: { bandit: 1 } })
    expect(experimentResult).toMatchObject({ value: 'treatment', hashUsed: false })
    expect(experimentResult).not.toHaveProperty('leafId')
    expect(experiment).not.toHaveProperty('contextualBandit')
  })

  it('reads saved groups in its leaves', () => {
    const flags = compileFlags({
      features: { flag: { rules: [rule] } },
      savedGroups: { vip: ['1'] },
      contextualBandits: { b1: { contexts: [{ leafId: 9, condition: { id: { $inGroup: 'vip' } }, weights: [1, 0] }] } },
    })
    expect(evaluateFlag(flags, 'flag', { attributes: { id: '1' } }).experimentResult?.leafId).toBe(9)
    expect(evaluateFlag(flags, 'flag', { attributes: { id: '2' } }).experimentResult?.leafId).toBe(-1)
  })
})
