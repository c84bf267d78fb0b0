import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { factsAgain, inputsOf } from '../../../worker/domain/pricing/decision-inputs.ts'
import { figuresOf, followedBy } from '../../../worker/domain/pricing/market-figures.ts'
import { previewRule, type SampledRow } from '../../../worker/domain/pricing/preview.ts'
import type { PriceDecision, PricingSettings, ProductSlice } from '../../../worker/domain/pricing/types.ts'
import * as arbitrary from './arbitraries.ts'
import { context, facts, HOUR, NOW, priceTest, rule, settings, slice } from './fixtures.ts'

const MARKET = { signals: new Map(), exchangeRates: {} }
const DAY = 24 * HOUR
const rowOf = (decision: PriceDecision): SampledRow => ({
  decisionId: decision.id,
  productId: decision.productId,
  decidedAt: decision.decidedAt,
  testId: decision.test?.testId ?? null,
  // As D1 gives it back
  inputs: JSON.parse(JSON.stringify(inputsOf(decision))),
})
const decided = (of: ProductSlice, over: { facts?: object; context?: object; at?: number; id?: string; settings?: PricingSettings } = {}) =>
  decide(of, over.settings ?? settings(), facts(over.facts), context(over.context), over.id ?? 'd', over.at ?? NOW)
const preview = (
  rows: SampledRow[],
  of: ProductSlice | null,
  added = rule({ id: 'new', multiplier: 0.9 }),
  terms = settings(),
  market = MARKET,
) => previewRule(rows, () => of, terms, market, added, NOW)

