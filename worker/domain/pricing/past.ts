import type { MarketSignal } from '../../contract/lists.ts'
import { DAY_MS, startOfDay } from '../time.ts'
import { inPlaceOf, type LedgerPrice } from './lowest-price.ts'
import { followedBy } from './market-figures.ts'
import { STALE_AFTER_MS } from './signal.ts'
import { rulesOf, withRulesOf } from './slice-rules.ts'
import type { FigureName, PastTerms, PriceRule, ProductSlice } from './types.ts'

/** Days over which a snapshot remembers what prices were made of; what changed earlier counts as arrived. */
export const REMEMBERED_DAYS = 60

/**
 * Most that is remembered of list prices of a product, and of versions of rules that name it or are for every product; some
 * hundred KB each. A feed that changes many prices or rules each day is remembered over fewer days: a product that no shard,
 * or a row that no database takes would stop every compile.
 */
const MOST_PRICES = 1_000
const MOST_VERSIONS = { ofProduct: 250, ofAll: 1_000 }

/** A rule as it was saved; null: it was removed. */
export interface RuleVersion {
  ruleId: string
  rule: PriceRule | null
  effectiveAt: number
}

/** What a UTC day closed with: an index in thousandths, a signal's value with its time, or rates of no product by currency. */
export interface FigureClose {
  /** '': of every product that has none of its own. */
  productId: string
  name: string
  day: string
  value: unknown
}

/** Whether something in force from one instant to another was so when some UTC day closed. */
const sawADayClose = (from: number, until: number): boolean => Math.floor(from / DAY_MS) < Math.floor(until / DAY_MS)

const later = (a: number | null, b: number): number => (a === null ? b : Math.max(a, b))
const sooner = (a: number | null, b: number): number | null => (b === Number.POSITIVE_INFINITY ? a : a === null ? b : Math.min(a, b))

/**
 * Versions of rules that have changed, each with the time in which it was in force as its window: at a past instant the
 * usual search then finds those of that time. A version that saw no day close is left out.
 *
 * @param versions of any number of rules, each rule's oldest first
 */
export function pastRules(versions: readonly RuleVersion[]): PriceRule[] {
  return [...Map.groupBy(versions, ({ ruleId }) => ruleId).values()].map(withoutRepeats).flatMap((history) =>
    history.flatMap(({ rule, effectiveAt }, at) => {
      const until = history[at + 1]?.effectiveAt ?? Number.POSITIVE_INFINITY
      if (!rule || (until !== Number.POSITIVE_INFINITY && !sawADayClose(effectiveAt, until))) return []
      return [{ ...rule, startsAt: later(rule.startsAt, effectiveAt), endsAt: sooner(rule.endsAt, until) }]
    }),
  )
}

/** Saving the same rule again is no new version. */
const withoutRepeats = (history: readonly RuleVersion[]): RuleVersion[] =>
  history.filter(({ rule }, at) => at === 0 || JSON.stringify(rule) !== JSON.stringify(history[at - 1]?.rule))

/** The newest of them as far as they are remembered, in their own order; whatever is in force without an end is. */
export function newestVersions(changed: PriceRule[], of: keyof typeof MOST_VERSIONS): PriceRule[] {
  if (changed.length <= MOST_VERSIONS[of]) return changed
  const endOf = ({ endsAt }: PriceRule) => endsAt ?? Number.POSITIVE_INFINITY
  const kept = new Set([...changed].sort((a, b) => endOf(b) - endOf(a) || 0).slice(0, MOST_VERSIONS[of]))
  return changed.filter((rule) => rule.endsAt === null || kept.has(rule))
}

interface Histories {
  currency: string
  country: string
  prices: readonly LedgerPrice[]
}

/**
 * What a product's uniform prices were made of when earlier days closed, as far as that was something else; null where it
 * was not.
 *
 * @param changed versions of rules that name the product
 * @param followers all rules that concern the product now or did so then: what they follow is remembered
 */
export function pastTerms(
  slice: Omit<ProductSlice, 'hash'>,
  histories: readonly Histories[],
  changed: PriceRule[],
  followers: readonly PriceRule[],
  ownCloses: readonly FigureClose[],
  sharedCloses: readonly FigureClose[],
  now: number,
): PastTerms | null {
  const since = now - REMEMBERED_DAYS * DAY_MS
  const prices = histories.flatMap(({ currency, country, prices }) =>
    replaced(prices, since).map(({ untilAt, value }) => ({ currency, country, untilAt, listMinor: value })),
  )
  const figures = figureNames(followers).flatMap((name) => {
    const shared = seriesOf(sharedCloses, name)
    const own = seriesOf(ownCloses, name)
    const series = own.length === 0 ? shared : inPlaceOf(shared, own)
    const gone = replaced(series, since + DAY_MS, figureOf(slice, name) === null)
    return gone.map(({ of, untilAt, value }) => ({ name, untilAt, value, at: of?.at ?? 0 }))
  })
  const newest = prices.length > MOST_PRICES ? prices.sort((a, b) => b.untilAt - a.untilAt).slice(0, MOST_PRICES) : prices
  const past: PastTerms = {
    ...(prices.length > 0 && { prices: newest }),
    ...(changed.length > 0 && { rules: changed }),
    ...(figures.length > 0 && { figures }),
  }
  return Object.keys(past).length > 0 ? past : null
}

