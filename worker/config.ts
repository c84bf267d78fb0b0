import { PROVIDERS, type ProviderId } from './contract/lists.ts'
import { addSecrets, readNewestRoot, readRoot, readSecrets, readShard } from './db/snapshot.ts'
import { within } from './deadline.ts'
import { contentHash, randomText, sha256Hex } from './digest.ts'
import { bucketOf, type ProviderTerms, type QuoteKey, type Root, type Secrets, type Shard } from './domain/configuration.ts'
import { DomainError } from './domain/error.ts'
import type { Experiment } from './domain/experiments/definition.ts'
import { FlagBook } from './domain/experiments/flag-book.ts'
import type { Definitions } from './domain/funnel/definition.ts'
import { completeSlice, EMPTY_RULEBOOK } from './domain/pricing/rulebook.ts'
import type { ProductSlice, Rulebook } from './domain/pricing/types.ts'
import { type Env, variables } from './env.ts'
import { compileSnapshot, emptyRoot, ROOT_KEY, shardKey } from './jobs/compile.ts'

export type { KeyRecord, Root, Secrets } from './domain/configuration.ts'

/**
 * The configuration in force, as a request sees it.
 *
 *   D1 config_roots ──┐ newest version, asked every 30 s          ┌── root + secrets   (one per isolate)
 *   KV root ──────────┴ stands in when D1 does not answer ──────▶ │
 *   KV, else D1 ─────── shard by content hash, when first used ─▶ └── shards           (least recently used leave)
 *
 * D1 is asked although KV is nearer: KV may be stale for a minute and more, and a kill switch must not be. Secrets are in D1
 * alone: an isolate that begins while D1 is down can tell list prices and take events in, and signs and verifies nothing.
 */
export interface Configuration {
  root: Root
  hasSecrets: boolean
  /** @throws DomainError unavailable  this isolate could not read them yet */
  secrets: Secrets
  /** The product as prices see it; null when there is no such product. @throws DomainError unavailable */
  slice(productId: string): Promise<ProductSlice | null>
  /** Experiments, compiled. @throws DomainError unavailable */
  flags(): Promise<FlagBook>
  /** The deployment's own metrics and funnels. @throws DomainError unavailable */
  definitions(): Promise<DefinitionBook>
}

/** Definitions in force as objects ask for them: the text, which its hash names, and what it says. */
export interface DefinitionBook extends Definitions {
  text: string
}

/** Age at which the root is checked behind the request, and age at which the request waits for that check. */
const RECHECK_AFTER_MS = 30_000
const WAIT_AFTER_MS = 50_000
/** What a request waits for a store while it could do without. */
const STORE_BUDGET_MS = 200
/** What a request waits for a store it cannot do without. */
const COLD_BUDGET_MS = 5_000
/** What a new isolate waits for D1 before KV stands in. */
const FIRST_BUDGET_MS = 500
/** Pause after a check that failed or hangs. */
const CHECK_PAUSE_MS = 10_000
/** Some 1 MB each once parsed, of the isolate's 128. */
const MAXIMUM_CACHED_SHARDS = 32

interface Held {
  configuration: Configuration
  secrets: Secrets | null
  /** As compiled; the root of `configuration` also heeds the variables. */
  root: Root
  checkedAt: number
  /** Root version under which the secrets were last read: a new version may mean a rotated secret. */
  secretsVersion: number
}

let held: Held | null = null
let check: { startedAt: number; done: Promise<void> } | null = null
const shards = new Map<string, { shard: Shard; usedAt: number }>()
const loading = new Map<string, Promise<Shard>>()
/** Of the version in force, and of the one before while requests still hold that. */
const books = new Map<string, FlagBook>()
const rulebooks = new Map<string, Rulebook>()
const MAXIMUM_BOOKS = 3
const EMPTY_BOOK = new FlagBook('none', [])
const definitionBooks = new Map<string, DefinitionBook>()
const NO_DEFINITIONS: DefinitionBook = { metrics: [], funnels: [], retired: [], text: '' }

/**
 * The configuration in force: at once from memory, or, in an isolate that has none yet, from D1.
 *
 * The root is re-checked behind the request every 30 s. A request that finds it older than `waitAfterMs`, as after a quiet
 * hour, waits for the check, but never longer than 200 ms after that began; with the stores down the last good one stays.
 *
 * @throws DomainError unavailable  nothing in memory, and D1 does not answer
 */
