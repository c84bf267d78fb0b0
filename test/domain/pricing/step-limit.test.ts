import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Catalogue, MAXIMUM_SHARD_BYTES, rulebookOf, sliceCatalogue } from '../../../worker/domain/configuration.ts'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { hardRange, withinStep } from '../../../worker/domain/pricing/guardrails.ts'
import { sliceAt } from '../../../worker/domain/pricing/past.ts'
import { completeSlice } from '../../../worker/domain/pricing/rulebook.ts'
import { rulesOf } from '../../../worker/domain/pricing/slice-rules.ts'
import type { PriceBook, PriceDecision, PriceRule, ProductTerms } from '../../../worker/domain/pricing/types.ts'
import { DAY_MS, dayOf, startOfDay } from '../../../worker/domain/time.ts'
import { book, context, facts, HOUR, rule, settings } from './fixtures.ts'

/** A time at which a business changes something: list price, a rule, or demand moving by itself. */
type Edit =
  | { at: number; list: number }
  | { at: number; country: number | null }
  | { at: number; rule: PriceRule | null; id: string }
  | { at: number; demand: number }
  | { at: number; rate: number }
  | { at: number; signal: string; value: number | null }

/** The last of each day. */
const closing = <T>(values: readonly { at: number; value: T }[], name: string, productId: string) =>
  [...new Map(values.map(({ at, value }) => [dayOf(at), value])).entries()].map(([day, value]) => ({ productId, name, day, value }))

const START = startOfDay('2027-01-01')

/** What was in force at an instant, compiled from what had been saved by then, as the compile job does it. */
function priceAt(product: ProductTerms, edits: readonly Edit[], now: number, asked = context()): PriceDecision {
  const known = edits.filter(({ at }) => at <= now)
  const lists = known.filter((edit) => 'list' in edit)
  const owns = known.filter((edit) => 'country' in edit)
  const rules = new Map<string, PriceRule>()
  for (const edit of known) {
    if (!('rule' in edit)) continue
    if (edit.rule) rules.set(edit.id, edit.rule)
    else rules.delete(edit.id)
  }
  const demand = known.filter((edit) => 'demand' in edit).map(({ at, demand }) => ({ at, value: demand }))
  const rates = known.filter((edit) => 'rate' in edit).map(({ at, rate }) => ({ at, value: { USD: String(rate) } }))
  const told = (id: string) => known.flatMap((edit) => ('signal' in edit && edit.signal === id ? [{ at: edit.at, value: edit.value }] : []))
  const signals = (id: string) => told(id).map(({ at, value }) => ({ at, value: value === null ? null : { value, at } }))
  const own = owns.at(-1)?.country ?? null
  const usd: PriceBook = {
    ...(product.prices.USD as PriceBook),
    listMinor: lists.at(-1)?.list as number,
    ...(own !== null && { countries: { GB: own } }),
  }
  const catalogue: Catalogue = {
    products: [{ ...product, prices: { USD: usd } }],
    rules: [...rules.values()],
    tests: [],
    ledger: [
      ...lists.map(({ at, list }) => ({ productId: product.id, currency: 'USD', country: '', effectiveAt: at, amountMinor: list })),
      ...owns.map(({ at, country }) => ({ productId: product.id, currency: 'USD', country: 'GB', effectiveAt: at, amountMinor: country })),
    ],
    ruleVersions: known.flatMap((edit) => ('rule' in edit ? [{ ruleId: edit.id, rule: edit.rule, effectiveAt: edit.at }] : [])),
    closes: [
      ...closing(demand, 'demand', product.id),
      ...closing(signals(product.id), 'competitor', product.id),
      ...closing(signals(''), 'competitor', ''),
      ...closing(rates, 'rates', ''),
    ],
    demand: new Map(demand.map((edit) => [product.id, edit.value])),
    market: {
      signals: new Map(
        [product.id, ''].flatMap((id) => {
          const last = told(id).at(-1)
          return last && last.value !== null ? [[id, { competitor: { value: last.value, at: last.at } }] as const] : []
        }),
      ),
      exchangeRates: { EUR: 1, ...Object.fromEntries(rates.map(({ value }) => ['USD', Number(value.USD)])) },
    },
  }
  const rulebook = rulebookOf(catalogue)
  const [own_] = sliceCatalogue(catalogue, now)
  const slice = completeSlice(
    { hash: 'own', ...(own_ as NonNullable<typeof own_>) },
    rulebook ? { hash: 'book', ...rulebook } : { hash: '', rules: [] },
  )
  return decide(slice, settings(), facts(), asked, 'd', now)
}

const product = (over: Partial<ProductTerms> = {}): ProductTerms => ({
  id: 'pro_bundle',
  name: 'Pro bundle',
  interval: null,
  minimumMargin: null,
  maximumStepPerDay: 0.1,
  rounding: 'none',
  purchasingPower: false,
  prices: { USD: book({ listMinor: 10_000, floorMinor: null, ceilingMinor: null }) },
  ...over,
})

const day = (count: number) => START + count * DAY_MS

