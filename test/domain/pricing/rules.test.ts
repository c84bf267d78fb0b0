import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RULE_KINDS } from '../../../worker/contract/lists.ts'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { classOf, RULE_KIND_TERMS } from '../../../worker/domain/pricing/rules.ts'
import type { PriceRule, ProductSlice } from '../../../worker/domain/pricing/types.ts'
import { EffectCheck, validateRule } from '../../../worker/domain/pricing/validate-rule.ts'
import * as arbitrary from './arbitraries.ts'
import { book, context, facts, HOUR, NOW, rule, settings, slice } from './fixtures.ts'

it('knows each kind of rule once, in the order of the pipeline', () => {
  expect(RULE_KIND_TERMS.map(({ kind }) => kind)).toEqual([...RULE_KINDS])
})

const DAY = 24 * HOUR
/** A market in which every kind has a tenth to go by. */
const market = (over: Partial<ProductSlice> = {}): Partial<ProductSlice> => ({
  demandIndex: 1.1,
  signals: { inventory: { value: 90, at: NOW }, competitor: { value: 1.1, at: NOW } },
  exchangeRates: { USD: 1 },
  ...over,
})
/** What a rule of a kind must say at least; factor 1.1 in that market. */
const least = (kind: PriceRule['kind']): Partial<PriceRule> => ({
  kind,
  multiplier: 1.1,
  sensitivity: 1,
  minimum: 0.5,
  maximum: 2,
  reference: kind === 'exchange_rate' ? 1.1 : 100,
  condition: kind === 'exchange_rate' ? { currency: 'USD' } : {},
})

