import type { FlagReason } from '../../contract/flags.ts'
import { type Experiment, isRunningAt } from './definition.ts'
import { experimentIdOf } from './exposure.ts'
import { type CompiledFlags, compileFlags } from './flags.ts'
import { isPlain, PlainDraws } from './plain-draws.ts'
import type { Evaluation, EvaluationContext, FeatureDefinition, StickyAssignments } from './types.ts'
import { visitOf } from './visit.ts'

/** Variant of an experiment that somebody was drawn into. */
export interface Drawn {
  experiment: Experiment
  variant: string
  /** Probability with which it was drawn, 0–1. */
  propensity: number
}

export interface FlagResult {
  /** The answer in JSON, as the evaluation protocol wants it; the same text for all who are answered the same. */
  text: string
  /** Tells apart what one flag may answer. */
  mark: string
  /** Null: not drawn, or forced for a test by hand; nothing to analyse. */
  drawn: Drawn | null
}

interface Page {
  experiment: Experiment
  control: FlagResult
  disabled: FlagResult
  /** By variation. */
  drawn: FlagResult[]
  forced: FlagResult[]
}

/** Flags as they are between two moments at which an experiment begins or ends. */
interface Edition {
  from: number
  until: number
  flags: CompiledFlags
  running: ReadonlySet<Page>
  /** Positions of the running experiments that a hash and a condition decide, and of the others. */
  plain: readonly number[]
  others: readonly number[]
  draws: PlainDraws
}

/** Of somebody who holds no places and forces nothing: a URL without parameters forces nothing. */
const isNewcomer = ({ url, stickyAssignments }: FlagContext): boolean => !stickyAssignments && !url?.includes('?')

const isPutAside = ({ status, shipped }: Experiment): boolean => status === 'archived' && shipped === null

/** What a shop may say of the person. */
export type FlagContext = Pick<EvaluationContext, 'attributes' | 'url' | 'stickyAssignments'>

/**
 * All experiments of one configuration, compiled once: what a request asks is a look-up, a hash and a text that is there
 * already. An experiment answers its control while it is a draft, before it begins, after its end, and to whom it does not
 * apply; once a variant of it was shipped, that one.
 */
export class FlagBook {
  /** Names the content: equal books have equal hashes. */
  readonly hash: string
  readonly #pages: Map<string, Page>
  /** Those that pages are told of come first. */
  readonly #all: readonly Page[]
  readonly #told: number
  #edition: Edition | null = null

  constructor(hash: string, experiments: readonly Experiment[]) {
    this.hash = hash
    const told = experiments.filter((experiment) => !isPutAside(experiment))
    this.#all = [...told, ...experiments.filter(isPutAside)].map(pageOf)
    this.#told = told.length
    this.#pages = new Map(this.#all.map((page) => [page.experiment.key, page]))
  }

  get keys(): IterableIterator<string> {
    return this.#pages.keys()
  }

  experiment(key: string): Experiment | null {
    return this.#pages.get(key)?.experiment ?? null
  }

  /** Changes when an experiment begins or ends. */
  editionAt(now: number): number {
    return this.#at(now).from
  }

  /** What one flag answers, or its control where `context` is null: for somebody of whom nothing may be used. Null: no such flag. */
  evaluate(key: string, context: FlagContext | null, now: number): FlagResult | null {
    const page = this.#pages.get(key)
    if (!page) return null
    const { flags, running } = this.#at(now)
    return context && running.has(page) ? resultOf(page, flags.evaluate(key, visitOf(context, null, true))) : page.disabled
  }

  /**
   * What every flag answers, and the sticky assignments that have changed; all controls where `context` is null. Experiments that
   * were put aside with nothing to ship answer when they are asked for alone: else each page would carry all there ever were.
   */
  evaluateAll(context: FlagContext | null, now: number): { results: FlagResult[]; changed: StickyAssignments | null } {
    const results = this.#all.slice(0, this.#told).map(({ disabled }) => disabled)
    if (!context) return { results, changed: null }
    const { flags, plain, others, draws } = this.#at(now)
    const visit = visitOf(context, null, true)
    const evaluate = (at: number) => {
      const page = this.#all[at] as Page
      results[at] = resultOf(page, flags.evaluate(page.experiment.key, visit))
    }
    for (const at of others) evaluate(at)
    if (isNewcomer(context)) {
      const drawn = draws.draw(visit.attributes)
      for (let index = 0; index < plain.length; index++) {
        const at = plain[index] as number
        const page = this.#all[at] as Page
        results[at] = page.drawn[drawn[index] as number] ?? page.control
      }
    } else for (const at of plain) evaluate(at)
    return { results, changed: visit.sticky?.changes() ?? null }
  }

