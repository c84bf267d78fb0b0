import { attempt } from './store.ts'
import type { Consent } from './types.ts'

interface Signals {
  analytics_storage?: Consent
  personalization_storage?: Consent
}

/**
 * Hears Google's Consent Mode: commands `consent`, `default | update`, signals in `window.dataLayer`, those there already
 * and those to come. Either signal denied means denied. A default may only deny: it may be of one region, and the page does
 * not know where it is; an update, the visitor's own word, may grant too.
 */
export function hearConsentMode(decide: (state: Consent) => void): void {
  const signals: Signals = {}
  let said: Consent | undefined
  const hear = (command: ArrayLike<unknown> | null) => {
    if (command?.[0] !== 'consent') return
    const { analytics_storage: analytics, personalization_storage: personal } = Object.assign(signals, command[2])
    const before = said
    if (analytics === 'denied' || personal === 'denied') said = 'denied'
    else if (command[1] === 'update') said = analytics ?? personal
    // Only what changes is passed on, so that a word about advertising undoes none of the page's own.
    if (said && said !== before) decide(said)
  }
  attempt(() => {
    const page = window as { dataLayer?: ArrayLike<unknown>[] }
    const layer = page.dataLayer ?? []
    page.dataLayer = layer
    const { push } = layer
    layer.forEach(hear)
    layer.push = (...commands) => {
      commands.forEach(hear)
      return push.apply(layer, commands)
    }
  })
}
