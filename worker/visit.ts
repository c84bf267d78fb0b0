import type { Context } from 'hono'
import type { Device } from './contract/lists.ts'
import { MINUTE_MS } from './domain/time.ts'
import { variables } from './env.ts'
import type { AppEnv } from './http.ts'
import { isTrusted } from './person.ts'

/** What a request tells of the visit it belongs to. Neither address nor user agent is kept. */

interface Place {
  country: string | null
  region: string | null
}

/**
 * Where the visitor is. The edge knows better than a page, which could name a cheaper country: a page's own word counts
 * only where the edge says nothing and the deployment is a local one; a secret key is believed.
 */
export function placeOf(c: Context<AppEnv>, claimed: { country?: string | undefined; region?: string | undefined }): Place {
  const cf = c.req.raw.cf as { country?: string; regionCode?: string } | undefined
  const development = variables(c.env).environment === 'development'
  const country = claimed.country?.toUpperCase()
  if (country && (development || isTrusted(c.var.caller))) return { country, region: claimed.region?.toUpperCase() ?? null }
  if (!cf?.country || !/^[A-Z]{2}$/.test(cf.country)) return { country: null, region: null }
  return { country: cf.country, region: cf.regionCode ? `${cf.country}-${cf.regionCode}` : null }
}

export function deviceOf(c: Context<AppEnv>): Device | null {
  const agent = c.req.header('user-agent') ?? ''
  if (/ipad|tablet|kindle|playbook|android(?!.*mobile)/i.test(agent)) return 'tablet'
  if (/mobi|iphone|ipod/i.test(agent)) return 'mobile'
  return /mozilla/i.test(agent) ? 'desktop' : null
}

/** What a request tells of whom it is about. A server speaks for people elsewhere: where it stands itself says nothing of them. */
export const seenOf = (c: Context<AppEnv>, claimed?: string): { country: string | null; device: Device | null } =>
  isTrusted(c.var.caller)
    ? { country: claimed ?? null, device: null }
    : { country: placeOf(c, { country: claimed }).country, device: deviceOf(c) }

/** Bots that say so. They see the list price and are in no analysis. */
export const isBot = (c: Context<AppEnv>): boolean =>
  /bot\b|crawl|spider|slurp|facebookexternalhit|preview|lighthouse|python-requests|scrapy|httpclient|^curl\/|^wget\//i.test(
    c.req.header('user-agent') ?? '',
  )

const MAXIMUM_PLACES = 10_000

/**
 * Damping by address, per isolate and in memory only: it blunts a flood, it is no accounting. A trusted caller asks for
 * its own visitors and is not damped.
 */
function damper(perMinute: number): (c: Context<AppEnv>, now: number) => boolean {
  const counts = new Map<string, { minute: number; count: number }>()
  return (c, now) => {
    const address = c.req.header('cf-connecting-ip')
    if (!address || isTrusted(c.var.caller) || variables(c.env).environment === 'development') return true
    const minute = Math.floor(now / MINUTE_MS)
    const known = counts.get(address)
    if (known?.minute === minute) return ++known.count <= perMinute
    if (counts.size >= MAXIMUM_PLACES) counts.clear()
    counts.set(address, { minute, count: 1 })
    return true
  }
}

/** Whether one more visitor may come from this address. */
export const mayMint = damper(120)
/** Whether flags may be evaluated once more for this address; a page asks once a view. */
export const mayEvaluate = damper(1200)