export async function readConfiguration(
  env: Env,
  now: number,
  waitUntil: (promise: Promise<unknown>) => void,
  waitAfterMs = WAIT_AFTER_MS,
): Promise<Configuration> {
  if (!held) return (await load(env, now)).configuration
  // A clock that was set back counts as old.
  const ageMs = now >= held.checkedAt ? now - held.checkedAt : Number.POSITIVE_INFINITY
  if (ageMs < RECHECK_AFTER_MS && ageMs < waitAfterMs) return held.configuration
  if (!check || Math.abs(now - check.startedAt) >= Math.min(CHECK_PAUSE_MS, waitAfterMs)) {
    check = { startedAt: now, done: recheck(env, now) }
    waitUntil(check.done)
  }
  const remainingMs = check.startedAt + STORE_BUDGET_MS - now
  if (ageMs >= waitAfterMs && remainingMs > 0) await within(check.done, remainingMs)
  return held.configuration
}

/** Forgets everything, as a new isolate would. */
export function forgetConfiguration(): void {
  held = null
  check = null
  shards.clear()
  loading.clear()
  books.clear()
  definitionBooks.clear()
  rulebooks.clear()
}

async function load(env: Env, now: number): Promise<Held> {
  const both = readBoth(env, now)
  const found = (await within(both, FIRST_BUDGET_MS).catch(() => undefined)) ?? (await standIn(env, now))
  if (found && 'configuration' in found) return found
  const [newest, secrets] = found ?? (await inTime(both))
  return hold(env, newest?.body ? (JSON.parse(newest.body) as Root) : emptyRoot(), secrets, now)
}

type Both = [newest: Awaited<ReturnType<typeof readNewestRoot>>, secrets: Secrets]

const readBoth = async (env: Env, now: number): Promise<Both> => Promise.all([readNewestRoot(env.DB, -1), readOrCreateSecrets(env, now)])

async function inTime(both: Promise<Both>): Promise<Both> {
  const found = await within(both, COLD_BUDGET_MS).catch((error: unknown) => {
    throw unavailable('the configuration cannot be read', error)
  })
  if (!found) throw unavailable('the configuration cannot be read in time')
  return found
}

/** KV's copy, without secrets, to be checked at the next request; undefined when KV has none either. */
async function standIn(env: Env, now: number): Promise<Held | undefined> {
  const copy = await within(env.CONFIGURATION.get(ROOT_KEY), STORE_BUDGET_MS).catch(() => null)
  if (!copy) return undefined
  console.error('the database does not answer: the copy of the configuration stands in')
  const held = hold(env, JSON.parse(copy) as Root, null, now)
  held.checkedAt = now - RECHECK_AFTER_MS
  held.secretsVersion = NO_VERSION
  return held
}

const NO_VERSION = -1

/** Asks both stores for something newer. Never fails: what is held stays in force. */
async function recheck(env: Env, now: number): Promise<void> {
  const before = held
  if (!before) return
  const fromKv = within(env.CONFIGURATION.get(ROOT_KEY), STORE_BUDGET_MS).catch(() => null)
  const fromTable = await within(readNewestRoot(env.DB, before.root.version), COLD_BUDGET_MS).catch(() => undefined)
  let root = before.root
  if (fromTable?.body) root = JSON.parse(fromTable.body) as Root
  else if (fromTable === undefined) {
    const stored = await fromKv
    if (!stored) return
    const copy = JSON.parse(stored) as Root
    if (copy.version > root.version) root = copy
  }
  let { secrets, secretsVersion } = before
  if (root.version !== secretsVersion) {
    const read = await within(readOrCreateSecrets(env, now), COLD_BUDGET_MS).catch(() => undefined)
    if (read) [secrets, secretsVersion] = [read, root.version]
  }
  // A compile in this isolate may have been quicker.
  if (held !== before) return
  if (root.version === before.root.version && secrets === before.secrets) before.checkedAt = now
  else {
    const isReading = before.root.experiments !== null && books.has(before.root.experiments)
    const reloads: Promise<unknown>[] = changedShards(before.root, root).map((hash) => loadShard(env, hash))
    if (isReading && root.experiments !== null) reloads.push(readBook(env, root.experiments))
    if (before.root.rulebook && rulebooks.has(before.root.rulebook)) reloads.push(readRulebook(env, root.rulebook))
    await within(Promise.allSettled(reloads), STORE_BUDGET_MS)
    hold(env, root, secrets, now).secretsVersion = secretsVersion
  }
}

/** New hashes of the shards in use, to have them at hand before the first price asks. */
const changedShards = (before: Root, after: Root): string[] =>
  before.shards.length === after.shards.length
    ? after.shards.filter((hash, bucket) => hash !== before.shards[bucket] && shards.has(before.shards[bucket] as string))
    : []

