import type { RuleKind, TestMetric, Verdict } from '../worker/contract/lists.ts'
import type { PriceTestAnswer } from '../worker/contract/price-tests.ts'
import { count, country, dateTime, plainMoney, signedPercent, words } from './format.ts'
import type { RuleDraft } from './pricing-shapes.ts'

/** Rules, tests and decisions as people say them. */

export const RULE_KIND_WORDS: Record<RuleKind, { name: string; does: string }> = {
  market: { name: 'Market', does: 'Moves the price by a fixed share where and when the condition holds: a season, a country' },
  exchange_rate: { name: 'Exchange rate', does: 'Follows the exchange rate of the price’s currency away from its usual rate' },
  competitor: { name: 'Competitor', does: 'Follows what competitors ask against our list price, as you report it' },
  inventory: { name: 'Inventory', does: 'Dearer as stock runs low, cheaper as it piles up, against the usual stock' },
  segment: { name: 'Segment', does: 'Moves the price by a fixed share for some people. In law this is a personal price' },
  demand: { name: 'Demand', does: 'Follows views and purchases against the same weekday of the weeks before, hour by hour' },
}

/** What a kind follows goes by sensitivity between bounds; the others move the price by a fixed share. */
export const isFollowing = (kind: RuleKind): boolean => kind !== 'market' && kind !== 'segment'
export const needsReference = (kind: RuleKind): boolean => kind === 'inventory' || kind === 'exchange_rate'

/** What a visitor brings is a fraction of a price: below one unit, two decimals more than the currency has. */
function fine(amount: number, currency: string, signDisplay: 'auto' | 'exceptZero'): string {
  const digits = minorDigits(currency)
  const options = {
    style: 'currency',
    currency,
    minimumFractionDigits: digits,
    maximumFractionDigits: Math.abs(amount) < 1 ? digits + 2 : digits,
    signDisplay,
  } as const
  return new Intl.NumberFormat('en-US', options).format(amount)
}
export const fineMoney = (amount: number, currency: string): string => fine(amount, currency, 'auto')
export const signedFineMoney = (amount: number, currency: string): string => fine(amount, currency, 'exceptZero')

/** Decimals of a currency. @example minorDigits('JPY') // => 0 */
export const minorDigits = (currency: string): number =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2

const share = (factor: number) => signedPercent(factor - 1)

/** @example effectWords({ kind: 'market', multiplier: 0.95 }) // => '−5.0%' */
export function effectWords({ kind, multiplier, sensitivity, minimum, maximum, reference }: RuleDraft): string {
  if (!isFollowing(kind)) return multiplier === 1 ? 'leaves the price' : share(multiplier)
  const follows = `follows ${RULE_KIND_WORDS[kind].name.toLowerCase()} × ${sensitivity ?? 1}`
  const within = minimum !== null && maximum !== null ? `, from ${share(minimum)} to ${share(maximum)}` : ''
  const usual = reference === null ? '' : `, usual ${kind === 'inventory' ? 'stock' : 'rate'} ${reference}`
  return follows + usual + within
}

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

/** When a rule or a test holds. */
export function windowWords(startsAt: string | null, endsAt: string | null): string {
  const from = startsAt === null ? null : dateTime(Date.parse(startsAt))
  const until = endsAt === null ? null : dateTime(Date.parse(endsAt))
  if (from && until) return `${from} – ${until}`
  if (from) return `from ${from}`
  return until ? `until ${until}` : 'no end'
}

/** Class of a price in law. */
export const LAW_WORDS: Record<string, string> = {
  uniform: 'Uniform: the same for everybody at one time and place',
  randomised: 'Randomised: drawn by lot, no personal data',
  personal: 'Personal: made from data about the person',
}

export const REASON_WORDS: Record<string, string> = {
  list: 'List price',
  contract: 'Contract price',
  kill_switch: 'Optimisation off',
  consent: 'Profiling refused',
  holdout: 'Held out',
  test: 'Price test',
  market: 'Market rule',
  exchange_rate: 'Exchange-rate rule',
  competitor: 'Competitor rule',
  inventory: 'Inventory rule',
  segment: 'Segment rule',
  demand: 'Demand rule',
  step_limit: 'On its way back to the list price',
}
export const reasonWords = (reason: string): string => REASON_WORDS[reason] ?? words(reason)

/** A verdict with the mark that says it without colour. */
export const VERDICT_WORDS: Record<Verdict, { name: string; mark: string }> = {
  ship: { name: 'Ship', mark: '▲' },
  roll_back: { name: 'Roll back', mark: '▼' },
  keep_running: { name: 'Keep running', mark: '…' },
  inconclusive: { name: 'Inconclusive', mark: '=' },
  invalid: { name: 'Invalid', mark: '!' },
}

export const METRIC_WORDS: Record<TestMetric, string> = { net_revenue: 'Net revenue', margin: 'Margin' }

export const STATUS_WORDS: Record<PriceTestAnswer['status'], string> = {
  running: 'Running',
  stopped: 'Stopped',
  shipped: 'Shipped',
  rolled_back: 'Rolled back',
}

/** Whether people are shown its prices now. */
export const isLive = ({ status, startsAt, endsAt }: PriceTestAnswer, now = Date.now()): boolean =>
  status === 'running' && startsAt <= now && now < endsAt

export function stateWords(test: PriceTestAnswer, now = Date.now()): string {
  if (test.status !== 'running') return STATUS_WORDS[test.status]
  if (now < test.startsAt) return 'Planned'
  return now < test.endsAt ? 'Running' : 'Over'
}

/** `Control`, `Variant 1`, with the price that tells them apart. */
export const armName = ({ key, amount }: { key: string; amount: number }, currency: string): string =>
  `${plainMoney(amount, currency)} ${words(key).toLowerCase()}`

export function howWords({ mode, allocation, blockHours }: PriceTestAnswer): string {
  if (mode === 'switchback') return `Switchback, ${count(blockHours)} h a price`
  return allocation === 'thompson' ? 'Bandit: weights follow what is learnt' : 'Fixed shares'
}