/** Values of a series that are no more, and that there was none before the first; those alone that a day closed with. */
function replaced<T extends LedgerPrice>(
  series: readonly T[],
  since: number,
  isOver = false,
): { of: T | null; untilAt: number; value: number | null }[] {
  const first = series[0]
  const before = first && first.effectiveAt > since ? [{ of: null, untilAt: first.effectiveAt, value: null }] : []
  const gone = series.flatMap((of, at) => {
    const untilAt = series[at + 1]?.effectiveAt ?? (isOver ? Number.MAX_SAFE_INTEGER : null)
    return untilAt !== null && sawADayClose(of.effectiveAt, untilAt) ? [{ of, untilAt, value: of.amountMinor }] : []
  })
  return [...before, ...gone]
}

function figureNames(rules: readonly PriceRule[]): FigureName[] {
  const { signals, currencies } = followedBy(rules)
  const demand = rules.some(({ kind }) => kind === 'demand') ? (['demand'] as const) : []
  return [...demand, ...signals, ...currencies.map((currency) => `rate:${currency}` as const)]
}

/** A figure from the beginning of each day on which it was told; `at`: when, of those that grow old. */
function seriesOf(closes: readonly FigureClose[], name: FigureName): (LedgerPrice & { at: number })[] {
  const stored = name.startsWith('rate:') ? 'rates' : name
  return closes
    .filter((close) => close.name === stored)
    .map(({ day, value: told }) => ({
      effectiveAt: startOfDay(day),
      amountMinor: readFigure(name, told),
      at: (told as { at?: number } | null)?.at ?? 0,
    }))
}

function readFigure(name: FigureName, told: unknown): number | null {
  if (told === null) return null
  if (name === 'demand') return (told as number) / 1000
  if (!name.startsWith('rate:')) return (told as { value: number }).value
  const rate = (told as Record<string, string>)[name.slice('rate:'.length)]
  return rate === undefined ? null : Number(rate)
}

/** A figure as it is now; null where it is not known, or no rule follows it any more. */
function figureOf({ demandIndex, signals, exchangeRates }: Omit<ProductSlice, 'hash'>, name: FigureName): number | null {
  if (name === 'demand') return demandIndex
  return (name.startsWith('rate:') ? exchangeRates?.[name.slice('rate:'.length)] : signals?.[name as MarketSignal]?.value) ?? null
}

/** Of entries that each held until some time, the one that held at an instant; undefined: what is now. */
function heldAt<T extends { untilAt: number }>(
  entries: readonly T[] | undefined,
  at: number,
  isMeant: (entry: T) => boolean,
): T | undefined {
  let found: T | undefined
  for (const entry of entries ?? []) if (isMeant(entry) && entry.untilAt > at && (!found || entry.untilAt < found.untilAt)) found = entry
  return found
}

/** The list price of the currency (''), or of a country's own, at a past instant; undefined: the same as now, null: none. */
export const pastListPrice = ({ past }: ProductSlice, currency: string, country: string, at: number): number | null | undefined =>
  heldAt(past?.prices, at, (entry) => entry.currency === currency && entry.country === country)?.listMinor

const known = new WeakMap<ProductSlice, ProductSlice>()

/** A slice with all rules of the product now and in the last two months, each with the time it was in force as its window. */
function throughTime(slice: ProductSlice): ProductSlice {
  const changed = slice.past?.rules
  if (!changed?.length) return slice
  let whole = known.get(slice)
  if (!whole) {
    const ids = new Set(changed.map(({ id }) => id))
    whole = { ...slice, rules: [...slice.rules.filter(({ id }) => !ids.has(id)), ...changed] }
    known.set(slice, whole)
  }
  return whole
}

/** Rules and what they follow as they were at a past instant; list prices are asked for by `pastListPrice`. */
export function sliceAt(slice: ProductSlice, at: number): ProductSlice {
  let { demandIndex } = slice
  const signals = { ...slice.signals }
  const exchangeRates = { ...slice.exchangeRates }
  for (const name of new Set(slice.past?.figures?.map((figure) => figure.name))) {
    const figure = heldAt(slice.past?.figures, at, (entry) => entry.name === name)
    if (!figure) continue
    if (name === 'demand') demandIndex = figure.value
    else if (name.startsWith('rate:')) replace(exchangeRates, name.slice('rate:'.length), figure.value)
    else replace(signals, name as MarketSignal, figure.value === null ? null : { value: figure.value, at: figure.at })
  }
  const whole = throughTime(slice)
  return withRulesOf({ ...whole, demandIndex, signals, exchangeRates }, whole)
}

function replace<T>(record: Record<string, T>, name: string, value: T | null): void {
  if (value === null) delete record[name]
  else record[name] = value
}

/** Whether some rule looks at the clock, so that what rules want may be something else each day. */
export const isTimed = (slice: ProductSlice): boolean => rulesOf(throughTime(slice)).timed

/** Instants at which the uniform price of a place may have changed, within the time that is remembered and until `now`. */
export function changesUntil(slice: ProductSlice, currency: string, country: string | null, now: number): number[] {
  const { past, signals } = slice
  const since = now - REMEMBERED_DAYS * DAY_MS
  return [
    ...(past?.prices ?? [])
      .filter((entry) => entry.currency === currency && (entry.country === '' || entry.country === country))
      .map(({ untilAt }) => untilAt),
    ...(past?.figures ?? []).flatMap(({ untilAt, at }) => (at > 0 ? [untilAt, at + STALE_AFTER_MS + 1] : [untilAt])),
    ...Object.values(signals ?? {}).map(({ at }) => at + STALE_AFTER_MS + 1),
    ...rulesOf(throughTime(slice)).edges,
    ...(isTimed(slice) ? Array.from({ length: REMEMBERED_DAYS }, (_, day) => (Math.floor(now / DAY_MS) - day) * DAY_MS) : []),
  ].filter((at) => at > since && at <= now)
}