describe('a rule that pulls further than the limit', () => {
  const edits: Edit[] = [
    { at: START, list: 10_000 },
    { at: day(10) + 5 * HOUR, rule: rule({ multiplier: 2 }), id: 'rule_1' },
    { at: day(30) + 5 * HOUR, rule: null, id: 'rule_1' },
  ]
  const on = (count: number) => priceAt(product(), edits, day(count) + 12 * HOUR)

  it('moves the price by one step a day until it has arrived, and back by steps when it is gone', () => {
    expect([9, 10, 11, 12, 16, 17, 18].map((count) => on(count).priceMinor)).toEqual([
      10_000, 11_000, 12_100, 13_310, 19_486, 20_000, 20_000,
    ])
    expect([29, 30, 31, 32, 35, 36, 37, 38].map((count) => on(count).priceMinor)).toEqual([
      20_000, 18_000, 16_200, 14_580, 10_629, 10_000, 10_000, 10_000,
    ])
    expect(on(30)).toMatchObject({ reason: 'step_limit', priceClass: 'uniform' })
    expect(on(50)).toMatchObject({ reason: 'list' })
  })

  it('says so', () => {
    expect(on(11).explain.find(({ step }) => step === 'step_limit')).toMatchObject({
      outcome: 'applied',
      detail: 'At most 10 % from 110.00 USD, with which the day before closed',
    })
  })

  it('arrives although rounding would put the price back each day', () => {
    const charm = product({
      rounding: 'charm',
      maximumStepPerDay: 0.05,
      prices: { USD: book({ listMinor: 599, floorMinor: null, ceilingMinor: null }) },
    })
    const small: Edit[] = [
      { at: START, list: 599 },
      { at: day(10), rule: rule({ multiplier: 1.3 }), id: 'rule_1' },
    ]
    const prices = [9, 10, 11, 12, 13, 14, 20].map((count) => priceAt(charm, small, day(count) + 1).priceMinor)
    expect(prices).toEqual([599, 628, 659, 691, 699, 733, 799])
  })
})

const edit = (minimum: number): fc.Arbitrary<Edit> =>
  fc
    .record({
      hour: fc.integer({ min: minimum, max: 24 * 24 }),
      what: fc.constantFrom('list', 'country', 'rule', 'rule', 'rule', 'rule', 'demand', 'demand', 'signal', 'signal', 'rate'),
      amount: fc.integer({ min: 50, max: 300 }),
      id: fc.constantFrom('a', 'b', 'c'),
      kind: fc.constantFrom('market' as const, 'market' as const, 'demand' as const, 'competitor' as const, 'exchange_rate' as const),
      clock: fc.constantFrom({}, {}, {}, { weekday: { $in: [2, 3, 6] } }, { hour: { $gte: 12 } }),
      multiplier: fc.integer({ min: 30, max: 300 }),
      gone: fc.constantFrom(true, false, false),
      named: fc.boolean(),
      window: fc.option(fc.tuple(fc.integer({ min: 0, max: 24 * 24 }), fc.integer({ min: 1, max: 100 }))),
    })
    .map(({ hour, what, amount, id, kind, clock, multiplier, gone, named, window }): Edit => {
      const at = START + hour * HOUR
      if (what === 'list') return { at, list: amount * 100 }
      if (what === 'country') return { at, country: gone ? null : amount * 90 }
      if (what === 'signal') return { at, signal: named ? 'pro_bundle' : '', value: gone ? null : multiplier / 100 }
      if (what === 'rate') return { at, rate: multiplier / 100 }
      if (what === 'demand') return { at, demand: multiplier * 7 }
      const [from, hours] = window ?? [null, null]
      const saved = rule({
        id,
        kind,
        condition: kind === 'exchange_rate' ? { currency: 'USD' } : clock,
        reference: 1,
        multiplier: multiplier / 100,
        sensitivity: 1,
        minimum: 0.5,
        maximum: 2,
        productIds: named ? ['pro_bundle'] : null,
        startsAt: from === null ? null : START + from * HOUR,
        endsAt: from === null ? null : START + (from + hours) * HOUR,
      })
      return { at, rule: gone ? null : saved, id }
    })

