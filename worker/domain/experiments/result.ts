import { DEFAULT_ATTRIBUTE, type Subject } from './subject.ts'
import type { BanditChoice, ExperimentDefinition, ExperimentResult } from './types.ts'

export interface Results {
  /** Not in the experiment: told of the first variation. */
  outside(subject: Subject, blocked: boolean): ExperimentResult
  forced(subject: Subject, index: number): ExperimentResult
  drawn(subject: Subject, index: number, place: number, kept: boolean, choice: BanditChoice | null): ExperimentResult
  /** As `drawn`, by variation, without what is of the person alone: their value, place and whether they were kept. */
  readonly shared: readonly ExperimentResult[]
}

interface Variation {
  key: string
  value: unknown
  /** Name and passthrough, where they say something. */
  extras: Pick<ExperimentResult, 'name' | 'passthrough'> | null
}

/** What people are told of an experiment. All that does not depend on the person is made ready here. */
export function compileResults({ meta, variations, hashAttribute }: ExperimentDefinition, featureId: string | null): Results {
  const known = variations.length === 0 ? [undefined] : variations
  const told = known.map((value, index): Variation => {
    const { key, name, passthrough } = (Array.isArray(meta) ? meta[index] : undefined) ?? {}
    const extras = { ...(name && { name }), ...(passthrough && { passthrough: true }) }
    return { key: key || String(index), value, extras: Object.keys(extras).length > 0 ? extras : null }
  })

  const undrawn = ({ attribute, value: hashValue }: Subject, index: number, inExperiment: boolean, blocked: boolean): ExperimentResult => {
    const { key, value, extras } = told[index] as Variation
    return {
      key,
      featureId,
      inExperiment,
      hashUsed: false,
      variationId: index,
      value,
      hashAttribute: attribute,
      hashValue,
      stickyBucketUsed: blocked,
      ...extras,
    }
  }

  const attribute = hashAttribute || DEFAULT_ATTRIBUTE
  return {
    shared: told.map((_, index) => Object.freeze({ ...undrawn({ attribute, value: '' }, index, true, false), hashUsed: true })),
    outside: (subject, blocked) => undrawn(subject, 0, false, blocked),
    forced: (subject, index) => undrawn(subject, index, true, false),
    drawn({ attribute, value: hashValue }, index, place, kept, choice) {
      const { key, value, extras } = told[index] as Variation
      // All fields at once: one added later would move the object's fields to a second allocation.
      const result: ExperimentResult = {
        key,
        featureId,
        inExperiment: true,
        hashUsed: true,
        variationId: index,
        value,
        hashAttribute: attribute,
        hashValue,
        stickyBucketUsed: kept,
        bucket: place,
      }
      return extras || choice ? { ...result, ...extras, ...choice } : result
    },
  }
}

/**
 * Whether an outcome may be analysed: somebody was drawn. What QA forced by URL or context, and what the definition
 * forces on everybody, was not.
 */
export const isExposure = (result: ExperimentResult | undefined): boolean => result?.inExperiment === true && result.hashUsed
