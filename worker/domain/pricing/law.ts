import type { LawMode } from '../../contract/lists.ts'
import { type Draft, note } from './draft.ts'
import type { LawTerms, PricingContext, PricingSettings } from './types.ts'

/** Where nothing is configured: one price for all at one time and place. */
export const STRICTEST: LawTerms = { uniform: 'allow', randomised: 'off', personal: 'off' }

/**
 * States whose law asks for a notice beside a personal price. They do not inherit "allow" from their country: only an
 * entry of their own can waive the notice. Source: NY GBL §349-a (2025-11-10); Connecticut (2026-10-01).
 */
const NOTICE_STATES = new Set(['US-NY', 'US-CT'])

/** Region when it lies in the country of the request, or stands alone. */
export const regionOf = ({ country, region }: PricingContext): string | null =>
  region !== null && (country === null || region.startsWith(`${country}-`)) ? region : null

/** Terms of the jurisdiction: the region's own, else the country's, else the strictest. */
export function lawOf(settings: PricingSettings, context: PricingContext): LawTerms {
  const region = regionOf(context)
  const own = region === null ? undefined : settings.law[region]
  if (own) return own
  const country = context.country ?? region?.slice(0, 2)
  const inherited = country === undefined ? undefined : settings.law[country]
  if (!inherited) return STRICTEST
  const owesNotice = region !== null && NOTICE_STATES.has(region) && inherited.personal === 'allow'
  return owesNotice ? { ...inherited, personal: 'disclose' } : inherited
}

/** Name of the jurisdiction for explanations. */
export const placeOf = (context: PricingContext): string => regionOf(context) ?? context.country ?? 'an unknown jurisdiction'

const WORDS: Record<LawMode, string> = { off: 'off', disclose: 'with disclosure', allow: 'allowed' }

/** Leaves the line that says which classes of price this jurisdiction takes. */
export function explainLaw(draft: Draft): void {
  const { uniform, randomised, personal } = draft.law
  note(
    draft,
    'law',
    'kept',
    `In ${placeOf(draft.context)}: uniform prices ${WORDS[uniform]}, randomised ${WORDS[randomised]}, personal ${WORDS[personal]}`,
  )
}
