import { listOf, textOf } from './form-values.ts'

/** Conditions of the targeting language as fields of a form. */

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

/** @throws SyntaxError  it is no JSON, or no object */
export function readJsonObject(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text)
  if (!isRecord(value)) throw new SyntaxError('a condition is an object')
  return value
}

const NOBODY_IN_PARTICULAR = { currency: '', flags: [], newVisitor: null, hasSubscription: null }
const placeFrom = (form: FormData) => ({
  countries: listOf(textOf(form, 'countries')).map((code) => code.toUpperCase()),
  devices: form.getAll('device').map(String),
})
const jsonFrom = (form: FormData) => readJsonObject(textOf(form, 'condition') || '{}')

/**
 * What was typed as an audience: places and devices alone, or JSON.
 *
 * @throws SyntaxError  it is no JSON, or no object
 */
export const readAudience = (form: FormData, asJson: boolean): Record<string, unknown> =>
  asJson ? jsonFrom(form) : conditionOf({ ...NOBODY_IN_PARTICULAR, ...placeFrom(form) })

/**
 * What was typed as a condition.
 *
 * @throws SyntaxError  it is no JSON, or no object
 */
export function readCondition(form: FormData, asJson: boolean): Record<string, unknown> {
  if (asJson) return jsonFrom(form)
  return conditionOf({
    ...placeFrom(form),
    currency: textOf(form, 'currency').toUpperCase(),
    flags: listOf(textOf(form, 'flags')),
    newVisitor: yesOrNo(textOf(form, 'newVisitor')),
    hasSubscription: yesOrNo(textOf(form, 'hasSubscription')),
  })
}
