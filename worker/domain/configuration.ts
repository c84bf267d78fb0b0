import type { KeyKind, ProviderId, Scope } from '../contract/lists.ts'
import { historiesOf, type LedgerLine, type PriceHistory, priorPrices } from './pricing/lowest-price.ts'
import { figuresOf, followedBy, type MarketFigures } from './pricing/market-figures.ts'
import { type FigureClose, newestVersions, pastRules, pastTerms, type RuleVersion } from './pricing/past.ts'
import { DEFAULT_TIERS } from './pricing/purchasing-power.ts'
import { inOrder } from './pricing/rulebook.ts'
import type { PriceBook, PriceRule, PriceTest, PricingSettings, ProductSlice, ProductTerms, Rulebook } from './pricing/types.ts'

/** What a snapshot says of a key. The key itself is never kept, only its SHA-256 in hex. */
export interface KeyRecord {
  id: string
  hash: string
  kind: KeyKind
  scopes: Scope[]
  /** Epoch ms; null lives until it is revoked. */
  expiresAt: number | null
}

/** The small document every isolate holds: all that is not about one product. */
export interface Root {
  /** Raised by one with every compiled change; 0 is the unwritten configuration of an empty database. */
  version: number
  compiledAt: number
  pricing: PricingSettings
  /** Content hash of `pricing`. */
  pricingHash: string
  keys: KeyRecord[]
  /** Content hash of each shard; a product lies in shard `bucketOf(productId, shards.length)`. Empty only in version 0. */
  shards: string[]
  productCount: number
  /** Content hash of what concerns every product; null where nothing does. Absent in versions whose slices held it themselves. */
  rulebook?: string | null
  /** Content hash of the text of all experiments; null where there are none. */
  experiments: string | null
  /** Content hash of the text of the deployment's own metrics and funnels; null where there are none. Absent in versions from before there were any. */
  definitions?: string | null
}

/** A key that signs quotes. The private part is PKCS #8 DER in base64. */
export interface QuoteKey {
  kid: string
  privateKey: string
  publicJwk: PublicJwk
  /** Epoch ms from which it signs: by then every isolate must know it, or it would take our own quotes for forged. */
  activeAt: number
}

/** The newest key that may sign already. */
export const signingKeyAt = (keys: readonly QuoteKey[], now: number): QuoteKey | undefined => keys.find(({ activeAt }) => activeAt <= now)

/** Secrets of this deployment; never part of a snapshot or an answer. */
export interface Secrets {
  /** Random id of this deployment, the issuer of its quotes. */
  deployment: string
  /** Newest first; an older one still verifies. */
  signing: QuoteKey[]
  /** HS256 secret with which the shop's server signs customer tokens. */
  identity: string
  tombstoneSalt: string
  /** Of the payment providers that somebody has set up. */
  providers: Partial<Record<ProviderId, ProviderTerms>>
}

/** How webhooks of one payment provider are taken. */
export interface ProviderTerms {
  /** Signing secrets, newest first; the ones before hold until their time. */
  secrets: { value: string; until: number | null }[]
  /** Whether money of test mode counts in production, too. */
  testMode: boolean
  /** Whether a subscription that is past due still counts as recurring revenue. */
  countPastDue: boolean
}

export const DEFAULT_PROVIDER_TERMS: ProviderTerms = { secrets: [], testMode: false, countPastDue: true }

/** RFC 7517 public key as far as we use it; the pure room has no DOM types. */
interface PublicJwk {
  kty: string
  crv?: string
  x?: string
}

/** A shard as stored: its products by id. */
export type Shard = Record<string, ProductSlice>

/** Largest stored shard, in bytes of UTF-8. */
export const MAXIMUM_SHARD_BYTES = 256 * 1024
const MAXIMUM_SHARDS = 65_536

export const DEFAULT_PRICING: PricingSettings = {
  optimizationEnabled: true,
  holdoutShare: 0.05,
  // Fixed, not drawn: a new seed would reshuffle who is held out, and with it every incremental figure.
  holdoutSeed: 'universal-holdout',
  defaultCurrency: 'USD',
  law: {},
  purchasingPowerTiers: [...DEFAULT_TIERS],
  quoteLifetimeMs: 900_000,
  decisionSampleShare: 0.1,
}

/**
 * JSON with sorted keys and without undefined, so that equal values have equal text and so equal hashes.
 * @example canonicalJson({ b: 1, a: [2, null] }) // => '{"a":[2,null],"b":1}'
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const parts: string[] = []
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) parts.push(`${JSON.stringify(key)}:${canonicalJson(member)}`)
  }
  return `{${parts.join(',')}}`
}

/** Shard of a product: 32-bit FNV-1a of its id (http://www.isthe.com/chongo/tech/comp/fnv/), modulo the number of shards. */
export function bucketOf(productId: string, buckets: number): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < productId.length; at++) hash = Math.imul(hash ^ productId.charCodeAt(at), 0x01000193)
  return (hash >>> 0) % buckets
}

/** Everything slices are made of, as the database has it at one instant. */
export interface Catalogue {
  products: ProductTerms[]
  rules: PriceRule[]
  /** Running tests; at most one a product. */
  tests: PriceTest[]
  /** List prices of the last two months with those they followed, oldest first; of a country null where its own was taken away. */
  ledger: (LedgerLine & { productId: string })[]
  /** Rules as they were saved in the last two months, with what they were before, oldest first. */
  ruleVersions: RuleVersion[]
  /** What rules follow, as days of the last two months closed with it, oldest first. */
  closes: FigureClose[]
  /** Demand against the same hours of the same weekday, in thousandths. */
  demand: Map<string, number>
  /** What rules may follow; a slice holds what its own rules do. */
  market: MarketFigures
}

