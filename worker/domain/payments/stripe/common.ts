import { parseCurrency } from '../../money.ts'
import { SECOND_MS } from '../../time.ts'
import { firstText, idAt, needText, textAt } from '../json.ts'
import { type Name, NOBODY, type ProviderEvent, type Reading } from '../provider.ts'

/** What one kind of webhook is read as. */
export type Read = Pick<ProviderEvent, 'whose' | 'facts' | 'links'>
export const NOTHING: Read = { whose: NOBODY, facts: [], links: [] }

/** A webhook of Stripe with what every kind of it has. `object` is as it stood when the event was made. */
export interface StripeEvent {
  id: string
  type: string
  /** Epoch ms; Stripe tells seconds. */
  createdAt: number
  object: unknown
  /** What changed, with its values before; of an update alone. */
  previous: unknown
  reading: Reading
}

export const instantOf = (seconds: number): number => seconds * SECOND_MS

export const currencyOf = (object: unknown): string => parseCurrency(needText(object, 'currency'))

/** Country of an address, if it is one. */
export function countryAt(object: unknown, path: string): string | null {
  const country = textAt(object, path)?.toUpperCase() ?? null
  return country !== null && /^[A-Z]{2}$/.test(country) ? country : null
}

/** Where the metadata of an object may stand that belongs to a subscription; Stripe moved it on 2025-03-31. */
const METADATA = ['metadata', 'subscription_details.metadata', 'parent.subscription_details.metadata']

/** A word the shop has put on the object, or on its subscription. */
export const metadataOf = (object: unknown, name: string): string | null => firstText(object, ...METADATA.map((at) => `${at}.${name}`))

/** The shop's own id where it was put on the object; else Stripe's id of the customer. */
export function customersOf(object: unknown): Name[] {
  const ids = [metadataOf(object, 'customerId'), idAt(object, 'customer'), idAt(object, 'customer_account')]
  return ids.flatMap((customerId) => (customerId === null ? [] : [{ customerId }]))
}
