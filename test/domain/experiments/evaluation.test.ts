import { describe, expect, it } from 'vitest'
import { hash } from '../../../worker/domain/assignment.ts'
import { compileFlags, evaluateFlag, flagKeys, runExperiment } from '../../../worker/domain/experiments/flags.ts'
import { isExposure } from '../../../worker/domain/experiments/result.ts'
import type { EvaluationContext, ExperimentDefinition, Exposure, FeatureRule } from '../../../worker/domain/experiments/types.ts'

const NOBODY = compileFlags({ features: {} })

/** Evaluates a flag of these rules, whose default is 'off'. */
function ask(rules: FeatureRule[], context: Partial<EvaluationContext>, exposures: Exposure[] | null = null) {
  return evaluateFlag(
    compileFlags({ features: { flag: { defaultValue: 'off', rules } } }),
    'flag',
    { attributes: {}, ...context },
    exposures,
  )
}

const people = Array.from({ length: 2_000 }, (_, at) => `visitor-${at}`)
const half: FeatureRule = { key: 'half', variations: ['control', 'treatment'], hashVersion: 2 }
const run = (experiment: Partial<ExperimentDefinition>, context: Partial<EvaluationContext> = {}) =>
  runExperiment(NOBODY, { key: 'test', variations: ['a', 'b'], ...experiment }, { attributes: { id: '1' }, ...context })

describe('a flag', () => {
  it('is unknown under the names of members of every object', () => {
    for (const key of ['__proto__', 'constructor', 'toString', '']) {
      expect(evaluateFlag(NOBODY, key, { attributes: {} })).toMatchObject({ value: null, source: 'unknownFeature' })
    }
  })

  it('may have such a name', () => {
    const flags = compileFlags({ features: JSON.parse('{"__proto__": {"defaultValue": 1}, "constructor": {"defaultValue": 2}}') })
    expect(flagKeys(flags)).toEqual(['__proto__', 'constructor'])
    expect(evaluateFlag(flags, '__proto__', { attributes: {} }).value).toBe(1)
    expect(evaluateFlag(flags, 'constructor', { attributes: {} }).value).toBe(2)
  })

  it.each([
    [null, false],
    [false, false],
    [0, false],
    ['', false],
    ['0', true],
    [[], true],
    [{}, true],
  ])('of value %j is on: %s', (value, on) => {
    expect(ask([{ force: value }], {})).toMatchObject({ value, on, off: !on, source: 'force' })
  })

  it('is what QA forces it to be, known or not', () => {
    expect(ask([{ force: 1 }], { forcedFeatureValues: { flag: 2 } })).toMatchObject({ value: 2, source: 'override' })
    expect(evaluateFlag(NOBODY, 'new', { attributes: {}, forcedFeatureValues: { new: false } })).toMatchObject({
      off: true,
      source: 'override',
    })
  })

  it('names the rule that decided', () => {
    expect(
      ask(
        [
          { id: 'first', force: 1, condition: { id: 'x' } },
          { id: 'second', force: 2 },
        ],
        {},
      ).ruleId,
    ).toBe('second')
    expect(ask([{ ...half, id: 'third' }], { attributes: { id: '1' } }).ruleId).toBe('third')
    expect(ask([], {}).ruleId).toBe('')
  })
})

describe('a rollout', () => {
  it('takes in its own edge, where a range does not', () => {
    const place = hash('flag', 'edge', 1)
    expect(ask([{ force: 1, coverage: place }], { attributes: { id: 'edge' } }).value).toBe(1)
    expect(ask([{ force: 1, range: [0, place] }], { attributes: { id: 'edge' } }).value).toBe('off')
  })

  it('of nobody takes in nobody, not even who lies at 0', () => {
    const first = people.concat(Array.from({ length: 20_000 }, (_, at) => `v${at}`)).find((id) => hash('flag', id, 1) === 0)
    expect(ask([{ force: 1, coverage: 0 }], { attributes: { id: first } }).value).toBe('off')
  })

  it('reads the fallback attribute only while assignments are sticky', () => {
    const rules: FeatureRule[] = [{ force: 1, coverage: 1, hashAttribute: 'account', fallbackAttribute: 'device' }]
    expect(ask(rules, { attributes: { device: 'd' } }).value).toBe('off')
    expect(ask(rules, { attributes: { device: 'd' }, stickyAssignments: {} }).value).toBe(1)
  })
})

