import type { Settings } from '../contract/configuration.ts'
import { addRoot, addShards, readSources, type Sources } from '../db/snapshot.ts'
import { within } from '../deadline.ts'
import { contentHash, sha256Hex } from '../digest.ts'
import { DEFAULT_PRICING, packShards, type Root, rulebookOf, sliceCatalogue } from '../domain/configuration.ts'
import { compiledText } from '../domain/experiments/compiled.ts'
import { ratesOf } from '../domain/pricing/market-figures.ts'
import { REMEMBERED_DAYS } from '../domain/pricing/past.ts'
import { withoutPastEpochs } from '../domain/pricing/weight-epochs.ts'
import { DAY_MS } from '../domain/time.ts'
import { pricingSettings, settingsOf } from '../domain/wire.ts'
import type { Env } from '../env.ts'

export const ROOT_KEY = 'root'
export const shardKey = (hash: string): string => `shard:${hash}`

const ATTEMPTS = 8
const PUBLISH_BUDGET_MS = 2_000

/**
 * Compiles what the database holds into the next version. D1 first, because it is the truth; KV is a copy that may fail.
 * Each compile reads the newest version together with all it is made of, so of two at once one finds its version taken
 * and starts again from what both have written.
 *
 * @throws Error  D1 does not answer, or eight others were quicker
 */
export async function compileSnapshot(env: Env, now: number): Promise<Root> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const { root, bodies } = compile(await readSources(env.DB, now, now - REMEMBERED_DAYS * DAY_MS), now)
    const body = JSON.stringify(root)
    const added = await addShards(env.DB, bodies, now)
    if (!(await addRoot(env.DB, root.version, body, now))) continue
    await publish(env, body, new Map(added.map((hash) => [hash, bodies.get(hash) as string])))
    return root
  }
  throw new Error('others compile at the same time')
}

function compile(
  { newest, catalogue, settings, experiments, definitions, keys }: Sources,
  now: number,
): { root: Root; bodies: Map<string, string> } {
  const chosen = { ...settingsOf(DEFAULT_PRICING), ...settings } as Settings
  const pricing = pricingSettings(chosen, DEFAULT_PRICING.holdoutSeed)
  const tests = catalogue.tests.map((test) => withoutPastEpochs(test, now))
  const market = { signals: catalogue.signals, exchangeRates: ratesOf(chosen.exchangeRates ?? {}, pricing.defaultCurrency) }
  const slices = sliceCatalogue({ ...catalogue, tests, market }, now).map((slice) => ({ hash: contentHash(slice), ...slice }))
  const texts = packShards(slices, Buffer.byteLength)
  const bodies = new Map<string, string>()
  const store = (text: string): string => {
    const hash = sha256Hex(text).slice(0, 32)
    bodies.set(hash, text)
    return hash
  }
  const rulebook = rulebookOf(catalogue)
  const root: Root = {
    version: (newest?.version ?? 0) + 1,
    compiledAt: now,
    pricing,
    pricingHash: contentHash(pricing),
    keys,
    shards: texts.map(store),
    productCount: slices.length,
    rulebook: rulebook && store(JSON.stringify(rulebook)),
    experiments: experiments.length === 0 ? null : store(compiledText(experiments)),
    definitions: Object.values(definitions).every(({ length }) => length === 0) ? null : store(JSON.stringify(definitions)),
  }
  return { root, bodies }
}

/** Copies into KV, shards before the root that names them. */
async function publish(env: Env, root: string, added: Map<string, string>): Promise<void> {
  const copy = async () => {
    await Promise.all([...added].map(([hash, body]) => env.CONFIGURATION.put(shardKey(hash), body)))
    await env.CONFIGURATION.put(ROOT_KEY, root)
  }
  await within(copy(), PUBLISH_BUDGET_MS).catch((error: unknown) => console.error('configuration not copied to KV', error))
}

/** What is in force before anything has been saved. */
export const emptyRoot = (): Root => ({
  version: 0,
  compiledAt: 0,
  pricing: DEFAULT_PRICING,
  pricingHash: contentHash(DEFAULT_PRICING),
  keys: [],
  shards: [],
  productCount: 0,
  rulebook: null,
  experiments: null,
  definitions: null,
})
