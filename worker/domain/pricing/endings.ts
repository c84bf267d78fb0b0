import { hash } from '../assignment.ts'
import { type Draft, describeShare, move, note } from './draft.ts'

/** A step that may end the decision: true when the price is final. */
export type Ending = (draft: Draft) => boolean

/** A subscriber pays what the contract says, holdout or not. Only in the contract's own currency: amounts are never converted. */
const contractPrice: Ending = (draft) => {
  const contract = Object.hasOwn(draft.facts.contracts, draft.slice.product.id) ? draft.facts.contracts[draft.slice.product.id] : undefined
  if (!contract) {
    note(draft, 'contract', 'kept', 'No active subscription to this product')
    return false
  }
  if (contract.currency !== draft.context.currency) {
    note(draft, 'contract', 'skipped', `The subscription is in ${contract.currency}, the request in ${draft.context.currency}`)
    return false
  }
  move(draft, 'contract', contract.amountMinor, 'The price of the active subscription')
  draft.reason = 'contract'
  return true
}

const killSwitch: Ending = (draft) => {
  if (draft.settings.optimizationEnabled) return false
  move(draft, 'kill_switch', draft.book.listMinor, 'Optimisation is switched off: the list price')
  draft.reason = 'kill_switch'
  return true
}

const consentRefused: Ending = (draft) => {
  if (!draft.context.profilingRefused) return false
  move(draft, 'consent', draft.book.listMinor, 'Profiling was refused: the list price')
  draft.reason = 'consent'
  return true
}

/** Nobody in the holdout sees any lever of any system. Raising the share only adds people. */
const universalHoldout: Ending = (draft) => {
  const { holdoutSeed, holdoutShare } = draft.settings
  if (hash(holdoutSeed, draft.facts.subject, 2) >= holdoutShare) {
    note(draft, 'holdout', 'kept', `Not in the universal holdout of ${describeShare(holdoutShare)}`)
    return false
  }
  move(draft, 'holdout', draft.book.listMinor, `In the universal holdout of ${describeShare(holdoutShare)}: the list price`)
  draft.reason = 'holdout'
  return true
}

/** In the order in which they are asked. */
export const ENDINGS: readonly Ending[] = [contractPrice, killSwitch, consentRefused, universalHoldout]
