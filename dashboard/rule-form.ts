import type { RuleKind } from '../worker/contract/lists.ts'
import { listOf, numberOf, textOf } from './form-values.ts'
import type { RuleDraft } from './pricing-shapes.ts'
import { isFollowing, needsReference } from './pricing-words.ts'

/** Conditions that the form's own fields can say. */
export interface PlainCondition {
  countries: string[]
  devices: string[]
  currency: string
  flags: string[]
  newVisitor: boolean | null
  hasSubscription: boolean | null
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((each) => typeof each === 'string')

/** The texts of `'DE'` or `{ $in: ['DE', 'AT'] }`; null for anything else. */
function textsOf(expected: unknown, operator: '$in' | '$all'): string[] | null {
  if (typeof expected === 'string') return [expected]
  if (!isRecord(expected) || Object.keys(expected).length !== 1) return null
  return isTexts(expected[operator]) ? expected[operator] : null
}

/** The condition as fields, or null where it says more than they can. */
export function plainOf(condition: Record<string, unknown>): PlainCondition | null {
  const plain: PlainCondition = { countries: [], devices: [], currency: '', flags: [], newVisitor: null, hasSubscription: null }
  for (const [key, expected] of Object.entries(condition)) {
    const texts = textsOf(expected, key === 'behaviorFlags' ? '$all' : '$in')
    if (key === 'country' && texts) plain.countries = texts
    else if (key === 'device' && texts) plain.devices = texts
    else if (key === 'behaviorFlags' && texts && isRecord(expected)) plain.flags = texts
    else if (key === 'currency' && typeof expected === 'string') plain.currency = expected
    else if ((key === 'newVisitor' || key === 'hasSubscription') && typeof expected === 'boolean') plain[key] = expected
    else return null
  }
  return plain
}

const among = (list: readonly string[]): unknown => (list.length === 1 ? list[0] : { $in: list })

/** @example conditionOf({ ...none, countries: ['DE', 'AT'] }) // => { country: { $in: ['DE', 'AT'] } } */
export function conditionOf({ countries, devices, currency, flags, newVisitor, hasSubscription }: PlainCondition): Record<string, unknown> {
  return {
    ...(countries.length > 0 && { country: among(countries) }),
    ...(devices.length > 0 && { device: among(devices) }),
    ...(currency !== '' && { currency }),
    ...(flags.length > 0 && { behaviorFlags: { $all: flags } }),
    ...(newVisitor !== null && { newVisitor }),
    ...(hasSubscription !== null && { hasSubscription }),
  }
}

const yesOrNo = (text: string): boolean | null => (text === '' ? null : text === 'yes')

function readCondition(form: FormData, asJson: boolean): Record<string, unknown> {
  if (!asJson) {
    return conditionOf({
      countries: listOf(textOf(form, 'countries')).map((code) => code.toUpperCase()),
      devices: form.getAll('device').map(String),
      currency: textOf(form, 'currency').toUpperCase(),
      flags: listOf(textOf(form, 'flags')),
      newVisitor: yesOrNo(textOf(form, 'newVisitor')),
      hasSubscription: yesOrNo(textOf(form, 'hasSubscription')),
    })
  }
  const condition: unknown = JSON.parse(textOf(form, 'condition') || '{}')
  if (!isRecord(condition)) throw new SyntaxError('a condition is an object')
  return condition
}

/** A change in per cent as a factor. @example factorOf(-5) // => 0.95 */
export const factorOf = (percents: number): number => Number((1 + percents / 100).toFixed(6))
/** A factor as a change in per cent, or nothing. @example percentsOf(0.95) // => -5 */
export const percentsOf = (factor: number | null): number | undefined =>
  factor === null ? undefined : Number(((factor - 1) * 100).toFixed(4))

const instantOf = (text: string): string | null => (text === '' ? null : new Date(`${text}Z`).toISOString())
/** An instant as its field shows it, in UTC. */
export const fieldTime = (instant: string | null): string | undefined => instant?.slice(0, 16)

/**
 * What was typed as a rule.
 *
 * @throws SyntaxError  the condition is no JSON, or no object
 */
export function ruleFrom(form: FormData, asJson: boolean): RuleDraft {
  const kind = textOf(form, 'kind') as RuleKind
  const follows = isFollowing(kind)
  const factor = (name: string): number | null => {
    const percents = numberOf(form, name)
    return percents === null ? null : factorOf(percents)
  }
  const products = listOf(textOf(form, 'productIds'))
  return {
    id: textOf(form, 'id'),
    kind,
    name: textOf(form, 'name'),
    productIds: products.length > 0 ? products : null,
    priority: numberOf(form, 'priority') ?? 0,
    condition: readCondition(form, asJson),
    multiplier: follows ? 1 : (factor('multiplier') ?? 1),
    sensitivity: follows ? numberOf(form, 'sensitivity') : null,
    minimum: follows ? factor('minimum') : null,
    maximum: follows ? factor('maximum') : null,
    reference: needsReference(kind) ? numberOf(form, 'reference') : null,
    startsAt: instantOf(textOf(form, 'startsAt')),
    endsAt: instantOf(textOf(form, 'endsAt')),
  }
}