/** What concerns every product; null where nothing does. */
export function rulebookOf({
  rules,
  ruleVersions,
  products,
}: Pick<Catalogue, 'rules' | 'ruleVersions' | 'products'>): Omit<Rulebook, 'hash'> | null {
  const everywhere = inOrder(rules.filter((rule) => rule.productIds === null))
  const isLimited = products.some(({ maximumStepPerDay }) => maximumStepPerDay !== null)
  const past = isLimited
    ? inOrder(
        newestVersions(
          pastRules(ruleVersions).filter((rule) => rule.productIds === null),
          'ofAll',
        ),
      )
    : []
  if (past.length > 0) return { rules: everywhere, past: { rules: past } }
  return everywhere.length === 0 ? null : { rules: everywhere }
}

/**
 * What each product's decisions can depend on that not all products' do, and nothing else: an edit elsewhere leaves a slice,
 * and its quotes, as they are.
 */
export function sliceCatalogue(catalogue: Catalogue, now: number): Omit<ProductSlice, 'hash'>[] {
  const { products, rules, tests, demand, market } = catalogue
  const testOf = new Map(tests.map((test) => [test.productId, test]))
  const named = byProduct(rules)
  const changed = pastRules(catalogue.ruleVersions)
  const changedEverywhere = changed.filter((rule) => rule.productIds === null)
  const changedOf = byProduct(changed)
  const ledgers = Map.groupBy(catalogue.ledger, ({ productId }) => productId)
  const closes = Map.groupBy(catalogue.closes, ({ productId }) => productId)
  const everywhere = rules.filter((rule) => rule.productIds === null)
  const followedEverywhere = followedBy(everywhere)
  return products.map((product) => {
    const { id } = product
    const own = named.get(id) ?? []
    const thousandths = demand.get(id)
    const histories = historiesOf(ledgers.get(id) ?? [])
    const slice: Omit<ProductSlice, 'hash'> = {
      product: { ...product, prices: withLowest(product.prices, histories, now) },
      rules: own,
      test: testOf.get(id) ?? null,
      demandIndex: thousandths === undefined ? null : thousandths / 1000,
      ...figuresOf(product, [followedEverywhere, followedBy(own)], market),
    }
    if (product.maximumStepPerDay === null) return slice
    const ownChanged = newestVersions(changedOf.get(id) ?? [], 'ofProduct')
    const followers = [...everywhere, ...own, ...changedEverywhere, ...ownChanged]
    const past = pastTerms(slice, histories, ownChanged, followers, closes.get(id) ?? [], closes.get('') ?? [], now)
    return past ? { ...slice, past } : slice
  })
}

/** Rules by the products they name; names that concern other products stay out, or an edit of their list would change a slice. */
function byProduct(rules: readonly PriceRule[]): Map<string, PriceRule[]> {
  const named = new Map<string, PriceRule[]>()
  for (const rule of inOrder(rules)) {
    for (const productId of new Set(rule.productIds ?? [])) {
      const own = named.get(productId)
      const kept = { ...rule, productIds: [productId] }
      if (own) own.push(kept)
      else named.set(productId, [kept])
    }
  }
  return named
}

/** Books with the lowest prior prices, where they are not the list price. */
function withLowest(books: Record<string, PriceBook>, histories: readonly PriceHistory[], now: number): Record<string, PriceBook> {
  if (histories.length === 0) return books
  return Object.fromEntries(
    Object.entries(books).map(([currency, book]) => {
      const lower = priorPrices(currency, book, histories, now).filter(({ listMinor, priorMinor }) => priorMinor !== listMinor)
      if (lower.length === 0) return [currency, book]
      return [currency, { ...book, lowest: Object.fromEntries(lower.map(({ country, priorMinor }) => [country, priorMinor])) }]
    }),
  )
}

/**
 * Spreads slices over the least power of two of shards that keeps each below the limit. Same slices, same shards, whatever their order.
 *
 * @throws RangeError  one product alone is larger than a shard may be
 */
export function packShards(slices: ProductSlice[], byteLength: (text: string) => number, maximumBytes = MAXIMUM_SHARD_BYTES): string[] {
  const entries = slices
    .map((slice) => ({ id: slice.product.id, text: `${JSON.stringify(slice.product.id)}:${JSON.stringify(slice)}` }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((entry) => ({ ...entry, bytes: byteLength(entry.text) + 1 }))
  for (let count = 1; count <= MAXIMUM_SHARDS; count *= 2) {
    const sizes = new Array<number>(count).fill(1)
    for (const { id, bytes } of entries) sizes[bucketOf(id, count)] = (sizes[bucketOf(id, count)] as number) + bytes
    if (sizes.some((size) => size > maximumBytes)) continue
    const texts = Array.from({ length: count }, () => [] as string[])
    for (const { id, text } of entries) (texts[bucketOf(id, count)] as string[]).push(text)
    return texts.map((parts) => `{${parts.join(',')}}`)
  }
  throw new RangeError('packShards requires every product to fit into one shard')
}
