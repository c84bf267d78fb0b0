import { country, words } from './format.ts'

/** Conditions of the targeting language as people say them. */

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/** What an attribute of a condition is called, how its truth is said, and how a value of it is. */
const ATTRIBUTES: Record<string, { name: string; yes?: string; no?: string; say?: (value: string) => string }> = {
  country: { name: 'country', say: country },
  region: { name: 'region' },
  countryTier: { name: 'purchasing-power tier' },
  currency: { name: 'currency' },
  device: { name: 'device' },
  month: { name: 'month', say: (value) => MONTHS[Number(value) - 1] ?? value },
  weekday: { name: 'weekday', say: (value) => WEEKDAYS[Number(value) - 1] ?? value },
  hour: { name: 'hour (UTC)' },
  behaviorFlags: { name: 'behaviour' },
  newVisitor: { name: 'new visitor', yes: 'has not bought yet', no: 'has bought before' },
  hasSubscription: { name: 'subscription', yes: 'has a subscription', no: 'has no subscription' },
  orders: { name: 'orders so far' },
  plans: { name: 'plans' },
  health: { name: 'health score' },
}

const either = (list: readonly string[]): string =>
  list.length < 2 ? (list[0] ?? 'nothing') : `${list.slice(0, -1).join(', ')} or ${list.at(-1)}`
const all = (list: readonly string[]): string =>
  list.length < 2 ? (list[0] ?? 'nothing') : `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * A condition of the targeting language in words.
 *
 * @example conditionWords({ country: { $in: ['DE', 'AT'] }, newVisitor: true }) // => 'country is Germany or Austria, and has not bought yet'
 */
export function conditionWords(condition: Record<string, unknown>): string {
  const parts = Object.entries(condition).map(([key, expected]) => clause(key, expected))
  return parts.length === 0 ? 'always' : parts.join(', and ')
}

function clause(key: string, expected: unknown): string {
  if (key === '$not' && isRecord(expected)) return `not (${conditionWords(expected)})`
  if (key.startsWith('$') && Array.isArray(expected)) {
    const inner = expected.map((each) => (isRecord(each) ? conditionWords(each) : JSON.stringify(each)))
    if (key === '$or') return `(${inner.join(', or ')})`
    if (key === '$nor') return `neither (${inner.join(', nor ')})`
    return `(${inner.join(', and ')})`
  }
  const { name, yes, no, say = (value: string) => value } = ATTRIBUTES[key] ?? { name: words(key).toLowerCase() }
  const told = (value: unknown) => (typeof value === 'string' || typeof value === 'number' ? say(String(value)) : JSON.stringify(value))
  const list = (value: unknown) => (Array.isArray(value) ? value.map(told) : [told(value)])
  if (expected === true) return yes ?? `${name} is yes`
  if (expected === false) return no ?? `${name} is no`
  if (Array.isArray(expected)) return `${name} is exactly ${all(list(expected))}`
  if (expected === null) return `${name} is not known`
  if (!isRecord(expected)) return `${name} is ${told(expected)}`
  return Object.entries(expected)
    .map(([operator, value]) => comparison(name, operator, value, list))
    .join(', and ')
}

const COMPARISONS: Record<string, string> = {
  $eq: 'is',
  $ne: 'is not',
  $lt: 'is below',
  $lte: 'is at most',
  $gt: 'is above',
  $gte: 'is at least',
  $regex: 'matches',
  $veq: 'is version',
  $vlt: 'is before version',
  $vgt: 'is after version',
}

function comparison(name: string, operator: string, value: unknown, list: (value: unknown) => string[]): string {
  const words = COMPARISONS[operator]
  if (words) return `${name} ${words} ${list(value)[0]}`
  if (operator === '$in') return `${name} is ${either(list(value))}`
  if (operator === '$nin') return `${name} is not ${either(list(value))}`
  if (operator === '$all') return `${name} has ${all(list(value))}`
  if (operator === '$exists') return `${name} is ${value ? '' : 'not '}known`
  if (operator === '$elemMatch' && isRecord(value) && typeof value.$eq === 'string') return `${name} has ${value.$eq}`
  return `${name} ${operator} ${JSON.stringify(value)}`
}