describe('inputsOf', () => {
  it('names nobody, and is enough to decide the same again', () => {
    fc.assert(
      fc.property(
        arbitrary.slice,
        arbitrary.settings,
        arbitrary.facts,
        arbitrary.context,
        arbitrary.now,
        (of, terms, known, asked, now) => {
          const open = { ...terms, holdoutShare: 0 }
          const decision = decide(of, open, { ...known, subject: 'S3CRET' }, asked, 'd', now)
          const text = JSON.stringify(inputsOf(decision))
          const again = decide(of, open, factsAgain(JSON.parse(text), 'd'), asked, 'd', now)
          // Who was outside the share of a test is not told from who would be drawn: that is the row's to say
          const isTold = decision.test !== null || again.test === null
          return !text.includes('S3CRET') && !text.includes('subscriptionId') && (!isTold || again.priceMinor === decision.priceMinor)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

describe('previewRule', () => {
  const shop = slice()

  it('counts each change once, up or down, and means the prices it compares', () => {
    const rows = ['GB', 'US', 'DE'].map((country) => rowOf(decided(shop, { context: { country }, id: country })))
    const lower = preview(rows, shop, rule({ id: 'new', multiplier: 0.9, condition: { country: { $in: ['GB', 'US'] } } }))
    expect(lower).toMatchObject({ decisions: 3, changed: 2, raised: 0, lowered: 2, clamped: 0, forbidden: 0 })
    expect(lower.products).toEqual([
      // (449 + 449 + 499) ÷ 3
      { productId: 'pro_bundle', currency: 'USD', decisions: 3, changed: 2, averageBefore: 499, averageAfter: 465.67 },
    ])
    expect(lower.examples.map(({ decisionId, before, after }) => [decisionId, before, after])).toEqual([
      ['GB', 499, 449],
      ['US', 499, 449],
    ])
    // 49900 × 1.5 = 74850, above the ceiling of 69900
    const dear = preview(rows, shop, rule({ id: 'new', multiplier: 1.5 }))
    expect(dear).toMatchObject({ changed: 3, raised: 3, clamped: 3 })
    expect(dear.examples[0]?.why).toBe('Rule new: market condition "A rule", price × 1.5; Not above the ceiling')
  })

  it('says where the law takes no such price', () => {
    const rows = ['GB', 'US', 'DE'].map((country) => rowOf(decided(shop, { context: { country, behaviorFlags: ['loyal'] }, id: country })))
    const added = rule({ id: 'new', kind: 'segment', multiplier: 0.9, condition: { behaviorFlags: { $in: ['loyal'] } } })
    expect(preview(rows, shop, added)).toMatchObject({ decisions: 3, changed: 2, forbidden: 1 })
    expect(preview(rows, shop, { ...added, condition: { behaviorFlags: { $in: ['else'] } } })).toMatchObject({ changed: 0, forbidden: 0 })
  })

  it('takes rules, signals and the clock as they are: what is over or stale now does not count, whenever the decision was', () => {
    const old = NOW - 30 * DAY
    const rows = [rowOf(decided(shop, { at: old }))]
    const over = rule({ id: 'over', multiplier: 0.7, priority: 9, startsAt: old - 1, endsAt: NOW - 1 })
    const begun = rule({ id: 'begun', multiplier: 0.8, startsAt: NOW - 1 })
    const coming = rule({ id: 'new', multiplier: 0.9, priority: 1, startsAt: NOW + DAY })
    expect(preview(rows, slice({ rules: [over, begun] }), coming).products[0]).toMatchObject({ averageBefore: 399, averageAfter: 449 })
    const follows = rule({ id: 'new', kind: 'competitor', sensitivity: 1, minimum: 0.5, maximum: 2 })
    const told = (at: number) => ({ ...MARKET, signals: new Map([['', { competitor: { value: 1.1, at } }]]) })
    expect(preview(rows, shop, follows, settings(), told(NOW - DAY))).toMatchObject({ changed: 1, raised: 1 })
    expect(preview(rows, shop, follows, settings(), told(NOW - 8 * DAY))).toMatchObject({ changed: 0 })
  })

  it('keeps an arm, and keeps out of the test of now whoever was not in it', () => {
    const tested = slice({ test: priceTest({ coverage: 0.5 }) })
    const all = Array.from({ length: 40 }, (_, at) => decided(tested, { facts: { subject: `s${at}` }, id: `d${at}` }))
    const inTest = all.filter(({ test }) => test !== null)
    expect(inTest.length).toBeGreaterThan(5)
    expect(inTest.length).toBeLessThan(35)
    const effect = preview(all.map(rowOf), tested)
    expect(effect).toMatchObject({ decisions: 40, changed: 40 - inTest.length })
    const mean = all.reduce((sum, { priceMinor }) => sum + priceMinor, 0) / 40
    expect(effect.products[0]?.averageBefore).toBeCloseTo(mean / 100, 2)
  })

  it('shows an effect with the switch off, and none of what is sold no more', () => {
    const rows = [rowOf(decided(shop))]
    expect(preview(rows, shop, undefined, settings({ optimizationEnabled: false, holdoutShare: 1 }))).toMatchObject({
      decisions: 1,
      changed: 1,
    })
    expect(preview(rows, null)).toMatchObject({ decisions: 0, products: [], examples: [] })
    const yen = slice({ product: { prices: {} } })
    expect(preview(rows, yen)).toMatchObject({ decisions: 0 })
  })

  it('never changes a price of another product, whatever the rule', () => {
    fc.assert(
      fc.property(
        arbitrary.slice,
        arbitrary.settings,
        arbitrary.facts,
        arbitrary.context,
        arbitrary.now,
        arbitrary.priceRule,
        (of, terms, known, asked, now, any) => {
          const row = rowOf(decide(of, { ...terms, holdoutShare: 0 }, known, asked, 'd', now))
          const foreign = previewRule([row], () => of, terms, MARKET, { ...any, id: 'new', productIds: ['b'] }, NOW)
          const own = previewRule([row], () => of, terms, MARKET, { ...any, id: 'new', productIds: ['a'] }, NOW)
          return (
            foreign.changed === 0 && foreign.forbidden === 0 && own.raised + own.lowered === own.changed && own.changed <= own.decisions
          )
        },
      ),
      { numRuns: 1_000 },
    )
  })
})

describe('figuresOf', () => {
  const market = {
    signals: new Map([
      ['', { inventory: { value: 1, at: 1 }, competitor: { value: 2, at: 2 } }],
      ['a', { inventory: { value: 3, at: 3 } }],
    ]),
    exchangeRates: { USD: 1, EUR: 1.08, JPY: 0.0064 },
  }
  const prices = { USD: {}, EUR: {} }

  it('holds what the rules follow, of the product before that of all, and nothing where they follow none', () => {
    const stock = followedBy([rule({ kind: 'inventory' }), rule({ kind: 'inventory', id: 'b' })])
    expect(figuresOf({ id: 'a', prices }, [stock], market)).toEqual({ signals: { inventory: { value: 3, at: 3 } } })
    expect(figuresOf({ id: 'b', prices }, [stock], market)).toEqual({ signals: { inventory: { value: 1, at: 1 } } })
    const rates = followedBy(['EUR', 'JPY', 'GBP'].map((currency) => rule({ kind: 'exchange_rate', condition: { currency } })))
    expect(figuresOf({ id: 'a', prices }, [rates], market)).toEqual({ exchangeRates: { EUR: 1.08 } })
    expect(figuresOf({ id: 'a', prices }, [followedBy([rule(), rule({ kind: 'demand' })])], market)).toEqual({})
  })
})
