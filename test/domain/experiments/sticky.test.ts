import { describe, expect, it } from 'vitest'
import { compileFlags, evaluateFlag, runExperiment } from '../../../worker/domain/experiments/flags.ts'
import { mergeSticky } from '../../../worker/domain/experiments/sticky-ledger.ts'
import type { FeatureRule, StickyAssignments } from '../../../worker/domain/experiments/types.ts'

const rule: FeatureRule = {
  key: 'exp',
  hashVersion: 2,
  variations: ['control', 'red', 'blue'],
  meta: [{ key: 'c' }, { key: 'r' }, { key: 'b' }],
  hashAttribute: 'account',
  fallbackAttribute: 'device',
}

const documents = (...kept: [attribute: string, value: string, assignments: Record<string, string>][]): StickyAssignments =>
  Object.fromEntries(
    kept.map(([attributeName, attributeValue, assignments]) => [
      `${attributeName}||${attributeValue}`,
      { attributeName, attributeValue, assignments },
    ]),
  )

function ask(
  stickyAssignments: StickyAssignments | undefined,
  change: Partial<FeatureRule> = {},
  attributes: Record<string, unknown> = person,
) {
  const flags = compileFlags({ features: { flag: { defaultValue: 'off', rules: [{ ...rule, ...change }] } } })
  return evaluateFlag(flags, 'flag', { attributes, stickyAssignments })
}
const person = { account: 'a1', device: 'd1' }

describe('sticky assignments', () => {
  it('keep people where they are, whatever targeting, coverage and weights have become', () => {
    for (const [key, value] of [
      ['c', 'control'],
      ['r', 'red'],
      ['b', 'blue'],
    ] as const) {
      const closed = { coverage: 0, condition: { country: 'US' }, weights: [1, 0, 0], namespace: ['n', 0, 0] as const }
      const { experimentResult, stickyAssignments } = ask(documents(['account', 'a1', { exp__0: key }]), closed)
      expect(experimentResult).toMatchObject({ value, stickyBucketUsed: true, hashUsed: true })
      expect(stickyAssignments).toBeUndefined()
    }
  })

  it('are handed back whole when they change, beside the other assignments of the document', () => {
    const { experimentResult, stickyAssignments } = ask(documents(['account', 'a1', { other__0: 'x' }], ['device', 'd9', { exp__0: 'b' }]))
    expect(stickyAssignments).toEqual(documents(['account', 'a1', { other__0: 'x', exp__0: experimentResult?.key as string }]))
  })

  it('are neither read nor handed back where nobody keeps them', () => {
    const evaluation = ask(undefined)
    expect(evaluation.experimentResult?.stickyBucketUsed).toBe(false)
    expect(evaluation).not.toHaveProperty('stickyAssignments')
  })

  it('of the own attribute come before those of the fallback', () => {
    const known = documents(['device', 'd1', { exp__0: 'r' }], ['account', 'a1', { exp__0: 'b' }])
    expect(ask(known).value).toBe('blue')
    expect(ask(known, {}, { device: 'd1' }).value).toBe('red')
  })

  it('under an earlier version than the least allowed shut people out, of either attribute', () => {
    const change = { bucketVersion: 3, minBucketVersion: 3 }
    expect(ask(documents(['account', 'a1', { exp__2: 'r' }]), change).value).toBe('off')
    expect(ask(documents(['device', 'd1', { exp__0: 'r' }], ['account', 'a1', { exp__3: 'r' }]), change).value).toBe('off')
    expect(ask(documents(['account', 'a1', { exp__3: 'r', exp__4: 'b' }]), change).value).toBe('red')
    expect(ask(documents(['account', 'a1', { exp__x: 'r', exp__0__2: 'r', exp2__1: 'r' }]), change).source).toBe('experiment')
  })

  it('tell somebody whom they shut out that they did', () => {
    const experiment = { key: 'exp', variations: [0, 1], hashAttribute: 'account', bucketVersion: 1, minBucketVersion: 1 }
    const context = { attributes: person, stickyAssignments: documents(['account', 'a1', { exp__0: 'r' }]) }
    expect(runExperiment(compileFlags({ features: {} }), experiment, context)).toMatchObject({
      inExperiment: false,
      stickyBucketUsed: true,
    })
  })

  it('name only variations that are there', () => {
    for (const kept of ['x', '1', '__proto__']) {
      expect(ask(documents(['account', 'a1', { exp__0: kept }])).experimentResult?.stickyBucketUsed).toBe(false)
    }
  })

  it('draw anew whoever had a variation that is gone', () => {
    const change = { variations: ['control', 'red'], weights: [0, 1] }
    const { value, experimentResult } = ask(documents(['account', 'a1', { exp__0: 'b' }]), change)
    expect([value, experimentResult?.stickyBucketUsed]).toEqual(['red', false])
  })

  it('survive experiments and attributes named as members of every object', () => {
    const change = { key: '__proto__', hashAttribute: '__proto__' }
    const attributes = JSON.parse('{"__proto__": "p1"}')
    const first = ask({}, change, attributes)
    expect(Object.keys(first.stickyAssignments ?? {})).toEqual(['__proto__||p1'])
    expect(ask(first.stickyAssignments, change, attributes).experimentResult?.stickyBucketUsed).toBe(true)
  })

  it.each([
    ['a document that is none', { 'account||a1': null }],
    ['assignments that are none', { 'account||a1': { assignments: 'exp__0' } }],
    ['an assignment that is no text', { 'account||a1': { assignments: { exp__0: { key: 'r' } } } }],
    ['a list', []],
  ])('that somebody made up are nothing: %s', (_name, known) => {
    expect(ask(known as never).experimentResult).toMatchObject({ inExperiment: true, stickyBucketUsed: false })
  })

  it('of a prerequisite and of a holdout are handed back too', () => {
    const flags = compileFlags({
      features: {
        parent: { rules: [{ key: 'p', variations: [1, 1] }] },
        child: {
          rules: [
            { key: 'h', variations: [0, 0], meta: [{ passthrough: true }, { passthrough: true }] },
            { force: 1, parentConditions: [{ id: 'parent', condition: { value: 1 } }] },
          ],
        },
      },
    })
    const { value, stickyAssignments } = evaluateFlag(flags, 'child', { attributes: { id: '1' }, stickyAssignments: {} })
    expect(value).toBe(1)
    expect(Object.keys(stickyAssignments?.['id||1']?.assignments ?? {})).toEqual(['h__0', 'p__0'])
  })
})

describe('merging', () => {
  it('keeps what is kept of others, in the same document and beside it', () => {
    const kept = documents(['id', '1', { a__0: 'x', b__0: 'y' }], ['id', '2', { a__0: 'z' }])
    expect(mergeSticky(kept, documents(['id', '1', { b__0: 'new', c__0: 'w' }]))).toEqual(
      documents(['id', '1', { a__0: 'x', b__0: 'new', c__0: 'w' }], ['id', '2', { a__0: 'z' }]),
    )
    expect(mergeSticky(kept, undefined)).toEqual(kept)
  })
})
