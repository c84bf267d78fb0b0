import { type Draft, isOptimised, note } from './draft.ts'
import { regionOf } from './law.ts'

/** Exact words of NY GBL §349-a, in force since 2025-11-10. */
export const NEW_YORK_NOTICE = 'THIS PRICE WAS SET BY AN ALGORITHM USING YOUR PERSONAL DATA.'
/** Exact words of Connecticut's act, in force since 2026-10-01: for a price that personal data has raised. */
export const CONNECTICUT_NOTICE = 'THIS PRICE WAS INCREASED BY A PRICE SETTING DEVICE USING YOUR PERSONAL DATA'

/** What must stand beside the price where the law says "disclose". Source of the duty in the EU: Directive 2011/83, article 6(1)(ea). */
export const PLAIN_NOTICES = {
  uniform: 'This price was set by an automated decision. It is the same for everyone who asks at the same time and place.',
  randomised: 'This price was set by an automated decision: it was drawn at random as part of a price test.',
  personal: 'This price was set for you by an automated decision that uses your personal data.',
} as const

/**
 * Adds the notice. All arms of a test get it, the control too: a notice beside some arms only would be part of the
 * effect. New York's words also stand beside a random price, since a draw on a visitor id uses data linkable to a device.
 */
export function applyDisclosure(draft: Draft): void {
  if (!isOptimised(draft.reason) || draft.law[draft.priceClass] !== 'disclose') {
    note(draft, 'disclosure', 'skipped', 'No notice is required')
    return
  }
  draft.disclosure = noticeFor(draft)
  note(draft, 'disclosure', 'applied', `A notice must stand beside this ${draft.priceClass} price`)
}

function noticeFor(draft: Draft): string {
  const region = regionOf(draft.context)
  const { priceClass } = draft
  if (region === 'US-NY' && priceClass !== 'uniform') return NEW_YORK_NOTICE
  if (region === 'US-CT' && priceClass === 'personal' && isRaised(draft)) return CONNECTICUT_NOTICE
  return PLAIN_NOTICES[priceClass]
}

/** Whether the personal step raised the price, wherever the others had brought it; a guardrail that took it back is no excuse. */
function isRaised({ explain, priceMinor, book }: Draft): boolean {
  const personal = explain.find(({ step, outcome }) => step === 'segment' && outcome === 'applied')
  return personal ? personal.afterMinor > personal.beforeMinor : priceMinor > book.listMinor
}
