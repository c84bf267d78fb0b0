import type { LawMode } from '../../contract/lists.ts'
import { type Draft, note } from './draft.ts'
import type { LawTerms, PricingContext, PricingSettings } from './types.ts'

/** Where nothing is configured: one price for all at one time and place. */
export const STRICTEST: LawTerms = { uniform: 'allow', randomised: 'off', personal: 'off' }

/**
 * The most that a state takes over from the entry of its country: what goes further needs an entry of its own.
 *
 * New York (GBL §349-a, since 2025-11-10) asks for its notice beside a price made from personal data, which it reads so widely
 * that a price drawn on a visitor's id may be one. Connecticut (since 2026-10-01) asks for its notice where personal data
 * raised a price. Maryland forbids personal prices of food, and what a shop sells we do not know.
 */
const STATES: Readonly<Record<string, Partial<LawTerms>>> = {
  'US-NY': { randomised: 'disclose', personal: 'disclose' },
  'US-CT': { personal: 'disclose' },
  'US-MD': { personal: 'off' },
}
/** Of a request from the United States that does not say from where there: it may come from New York. */
const SOME_STATE: Partial<LawTerms> = { randomised: 'disclose', personal: 'disclose' }

const STRICTNESS: readonly LawMode[] = ['allow', 'disclose', 'off']
const stricter = (a: LawMode, b: LawMode = 'allow'): LawMode => (STRICTNESS.indexOf(a) >= STRICTNESS.indexOf(b) ? a : b)

/** Region when it lies in the country of the request, or stands alone. */
export const regionOf = ({ country, region }: PricingContext): string | null =>
  region !== null && (country === null || region.startsWith(`${country}-`)) ? region : null

/** Terms of the jurisdiction: the region's own, else the country's as far as the region takes them over, else the strictest. */
export function lawOf(settings: PricingSettings, context: PricingContext): LawTerms {
  const region = regionOf(context)
  const own = region === null ? undefined : settings.law[region]
  if (own) return own
  const country = context.country ?? region?.slice(0, 2)
  const inherited = country === undefined ? undefined : settings.law[country]
  if (!inherited) return STRICTEST
  const limits = region !== null ? STATES[region] : country === 'US' ? SOME_STATE : undefined
  if (!limits) return inherited
  return {
    uniform: stricter(inherited.uniform, limits.uniform),
    randomised: stricter(inherited.randomised, limits.randomised),
    personal: stricter(inherited.personal, limits.personal),
  }
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