/** The laws every kind of rule must keep. A new kind joins by joining the array. */
describe.each(RULE_KIND_TERMS)('a $kind rule', (terms) => {
  const of = ({ condition, ...over }: Partial<PriceRule> = {}) =>
    rule({ ...least(terms.kind), ...over, condition: { ...least(terms.kind).condition, ...condition } })
  const asked = context({ device: 'mobile', behaviorFlags: ['returning'] })
  const price = (over: Partial<PriceRule> = {}, sliceOver: Partial<ProductSlice> = {}, terms = settings()) =>
    decide(slice({ rules: [of(over)], ...market(sliceOver) }), terms, facts(), asked, 'd', NOW)
  const line = (decision: ReturnType<typeof price>) => decision.explain.find(({ step }) => step === terms.kind)

  it('sets the price, the reason and a line that names the rule', () => {
    const decision = price()
    expect(decision).toMatchObject({ priceMinor: 54_900, reason: terms.kind, priceClass: terms.priceClass })
    expect(line(decision)).toMatchObject({ outcome: 'applied', beforeMinor: 49_900, afterMinor: 54_890 })
    expect(line(decision)?.detail).toMatch(/^Rule rule_1: .+, price × 1\.1$/)
  })

  it('leaves other products and other times alone', () => {
    expect(price({ productIds: ['other'] }).reason).toBe('list')
    expect(price({ startsAt: NOW + 1 }).reason).toBe('list')
    expect(price({ endsAt: NOW }).reason).toBe('list')
    expect(price({ startsAt: NOW, endsAt: NOW + 1 }).reason).toBe(terms.kind)
  })

  it('is off where the law says off', () => {
    const law = { GB: { uniform: 'allow', randomised: 'allow', personal: 'allow', [terms.priceClass]: 'off' } as const }
    const decision = price({}, {}, settings({ law }))
    expect(decision.reason).toBe('list')
    expect(line(decision)?.outcome).toBe('skipped')
  })

  it.each([{ country: 'GB' }, { device: { $in: ['mobile'] } }, { hour: { $gte: 12 } }, { month: 1 }, { weekday: 5 }])(
    'asks for the place, the device and the time: %j',
    (condition) => {
      expect(() => validateRule(of({ condition }))).not.toThrow()
      expect(price({ condition }).reason).toBe(terms.kind)
      expect(price({ condition: { $not: condition } }).reason).toBe('list')
    },
  )

  it.each([
    ['behaviorFlags', { $in: ['returning'] }],
    ['newVisitor', true],
    ['orders', { $lte: 0 }],
    ['hasSubscription', false],
    ['plans', { $size: 0 }],
    ['health', { $gte: 0 }],
  ])('looks at %s of the person only where it is personal in law', (part, value) => {
    const over = { condition: { [part]: value } }
    expect(classOf(terms, of(over))).toBe('personal')
    const save = () => validateRule(of(over))
    if (terms.priceClass === 'personal') expect(save).not.toThrow()
    else expect(save).toThrow(expect.objectContaining({ code: 'invalid_field', field: `condition.${part}` }))
    const law = { GB: { uniform: 'allow', randomised: 'allow', personal: 'off' } as const }
    expect(price(over, {}, settings({ law })).reason).toBe('list')
  })

  it.each(['sensitivity', 'minimum', 'maximum', 'reference'] as const)(
    'without %s is refused and moves nothing, if it needs that',
    (field) => {
      const save = () => validateRule(of({ [field]: null }))
      if (!terms.needs.includes(field)) return expect(save).not.toThrow()
      expect(save).toThrow(expect.objectContaining({ code: 'missing_field', field }))
      const decision = price({ [field]: null })
      expect(decision.reason).toBe('list')
      expect(line(decision)).toMatchObject({ outcome: 'skipped', detail: expect.stringContaining('rule_1') })
    },
  )

  it('gives a factor above 0 and within its bounds, or says what is missing', () => {
    fc.assert(
      fc.property(arbitrary.priceRule, arbitrary.slice, arbitrary.context, arbitrary.now, (any, of, asked, now) => {
        const drawn = { ...any, kind: terms.kind }
        const effect = terms.effect(drawn, of, asked, now)
        if ('missing' in effect) return effect.missing.length > 0 && !effect.missing.endsWith('.')
        const { factor, because } = effect
        const [low, high] = terms.needs.includes('minimum') ? [any.minimum, any.maximum] : [any.multiplier, any.multiplier]
        return factor > 0 && factor >= (low as number) && factor <= (high as number) && !because.endsWith('.')
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('what a rule follows', () => {
  const price = (over: Partial<PriceRule>, sliceOver: Partial<ProductSlice> = {}, asked = context()) =>
    decide(
      slice({ rules: [rule({ ...least(over.kind as PriceRule['kind']), ...over })], ...market(sliceOver) }),
      settings(),
      facts(),
      asked,
      'd',
      NOW,
    )
  const line = (decision: ReturnType<typeof price>) =>
    decision.explain.find(({ step }) => RULE_KINDS.includes(step as never) && step === decision.reason)
  const skipped = (decision: ReturnType<typeof price>, kind: string) => decision.explain.find(({ step }) => step === kind)

  it.each([
    // 1 + 1 × (1 − 80 ÷ 100) = 1.2; half as much again lies about: 1 − 0.5; nothing left: 2, bounded to 1.3
    ['inventory', { signals: { inventory: { value: 80, at: NOW } } }, {}, 59_880],
    ['inventory', { signals: { inventory: { value: 150, at: NOW } } }, { minimum: 0.7 }, 34_930],
    ['inventory', { signals: { inventory: { value: 0, at: NOW } } }, { maximum: 1.3 }, 64_870],
    // 1 + 0.5 × (0.9 − 1) = 0.95
    ['competitor', { signals: { competitor: { value: 0.9, at: NOW } } }, { sensitivity: 0.5 }, 47_405],
    // 1 + 1 × (1.2 ÷ 1 − 1) = 1.2: a dollar is worth less than usual, so its price rises
    ['exchange_rate', { exchangeRates: { USD: 1 } }, { reference: 1.2 }, 59_880],
    ['demand', { demandIndex: 0.8 }, { sensitivity: 0.5 }, 44_910],
  ] as const)('moves the price as worked by hand: %s %j %j', (kind, sliceOver, over, afterMinor) => {
    const decision = price({ kind, ...over }, sliceOver)
    expect(line(decision)).toMatchObject({ step: kind, beforeMinor: 49_900, afterMinor })
  })

  it.each(['inventory', 'competitor'] as const)('is no news any more after seven days: %s', (kind) => {
    const signal = (at: number) => ({ signals: { [kind]: { value: 1.5, at } } })
    expect(price({ kind, reference: 1 }, signal(NOW - 7 * DAY)).reason).toBe(kind)
    const stale = price({ kind, reference: 1 }, signal(NOW - 7 * DAY - 1))
    expect(stale).toMatchObject({ reason: 'list', priceMinor: 49_900 })
    expect(skipped(stale, kind)).toMatchObject({ outcome: 'skipped', detail: expect.stringContaining('older than seven days') })
    expect(skipped(price({ kind }, { signals: {} }), kind)).toMatchObject({
      outcome: 'skipped',
      detail: expect.stringContaining('nobody has told'),
    })
  })

  it('is the rate of the currency the rule names, and of no other', () => {
    const asked = context({ currency: 'JPY' })
    const yen = {
      product: { prices: { JPY: { listMinor: 74_000, floorMinor: null, ceilingMinor: null, unitCostMinor: null, dayBeforeMinor: null } } },
    }
    const rules = [rule({ ...least('exchange_rate'), condition: { currency: 'JPY' }, reference: 0.008 })]
    const at = (exchangeRates: Record<string, number>) =>
      decide(slice({ ...yen, rules, exchangeRates }), settings(), facts(), asked, 'd', NOW)
    // 0.008 ÷ 0.0064 = 1.25
    expect(at({ JPY: 0.0064 })).toMatchObject({ priceMinor: 92_500, reason: 'exchange_rate' })
    expect(skipped(at({}), 'exchange_rate')).toMatchObject({ outcome: 'skipped', detail: expect.stringContaining('no rate of JPY') })
    const any = [rule({ ...least('exchange_rate'), condition: {} })]
    expect(decide(slice({ rules: any, exchangeRates: { USD: 1 } }), settings(), facts(), context(), 'd', NOW).reason).toBe('list')
  })
})

describe('the line of each kind', () => {
  it('stands in every explanation that got past the holdout, in the order of the pipeline', () => {
    fc.assert(
      fc.property(arbitrary.slice, arbitrary.facts, arbitrary.context, arbitrary.now, (of, known, asked, now) => {
        const { reason, explain } = decide(of, settings(), known, { ...asked, profilingRefused: false }, 'd', now)
        const kinds = explain.map(({ step }) => step).filter((step) => (RULE_KINDS as readonly string[]).includes(step))
        return reason === 'contract' || kinds.join() === RULE_KINDS.join()
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('validateRule', () => {
  const refusal = (code: string, field: string) => expect.objectContaining({ code, field })
  const demand = { kind: 'demand', sensitivity: 0.5, minimum: 0.9, maximum: 1.2 } as const
  const segment = (condition: object) => ({ kind: 'segment', condition: { ...condition } }) as Partial<PriceRule>

  it.each<[string, Partial<PriceRule>, string, string]>([
    ['an end before the start', { startsAt: NOW, endsAt: NOW - 1 }, 'end_before_start', 'endsAt'],
    ['an end at the start', { startsAt: NOW, endsAt: NOW }, 'end_before_start', 'endsAt'],
    ['bounds that cross', { ...demand, minimum: 1.3 }, 'invalid_field', 'minimum'],
    ['a multiplier of 0', { multiplier: 0 }, 'invalid_field', 'multiplier'],
    ['a usual stock of nothing', { ...least('inventory'), reference: 0 }, 'invalid_field', 'reference'],
    ['a reference of no currency', { ...least('exchange_rate'), condition: {} }, 'missing_field', 'condition.currency'],
    [
      'a reference of two currencies',
      { ...least('exchange_rate'), condition: { currency: { $in: ['EUR', 'JPY'] } } },
      'missing_field',
      'condition.currency',
    ],
    ['a reference of no money', { ...least('exchange_rate'), condition: { currency: 'XXX' } }, 'unknown_currency', 'condition.currency'],
    ['an attribute nobody knows', { condition: { shoeSize: 42 } }, 'invalid_field', 'condition.shoeSize'],
    [
      'one deep inside',
      { condition: { $or: [{ country: 'DE' }, { $not: { weather: 'rain' } }] } },
      'invalid_field',
      'condition.$or.1.$not.weather',
    ],
    ['a path into an attribute', segment({ 'behaviorFlags.0': 'a' }), 'invalid_field', 'condition.behaviorFlags.0'],
    ['a list to be equal to', segment({ behaviorFlags: ['a'] }), 'invalid_field', 'condition.behaviorFlags'],
    ['an operator nobody knows', { condition: { country: { $like: 'D' } } }, 'invalid_field', 'condition.country.$like'],
    ['an operator without its list', { condition: { country: { $in: 'DE' } } }, 'invalid_field', 'condition.country.$in'],
    ['a protected attribute', segment({ religion: 'none' }), 'protected_attribute', 'condition.religion'],
    [
      'one deep inside',
      segment({ $and: [{ newVisitor: true }, { ageGroup: { $gt: 60 } }] }),
      'protected_attribute',
      'condition.$and.1.ageGroup',
    ],
    [
      'a flag for one',
      segment({ behaviorFlags: { $all: ['loyal', 'is_pregnant'] } }),
      'protected_attribute',
      'condition.behaviorFlags.$all.1',
    ],
    [
      'a flag for one, negated',
      segment({ behaviorFlags: { $not: { $elemMatch: { $eq: 'senior_age' } } } }),
      'protected_attribute',
      'condition.behaviorFlags.$not.$elemMatch.$eq',
    ],
    [
      'a person in a rule for everybody',
      { condition: { $or: [{ country: 'DE' }, { orders: 0 }] } },
      'invalid_field',
      'condition.$or.1.orders',
    ],
  ])('refuses %s', (_, over, code, field) => {
    expect(() => validateRule(rule(over))).toThrow(refusal(code, field))
  })
})

describe('EffectCheck', () => {
  const product = (over: Parameters<typeof book>[0], terms = {}, currency = 'USD') =>
    slice({ product: { prices: { [currency]: book(over) }, ...terms } }).product
  const check = (over: Partial<PriceRule>, ...products: ReturnType<typeof product>[]) => {
    const asked = new EffectCheck(rule(over))
    asked.accept(products)
    asked.refuse()
  }
  const outOfBounds = (field: string) => expect.objectContaining({ code: 'price_out_of_bounds', field })
  const demand = { kind: 'demand', sensitivity: 1, minimum: 0.9, maximum: 1.2 } as const

  it.each<[string, Partial<PriceRule>, string]>([
    // 49900 × 0.59 = 29441 is below 29900; × 1.41 = 70359 above 69900
    ['a price below the floor', { multiplier: 0.59 }, 'multiplier'],
    ['a price above the ceiling', { multiplier: 1.41 }, 'multiplier'],
    ['a smallest factor below the floor', { ...demand, minimum: 0.59 }, 'minimum'],
    ['a largest factor above the ceiling', { ...demand, maximum: 1.41 }, 'maximum'],
  ])('refuses %s of every product', (_, over, field) => {
    expect(() => check(over, product({}), product({}))).toThrow(outOfBounds(field))
    expect(() => check(over, product({}), product({ floorMinor: null, ceilingMinor: null }))).not.toThrow()
  })

  it('refuses a price without its margin', () => {
    // a cost of 40.00 at 90 % margin needs 400.00
    const dear = product({ floorMinor: null }, { minimumMargin: 0.9 })
    expect(() => check({ multiplier: 0.8 }, dear)).toThrow(outOfBounds('multiplier'))
    expect(() => check({ multiplier: 0.81 }, dear)).not.toThrow()
  })

  it('asks the products and the currency the rule is for, and nothing where there are none', () => {
    const open = product({ floorMinor: null }, { id: 'open' })
    expect(() => check({ multiplier: 0.5, productIds: ['pro_bundle'] }, product({}), open)).toThrow(outOfBounds('multiplier'))
    expect(() => check({ multiplier: 0.5, productIds: ['open'] }, product({}), open)).not.toThrow()
    const euro = product({ floorMinor: null }, {}, 'EUR')
    expect(() => check({ multiplier: 0.5, condition: { currency: 'USD' } }, product({}), euro)).toThrow(outOfBounds('multiplier'))
    expect(() => check({ multiplier: 0.5, condition: { currency: 'EUR' } }, product({}), euro)).not.toThrow()
    expect(() => check({ multiplier: 0.5 })).not.toThrow()
  })
})
