import type { RulePreview } from '../../contract/price-rules.ts'
import { toMajor } from '../money.ts'
import { decide } from './decide.ts'
import { type DecisionInputs, factsAgain } from './decision-inputs.ts'
import { lawOf } from './law.ts'
import { figuresOf, followedBy, type MarketFigures } from './market-figures.ts'
import { attributesOf } from './rule-condition.ts'
import { applies, classOf, termsOf } from './rules.ts'
import { isStale } from './signal.ts'
import type { ExplainStep, PriceDecision, PriceRule, PricingSettings, ProductSlice } from './types.ts'

/** A sampled decision as its row has it. */
export interface SampledRow {
  decisionId: string
  productId: string
  decidedAt: number
  testId: string | null
  inputs: DecisionInputs
}

/** How many of the newest sampled decisions a preview makes again, and how many of them it shows. */
export const PREVIEWED_DECISIONS = 1_000
const EXAMPLES = 10
/** A listing of prices a catalogue long is no preview. */
const PRODUCTS = 100

const GUARDRAILS: ReadonlySet<ExplainStep['step']> = new Set(['step_limit', 'floor', 'ceiling', 'margin'])

/**
 * What a rule would have done to decisions that were made: each is made again from its own facts, context and time, under
 * the configuration of now without the rule and then with it. A rule of the same id is left out of both.
 *
 * Windows, signals and demand are those of `now`: rules that are not in force are left out, and the previewed rule counts as
 * in force, or one that begins tomorrow would seem to do nothing. Holdout and kill switch are left out too: sampled decisions
 * were not held out, and with the switch off nothing would be seen. Prices of a price test stay what they were.
 *
 * @param sliceOf what each product depends on now; null for one that is not sold any more, whose decisions do not count
 */
export function previewRule(
  rows: readonly SampledRow[],
  sliceOf: (productId: string) => ProductSlice | null,
  settings: PricingSettings,
  market: MarketFigures,
  rule: PriceRule,
  now: number,
): RulePreview {
  const open = { ...settings, optimizationEnabled: true, holdoutShare: 0 }
  const unbounded = { ...rule, startsAt: null, endsAt: null }
  const slices = new Map<string, Both | null>()
  const slicesOf = (productId: string) => {
    let both = slices.get(productId)
    if (both === undefined) {
      const slice = sliceOf(productId)
      both = slice && slicesFor(slice, unbounded, market, now)
      slices.set(productId, both)
    }
    return both
  }
  const tally = new Tally()
  for (const row of rows) {
    const both = slicesOf(row.productId)
    if (!both || !Object.hasOwn(both.without.product.prices, row.inputs.context.currency)) continue
    const { decisionId, decidedAt, inputs } = row
    const facts = factsAgain(inputs, decisionId)
    const again = (slice: ProductSlice) => decide(asRecorded(slice, row), open, facts, inputs.context, decisionId, decidedAt)
    const [before, after] = [again(both.without), again(both.withRule)]
    tally.add(before, after, unbounded, isForbidden(unbounded, after, open))
  }
  return tally.sum()
}

interface Both {
  without: ProductSlice
  withRule: ProductSlice
}

/** The slice as `now` has it, for decisions of any time, without and with the rule. */
function slicesFor(slice: ProductSlice, rule: PriceRule, market: MarketFigures, now: number): Both {
  const inForce = slice.rules
    .filter(({ id, startsAt, endsAt }) => id !== rule.id && (startsAt === null || startsAt <= now) && (endsAt === null || now < endsAt))
    .map((each) => ({ ...each, startsAt: null, endsAt: null }))
  const concerned = rule.productIds === null || rule.productIds.includes(slice.product.id)
  const withRule = concerned ? [...inForce, rule] : inForce
  const { signals = {}, ...rest } = figuresOf(slice.product, [followedBy(withRule)], market)
  const fresh = Object.fromEntries(Object.entries(signals).filter(([, signal]) => !isStale(signal, now)))
  // Without what was: the rule is shown as it will have arrived, not the first of its steps.
  const { signals: _, exchangeRates: __, past: ___, ...own } = slice
  const known = { ...own, ...rest, signals: fresh }
  return { without: { ...known, rules: inForce }, withRule: { ...known, rules: withRule } }
}

/** A decision that was in no test while the test of now was running stays out of it. */
function asRecorded(slice: ProductSlice, { testId, decidedAt }: SampledRow): ProductSlice {
  const { test } = slice
  return test && test.id !== testId && test.startsAt <= decidedAt ? { ...slice, test: null } : slice
}

function isForbidden(rule: PriceRule, after: PriceDecision, settings: PricingSettings): boolean {
  if (after.test || lawOf(settings, after.context)[classOf(termsOf(rule.kind), rule)] !== 'off') return false
  return applies(rule, after.productId, after.decidedAt, () => attributesOf(settings, after.facts, after.context, after.decidedAt))
}

class Tally {
  #decisions = 0
  #raised = 0
  #lowered = 0
  #clamped = 0
  #forbidden = 0
  readonly #products = new Map<
    string,
    { productId: string; currency: string; decisions: number; changed: number; before: number; after: number }
  >()
  readonly #examples: RulePreview['examples'] = []

  add(before: PriceDecision, after: PriceDecision, rule: PriceRule, forbidden: boolean): void {
    const { productId, currency } = after
    this.#decisions++
    if (forbidden) this.#forbidden++
    const own = after.explain.find(({ step }) => step === rule.kind)
    const atWork = own?.outcome === 'applied' && own.detail !== before.explain.find(({ step }) => step === rule.kind)?.detail
    const guardrail = atWork ? after.explain.find(({ step, outcome }) => GUARDRAILS.has(step) && outcome === 'applied') : undefined
    if (guardrail) this.#clamped++
    const key = `${productId} ${currency}`
    const product = this.#products.get(key) ?? { productId, currency, decisions: 0, changed: 0, before: 0, after: 0 }
    this.#products.set(key, product)
    product.decisions++
    product.before += before.priceMinor
    product.after += after.priceMinor
    if (before.priceMinor === after.priceMinor) return
    product.changed++
    if (after.priceMinor > before.priceMinor) this.#raised++
    else this.#lowered++
    if (this.#examples.length >= EXAMPLES) return
    this.#examples.push({
      decisionId: after.id,
      productId,
      currency,
      country: after.context.country,
      before: toMajor(before.priceMinor, currency),
      after: toMajor(after.priceMinor, currency),
      why: [own, guardrail].flatMap((line) => (line ? [line.detail] : [])).join('; '),
    })
  }

  sum(): RulePreview {
    const products = [...this.#products.values()].sort((a, b) => b.changed - a.changed || b.decisions - a.decisions)
    return {
      decisions: this.#decisions,
      changed: this.#raised + this.#lowered,
      raised: this.#raised,
      lowered: this.#lowered,
      clamped: this.#clamped,
      forbidden: this.#forbidden,
      products: products.slice(0, PRODUCTS).map(({ productId, currency, decisions, changed, before, after }) => ({
        productId,
        currency,
        decisions,
        changed,
        averageBefore: toMajor(Math.round(before / decisions), currency),
        averageAfter: toMajor(Math.round(after / decisions), currency),
      })),
      examples: this.#examples,
    }
  }
}
