import { signal } from '@preact/signals'
import type { AnalyticsAnswer } from '../worker/contract/analytics.ts'
import type { ExperimentsAnswer } from '../worker/contract/experiments.ts'
import type { FunnelAnswer, FunnelDefinitionAnswer, FunnelsAnswer } from '../worker/contract/funnels.ts'
import { compare, path, period, to } from './address.ts'
import { ask, Refusal } from './api.ts'
import { analytics, askInCurrency, refreshFigures } from './figures.ts'
import { breakdown, chosenExperiment, chosenFunnel } from './funnel-address.ts'
import { search } from './page-parts.ts'

/** What the funnel page shows, as it was read last; null until it is. */

export const funnels = signal<FunnelDefinitionAnswer[] | null>(null)
export const funnelPage = signal<FunnelAnswer | null>(null)
/** The same funnel in the period before, when comparison is on and there is one. */
export const funnelBefore = signal<FunnelAnswer | null>(null)
export const experiments = signal<ExperimentsAnswer['experiments'] | null>(null)
/** The funnel of the address, where there is none. */
export const missingFunnel = signal<string | null>(null)
/** Why people cannot be told apart as the address asks. */
export const apartTrouble = signal<string | null>(null)

/** Definition of what is shown. */
export const definitionOf = ({ funnel: { id, version } }: FunnelAnswer): FunnelDefinitionAnswer | null =>
  funnels.value?.find((each) => each.id === id && each.version === version) ?? null

const BACKFILL_MS = 10_000
const APART_FIELDS = ['by', 'experiment']

interface Options {
  signal: AbortSignal
}

/** The funnel; where people cannot be told apart as asked, without that, and why. */
async function askFunnel(asked: Record<string, string | null>, options: Options): Promise<FunnelAnswer> {
  apartTrouble.value = null
  const by = breakdown.peek()
  const key = chosenExperiment.peek()
  const apart = by === 'variant' && key === null ? null : by
  try {
    return await askInCurrency<FunnelAnswer>('/api/funnel', { ...asked, by: apart, experiment: apart === 'variant' ? key : null }, options)
  } catch (error) {
    if (!(error instanceof Refusal) || !APART_FIELDS.includes(error.field ?? '')) throw error
    apartTrouble.value = error.message
    return askInCurrency<FunnelAnswer>('/api/funnel', asked, options)
  }
}

async function readExperiments(options: Options): Promise<void> {
  if (breakdown.peek() !== 'variant') return
  experiments.value = (await ask<ExperimentsAnswer>('/api/experiments?limit=500', options)).experiments
}

/** Reads what the address asks for: the figures too, for the toolbar shows their period and currencies. */
export async function readFunnelPage(abort: AbortSignal): Promise<void> {
  const options = { signal: abort }
  const span = { timeframe: period.peek(), to: to.peek() }
  const funnel = chosenFunnel.peek()
  const [answer, figures, list] = await Promise.all([
    askFunnel({ ...span, funnel }, options).catch((error: unknown) => {
      if (error instanceof Refusal && error.code === 'not_found' && funnel !== null) return null
      throw error
    }),
    askInCurrency<AnalyticsAnswer>('/api/analytics', span, options),
    ask<FunnelsAnswer>('/api/funnels', options),
    readExperiments(options),
  ])
  analytics.value = figures
  funnels.value = list.funnels
  missingFunnel.value = answer === null ? funnel : null
  funnelBefore.value = null
  funnelPage.value = answer
  if (!answer) return
  if (definitionOf(answer)?.backfill) setTimeout(follow, BACKFILL_MS)
  if (!compare.peek() || !figures.previousPeriod.complete) return
  const earlier = search({ timeframe: span.timeframe, to: figures.previousPeriod.to, funnel, currency: answer.currency })
  funnelBefore.value = await ask<FunnelAnswer>(`/api/funnel?${earlier}`, options)
}

/** While customers of before are still being counted, the sums grow. */
function follow(): void {
  if (path.peek() === '/funnel') refreshFigures()
}
