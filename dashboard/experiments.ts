import { signal } from '@preact/signals'
import type { ExperimentItem, ExperimentsAnswer } from '../worker/contract/experiments.ts'
import type { FunnelDefinitionAnswer, FunnelsAnswer } from '../worker/contract/funnels.ts'
import type { HoldoutAnswer } from '../worker/contract/holdout.ts'
import type { MetricAnswer, MetricsAnswer } from '../worker/contract/metrics.ts'
import { currency } from './address.ts'
import { ask, Refusal } from './api.ts'
import { creating, editing, experimentKey, experimentTab } from './experiments-address.ts'
import { type Part, part, search } from './page-parts.ts'

/** What the pages of experiments show, as it was read last; null until it is. */

export type ListedExperiment = ExperimentsAnswer['experiments'][number]

export const experiments = signal<ListedExperiment[] | null>(null)
/** Newest version of each metric, those that every deployment has first. */
export const metrics = signal<MetricAnswer[] | null>(null)
/** Newest version of each funnel. */
export const funnels = signal<FunnelDefinitionAnswer[] | null>(null)
export const experimentPage = signal<(ExperimentItem & { of: string }) | null>(null)
/** What all levers together are worth. */
export const holdout = signal<Part<HoldoutAnswer> | null>(null)
export type ExperimentPageOf = NonNullable<typeof experimentPage.value>
/** Key of an experiment that the server does not know. */
export const missing = signal<string | null>(null)

/** More experiments than five thousand are not listed on one page. */
const MOST_PAGES = 10

type Reading = { signal: AbortSignal }

/** Those that run first, then drafts, then what is over: the latest of each first. */
const RANKS = { running: 0, draft: 1, stopped: 2, archived: 3 } as const
const inOrder = (left: ListedExperiment, right: ListedExperiment): number =>
  RANKS[left.status] - RANKS[right.status] || right.startsAt - left.startsAt || (left.key < right.key ? -1 : 1)

async function readList(options: Reading): Promise<void> {
  const found: ListedExperiment[] = []
  let next: string | null = null
  for (let page = 0; page < MOST_PAGES; page++) {
    const answer: ExperimentsAnswer = await ask(`/api/experiments?${search({ limit: '500', after: next })}`, options)
    found.push(...answer.experiments)
    next = answer.next
    if (next === null) break
  }
  experiments.value = found.sort(inOrder)
}

async function readHoldout(options: Reading): Promise<void> {
  holdout.value = await part(ask<HoldoutAnswer>(`/api/holdout?${search({ currency: currency.peek() })}`, options), options.signal)
}

/** The newest version of each: the server answers it before the older ones. */
const newest = <T extends { id: string }>(all: readonly T[]): T[] =>
  all.filter(({ id }, at) => all.findIndex((each) => each.id === id) === at)

async function readMetrics(options: Reading): Promise<void> {
  const found = newest((await ask<MetricsAnswer>('/api/metrics', options)).metrics)
  metrics.value = [...found.filter(({ builtIn }) => builtIn), ...found.filter(({ builtIn }) => !builtIn)]
}

async function readFunnels(options: Reading): Promise<void> {
  funnels.value = newest((await ask<FunnelsAnswer>('/api/funnels', options)).funnels)
}

/** Without funnels the form names no step, and that is all. */
const readChoices = (options: Reading) => Promise.all([readMetrics(options), part(readFunnels(options), options.signal)])

async function readOne(key: string, options: Reading): Promise<void> {
  try {
    const [item] = await Promise.all([
      ask<ExperimentItem>(`/api/experiments/${encodeURIComponent(key)}`, options),
      part(readMetrics(options), options.signal),
      ...(editing.peek() ? [part(readFunnels(options), options.signal)] : []),
    ])
    experimentPage.value = { ...item, of: key }
    missing.value = null
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'not_found') throw error
    missing.value = key
  }
}

/** Reads what the address asks for. */
export async function readExperiments(abort: AbortSignal): Promise<void> {
  const options = { signal: abort }
  const key = experimentKey.peek()
  if (key !== null) return readOne(key, options)
  if (experimentTab.peek() === 'metrics') return readMetrics(options)
  if (creating.peek() === 'experiment') {
    await readChoices(options)
    return
  }
  await Promise.all([readList(options), readHoldout(options)])
}
