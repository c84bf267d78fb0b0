import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash } from '../../../worker/domain/assignment.ts'
import { priceStepOf } from '../../../worker/domain/money.ts'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { hardRange, withinStep } from '../../../worker/domain/pricing/guardrails.ts'
import { pricingInputsKey } from '../../../worker/domain/pricing/inputs-key.ts'
import { endingsOf } from '../../../worker/domain/pricing/rounding.ts'
import { completeSlice } from '../../../worker/domain/pricing/rulebook.ts'
import type {
  PriceBook,
  PriceDecision,
  PriceRule,
  PricingContext,
  PricingFacts,
  PricingSettings,
  ProductSlice,
} from '../../../worker/domain/pricing/types.ts'
import { DAY_MS } from '../../../worker/domain/time.ts'
import * as arbitrary from './arbitraries.ts'

/*
 * A hundred thousand decisions: worlds (settings, rules for every product, three products with rules, tests and a past of their
 * own) are drawn first, then people, visits and times are thrown at them. Each is held against what must never happen.
 */
const WORLDS = 500
const DECISIONS_A_WORLD = 200
const SEED = 20_271_115

interface World {
  settings: PricingSettings
  slices: ProductSlice[]
  /** The same products in a catalogue with a rule more, which names none of them. */
  withForeign: ProductSlice[]
}

interface Case {
  world: World
  product: number
  slice: ProductSlice
  facts: PricingFacts
  context: PricingContext
  now: number
  decision: PriceDecision
}

const foreign: PriceRule = {
  id: '0',
  kind: 'market',
  name: 'Of another product',
  productIds: ['elsewhere'],
  priority: 1_000,
  condition: {},
  multiplier: 3,
  sensitivity: null,
  minimum: null,
  maximum: null,
  reference: null,
  startsAt: null,
  endsAt: null,
}

const worlds: fc.Arbitrary<World> = fc
  .record({
    settings: arbitrary.settings,
    rules: fc.array(arbitrary.priceRule, { maxLength: 4 }),
    pastRules: fc.array(arbitrary.priceRule, { maxLength: 2 }),
    products: fc.array(fc.tuple(arbitrary.slice, fc.option(arbitrary.pastTerms, { freq: 1 })), { minLength: 3, maxLength: 3 }),
  })
  .map(({ settings, rules, pastRules, products }) => {
    const everywhere = rules.map((rule) => ({ ...rule, productIds: null }))
    const of = (more: PriceRule[]) =>
      products.map(([slice, past]) =>
        completeSlice(past ? { ...slice, past } : slice, {
          hash: 'book',
          rules: [...everywhere, ...more],
          // Only where a product remembers anything: the others' days before are asked for by deciding there and then.
          ...(past && { past: { rules: pastRules.map((rule) => ({ ...rule, productIds: null })) } }),
        }),
      )
    return { settings, slices: of([]), withForeign: of([foreign]) }
  })

/** Small, seeded, and good enough to shuffle with: https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function* cases(): Generator<Case> {
  const sample = <T>(of: fc.Arbitrary<T>, count: number, offset: number) => fc.sample(of, { numRuns: count, seed: SEED + offset })
  const people = sample(arbitrary.facts, 2_000, 1)
  const visits = sample(arbitrary.context, 1_000, 2)
  const times = sample(arbitrary.now, 500, 3)
  const random = mulberry(SEED)
  const any = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  for (const world of sample(worlds, WORLDS, 4)) {
    for (let at = 0; at < DECISIONS_A_WORLD; at++) {
      const product = at % world.slices.length
      const slice = world.slices[product] as ProductSlice
      const [facts, context, now] = [any(people), any(visits), any(times)]
      yield { world, product, slice, facts, context, now, decision: decide(slice, world.settings, facts, context, `d${at}`, now) }
    }
  }
}

const bookOf = ({ slice, context }: Case) => slice.product.prices[context.currency] as PriceBook
const livingQuote = ({ facts, now }: Case) => (facts.lastQuote && facts.lastQuote.expiresAt > now ? facts.lastQuote.amountMinor : null)
const AS_IT_IS = new Set<PriceDecision['reason']>(['list', 'contract', 'kill_switch', 'consent', 'holdout'])

/** What must not be, in words; nothing where all is well. `seen` counts how often each law had something to say. */
type Law = (one: Case) => string | boolean

