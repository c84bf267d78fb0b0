import type * as z from 'zod'
import type { ExperimentPatch, ExperimentStarted } from '../worker/contract/experiments.ts'
import type { MetricInput, MetricItem } from '../worker/contract/metrics.ts'
import { ask } from './api.ts'
import { attempt, change } from './attempts.ts'
import type { ExperimentDraft } from './experiment-form.ts'

/** Changes that the pages of experiments make. */

type Started = z.infer<typeof ExperimentStarted>

const at = (key: string) => `/api/experiments/${encodeURIComponent(key)}`

export const addExperiment = (input: ExperimentDraft & { draft: boolean }) =>
  attempt(() => ask<Started>('/api/experiments', { method: 'POST', body: input }))

export const changeDraft = (key: string, input: z.input<typeof ExperimentPatch>) =>
  attempt(() => ask<Started>(at(key), { method: 'PATCH', body: input }))

const act = (key: string, action: 'start' | 'stop' | 'archive' | 'ship', body?: unknown) =>
  change(async () => (await ask<Started>(`${at(key)}/${action}`, { method: 'POST', body })).message)

export const startExperiment = (key: string) => act(key, 'start')
export const stopExperiment = (key: string) => act(key, 'stop')
export const archiveExperiment = (key: string) => act(key, 'archive')
export const shipVariant = (key: string, variant: string) => act(key, 'ship', { variant })

export const addMetric = (input: z.input<typeof MetricInput>) =>
  attempt(() => ask<z.infer<typeof MetricItem>>('/api/metrics', { method: 'POST', body: input }))
