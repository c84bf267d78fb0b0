import { ConfigurationError } from '../error.ts'
import { exponentOf } from '../money.ts'
import { describeAmount } from './draft.ts'
import { clamp, hardRange } from './guardrails.ts'
import { compiledCondition, currencyOf, personalPartsOf, ruleConditionFlaw } from './rule-condition.ts'
import { termsOf } from './rules.ts'
import type { PriceRule, ProductTerms } from './types.ts'

/**
 * A price rule by itself. Only segment rules may look at the person: the other kinds are uniform prices in law.
 *
 * @throws ConfigurationError end_before_start     the rule ends before it begins, or at once
 * @throws ConfigurationError protected_attribute  the condition names one, or a behaviour flag that stands for one
 * @throws ConfigurationError missing_field        something that rules of its kind need
 * @throws ConfigurationError invalid_field        an attribute nobody knows or its kind may not use, bounds that cross, a factor that is not above 0
 * @throws ConfigurationError unknown_currency     an exchange-rate rule about a currency we do not take
 */
export function validateRule(rule: PriceRule): void {
  const { kind, condition, startsAt, endsAt, multiplier } = rule
  if (startsAt !== null && endsAt !== null && endsAt <= startsAt)
    throw new ConfigurationError('end_before_start', 'a rule ends after it begins', 'endsAt')
  refuseCondition(rule)
  const { needs } = termsOf(kind)
  for (const field of needs) if (rule[field] === null) throw new ConfigurationError('missing_field', `${aRule(kind)} needs ${field}`, field)
  if (needs.length === 0 && !(multiplier > 0 && Number.isFinite(multiplier)))
    throw new ConfigurationError('invalid_field', 'a multiplier is above 0', 'multiplier')
  if (needs.includes('reference') && !(rule.reference !== null && rule.reference > 0))
    throw new ConfigurationError('invalid_field', 'what is usual is above 0', 'reference')
  if (needs.includes('minimum')) refuseBounds(rule)
  if (kind === 'exchange_rate') refuseCurrency(currencyOf(condition))
}

const aRule = (kind: string): string => `${/^[aeiou]/.test(kind) ? 'an' : 'a'} ${kind.replaceAll('_', '-')} rule`

function refuseCondition({ kind, condition }: PriceRule): void {
  const flaw = ruleConditionFlaw(condition)
  if (flaw) throw new ConfigurationError(flaw.code, flaw.message, ['condition', ...flaw.path].join('.'))
  if (!compiledCondition(condition).personal || termsOf(kind).priceClass === 'personal') return
  const [part] = personalPartsOf(condition)
  throw new ConfigurationError(
    'invalid_field',
    `${aRule(kind)} is the same for everybody: only a segment rule may use ${part?.name}`,
    ['condition', ...(part?.path ?? [])].join('.'),
  )
}

function refuseBounds({ minimum, maximum }: PriceRule): void {
  if (!(minimum !== null && minimum > 0)) throw new ConfigurationError('invalid_field', 'the smallest factor is above 0', 'minimum')
  if (!(maximum !== null && minimum <= maximum))
    throw new ConfigurationError('invalid_field', 'the smallest factor is above the largest', 'minimum')
}

function refuseCurrency(currency: string | null): void {
  if (currency === null)
    throw new ConfigurationError('missing_field', 'a reference is the rate of one currency: name it in the condition', 'condition.currency')
  if (exponentOf(currency) === undefined)
    throw new ConfigurationError('unknown_currency', `${currency} is not a currency we take`, 'condition.currency')
}

/** The factors a rule may reach at most, by the field that sets each. */
const extremesOf = (rule: PriceRule): ['multiplier' | 'minimum' | 'maximum', number][] =>
  termsOf(rule.kind).needs.length === 0
    ? [['multiplier', rule.multiplier]]
    : [
        ['minimum', rule.minimum ?? 1],
        ['maximum', rule.maximum ?? 1],
      ]

/**
 * Holds the effect of a rule against the guardrails of its products, page by page: `accept` what some product can serve
 * until nothing is left to ask, and then `refuse` what is. A price that one product clamps is another's fair price; one
 * that all of them clamp is a slip of the pen.
 *
 * The step limit is left out: it moves with the price, and what it holds back today it lets through tomorrow.
 */
export class EffectCheck {
  readonly #rule: PriceRule
  readonly #currency: string | null
  #open: ReturnType<typeof extremesOf>
  /** How the first price that was clamped would have come out. */
  #example = ''
  #asked = false

  constructor(rule: PriceRule) {
    this.#rule = rule
    this.#currency = currencyOf(rule.condition)
    this.#open = extremesOf(rule)
  }

  get isSettled(): boolean {
    return this.#open.length === 0
  }

  accept(products: readonly ProductTerms[]): void {
    for (const product of products) {
      if (this.isSettled) return
      if (this.#rule.productIds && !this.#rule.productIds.includes(product.id)) continue
      for (const [currency, book] of Object.entries(product.prices)) {
        if (this.#currency !== null && currency !== this.#currency) continue
        this.#asked = true
        const range = hardRange(product, book)
        this.#open = this.#open.filter(([, factor]) => {
          const priceMinor = Math.round(book.listMinor * factor)
          if (range.lowMinor <= range.highMinor && clamp(priceMinor, range) === priceMinor) return false
          this.#example ||= `${product.id} at ${describeAmount(priceMinor, currency)}`
          return true
        })
      }
    }
  }

  /** @throws ConfigurationError price_out_of_bounds  no product could serve the price, at the field that sets it */
  refuse(): void {
    const [field] = this.#open[0] ?? []
    if (!this.#asked || field === undefined) return
    throw new ConfigurationError('price_out_of_bounds', `no product could be sold at this price, such as ${this.#example}`, field)
  }
}