  #at(now: number): Edition {
    const known = this.#edition
    if (known && now >= known.from && now < known.until) return known
    const experiments = this.#all.map(({ experiment }) => experiment)
    const bounds = experiments.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
    const features: Record<string, FeatureDefinition> = Object.create(null)
    for (const experiment of experiments) features[experiment.key] = featureOf(experiment, now)
    const running = [...experiments.keys()].filter((at) => isRunningAt(experiments[at] as Experiment, now))
    const plain = running.filter((at) => isPlain(experiments[at] as Experiment))
    this.#edition = {
      from: Math.max(0, ...bounds.filter((bound) => bound <= now)),
      until: Math.min(Number.POSITIVE_INFINITY, ...bounds.filter((bound) => bound > now)),
      flags: compileFlags({ features }),
      running: new Set(running.map((at) => this.#all[at] as Page)),
      plain,
      others: running.filter((at) => !plain.includes(at)),
      draws: new PlainDraws(plain.map((at) => experiments[at] as Experiment)),
    }
    return this.#edition
  }
}

function resultOf(page: Page, { experimentResult: result }: Evaluation): FlagResult {
  if (!result?.inExperiment) return page.control
  const results = result.hashUsed ? page.drawn : page.forced
  return results[result.variationId] ?? page.control
}

/** Sticky assignments of versions below `minBucketVersion` no longer count, so that is the version they are kept under. */
function featureOf(experiment: Experiment, now: number): FeatureDefinition {
  const { key, variants, condition, namespace, fallbackAttribute, prerequisites, minBucketVersion } = experiment
  const defaultValue = variants[placeOfDefault(experiment)]?.value
  if (!isRunningAt(experiment, now)) return { defaultValue }
  return {
    defaultValue,
    rules: [
      {
        key,
        seed: experiment.seed,
        hashAttribute: experiment.hashAttribute,
        hashVersion: experiment.hashVersion,
        variations: variants.map(({ value }) => value),
        weights: variants.map(({ weight }) => weight),
        coverage: experiment.coverage,
        meta: variants.map(({ key, name }) => ({ key, name })),
        bucketVersion: minBucketVersion,
        minBucketVersion,
        ...(condition && { condition }),
        ...(namespace && { namespace: [namespace.id, namespace.from, namespace.to] }),
        ...(fallbackAttribute !== null && { fallbackAttribute }),
        ...(prerequisites.length > 0 && { parentConditions: prerequisites.map((one) => ({ id: one.key, condition: one.condition })) }),
      },
    ],
  }
}

/** Position of what everybody gets who is not drawn: the control, or what was shipped. */
const placeOfDefault = ({ variants, shipped }: Experiment): number =>
  Math.max(
    0,
    variants.findIndex(({ key }) => key === shipped),
  )

function pageOf(experiment: Experiment): Page {
  const { key, variants } = experiment
  const result = (at: number, reason: FlagReason, metadata: Record<string, unknown>, drawn: Drawn | null): FlagResult => {
    const { key: variant, value } = variants[at] as Experiment['variants'][number]
    return { text: JSON.stringify({ key, value, variant, reason, metadata }), mark: `${reason}${at}`, drawn }
  }
  return {
    experiment,
    control: result(0, 'DEFAULT', {}, null),
    disabled: experiment.shipped ? result(placeOfDefault(experiment), 'DEFAULT', {}, null) : result(0, 'DISABLED', {}, null),
    drawn: variants.map(({ key: variant, weight }, at) => {
      const drawn = { experiment, variant, propensity: weight }
      return result(at, 'SPLIT', { experimentId: experimentIdOf(experiment), variantId: variant, propensity: weight }, drawn)
    }),
    forced: variants.map((_, at) => result(at, 'STATIC', { forced: true }, null)),
  }
}
