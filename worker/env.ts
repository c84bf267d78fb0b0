import type { ProjectionMessage } from './domain/customer/projection.ts'
import type { CustomerObject } from './objects/customer.ts'
import type { LiveObject } from './objects/live.ts'

/** Bindings and variables of `wrangler.toml`, and the secrets an operator sets with `wrangler secret put`. */
export interface Env {
  DB: D1Database
  CONFIGURATION: KVNamespace
  CUSTOMERS: DurableObjectNamespace<CustomerObject>
  LIVE: DurableObjectNamespace<LiveObject>
  PROJECTIONS: Queue<ProjectionMessage>
  ASSETS: Fetcher
  ENVIRONMENT: string
  REVENUE_OPTIMIZATION_ENABLED: string
  PRICING_CACHE_TTL: string
  FORECASTING_MODEL_INTERVAL: string
  CUSTOMER_SUCCESS_CHECK_INTERVAL: string
  PRICE_BUDGET: string
  FIRST_PRICE_BUDGET: string
  /** Opens an admin session at `POST /api/session`; unset, nobody can sign in that way. */
  ADMIN_TOKEN?: string
  /** Signing secrets of payment providers, beside those set with `PUT /api/providers/{id}`. */
  STRIPE_WEBHOOK_SECRET?: string
  STANDARD_WEBHOOK_SECRET?: string
  /** Cloudflare Access as the other door: team domain (https://team.cloudflareaccess.com) and application audience. */
  ACCESS_TEAM_DOMAIN?: string
  ACCESS_AUDIENCE?: string
}

export interface Variables {
  environment: 'development' | 'production'
  optimizationEnabled: boolean
  pricingCacheTtlMs: number
  forecastingIntervalMs: number
  successCheckIntervalMs: number
  /** What a price may wait for an object that is awake, and for one that may have to be made or woken. */
  priceBudgetMs: number
  firstPriceBudgetMs: number
}

const parsed = new WeakMap<Env, Variables>()

/** Variables as values. @throws Error naming the variable, so that a wrong deployment fails at its first request */
export function variables(env: Env): Variables {
  let values = parsed.get(env)
  if (!values) {
    values = {
      environment: oneOf('ENVIRONMENT', env.ENVIRONMENT, ['development', 'production']),
      optimizationEnabled: oneOf('REVENUE_OPTIMIZATION_ENABLED', env.REVENUE_OPTIMIZATION_ENABLED, ['true', 'false']) === 'true',
      pricingCacheTtlMs: milliseconds('PRICING_CACHE_TTL', env.PRICING_CACHE_TTL),
      forecastingIntervalMs: milliseconds('FORECASTING_MODEL_INTERVAL', env.FORECASTING_MODEL_INTERVAL),
      successCheckIntervalMs: milliseconds('CUSTOMER_SUCCESS_CHECK_INTERVAL', env.CUSTOMER_SUCCESS_CHECK_INTERVAL),
      priceBudgetMs: milliseconds('PRICE_BUDGET', env.PRICE_BUDGET),
      firstPriceBudgetMs: milliseconds('FIRST_PRICE_BUDGET', env.FIRST_PRICE_BUDGET),
    }
    parsed.set(env, values)
  }
  return values
}

function oneOf<const T extends string>(name: string, value: string | undefined, words: readonly T[]): T {
  const word = words.find((candidate) => candidate === value)
  if (!word) throw new Error(`${name} must be one of ${words.join(', ')}, not ${JSON.stringify(value)}`)
  return word
}

function milliseconds(name: string, value: string | undefined): number {
  const number = Number(value)
  if (!value || !Number.isSafeInteger(number) || number < 1)
    throw new Error(`${name} must be whole milliseconds, not ${JSON.stringify(value)}`)
  return number
}
