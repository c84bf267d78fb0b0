import { member } from './json.ts'

/**
 * Names under which providers and shops tell who somebody is, in snake case. Country and ids stay: reading needs them.
 * `client_reference_id` and `comment` are text of the buyer's own, which nothing reads.
 */
const PERSONAL = new RegExp(
  [
    'mail|phone|name$',
    '(?:^|_)(?:mobile|telephone|fax|ip|ip_?addr|ip_?address)(?:_|$)',
    '(?:^|_)(?:street|line_?[12]|city|town|state|zip|zip_?code|post_?code|postal_?code|birthday|date_of_birth|dob)$',
    '(?:^|_)(?:tax_ids?|vat_(?:id|number)|iban|last_?4)$',
    '(?:^|_)shipping(?:_details)?$',
    '^(?:evidence|payment_method_details|card|custom_fields|client_reference_id|comment|invoice_pdf|.*_url)$',
  ].join('|'),
)
const ADDRESS = /(?:^|_)address(?:es)?$/

/** The words of a shop's metadata that say something to us. The rest is free text, which may say anything of anybody. */
const WORDS = ['customerId', 'visitorId', 'productId', 'decisionId']

const snakeOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, (_, end, start, last) => (last === undefined ? `${end}_${start}` : `${last}_`))
    .replaceAll('-', '_')
    .toLowerCase()

/** An object with some of its members; of anything else, nothing. */
function only(value: unknown, names: readonly string[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.fromEntries(names.flatMap((name) => (Object.hasOwn(value, name) ? [[name, Reflect.get(value, name)]] : [])))
}

/**
 * The text under which a payload is kept until somebody has seen to it, without what says more of a person than we need.
 * Read again, it says the same. Metadata of an event of our own contract is part of what it says, and stays but for its
 * personal names; of Stripe's objects we read a few words alone.
 */
export function withoutPersonal(payload: unknown): string {
  const isStripe = typeof member(payload, 'data.object') === 'object'
  return (
    JSON.stringify(payload, (name, value) => {
      const snake = snakeOf(name)
      if (PERSONAL.test(snake)) return undefined
      if (ADDRESS.test(snake)) return only(value, ['country'])
      return isStripe && snake === 'metadata' ? only(value, WORDS) : value
    }) ?? ''
  )
}
