import type { RuleKind, TestMetric } from '../worker/contract/lists.ts'
import type { PriceTestAnswer } from '../worker/contract/price-tests.ts'
import { count, dateTime, plainMoney, signedPercent, words } from './format.ts'
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

const share = (factor: number) => signedPercent(factor - 1)

/** @example effectWords({ kind: 'market', multiplier: 0.95 }) // => '−5.0%' */
export function effectWords({ kind, multiplier, sensitivity, minimum, maximum, reference }: RuleDraft): string {
  if (!isFollowing(kind)) return multiplier === 1 ? 'leaves the price' : share(multiplier)
  const follows = `follows ${RULE_KIND_WORDS[kind].name.toLowerCase()} × ${sensitivity ?? 1}`
  const within = minimum !== null && maximum !== null ? `, from ${share(minimum)} to ${share(maximum)}` : ''
  const usual = reference === null ? '' : `, usual ${kind === 'inventory' ? 'stock' : 'rate'} ${reference}`
  return follows + usual + within
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
