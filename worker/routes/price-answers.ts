import type { Context } from 'hono'
import type { Configuration } from '../config.ts'
import { PriceQuery, PricesInput, type Pricing } from '../contract/pricing.ts'
import { within } from '../deadline.ts'
import { randomText } from '../digest.ts'
import { signingKeyAt } from '../domain/configuration.ts'
import { DomainError, refuse, succeed, unwrap } from '../domain/error.ts'
import { parseCurrency } from '../domain/money.ts'
import { decide } from '../domain/pricing/decide.ts'
import { refuseProtected, refuseProtectedNames } from '../domain/pricing/protected-attributes.ts'
import { partsOf } from '../domain/pricing/rulebook.ts'
import { shownOf } from '../domain/pricing/shown.ts'
import type { PricingContext, ProductSlice } from '../domain/pricing/types.ts'
import { variables } from '../env.ts'
import type { AppEnv } from '../http.ts'
import { joinLines, splitLines } from '../lines.ts'
import type { PriceRequest } from '../objects/pricing-desk.ts'
import { ask, isTrusted, type Person, personOf } from '../person.ts'
import { deviceOf, isBot, mayMint, placeOf } from '../visit.ts'

/** What a caller says of whom a price is for. */
export interface Asked {
  visitorId?: string | undefined
  customerId?: string | undefined
  token?: string | undefined
  currency?: string | undefined
  country?: string | undefined
  region?: string | undefined
  device?: PricingContext['device'] | undefined
  behaviorFlags: string[]
  consent?: 'granted' | 'denied' | undefined
}

const knownNames = new Set([...Object.keys(PriceQuery.shape), ...Object.keys(PricesInput.shape)])

/** No price may look at a protected attribute, so nobody is let believe that one of ours does. */
function refuseProtectedContext(asked: Asked): void {
  refuseProtected(asked.behaviorFlags, 'behaviorFlags')
  refuseProtectedNames(asked, knownNames)
}

/** Prices as JSON texts, and the visitorId to go on with. */
export async function priceFor(c: Context<AppEnv>, configuration: Configuration, slices: ProductSlice[], asked: Asked, preview: boolean) {
  refuseProtectedContext(asked)
  const now = Date.now()
  const { caller } = c.var
  const { root } = configuration
  const context: PricingContext = {
    currency: asked.currency === undefined ? root.pricing.defaultCurrency : parseCurrency(asked.currency),
    ...placeOf(c, asked),
    device: asked.device ?? deviceOf(c),
    behaviorFlags: asked.behaviorFlags,
    profilingRefused: asked.consent === 'denied' || c.req.header('sec-gpc') === '1',
  }
  const sold = slices.filter(({ product }) => Object.hasOwn(product.prices, context.currency))
  if (asked.currency !== undefined && sold.length < slices.length && !preview) {
    throw new DomainError('unknown_currency', `this product has no price in ${context.currency}`, 'currency')
  }
  const trusted = isTrusted(caller)
  // A browser's own word for a customerId is no more than a claim: the visitor stays a visitor.
  const isCustomer = asked.token !== undefined || (trusted && asked.customerId !== undefined)
  const minting = asked.visitorId === 'new' && !isCustomer
  const listed = (why: string, fallback = false) => slices.map((slice) => listPricing(slice, configuration, context, now, why, fallback))
  // A customer who refuses profiling has a contract all the same; a visitor has nothing that would need an object.
  if (context.profilingRefused && !isCustomer)
    return { prices: slices.map((slice) => JSON.stringify(unrecorded(slice, configuration, context, now))), visitorId: null }
  if (!configuration.hasSecrets)
    return { prices: listed('The database does not answer', true), visitorId: minting ? null : (asked.visitorId ?? null) }
  if (!trusted && isBot(c)) return { prices: listed('An obvious bot is shown the list price'), visitorId: null }
  if (minting && !mayMint(c, now)) return { prices: listed('Too many new visitors come from one place'), visitorId: null }
  const person: Person | null = minting
    ? { id: c.env.CUSTOMERS.newUniqueId(), who: { kind: 'visitor' } }
    : await personOf(c.env, caller, configuration, asked, now)
  const offers = person ? await offersOf(c, configuration, person, sold, context, preview, minting, now) : 'nobody'
  if (!person || offers === 'nobody') return { prices: listed('No visitor of ours was named'), visitorId: null }
  const visitorId = minting ? person.id.toString() : person.who.kind === 'visitor' ? (asked.visitorId ?? null) : null
  if (offers === 'late') return { prices: listed('No decision came in time', true), visitorId }
  if (sold.length === slices.length) return { prices: offers, visitorId }
  const prices = slices.map((slice) => {
    const at = sold.indexOf(slice)
    return offers[at] ?? listPricing(slice, configuration, context, now, `No price in ${context.currency}`, false)
  })
  return { prices, visitorId }
}

