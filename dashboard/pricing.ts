import { signal } from '@preact/signals'
import type { LedgerAnswer, SettingsAnswer } from '../worker/contract/admin.ts'
import type { Demand, DemandAnswer } from '../worker/contract/analysis.ts'
import type { DecisionAnswer, SampledDecision } from '../worker/contract/operations.ts'
import type { MarketSignalsAnswer, MarketSignalValue, RulesAnswer } from '../worker/contract/price-rules.ts'
import type { PriceTestAnswer, PriceTestItem, PriceTestsAnswer } from '../worker/contract/price-tests.ts'
import { after, before, currency } from './address.ts'
import { ask, Refusal } from './api.ts'
import { type Part, part, search } from './page-parts.ts'
import { creating, decidedFor, item, pricingTab, productFilter, replaying, testFilter } from './pricing-address.ts'
import type { PriceRule, Product } from './pricing-shapes.ts'

/** What the pricing pages show, as it was read last; null until it is. */

export const catalogue = signal<{ products: Product[]; next: string | null } | null>(null)
export const tests = signal<PriceTestAnswer[] | null>(null)
export const rules = signal<PriceRule[] | null>(null)
export const marketSignals = signal<MarketSignalValue[] | null>(null)
export const decisions = signal<SampledDecision[] | null>(null)

export interface ProductPage {
  of: string
  product: Product
  ladder: Part<LedgerAnswer>
}
export const productPage = signal<ProductPage | null>(null)
/** The demand of a product in one currency, and of which it is. */
export const demand = signal<{ of: string; currency: string; part: Part<Demand> } | null>(null)
export const testPage = signal<(PriceTestItem & { of: string }) | null>(null)
export const decisionPage = signal<(DecisionAnswer & { of: string; replayed: boolean }) | null>(null)
/** What the page is about and the server does not know. */
export const missing = signal<string | null>(null)

/** Decisions on a page of their list. */
export const DECISIONS_A_PAGE = 50
const PRODUCTS_A_PAGE = '50'
/** More running tests than this are not looked through for the list of prices. */
const MOST_PAGES_OF_TESTS = 10

async function readTests(options: { signal: AbortSignal }): Promise<void> {
  const found: PriceTestAnswer[] = []
  let next: string | null = null
  for (let page = 0; page < MOST_PAGES_OF_TESTS; page++) {
    const answer: PriceTestsAnswer = await ask(`/api/price-tests?${search({ limit: '500', after: next })}`, options)
    found.push(...answer.tests)
    next = answer.next
    if (next === null) break
  }
  tests.value = found.sort((left, right) => right.startsAt - left.startsAt || (left.id < right.id ? -1 : 1))
}

async function readCatalogue(from: string | null, options: { signal: AbortSignal }): Promise<void> {
  catalogue.value = await ask(`/api/products?${search({ after: from, limit: PRODUCTS_A_PAGE })}`, options)
}

async function readRules(options: { signal: AbortSignal }): Promise<void> {
  const [answer, told] = await Promise.all([
    ask<RulesAnswer>('/api/price-rules', options),
    part(ask<MarketSignalsAnswer>('/api/market-signals', options), options.signal),
  ])
  rules.value = answer.rules
  marketSignals.value = told.value?.signals ?? null
}

async function readDecisions(options: { signal: AbortSignal }): Promise<void> {
  const asked = { productId: productFilter.peek(), testId: testFilter.peek(), before: before.peek(), limit: String(DECISIONS_A_PAGE) }
  decisions.value = (await ask<{ decisions: SampledDecision[] }>(`/api/decisions?${search(asked)}`, options)).decisions
}

async function readProduct(id: string, options: { signal: AbortSignal }): Promise<void> {
  const at = `/api/products/${encodeURIComponent(id)}`
  const [{ product }, ladder] = await Promise.all([
    ask<{ product: Product }>(at, options),
    part(ask<LedgerAnswer>(`${at}/prices?limit=500`, options), options.signal),
    readTests(options),
    readDefaultCurrency(options),
  ])
  productPage.value = { of: id, product, ladder }
  const code = currencyOf(product)
  if (code === null) return
  const curve = await part(ask<DemandAnswer>(`${at}/demand?${search({ currency: code })}`, options), options.signal)
  demand.value = {
    of: id,
    currency: code,
    part: curve.value ? { value: curve.value.demand, trouble: null } : { value: null, trouble: curve.trouble },
  }
}

/** In what the shop reckons where nobody says; null until it is read. */
const defaultCurrency = signal<string | null>(null)

async function readDefaultCurrency(options: { signal: AbortSignal }): Promise<void> {
  if (defaultCurrency.peek() !== null) return
  const answer = await part(ask<SettingsAnswer>('/api/settings', options), options.signal)
  defaultCurrency.value = answer.value?.settings.defaultCurrency ?? null
}

/** The currency of the address if the product has a price in it, else the shop's own, else that of its first price. */
export function currencyOf({ prices }: Product): string | null {
  const has = (code: string | null) => prices.find((price) => price.currency === code)
  return (has(currency.value) ?? has(defaultCurrency.value) ?? prices[0])?.currency ?? null
}

async function readTest(id: string, options: { signal: AbortSignal }): Promise<void> {
  testPage.value = { ...(await ask<PriceTestItem>(`/api/price-tests/${encodeURIComponent(id)}`, options)), of: id }
}

async function readDecision(id: string, options: { signal: AbortSignal }): Promise<void> {
  const again = replaying.peek()
  const asked = search({ ...decidedFor.peek(), replay: again ? '1' : null })
  const answer = await ask<DecisionAnswer>(`/api/decisions/${encodeURIComponent(id)}${asked && `?${asked}`}`, options)
  decisionPage.value = { ...answer, of: id, replayed: again }
}

const PAGES = { products: readProduct, tests: readTest, decisions: readDecision } as const

async function readList(options: { signal: AbortSignal }): Promise<void> {
  switch (pricingTab.peek()) {
    case 'prices':
      await Promise.all([readCatalogue(after.peek(), options), readTests(options)])
      return
    case 'rules':
      return readRules(options)
    case 'tests':
      // The form offers products to choose from.
      await Promise.all([
        readTests(options),
        ...(creating.peek() === 'test' ? [readCatalogue(null, options), readDefaultCurrency(options)] : []),
      ])
      return
    case 'decisions':
      return readDecisions(options)
  }
}

/** Reads what the address asks for. */
export async function readPricing(abort: AbortSignal): Promise<void> {
  const options = { signal: abort }
  const page = item.peek()
  if (!page) return readList(options)
  try {
    await PAGES[page.kind](page.id, options)
    missing.value = null
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'not_found') throw error
    missing.value = page.id
  }
}
