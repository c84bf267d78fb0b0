import { computed } from '@preact/signals'
import type { ExperimentStatus, SegmentDimension } from '../worker/contract/lists.ts'
import { pageAt, path, query, withQuery } from './address.ts'
import { DIMENSIONS, STATES } from './experiments-words.ts'

/** What the address says of the pages of experiments. */

export const EXPERIMENT_TABS = ['experiments', 'metrics'] as const
export type ExperimentTab = (typeof EXPERIMENT_TABS)[number]

export const experimentTab = computed<ExperimentTab>(() => EXPERIMENT_TABS.find((word) => word === query.value.get('tab')) ?? 'experiments')

/** Key of the experiment whose page it is, or null on the lists. */
export const experimentKey = computed(() => {
  const key = /^\/experiments\/(.+)$/.exec(path.value)?.[1]
  try {
    return key === undefined ? null : decodeURIComponent(key)
  } catch {
    return null
  }
})

/** State to which the list is narrowed; null for all. */
export const stateFilter = computed<ExperimentStatus | null>(() => STATES.find((word) => word === query.value.get('state')) ?? null)
/** What is being made: an experiment or a metric. */
export const creating = computed(() => query.value.get('new'))
/** Whether the draft is open in the editor. */
export const editing = computed(() => query.value.get('edit') === '1')
/** By what people are told apart. */
export const segmentBy = computed<SegmentDimension | null>(() => DIMENSIONS.find((word) => word === query.value.get('by')) ?? null)

/** One of the lists, narrowed or with a form open. */
export const experimentsAt = (tab: ExperimentTab, changes: Record<string, string> = {}): string => {
  const [at = '', text = ''] = pageAt('/experiments').split('?')
  const next = new URLSearchParams(text)
  next.delete('tab')
  for (const [name, value] of Object.entries({ ...(tab === 'metrics' && { tab }), ...changes })) next.set(name, value)
  return next.size > 0 ? `${at}?${next}` : at
}

export const experimentPath = (key: string): string => pageAt(`/experiments/${encodeURIComponent(key)}`)
/** The funnel, its people told apart by variant. */
export const funnelPath = (key: string): string => {
  const [at = '', text = ''] = pageAt('/funnel').split('?')
  const next = new URLSearchParams(text)
  next.delete('tab')
  next.set('by', 'variant')
  next.set('experiment', key)
  return `${at}?${next}`
}
export const editorAt = (): string => withQuery({ edit: '1' })
/** The present page with the form closed. */
export const closed = (): string => withQuery({ new: null, edit: null })