/** Floor, ceiling and margin, recomputed here. */
const bounds: Law = (one) => {
  const { priceMinor, reason, listMinor } = one.decision
  if (!Number.isSafeInteger(priceMinor) || priceMinor < 0) return 'no whole amount'
  if (AS_IT_IS.has(reason)) return false
  const { floorMinor, ceilingMinor, unitCostMinor } = bookOf(one)
  const { minimumMargin } = one.slice.product
  const hard = hardRange(one.slice.product, { ...bookOf(one), listMinor })
  const living = livingQuote(one)
  if (hard.lowMinor > hard.highMinor)
    return priceMinor > listMinor ? 'above the list price where the guardrails contradict each other' : true
  if (ceilingMinor !== null && priceMinor > ceilingMinor) return 'above the ceiling'
  if (living !== null && priceMinor === living) return true
  if (floorMinor !== null && priceMinor < floorMinor) return 'below the floor'
  if (priceMinor === 0 && listMinor > 0) return 'free'
  if (unitCostMinor && minimumMargin !== null && priceMinor > 0 && (priceMinor - unitCostMinor) / priceMinor < minimumMargin - 1e-9)
    return 'without the margin'
  return true
}

/** Where nothing is remembered, whoever came the instant before midnight was shown what the step counts from. */
const step: Law = (one) => {
  const { slice, world, facts, context, now, decision } = one
  const share = slice.product.maximumStepPerDay
  if (AS_IT_IS.has(decision.reason) || decision.reason === 'test' || share === null || slice.past) return false
  const law = Object.fromEntries(
    Object.entries(world.settings.law).map(([place, terms]) => [place, { ...terms, personal: 'off' as const, randomised: 'off' as const }]),
  )
  const closed = Math.floor(now / DAY_MS) * DAY_MS - 1
  const before = decide(
    { ...slice, test: null },
    { ...world.settings, law, holdoutShare: 0 },
    { ...facts, lastQuote: null },
    context,
    'd',
    closed,
  )
  const hard = hardRange(slice.product, { ...bookOf(one), listMinor: decision.listMinor })
  const limit = withinStep(before.priceMinor, share)
  const [low, high] = [Math.max(hard.lowMinor, limit.lowMinor), Math.min(hard.highMinor, limit.highMinor)]
  if (low > high) return false
  const living = livingQuote(one) ?? Number.POSITIVE_INFINITY
  return decision.priceMinor > high || decision.priceMinor < Math.min(low, living) ? `further than a step from ${before.priceMinor}` : true
}

/** A price that rules have made ends well, unless no such price lies within a unit and the guardrails. */
const rounding: Law = (one) => {
  const { decision, slice, context } = one
  const { priceMinor, listMinor, explain } = decision
  const isMoved = explain.some(({ step, outcome }) => (step === 'step_limit' || step === 'living_quote') && outcome === 'applied')
  if (AS_IT_IS.has(decision.reason) || decision.reason === 'test' || priceMinor === listMinor || isMoved) return false
  const hard = hardRange(slice.product, { ...bookOf(one), listMinor })
  if (hard.lowMinor > hard.highMinor) return false
  const { unitMinor, endingMinor } = endingsOf(context.currency, listMinor, slice.product.rounding)
  if ((priceMinor - endingMinor) % unitMinor === 0) return true
  if (priceMinor % priceStepOf(context.currency) !== 0) return 'cannot be charged'
  if (slice.product.maximumStepPerDay !== null || livingQuote(one) !== null) return false
  const below = Math.floor((priceMinor - endingMinor) / unitMinor) * unitMinor + endingMinor
  const isMissed =
    priceMinor >= unitMinor && [below, below + unitMinor].some((each) => each > 0 && each >= hard.lowMinor && each <= hard.highMinor)
  return isMissed ? `ends badly: ${priceMinor}` : true
}

