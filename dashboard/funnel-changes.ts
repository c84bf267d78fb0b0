import type * as z from 'zod'
import type { FunnelInput, FunnelItem } from '../worker/contract/funnels.ts'
import { visit } from './address.ts'
import { ask } from './api.ts'
import { attempt, outcome, trouble } from './attempts.ts'
import { refreshFigures } from './figures.ts'
import { funnelAt } from './funnel-address.ts'

/** Changes that the funnel page makes. */

export type FunnelDraft = z.input<typeof FunnelInput>

export const saveFunnel = (draft: FunnelDraft) =>
  attempt(async () => (await ask<z.infer<typeof FunnelItem>>('/api/funnels', { method: 'POST', body: draft })).funnel)

/** The page then shows the default funnel; what was counted is kept. */
export async function archiveFunnel({ id, name }: { id: string; name: string }): Promise<void> {
  const { refused } = await attempt(() => ask(`/api/funnels/${encodeURIComponent(id)}`, { method: 'DELETE' }))
  if (refused) {
    trouble.value = refused.message
    return
  }
  visit(funnelAt(null))
  outcome.value = `Archived: ${name}`
  refreshFigures()
}
