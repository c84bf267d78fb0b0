import { PAST_EXPERIMENTS, PAST_TEST } from '../../test/simulation/browsing.ts'
import {
  demoCosts,
  demoExperiment,
  demoPastExperiments,
  demoPriceTest,
  demoProducts,
  demoRules,
  demoSettings,
} from '../../test/simulation/catalogue.ts'
import { simulateShop } from '../../test/simulation/shop.ts'
import type { StatusAnswer } from '../../worker/contract/analytics.ts'
import type { CostsAnswer } from '../../worker/contract/costs.ts'
import { DAY_MS, dayOf, startOfDay } from '../../worker/domain/time.ts'
import { ApiError, call, DEMO_PUBLISHABLE_KEY, DEMO_SECRET_KEY } from './api.ts'
import { progressBar } from './progress.ts'
import { inBatches, type Totals, upload } from './upload.ts'

const IMPORT_PREFIX = 'simulation:'
const SEED = 20_260

/** Runs an administrator's write that an earlier, interrupted start may have done already. */
async function ensure(url: string, method: string, path: string, body: unknown): Promise<void> {
  await call({ url }, method, path, body).catch((error: unknown) => {
    if (error instanceof ApiError && ['conflict', 'duplicate_key', 'test_already_running'].includes(error.code ?? '')) return
    throw error
  })
}

/** Catalogue, settings, rules, a running price test, an experiment and the known keys of the demo. */
export async function configure(url: string): Promise<void> {
  await ensure(url, 'PATCH', '/api/settings', demoSettings)
  for (const { id, ...product } of demoProducts) await ensure(url, 'PUT', `/api/products/${id}`, product)
  for (const { id, ...rule } of demoRules) await ensure(url, 'PUT', `/api/price-rules/${id}`, rule)
  await ensure(url, 'POST', '/api/price-tests', demoPriceTest)
  await ensure(url, 'POST', '/api/experiments', demoExperiment)
  await ensure(url, 'POST', '/api/keys', { name: 'Demo storefront', kind: 'publishable', secret: DEMO_PUBLISHABLE_KEY })
  await ensure(url, 'POST', '/api/keys', { name: 'Demo server', kind: 'secret', secret: DEMO_SECRET_KEY })
}

const daysBefore = (today: string, days: number) => new Date(startOfDay(today) - days * DAY_MS).toISOString()

/** Experiments that the simulated history tells of: they must be there before whoever saw them. */
async function recordPastExperiments(url: string, today: string): Promise<void> {
  for (const { key, startsDaysBefore, endsDaysBefore } of PAST_EXPERIMENTS) {
    await ensure(url, 'POST', '/api/experiments', {
      ...demoPastExperiments.find((each) => each.key === key),
      startsAt: daysBefore(today, startsDaysBefore),
      duration: startsDaysBefore - endsDaysBefore,
    })
  }
}

/** Those whose time was over before the history ends; whoever saw them is counted all the same. */
async function stopPastExperiments(url: string): Promise<void> {
  for (const { key, endsDaysBefore } of PAST_EXPERIMENTS)
    if (endsDaysBefore > 0) await call({ url }, 'POST', `/api/experiments/${key}/stop`)
}

/** The price test that the simulated history tells of. */
async function recordPastTest(url: string, today: string): Promise<void> {
  const { id, productId, currency, prices, startsDaysBefore, endsDaysBefore } = PAST_TEST
  await ensure(url, 'POST', '/api/price-tests', {
    id,
    productId,
    currency,
    name: 'Pro bundle, last year: 449, 499 or 549',
    testPrices: Object.values(prices),
    duration: startsDaysBefore - endsDaysBefore,
    startsAt: daysBefore(today, startsDaysBefore),
  })
}

/** What winning the simulated customers cost; what an interrupted start has recorded already stays as it is. */
async function recordCosts(url: string, today: string): Promise<void> {
  const nameOf = ({ channel, currency, from }: { channel: string; currency: string; from: string }) => `${channel} ${currency} ${from}`
  const { costs } = await call<CostsAnswer>({ url }, 'GET', '/api/costs?limit=500')
  const known = new Set(costs.map(nameOf))
  for (const cost of demoCosts(today)) if (!known.has(nameOf(cost))) await call({ url }, 'POST', '/api/costs', cost)
}

/**
 * Day whose history has to be loaded: today's for an empty database, that of the first attempt for an interrupted one
 * (so that its ids are the same), null when there is data.
 */
export function dayToSeed(status: StatusAnswer, now: number): string | null {
  const begun = status.imports.find(({ importId }) => importId.startsWith(IMPORT_PREFIX))
  if (begun) return begun.finished ? null : begun.importId.slice(IMPORT_PREFIX.length)
  return status.events === 0 && status.products === 0 ? dayOf(now) : null
}

/** Makes an empty database a shop without a past: what the dashboard and README say of products and keys then holds. */
export async function prepare(url: string): Promise<void> {
  const { events, products } = await call<StatusAnswer>({ url }, 'GET', '/api/status')
  if (events === 0 && products === 0) await configure(url)
}

/** Fills an empty database with the simulated shop. Null when there was nothing to do. */
export async function seed(url: string, now: number): Promise<Totals | null> {
  const day = dayToSeed(await call<StatusAnswer>({ url }, 'GET', '/api/status'), now)
  if (!day) return null
  await configure(url)
  await recordCosts(url, day)
  await recordPastTest(url, day)
  await recordPastExperiments(url, day)
  const people = [...simulateShop({ seed: SEED, now: startOfDay(day) })]
  const total = people.reduce((sum, events) => sum + events.length, 0)
  const bar = progressBar('Loading the demo shop', total)
  const totals = await upload({ url, key: DEMO_SECRET_KEY }, inBatches(people), {
    importId: IMPORT_PREFIX + day,
    label: 'Simulated shop',
    total,
    onProgress: bar.update,
  })
  bar.end()
  await stopPastExperiments(url)
  return totals
}