function hold(env: Env, compiled: Root, secrets: Secrets | null, now: number): Held {
  const previous = held?.root ?? null
  const root = heedVariables(compiled, env)
  const slice = async (productId: string) => {
    try {
      return await readSlice(env, root, productId)
    } catch (error) {
      // What the version before says is better than no price, where all of it is still in memory.
      const last = previous ? heldSlice(previous, productId) : undefined
      if (last !== undefined) return last
      throw error
    }
  }
  const flags = async () => {
    try {
      return await readBook(env, root.experiments)
    } catch (error) {
      // Experiments of the version before are better than none.
      const last = previous?.experiments ? books.get(previous.experiments) : undefined
      if (last) return last
      throw error
    }
  }
  const configuration: Configuration = {
    root,
    slice,
    flags,
    definitions: () => readDefinitions(env, root.definitions),
    hasSecrets: secrets !== null,
    get secrets() {
      if (!secrets) throw unavailable('the secrets of this deployment cannot be read')
      return secrets
    },
  }
  held = { configuration, secrets, root: compiled, checkedAt: now, secretsVersion: compiled.version }
  return held
}

/** The variable is the operator's kill switch: off there is off, whatever the settings say. */
function heedVariables(root: Root, env: Env): Root {
  if (variables(env).optimizationEnabled || !root.pricing.optimizationEnabled) return root
  const pricing = { ...root.pricing, optimizationEnabled: false }
  return { ...root, pricing, pricingHash: contentHash(pricing) }
}

const memberOf = (shard: Shard, productId: string): ProductSlice | null =>
  Object.hasOwn(shard, productId) ? (shard[productId] as ProductSlice) : null

const shardOf = (root: Root, productId: string): string => root.shards[bucketOf(productId, root.shards.length)] as string

async function readSlice(env: Env, root: Root, productId: string): Promise<ProductSlice | null> {
  if (root.shards.length === 0) return null
  const [shard, rulebook] = await Promise.all([loadShard(env, shardOf(root, productId)), readRulebook(env, root.rulebook)])
  const own = memberOf(shard, productId)
  return own && completeSlice(own, rulebook)
}

/** The slice of a version as far as memory has it; undefined where it has not. */
function heldSlice(root: Root, productId: string): ProductSlice | null | undefined {
  if (root.shards.length === 0) return undefined
  const held = shards.get(shardOf(root, productId))
  const rulebook = root.rulebook ? rulebooks.get(root.rulebook) : EMPTY_RULEBOOK
  if (!held || !rulebook) return undefined
  const own = memberOf(held.shard, productId)
  return own && completeSlice(own, rulebook)
}

async function readRulebook(env: Env, hash: string | null | undefined): Promise<Rulebook> {
  if (!hash) return EMPTY_RULEBOOK
  const known = rulebooks.get(hash)
  if (known) return known
  const rulebook = { ...(JSON.parse(await fetchText(env, hash)) as Omit<Rulebook, 'hash'>), hash }
  // Of two requests that read it at the same time, one value stays: slices are put together with it.
  const first = rulebooks.get(hash)
  if (first) return first
  for (const oldest of rulebooks.keys()) if (rulebooks.size >= MAXIMUM_BOOKS) rulebooks.delete(oldest)
  rulebooks.set(hash, rulebook)
  return rulebook
}

async function loadShard(env: Env, hash: string): Promise<Shard> {
  const cached = shards.get(hash)
  if (cached) {
    cached.usedAt = Date.now()
    return cached.shard
  }
  // Another request may be cancelled while it loads, and its promise then never settles: wait for it, but not for long.
  const pending = loading.get(hash)
  const shared = pending && (await within(pending, STORE_BUDGET_MS).catch(() => undefined))
  if (shared) return shared
  const load = fetchShard(env, hash)
  loading.set(hash, load)
  try {
    const shard = await load
    remember(hash, shard, variables(env).pricingCacheTtlMs)
    return shard
  } finally {
    if (loading.get(hash) === load) loading.delete(hash)
  }
}

async function readBook(env: Env, hash: string | null | undefined): Promise<FlagBook> {
  if (!hash) return EMPTY_BOOK
  const known = books.get(hash)
  if (known) return known
  const book = new FlagBook(hash, JSON.parse(await fetchText(env, hash)) as Experiment[])
  for (const oldest of books.keys()) if (books.size >= MAXIMUM_BOOKS) books.delete(oldest)
  books.set(hash, book)
  return book
}

