import { computed } from '@preact/signals'
import type { FunnelQuery } from '../worker/contract/funnels.ts'
import { query, withQuery } from './address.ts'

/** What the address says of the funnel page. */

export type Breakdown = NonNullable<FunnelQuery['by']>

export const BREAKDOWNS: readonly { id: Breakdown; name: string }[] = [
  { id: 'country', name: 'country' },
  { id: 'device', name: 'device' },
  { id: 'source', name: 'source' },
  { id: 'visitor', name: 'new and returning' },
  { id: 'variant', name: 'variant of an experiment' },
]

/** A funnel by its id, or one version of it, as `trial@2`; null for the default one. */
export const chosenFunnel = computed(() => query.value.get('funnel'))
export const breakdown = computed<Breakdown | null>(() => BREAKDOWNS.find(({ id }) => id === query.value.get('by'))?.id ?? null)
/** Key of the experiment whose variants are told apart. */
export const chosenExperiment = computed(() => query.value.get('experiment'))
/** The form that stands open: an empty one, or one that begins with the funnel shown. */
export const funnelForm = computed(() => (['funnel', 'version'] as const).find((word) => word === query.value.get('new')) ?? null)

/** The page of a funnel, for the same period and told apart in the same way. */
export const funnelAt = (reference: string | null): string => withQuery({ funnel: reference, new: null }, '/funnel')