/**
 * Objects this isolate has heard from lately: they are awake, so their answer may be expected within the short budget, and
 * most likely they know the texts of the configuration.
 */
const awake = new Set<string>()
const MAXIMUM_AWAKE = 10_000

const texts = new WeakMap<object, string>()

/** JSON of a part of the configuration, which never changes once it is read. */
function textOf(part: object): string {
  let text = texts.get(part)
  if (text === undefined) {
    text = JSON.stringify(part)
    texts.set(part, text)
  }
  return text
}

/** Decisions of the person's object; `late` when they do not come in time, `nobody` when that person is gone. */
async function offersOf(
  c: Context<AppEnv>,
  { root, secrets }: Configuration,
  person: Person,
  slices: ProductSlice[],
  context: PricingContext,
  preview: boolean,
  minting: boolean,
  now: number,
): Promise<string[] | 'late' | 'nobody'> {
  if (slices.length === 0) return []
  const key = signingKeyAt(secrets.signing, now)
  if (!key) return 'late'
  const nonce = randomText(6)
  const parts = slices.map(partsOf)
  const { rulebook } = parts[0] as (typeof parts)[number]
  const request = JSON.stringify({
    now,
    preview,
    nonce,
    settingsHash: root.pricingHash,
    sliceHashes: parts.map(({ own }) => own.hash),
    rulebookHash: rulebook.hash,
    configVersion: root.version,
    context,
    deployment: secrets.deployment,
    key: { kid: key.kid, privateKey: key.privateKey },
  } satisfies PriceRequest)
  const texts = () => [textOf(root.pricing), ...parts.map(({ own }) => textOf(own)), textOf(rulebook)]
  const name = person.id.toString()
  const isAwake = awake.has(name) && !minting
  const { priceBudgetMs, firstPriceBudgetMs } = variables(c.env)
  const answer = ask<string[]>(c.env, person, async (stub, who) => {
    const asking = [JSON.stringify(who), request]
    // One that is awake has priced before, and so has the texts unless they have changed since; then it says so.
    const known = isAwake ? await stub.price(joinLines(...asking)) : null
    const priced = known ?? (await stub.price(joinLines(...asking, ...texts())))
    if (typeof priced === 'string') return { outcome: succeed(splitLines(priced)) }
    return priced ?? { outcome: refuse('internal', 'a price requires the texts it was asked with') }
  })
  const outcome = await within(answer, isAwake ? priceBudgetMs : firstPriceBudgetMs).catch((error: unknown) => {
    if (!(error instanceof DomainError)) console.error(error)
    return undefined
  })
  if (outcome) {
    if (awake.size >= MAXIMUM_AWAKE) awake.clear()
    awake.add(name)
    if (outcome.ok) return outcome.value
    if (outcome.code === 'erased' || outcome.code === 'not_found') return 'nobody'
    if (outcome.code === 'unavailable' || outcome.code === 'flood') return 'late'
    return unwrap(outcome)
  }
  // Late, or lost on its way back: the object may have decided, but nobody saw it.
  const voided = answer.catch(() => null).then(() => ask(c.env, person, (stub) => stub.voidDecisions(nonce, slices.length, Date.now())))
  c.executionCtx.waitUntil(voided.catch((error: unknown) => console.warn('void', error)))
  return 'late'
}

/** A price for somebody who refuses profiling: the pipeline ends at its consent step, and nothing is stored or signed. */
function unrecorded(slice: ProductSlice, { root }: Configuration, context: PricingContext, now: number): Pricing {
  const stranger = { subject: '', contracts: {}, arms: {}, firstSeenAt: null, orders: 0, inDunning: false, lastQuote: null }
  const decision = decide(slice, root.pricing, stranger, inCurrencyOf(slice, context), '', now)
  return { ...shownOf(decision, root.version), decisionId: null, quote: null, expiresAt: null }
}

const inCurrencyOf = (slice: ProductSlice, context: PricingContext): PricingContext =>
  Object.hasOwn(slice.product.prices, context.currency) ? context : { ...context, currency: Object.keys(slice.product.prices)[0] as string }

/** The list price without a decision: flagged when a decision should have been there. */
function listPricing(
  slice: ProductSlice,
  configuration: Configuration,
  context: PricingContext,
  now: number,
  why: string,
  fallback: boolean,
): string {
  const shown = unrecorded(slice, configuration, { ...context, profilingRefused: true }, now)
  const first = shown.explain[0]
  return JSON.stringify({ ...shown, reason: 'list', explain: first ? [{ ...first, detail: why }] : [], fallback } satisfies Pricing)
}