async function readDefinitions(env: Env, hash: string | null | undefined): Promise<DefinitionBook> {
  if (!hash) return NO_DEFINITIONS
  const known = definitionBooks.get(hash)
  if (known) return known
  const text = await fetchText(env, hash)
  const book = { ...(JSON.parse(text) as Definitions), text }
  for (const oldest of definitionBooks.keys()) if (definitionBooks.size >= MAXIMUM_BOOKS) definitionBooks.delete(oldest)
  definitionBooks.set(hash, book)
  return book
}

const fetchShard = async (env: Env, hash: string): Promise<Shard> => JSON.parse(await fetchText(env, hash)) as Shard

/** A text by its content hash, from the nearer store that has it. */
async function fetchText(env: Env, hash: string): Promise<string> {
  const copy = await within(env.CONFIGURATION.get(shardKey(hash)), STORE_BUDGET_MS).catch(() => null)
  const body =
    copy ??
    (await within(readShard(env.DB, hash), COLD_BUDGET_MS).catch((error: unknown) => {
      throw unavailable('the configuration cannot be read', error)
    }))
  if (!body) throw unavailable('the configuration cannot be read in time')
  return body
}

/** A shard never grows wrong, as its name is its content; it leaves when nobody has asked for it for the cache's lifetime. */
function remember(hash: string, shard: Shard, ttlMs: number): void {
  const now = Date.now()
  for (const [other, { usedAt }] of shards) if (now - usedAt > ttlMs) shards.delete(other)
  if (shards.size >= MAXIMUM_CACHED_SHARDS) {
    const [oldest] = [...shards].reduce((least, entry) => (entry[1].usedAt < least[1].usedAt ? entry : least))
    shards.delete(oldest)
  }
  shards.set(hash, { shard, usedAt: now })
}

/** A past snapshot, for replay; null when there never was such a version. */
export async function readRootVersion(env: Env, version: number): Promise<Pick<Configuration, 'root' | 'slice'> | null> {
  const body = version === 0 ? null : await readRoot(env.DB, version)
  if (body === null && version !== 0) return null
  const root = body === null ? emptyRoot() : (JSON.parse(body) as Root)
  return { root, slice: (productId) => readSlice(env, root, productId) }
}

/**
 * Puts what the database holds in force: at once here, within a minute everywhere.
 *
 * @throws DomainError unavailable  what was saved stays saved, and comes into force with the next compile
 */
export async function compileConfiguration(env: Env, now: number): Promise<Root> {
  try {
    const root = await compileSnapshot(env, now)
    // A check may have found a still newer version meanwhile.
    if (held && held.root.version > root.version) return held.configuration.root
    return hold(env, root, await readOrCreateSecrets(env, now), now).configuration.root
  } catch (error) {
    throw unavailable('the change is saved but not yet in force', error)
  }
}

/** Makes each secret once for this deployment; of two isolates that do so at the same time, one wins and both use its value. */
async function readOrCreateSecrets(env: Env, now: number): Promise<Secrets> {
  let stored = await readSecrets(env.DB)
  if (SECRET_NAMES.some((name) => !stored.has(name))) {
    await addSecrets(env.DB, await newSecrets(), now)
    stored = await readSecrets(env.DB)
  }
  const [deployment, signing, identity, tombstoneSalt] = SECRET_NAMES.map((name) => stored.get(name)) as [string, string, string, string]
  const providers = PROVIDERS.flatMap((id) => {
    const terms = stored.get(providerSecretName(id))
    return terms === undefined ? [] : [[id, JSON.parse(terms) as ProviderTerms]]
  })
  return {
    deployment,
    signing: JSON.parse(signing) as Secrets['signing'],
    identity,
    tombstoneSalt,
    providers: Object.fromEntries(providers),
  }
}

/** Under which name the terms of a payment provider are kept. */
export const providerSecretName = (id: ProviderId): string => `provider:${id}`

const SECRET_NAMES = ['deployment', 'signing', 'identity', 'tombstone_salt'] as const

async function newSecrets(): Promise<Record<(typeof SECRET_NAMES)[number], string>> {
  const signing = [await newQuoteKey(0)]
  return { deployment: randomText(12), signing: JSON.stringify(signing), identity: randomText(32), tombstone_salt: randomText(32) }
}

/** @param activeAt epoch ms from which it may sign */
export async function newQuoteKey(activeAt: number): Promise<QuoteKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as JsonWebKey
  const privateKey = Buffer.from((await crypto.subtle.exportKey('pkcs8', pair.privateKey)) as ArrayBuffer).toString('base64')
  return { kid: sha256Hex(x as string).slice(0, 16), privateKey, publicJwk: { kty, crv, x }, activeAt }
}

const unavailable = (message: string, cause?: unknown): DomainError => {
  if (cause) console.error(message, cause)
  return new DomainError('unavailable', message)
}