/** The list price of the place for the holdout, under the kill switch and where profiling is refused; the contract's before all that. */
const asItStands: Law = (one) => {
  const { slice, world, facts, context, decision } = one
  const contract = Object.hasOwn(facts.contracts, slice.product.id) ? facts.contracts[slice.product.id] : undefined
  if (contract?.currency === context.currency)
    return decision.priceMinor === contract.amountMinor && decision.reason === 'contract' ? true : 'not the contract price'
  const isHeldOut = hash(world.settings.holdoutSeed, facts.subject, 2) < world.settings.holdoutShare
  if (world.settings.optimizationEnabled && !context.profilingRefused && !isHeldOut) return false
  const book = bookOf(one)
  const own = context.country === null ? undefined : book.countries?.[context.country]
  const isTiered = slice.product.purchasingPower && context.country === 'DE' && own === undefined
  if (decision.priceMinor !== decision.listMinor || decision.test || decision.personalized) return 'a lever touched who no lever may touch'
  return !isTiered && decision.priceMinor !== (own ?? book.listMinor) ? 'not the list price' : true
}

const neverAboveAQuote: Law = (one) => {
  const living = livingQuote(one)
  if (living === null || ['contract', 'kill_switch', 'consent', 'holdout'].includes(one.decision.reason)) return false
  return one.decision.priceMinor > living ? 'above a living quote' : true
}

/** While a quote lives and nothing it depended on has changed, deciding again would say the same. */
const sticky: Law = ({ slice, facts, context, now, world, decision }) => {
  const [before, later] = [pricingInputsKey(slice, 's', facts, context, now), now + 400]
  const seen = decision.test
    ? { ...facts.arms, [decision.test.testId]: { arm: decision.test.arm, version: decision.test.version } }
    : facts.arms
  const then = { ...facts, arms: seen as PricingFacts['arms'] }
  if (pricingInputsKey(slice, 's', then, context, later).key !== before.key || later >= before.validUntil) return false
  const alive = { amountMinor: decision.priceMinor, expiresAt: later + 1 }
  const again = decide(slice, world.settings, { ...then, lastQuote: alive }, context, 'later', later)
  if (facts.lastQuote && facts.lastQuote.expiresAt <= later && facts.lastQuote.expiresAt > now) return false
  return again.priceMinor === decision.priceMinor ? true : `${decision.priceMinor} became ${again.priceMinor}`
}

const deafToOthers: Law = ({ world, product, facts, context, now, decision }) => {
  // Every third: it is the dearest to ask.
  if (Number(decision.id.slice(1)) % 3 !== 0) return false
  const again = decide(world.withForeign[product] as ProductSlice, world.settings, facts, context, decision.id, now)
  return again.priceMinor === decision.priceMinor && again.reason === decision.reason ? true : 'a rule of another product was heard'
}

const LAWS = { bounds, step, rounding, asItStands, neverAboveAQuote, sticky, deafToOthers }

describe('of a hundred thousand decisions', () => {
  it('none leaves its guardrails, breaks a promise, touches who must not be touched, or hears of another product', {
    timeout: 120_000,
  }, () => {
    const held = new Map<string, number>(Object.keys(LAWS).map((name) => [name, 0]))
    const reasons = new Map<string, number>()
    let decisions = 0
    for (const one of cases()) {
      decisions++
      reasons.set(one.decision.reason, (reasons.get(one.decision.reason) ?? 0) + 1)
      for (const [name, law] of Object.entries(LAWS)) {
        const found = law(one)
        if (found === true) held.set(name, (held.get(name) as number) + 1)
        else if (found !== false)
          throw new Error(`${name}: ${found}\n${JSON.stringify({ ...one, world: { settings: one.world.settings } })}`)
      }
    }
    expect(decisions).toBe(100_000)
    for (const [name, count] of held) expect(count, name).toBeGreaterThan(1_000)
    for (const reason of [...AS_IT_IS, 'test', 'market', 'exchange_rate', 'competitor', 'inventory', 'segment', 'demand', 'step_limit'])
      expect(reasons.get(reason), reason).toBeGreaterThan(20)
  })
})