describe('whom an experiment takes in', () => {
  it.each([
    ['', false],
    [0, false],
    [false, false],
    [null, false],
    [['a'], false],
    [{ a: 1 }, false],
    [7, true],
    [true, true],
  ])('of id %j: %s', (id, taken) => {
    expect(run({}, { attributes: { id } as Record<string, unknown> }).inExperiment).toBe(taken)
  })

  it('draws a number as its text', () => {
    const [number, text] = [run({}, { attributes: { id: 42 } }), run({}, { attributes: { id: '42' } })]
    expect(number).toEqual({ ...text, hashValue: 42 })
  })

  it('finds a nested attribute, and before it one of exactly this name', () => {
    const nested = { user: { id: '7' } }
    expect(run({ hashAttribute: 'user.id' }, { attributes: nested }).hashValue).toBe('7')
    expect(run({ hashAttribute: 'user.id' }, { attributes: { ...nested, 'user.id': '8' } }).hashValue).toBe('8')
    expect(run({ hashAttribute: 'user.id' }, { attributes: { ...nested, 'user.id': '' } }).inExperiment).toBe(false)
  })

  it.each([
    ['a draft', { status: 'draft' as const }],
    ['one that stopped', { status: 'stopped' as const }],
    ['one that is not active', { active: false }],
    ['a coverage of nothing', { coverage: 0 }],
    ['a coverage below nothing', { coverage: -1 }],
    ['an unknown hash version', { hashVersion: 3 }],
    ['one variation', { variations: ['a'] }],
    ['no variations', { variations: [] }],
    [
      'ranges of variations that are not there',
      {
        ranges: [
          [0, 0],
          [0, 0],
          [0, 1],
        ] as [number, number][],
      },
    ],
    ['ranges that are none', { ranges: [null, null] as never }],
    ['an invalid forced variation', { force: 2 }],
    ['a forced variation between two', { force: 0.5 }],
    ['a condition that is none', { condition: [] as never }],
    ['filters that are none', { filters: 'all' as never }],
  ])('is nobody: %s', (_name, experiment) => {
    expect(run(experiment)).toMatchObject({ inExperiment: false, hashUsed: false, variationId: 0 })
  })

  it.each([
    ['of another number', [0.1, 0.1, 0.8]],
    ['of another sum', [0.5, 0.6]],
    ['below nothing', [-0.5, 1.5]],
    ['of no number', [Number.NaN, 1]],
  ])('is split evenly by weights %s', (_name, weights) => {
    const inControl = people.filter((id) => run({ weights, hashVersion: 2 }, { attributes: { id } }).variationId === 0)
    // Four standard deviations of 2,000 fair coins are 90.
    expect(Math.abs(inControl.length - 1_000)).toBeLessThan(90)
  })

  it('is nobody in two experiments on disjoint parts of a namespace', () => {
    const parts = { north: ['shared', 0, 0.5], south: ['shared', 0.5, 1] } as const
    const both = people.map((id) =>
      Object.entries(parts).filter(([key, namespace]) => run({ key, namespace }, { attributes: { id } }).inExperiment),
    )
    expect(both.every((joined) => joined.length === 1)).toBe(true)
  })
})

describe('what QA forces', () => {
  const seen = (context: Partial<EvaluationContext>, rule: FeatureRule = half) => {
    const exposures: Exposure[] = []
    const { value, experimentResult } = ask([rule], { attributes: { id: '1' }, ...context }, exposures)
    return { value, counts: isExposure(experimentResult), exposures: exposures.length }
  }

  it('by URL or context is given and never analysed, where a draw is', () => {
    expect(seen({})).toMatchObject({ counts: true, exposures: 1 })
    for (const value of ['control', 'treatment']) {
      const index = value === 'control' ? 0 : 1
      expect(seen({ url: `https://shop.example/?half=${index}` })).toEqual({ value, counts: false, exposures: 0 })
      expect(seen({ forcedVariations: { half: index } })).toEqual({ value, counts: false, exposures: 0 })
    }
  })

  it('reaches people whom targeting, coverage and missing ids leave out', () => {
    const closed: FeatureRule = { ...half, condition: { country: 'US' }, coverage: 0, hashAttribute: 'account' }
    expect(seen({ url: '/?half=1' }, closed).value).toBe('treatment')
    expect(seen({}, closed).value).toBe('off')
  })

  it('puts people out when it names no variation', () => {
    for (const index of [-1, 2, 0.5, '1', null]) {
      expect(seen({ forcedVariations: { half: index as number } })).toEqual({ value: 'off', counts: false, exposures: 0 })
    }
  })

  it('by URL comes before what the context says', () => {
    expect(seen({ url: '?half=0', forcedVariations: { half: 1 } }).value).toBe('control')
  })

  it.each([
    ['an encoded name', 'a b&c', '/?a%20b%26c=1', 1],
    ['a name with plus signs', 'a b', '/?a+b=1', 1],
    ['a name that cannot be decoded', '%zz', '/?%zz=1', 1],
    ['the first of two', 'k', '/?k=0&k=1', 0],
    ['a fraction', 'k', '/?k=1.5', null],
    ['a negative number', 'k', '/?k=-1', null],
    ['nothing', 'k', '/?k=', null],
    ['a parameter of a longer name', 'k', '/?kk=1', null],
    ['a parameter in the fragment', 'k', '/#?k=1', null],
    ['a parameter before the fragment', 'k', '/?k=1#k=0', 1],
    ['a URL longer than any', 'k', `/?${'x'.repeat(8_192)}&k=1`, null],
  ])('by URL is read from %s', (_name, key, url, index) => {
    const value = index === null ? undefined : half.variations?.[index]
    const evaluation = ask([{ ...half, key, coverage: 0 }], { url })
    expect(evaluation.value).toBe(value ?? 'off')
  })

  it('is forced by no member of every object', () => {
    for (const key of ['constructor', '__proto__']) expect(seen({ forcedVariations: {} }, { ...half, key }).counts).toBe(true)
    const flags = compileFlags({ features: { constructor: { defaultValue: 1 } } as never })
    expect(evaluateFlag(flags, 'constructor', { attributes: {}, forcedFeatureValues: {} }).source).toBe('defaultValue')
  })

  it('is all there is in QA mode', () => {
    expect(seen({ qaMode: true })).toEqual({ value: 'off', counts: false, exposures: 0 })
    expect(seen({ qaMode: true, url: '?half=1' }).value).toBe('treatment')
  })

  it('counts for nothing while experiments are off', () => {
    expect(seen({ enabled: false, url: '?half=1', forcedVariations: { half: 1 } }).value).toBe('off')
  })
})

