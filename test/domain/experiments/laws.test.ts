import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileFlags, evaluateFlag, flagKeys, runExperiment } from '../../../worker/domain/experiments/flags.ts'
import { isExposure } from '../../../worker/domain/experiments/result.ts'
import { mergeSticky } from '../../../worker/domain/experiments/sticky-ledger.ts'
import type {
  Evaluation,
  EvaluationContext,
  Exposure,
  FeatureDefinition,
  FeatureRule,
  Filter,
  FlagSet,
  StickyAssignments,
} from '../../../worker/domain/experiments/types.ts'
import { visitOf } from '../../../worker/domain/experiments/visit.ts'
import * as arbitrary from './arbitraries.ts'

const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)
const subject = fc.string({ minLength: 1 })
const version = fc.constantFrom(1, 2)

/** Sums are exactly 1, as `1 - share` would not be for all shares. */
const split = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 5 }).map((parts) => {
  const total = parts.reduce((sum, part) => sum + part, 0)
  return total === 0 ? parts.map(() => 1 / parts.length) : parts.map((part) => part / total)
})

function draw(id: string, rule: Partial<FeatureRule>, stickyAssignments?: StickyAssignments) {
  const variations = (rule.weights ?? [0, 0]).map((_, index) => index)
  const flags = compileFlags({ features: { flag: { defaultValue: 'out', rules: [{ key: 'law', variations, ...rule }] } } })
  return evaluateFlag(flags, 'flag', { attributes: { id }, stickyAssignments })
}

/** Flags that need each other, target, split, exclude and roll out; some called like members of every object. */
const KEYS = ['f1', 'f2', 'f3', 'constructor', '__proto__']
const experimentKey = fc.constantFrom('e1', 'e2', '__proto__')
/** Now and then: what leaves most people out would else leave nobody to draw. */
const seldom = <T>(often: T, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(often) }, { weight: 1, arbitrary: rare })
const parent = fc.record({ id: fc.constantFrom(...KEYS), condition: arbitrary.condition, gate: fc.boolean() })

const allocation = {
  id: fc.constantFrom('r1', 'r2'),
  coverage: seldom(1, share),
  hashVersion: seldom(2, fc.constantFrom(1, 99)),
  hashAttribute: seldom('id', fc.constantFrom('a', 'deep.a', '__proto__')),
  fallbackAttribute: fc.constantFrom('a', 'b'),
  seed: fc.constantFrom('s1', 's2'),
  condition: seldom({}, arbitrary.condition),
  filters: seldom<Filter[]>([], fc.constant([{ seed: 'f', ranges: [[0, 0.7]] }])),
  parentConditions: seldom([], fc.array(parent, { minLength: 1, maxLength: 2 })),
}
const rollout = fc.record({ ...allocation, force: arbitrary.scalar, range: fc.tuple(share, share) }, { requiredKeys: ['force'] })
const test = fc.record(
  {
    ...allocation,
    key: experimentKey,
    variations: fc.constantFrom(['control', 'treatment'], [0, 1, 2]),
    weights: split,
    namespace: fc.tuple(fc.constant('n'), share, share),
    meta: fc.constant([{ key: 'c' }, { key: 't', passthrough: true }, { key: 'x', name: 'X' }]),
    bucketVersion: fc.constantFrom(0, 1),
    minBucketVersion: fc.constantFrom(0, 1),
    contextualBanditRef: fc.constantFrom('b1', 'toString'),
  },
  { requiredKeys: ['variations'] },
)
const gate = fc.record({ parentConditions: fc.array(parent, { minLength: 1, maxLength: 2 }) })
const rule = fc
  .oneof({ weight: 1, arbitrary: rollout }, { weight: 3, arbitrary: test }, { weight: 1, arbitrary: gate })
  .map((fields) => fields as FeatureRule)

const feature: fc.Arbitrary<FeatureDefinition> = fc.record({ defaultValue: arbitrary.scalar, rules: fc.array(rule, { maxLength: 3 }) })
const set: fc.Arbitrary<FlagSet> = fc.record({
  features: fc
    .array(feature, { minLength: KEYS.length, maxLength: KEYS.length })
    .map((features) => Object.fromEntries(features.map((definition, at) => [KEYS[at] as string, definition]))),
  savedGroups: arbitrary.groups,
  contextualBandits: fc.record({
    b1: fc.record({
      contexts: fc.array(fc.record({ leafId: fc.nat(3), condition: arbitrary.condition, weights: split }), { maxLength: 2 }),
    }),
  }),
})

const person: fc.Arbitrary<EvaluationContext> = fc.record(
  {
    attributes: fc.tuple(arbitrary.attributes, fc.oneof(subject, arbitrary.json)).map(([attributes, id]) => ({ ...attributes, id })),
    url: fc.constantFrom('https://shop.example/?e1=1', '/?e2=0&e1=9', '/'),
    forcedVariations: fc.dictionary(experimentKey, fc.integer({ min: -1, max: 3 }), { maxKeys: 1 }),
    forcedFeatureValues: fc.dictionary(fc.constantFrom(...KEYS), arbitrary.json, { maxKeys: 1 }),
    stickyAssignments: fc.constantFrom<StickyAssignments>(
      {},
      { 'a||a': { attributeName: 'a', attributeValue: 'a', assignments: { e1__0: 'c' } } },
    ),
    enabled: fc.constantFrom(true, true, false),
    qaMode: fc.constantFrom(false, false, true),
  },
  { requiredKeys: ['attributes'] },
)