describe('over any history of edits', () => {
  it('the uniform price never moves further in a day than the limit, but for a list price set by hand where no rule moves it', () => {
    let moved = 0
    let limited = 0
    fc.assert(
      fc.property(
        fc.array(edit(1), { minLength: 1, maxLength: 16 }),
        fc.integer({ min: 3, max: 50 }),
        fc.constantFrom('auto' as const, 'charm' as const, 'none' as const),
        fc.option(fc.constantFrom(2_500, 4_000)),
        fc.array(fc.integer({ min: 0, max: 23 }), { minLength: 24, maxLength: 24 }),
        (drawn, percent, rounding, floorMinor, hours) => {
          const edits = [{ at: START, list: 10_000 } as Edit, ...drawn].sort((a, b) => a.at - b.at)
          const sold = product({
            maximumStepPerDay: percent / 100,
            rounding,
            prices: { USD: book({ floorMinor, ceilingMinor: null, unitCostMinor: null }) },
          })
          let before = priceAt(sold, edits, day(1) - 1)
          for (let count = 1; count < 24; count++) {
            for (const at of [day(count), day(count) + (hours[count] as number) * HOUR, day(count + 1) - 1]) {
              const price = priceAt(sold, edits, at)
              if (price.reason !== 'list' || before.reason !== 'list') {
                const step = withinStep(before.priceMinor, percent / 100)
                const hard = hardRange(sold, sold.prices.USD as PriceBook)
                const ok =
                  (price.priceMinor >= step.lowMinor && price.priceMinor <= step.highMinor) ||
                  price.priceMinor === hard.lowMinor ||
                  price.priceMinor === hard.highMinor
                if (!ok) throw new Error(`${dayOf(at)}: ${before.priceMinor} (${before.reason}) → ${price.priceMinor} (${price.reason})`)
              }
              if (price.priceMinor !== before.priceMinor) moved++
              if (price.explain.some(({ step, outcome }) => step === 'step_limit' && outcome === 'applied')) limited++
            }
            before = priceAt(sold, edits, day(count + 1) - 1)
          }
        },
      ),
      { numRuns: 400 },
    )
    expect(moved).toBeGreaterThan(200)
    expect(limited).toBeGreaterThan(200)
  })
})

describe('what is remembered of a product', () => {
  const TWO_MONTHS = 60
  const empty: Catalogue = {
    products: [product()],
    rules: [],
    tests: [],
    ledger: [],
    ruleVersions: [],
    closes: [],
    demand: new Map(),
    market: { signals: new Map(), exchangeRates: {} },
  }
  const versions = (count: number, of: (day: number) => Partial<PriceRule>) =>
    Array.from({ length: count }, (_, n) => `rule_${n}`).flatMap((id) =>
      Array.from({ length: TWO_MONTHS }, (_, at) => ({ ruleId: id, rule: rule({ id, ...of(at) }), effectiveAt: day(at) + HOUR })),
    )
  const current = (all: { ruleId: string; rule: PriceRule }[]) => [...new Map(all.map((each) => [each.ruleId, each.rule])).values()]

  it('fits into a shard, and what concerns all products into a row, though a feed changes every rule and price each day', () => {
    const named = versions(20, (at) => ({ multiplier: 1 + at / 1_000, productIds: ['pro_bundle'] }))
    const ofAll = versions(200, (at) => ({ multiplier: 1 + at / 1_000 })).map((each) => ({
      ...each,
      ruleId: `all_${each.ruleId}`,
      rule: { ...each.rule, id: `all_${each.ruleId}` },
    }))
    const countries = Array.from(
      { length: 200 },
      (_, n) => `${String.fromCharCode(65 + (n % 26))}${String.fromCharCode(65 + Math.floor(n / 26))}`,
    )
    const ledger = Array.from({ length: TWO_MONTHS }, (_, at) =>
      countries.map((country) => ({ productId: 'pro_bundle', currency: 'USD', country, effectiveAt: day(at), amountMinor: 10_000 + at })),
    ).flat()
    const catalogue = { ...empty, rules: current([...named, ...ofAll]), ruleVersions: [...named, ...ofAll], ledger }
    const now = day(TWO_MONTHS)
    const [slice] = sliceCatalogue(catalogue, now)
    const rulebook = rulebookOf(catalogue)
    expect(JSON.stringify(slice).length).toBeLessThan(MAXIMUM_SHARD_BYTES)
    expect(JSON.stringify(rulebook).length).toBeLessThan(1_000_000)
    // Yesterday is known whole: each rule in force now, and the one it was before.
    for (const { id } of catalogue.rules) {
      const known = [...(slice?.past?.rules ?? []), ...(rulebook?.past?.rules ?? [])].filter((one) => one.id === id)
      expect(known.map(({ endsAt }) => endsAt)).toEqual(expect.arrayContaining([null, day(TWO_MONTHS - 1) + HOUR]))
    }
    expect(slice?.past?.prices?.filter(({ untilAt }) => untilAt === day(TWO_MONTHS - 1))).toHaveLength(countries.length)
  })

  it('is sorted out once, however many days a decision goes back', () => {
    const changing = versions(20, (at) => ({ multiplier: 1 + at / 1_000, productIds: ['pro_bundle'], condition: { hour: { $gte: 3 } } }))
    const [own] = sliceCatalogue({ ...empty, rules: current(changing), ruleVersions: changing }, day(TWO_MONTHS))
    const slice = { hash: 'own', ...(own as NonNullable<typeof own>) }
    const [before, after] = [day(TWO_MONTHS - 3), day(TWO_MONTHS - 2)].map((at) => rulesOf(sliceAt(slice, at)))
    expect(after).toBe(before)
  })

  it('is nothing new where the same rule is saved again', () => {
    const same = versions(1, () => ({ productIds: ['pro_bundle'] }))
    const [slice] = sliceCatalogue({ ...empty, rules: current(same), ruleVersions: same }, day(TWO_MONTHS))
    expect(slice?.past?.rules).toEqual([expect.objectContaining({ startsAt: day(0) + HOUR, endsAt: null })])
  })
})