describe('prerequisites', () => {
  const needs = (id: string, value: unknown, gate = false): FeatureRule => ({ parentConditions: [{ id, condition: { value }, gate }] })
  const ids = (features: Record<string, FeatureRule[]>) =>
    compileFlags({ features: Object.fromEntries(Object.entries(features).map(([key, rules]) => [key, { defaultValue: 'on', rules }])) })
  const answer = (features: Record<string, FeatureRule[]>, key: string) => evaluateFlag(ids(features), key, { attributes: { id: '1' } })

  it('pass over a rule, or with a gate turn the flag off', () => {
    expect(answer({ parent: [], child: [{ ...needs('parent', 'off'), force: 1 }, { force: 2 }] }, 'child').value).toBe(2)
    expect(answer({ parent: [], child: [{ ...needs('parent', 'off', true), force: 1 }, { force: 2 }] }, 'child').source).toBe(
      'prerequisite',
    )
    expect(answer({ parent: [], child: [{ ...needs('parent', 'on'), force: 1 }] }, 'child').value).toBe(1)
  })

  it('find a cycle of any length, also through a flag that nobody gates', () => {
    const cycle = { a: [needs('b', 'on')], b: [needs('c', 'on')], c: [needs('a', 'on')], d: [needs('a', 'on')] }
    for (const key of 'abcd') expect(answer(cycle, key)).toMatchObject({ value: null, source: 'cyclicPrerequisite' })
    expect(answer({ self: [needs('self', 'on')] }, 'self').source).toBe('cyclicPrerequisite')
  })

  it('take two ways to one flag for no cycle', () => {
    const top = [{ force: 'both', parentConditions: ['left', 'right'].map((id) => ({ id, condition: { value: 'on' } })) }]
    const diamond = { top, left: [needs('base', 'on')], right: [needs('base', 'on')], base: [needs('ground', 'on')], ground: [] }
    expect(answer(diamond, 'top').value).toBe('both')
  })

  it('give up a chain that would exhaust the stack', () => {
    const chain = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`f${at}`, [needs(`f${at + 1}`, 'on', true)]]))
    expect(answer(chain, 'f0').source).toBe('cyclicPrerequisite')
    expect(answer(chain, 'f19950').source).toBe('prerequisite')
  })

  it('put people out of an experiment that belongs to no flag', () => {
    const flags = ids({ parent: [] })
    const experiment = { key: 'test', variations: [0, 1] }
    const draw = (value: string) =>
      runExperiment(flags, { ...experiment, parentConditions: [{ id: 'parent', condition: { value } }] }, { attributes: { id: '1' } })
    expect([draw('on').inExperiment, draw('off').inExperiment]).toEqual([true, false])
  })
})

describe('exposures', () => {
  it('tell of holdouts passed through and of prerequisites drawn, which the answer does not', () => {
    const flags = compileFlags({
      features: {
        parent: { defaultValue: 0, rules: [{ key: 'parent-test', variations: [1, 1] }] },
        child: {
          defaultValue: 0,
          rules: [
            {
              key: 'holdout',
              variations: [0, 0],
              ranges: [
                [0, 0],
                [0, 1],
              ],
              meta: [{}, { passthrough: true }],
            },
            { key: 'child-test', variations: [1, 2], parentConditions: [{ id: 'parent', condition: { value: 1 } }] },
          ],
        },
      },
    })
    const exposures: Exposure[] = []
    const evaluation = evaluateFlag(flags, 'child', { attributes: { id: '1' } }, exposures)
    expect(exposures.map(({ experiment }) => experiment.key)).toEqual(['holdout', 'parent-test', 'child-test'])
    expect(exposures.every(({ result }) => isExposure(result))).toBe(true)
    expect(exposures[0]?.result).toMatchObject({ passthrough: true, variationId: 1 })
    expect(evaluation.experiment?.key).toBe('child-test')
  })

  it('name the variation as the definition does', () => {
    const exposures: Exposure[] = []
    ask(
      [
        {
          ...half,
          ranges: [
            [0, 1],
            [0, 0],
          ],
          meta: [{ key: 'c', name: 'Control' }],
        },
      ],
      { attributes: { id: '1' } },
      exposures,
    )
    expect(exposures[0]?.result).toMatchObject({ key: 'c', name: 'Control', variationId: 0 })
  })
})