describe('a split of two', () => {
  it('moves people only from control into treatment when it grows', () => {
    fc.assert(
      fc.property(share, share, share, subject, version, (a, b, coverage, id, hashVersion) => {
        const at = (treated: number) => draw(id, { weights: [1 - treated, treated], coverage, hashVersion }).value
        const [before, after] = [at(Math.min(a, b)), at(Math.max(a, b))]
        // At partial coverage people may also come in or go out; who changes sides goes one way.
        if (coverage === 1) expect(before === 'out' || after === 'out').toBe(false)
        expect([before, after]).not.toEqual([1, 0])
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('coverage', () => {
  it('only takes people in when it is raised, each into the variation they keep', () => {
    fc.assert(
      fc.property(split, share, share, subject, version, (weights, a, b, id, hashVersion) => {
        const at = (coverage: number) => draw(id, { weights, coverage, hashVersion }).value
        const [before, after] = [at(Math.min(a, b)), at(Math.max(a, b))]
        if (before !== 'out') expect(after).toBe(before)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('stickiness', () => {
  it('keeps the variation of whoever was drawn, whatever becomes of the split', () => {
    const meta = [0, 1, 2, 3, 4].map((index) => ({ key: `v${index}` }))
    fc.assert(
      fc.property(split, split, share, share, subject, (weights, later, a, b, id) => {
        const first = draw(id, { weights, coverage: a, meta }, {})
        const kept = mergeSticky({}, first.stickyAssignments)
        const second = draw(id, { weights: later, coverage: b, meta }, kept)
        if (first.source !== 'experiment' || (first.value as number) >= later.length) return
        expect(second.value).toBe(first.value)
        expect(second).not.toHaveProperty('stickyAssignments')
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('every evaluation', () => {
  it('throws nothing, answers the same twice, changes none of its arguments, and keeps flag and exposure in step', () => {
    const sources = new Map<string, number>()
    fc.assert(
      fc.property(set, person, (definitions, context) => {
        const before = JSON.stringify([definitions, context])
        const flags = compileFlags(definitions)
        for (const key of [...flagKeys(flags), 'unheard-of']) {
          const exposures: Exposure[] = []
          const evaluation = evaluateFlag(flags, key, context, exposures)
          sources.set(evaluation.source, (sources.get(evaluation.source) ?? 0) + 1)
          if (JSON.stringify(evaluateFlag(flags, key, context)) !== JSON.stringify(evaluation)) throw new Error('twice')
          if (JSON.stringify(evaluateFlag(compileFlags(definitions), key, context)) !== JSON.stringify(evaluation))
            throw new Error('compiled anew')
          if (evaluation.on !== Boolean(evaluation.value) || evaluation.off === evaluation.on) throw new Error('on and off')
          if (!exposures.every(({ result }) => isExposure(result))) throw new Error('exposure of nobody drawn')
          const { experimentResult: result } = evaluation
          if (result && isExposure(result) !== exposures.some((exposure) => exposure.result === result))
            throw new Error('exposure of the answer')
        }
        if (JSON.stringify([definitions, context]) !== before) throw new Error('arguments')
      }),
      { numRuns: 2_000 },
    )
    for (const source of ['defaultValue', 'force', 'experiment', 'override', 'prerequisite', 'cyclicPrerequisite', 'unknownFeature']) {
      expect(sources.get(source), source).toBeGreaterThan(100)
    }
  })

  it('asked tersely gives the same variation, without a word of the person', () => {
    const essence = ({ value, source, ruleId, experimentResult }: Evaluation) => {
      const { key, variationId, inExperiment, hashUsed } = experimentResult ?? {}
      return { value, source, ruleId, key, variationId, inExperiment, hashUsed }
    }
    fc.assert(
      fc.property(set, person, (definitions, context) => {
        const flags = compileFlags(definitions)
        for (const key of flagKeys(flags)) {
          const terse = flags.evaluate(key, visitOf(context, null, true))
          expect(essence(terse)).toEqual(essence(evaluateFlag(flags, key, context)))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('depends on no order of flags, and on no flag that it does not need', () => {
    fc.assert(
      fc.property(
        set,
        person,
        feature,
        fc.array(fc.nat(), { minLength: KEYS.length, maxLength: KEYS.length }),
        (definitions, context, stranger, order) => {
          const entries = Object.entries(definitions.features)
          const shuffled = entries.map((entry, at) => ({ entry, rank: order[at] as number })).sort((a, b) => a.rank - b.rank)
          const features = Object.fromEntries([...shuffled.map(({ entry }) => entry), ['stranger', stranger]])
          const [flags, others] = [compileFlags(definitions), compileFlags({ ...definitions, features })]
          for (const key of flagKeys(flags)) {
            expect(evaluateFlag(others, key, context)).toEqual(evaluateFlag(flags, key, context))
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('throws nothing at a context of any JSON whatever', () => {
    const anything = fc.oneof(arbitrary.json, fc.jsonValue())
    const context = fc.record(
      Object.fromEntries(
        ['attributes', 'url', 'forcedVariations', 'forcedFeatureValues', 'stickyAssignments', 'enabled', 'qaMode'].map((field) => [
          field,
          anything,
        ]),
      ),
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(set, context, (definitions, junk) => {
        const flags = compileFlags(definitions)
        for (const key of flagKeys(flags)) evaluateFlag(flags, key, junk as unknown as EvaluationContext, [])
        runExperiment(flags, { key: 'e1', variations: [0, 1] }, junk as unknown as EvaluationContext, [])
      }),
      { numRuns: 2_000 },
    )
  })
})
