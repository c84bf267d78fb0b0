import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseVariation, equalWeights, hash, hashUnder, type Range } from '../../../worker/domain/assignment.ts'
import { compileNamespace, rangesOf } from '../../../worker/domain/experiments/bucketing.ts'
import { compileCondition, type SavedGroups } from '../../../worker/domain/experiments/condition.ts'
import { compileFlags, evaluateFlag, runExperiment } from '../../../worker/domain/experiments/flags.ts'
import { urlOverride } from '../../../worker/domain/experiments/overrides.ts'
import { mergeSticky } from '../../../worker/domain/experiments/sticky-ledger.ts'
import type {
  Condition,
  EvaluationContext,
  ExperimentDefinition,
  FlagSet,
  Namespace,
  StickyAssignments,
  StickyDocument,
} from '../../../worker/domain/experiments/types.ts'

/** The reference SDK's context holds the set of flags and the person together. */
type Situation = Partial<FlagSet & EvaluationContext>

interface Specification {
  evalCondition: [name: string, Condition, attributes: unknown, expected: boolean, SavedGroups?][]
  hash: [seed: string, value: string, version: number, expected: number | null][]
  getBucketRange: [name: string, [count: number, coverage: number, weights: number[] | null], expected: [number, number][]][]
  feature: [name: string, Situation, key: string, expected: unknown][]
  run: [name: string, Situation, ExperimentDefinition, value: unknown, inExperiment: boolean, hashUsed: boolean][]
  chooseVariation: [name: string, place: number, ranges: Range[], expected: number][]
  getQueryStringOverride: [name: string, key: string, url: string, count: number, expected: number | null][]
  inNamespace: [name: string, subject: string, Namespace, expected: boolean][]
  getEqualWeights: [count: number, expected: number[]][]
  stickyBucket: [name: string, Situation, StickyDocument[], key: string, expected: unknown, kept: StickyAssignments][]
  contextualBandit: [name: string, Situation, key: string, expected: unknown][]
}

const golden: Specification = JSON.parse(readFileSync(join(import.meta.dirname, '../../golden/growthbook-sdk-spec.json'), 'utf8'))

const flagsOf = ({ features = {}, savedGroups, contextualBandits }: Situation) => compileFlags({ features, savedGroups, contextualBandits })
const personOf = ({ attributes = {}, ...rest }: Situation): EvaluationContext => ({ attributes, ...rest })

const near = (numbers: readonly number[], digits: number) => numbers.map((number) => expect.closeTo(number, digits))

describe('the specification of the GrowthBook SDK', () => {
  it.each(golden.evalCondition)('evalCondition: %s', (_name, condition, attributes, expected, groups) => {
    expect(compileCondition(condition, groups)(attributes)).toBe(expected)
  })

  it.each(golden.hash)('hash: seed %j, value %j, version %j', (seed, value, version, expected) => {
    expect(hash(seed, value, version)).toBe(expected)
    expect(hashUnder(seed, version)?.(value) ?? null).toBe(expected)
  })

  it.each(golden.getBucketRange)('getBucketRange: %s', (_name, [count, coverage, weights], expected) => {
    expect(rangesOf(count, { coverage, weights: weights ?? undefined })).toEqual(expected.map((range) => near(range, 10)))
  })

  it.each(golden.feature)('feature: %s', (_name, situation, key, expected) => {
    expect(evaluateFlag(flagsOf(situation), key, personOf(situation))).toStrictEqual(expected)
  })

  it.each(golden.run)('run: %s', (_name, situation, experiment, value, inExperiment, hashUsed) => {
    const result = runExperiment(flagsOf(situation), experiment, personOf(situation))
    expect(result).toMatchObject({ inExperiment, hashUsed })
    expect(result.value).toStrictEqual(value)
  })

  it.each(golden.chooseVariation)('chooseVariation: %s', (_name, place, ranges, expected) => {
    expect(chooseVariation(place, ranges)).toBe(expected)
  })

  it.each(golden.getQueryStringOverride)('getQueryStringOverride: %s', (_name, key, url, count, expected) => {
    expect(urlOverride(key, url, count)).toBe(expected)
  })

  it.each(golden.inNamespace)('inNamespace: %s', (_name, subject, namespace, expected) => {
    expect(compileNamespace(namespace)(subject)).toBe(expected)
  })

  it.each(golden.getEqualWeights)('getEqualWeights: %j', (count, expected) => {
    expect(equalWeights(count)).toEqual(near(expected, 8))
  })

  it.each(golden.stickyBucket)('stickyBucket: %s', (_name, situation, documents, key, expected, kept) => {
    const known = Object.fromEntries(documents.map((document) => [`${document.attributeName}||${document.attributeValue}`, document]))
    const evaluation = evaluateFlag(flagsOf(situation), key, { ...personOf(situation), stickyAssignments: known })
    expect(evaluation.experimentResult ?? null).toStrictEqual(expected)
    expect(mergeSticky(known, evaluation.stickyAssignments)).toStrictEqual(kept)
  })

  it.each(golden.contextualBandit)('contextualBandit: %s', (_name, situation, key, expected) => {
    expect(evaluateFlag(flagsOf(situation), key, personOf(situation))).toStrictEqual(expected)
  })

  it('is there whole', () => {
    const counts = Object.entries(golden).map(([section, cases]) => [section, cases.length])
    expect(Object.fromEntries(counts.filter(([section]) => section !== 'source' && section !== 'specVersion'))).toEqual({
      evalCondition: 124,
      hash: 8,
      getBucketRange: 7,
      feature: 28,
      run: 37,
      chooseVariation: 7,
      getQueryStringOverride: 8,
      inNamespace: 8,
      getEqualWeights: 3,
      stickyBucket: 7,
      contextualBandit: 18,
    })
  })
})
