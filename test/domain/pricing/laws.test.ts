import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash } from '../../../worker/domain/assignment.ts'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { hardRange, withinStep } from '../../../worker/domain/pricing/guardrails.ts'
import { replay } from '../../../worker/domain/pricing/replay.ts'
import type { PriceBook, PriceDecision, PricingContext, ProductSlice } from '../../../worker/domain/pricing/types.ts'
import { DAY_MS } from '../../../worker/domain/time.ts'
import * as arbitrary from './arbitraries.ts'
import { settings } from './fixtures.ts'

const inputs = [arbitrary.slice, arbitrary.settings, arbitrary.facts, arbitrary.context, arbitrary.now] as const
const AS_IT_IS: PriceDecision['reason'][] = ['list', 'contract', 'kill_switch', 'consent', 'holdout']

/** Runs a law over random decisions. Plain throws, not `expect`: it is called some ten thousand times. */
function always(runs: number, law: (decision: PriceDecision, ...input: Parameters<typeof decide>) => void): void {
  fc.assert(
    fc.property(...inputs, (slice, settings, facts, context, now) => {
      law(decide(slice, settings, facts, context, 'd', now), slice, settings, facts, context, 'd', now)
    }),
    { numRuns: runs },
  )
}

const bookOf = ({ product }: ProductSlice, { currency }: PricingContext) => product.prices[currency] as PriceBook

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what)
}

describe('every decision', () => {
  it('answers an integer inside floor, ceiling and margin, unless it serves a price as it is or a living quote', () => {
    const reasons = new Map<string, number>()
    always(10_000, (decision, slice, _settings, facts, context, _id, now) => {
      reasons.set(decision.reason, (reasons.get(decision.reason) ?? 0) + 1)
      const { priceMinor, reason, listMinor } = decision
      must(Number.isSafeInteger(priceMinor) && priceMinor >= 0, 'integer')
      if (AS_IT_IS.includes(reason)) return
      const { lowMinor, highMinor } = hardRange(slice.product, bookOf(slice, context))
      if (lowMinor > highMinor) return must(priceMinor <= listMinor, 'contradiction')
      const living = facts.lastQuote && facts.lastQuote.expiresAt > now ? facts.lastQuote.amountMinor : Number.POSITIVE_INFINITY
      must(priceMinor <= highMinor, 'ceiling')
      must(priceMinor >= Math.min(lowMinor, living), 'floor and margin')
      const { unitCostMinor } = bookOf(slice, context)
      const margin = slice.product.minimumMargin
      if (unitCostMinor === null || unitCostMinor === 0 || margin === null || priceMinor === living) return
      must((priceMinor - unitCostMinor) / priceMinor >= margin - 1e-9, 'margin')
    })
    for (const reason of [...AS_IT_IS, 'test', 'market', 'segment', 'demand']) expect(reasons.get(reason), reason).toBeGreaterThan(50)
  })

  it('stays within a step of where the day before closed, except where a harder guardrail or a living quote says otherwise', () => {
    always(4_000, (decision, slice, settings, facts, context, _id, now) => {
      const share = slice.product.maximumStepPerDay
      if (AS_IT_IS.includes(decision.reason) || decision.reason === 'test' || share === null) return
      // Nothing is remembered but the windows of rules: at midnight somebody without a quote was shown this.
      const closed = Math.floor(now / DAY_MS) * DAY_MS - 1
      const impersonal = Object.fromEntries(
        Object.entries(settings.law).map(([place, terms]) => [place, { ...terms, personal: 'off' as const, randomised: 'off' as const }]),
      )
      const uniform = { ...slice, test: null }
      const shown = decide(uniform, { ...settings, holdoutShare: 0, law: impersonal }, { ...facts, lastQuote: null }, context, 'd', closed)
      const hard = hardRange(slice.product, bookOf(slice, context))
      const step = withinStep(shown.priceMinor, share)
      const [low, high] = [Math.max(hard.lowMinor, step.lowMinor), Math.min(hard.highMinor, step.highMinor)]
      if (low > high) return
      const living = facts.lastQuote && facts.lastQuote.expiresAt > now ? facts.lastQuote.amountMinor : Number.POSITIVE_INFINITY
      must(decision.priceMinor <= high && decision.priceMinor >= Math.min(low, living), 'step')
    })
  })

  it('never asks for more than a living quote, but for a contract or where every lever is off', () => {
    always(4_000, ({ reason, priceMinor }, _slice, _settings, facts, _context, _id, now) => {
      if (['contract', 'kill_switch', 'consent', 'holdout'].includes(reason)) return
      if (facts.lastQuote && facts.lastQuote.expiresAt > now) must(priceMinor <= facts.lastQuote.amountMinor, 'living quote')
    })
  })

  it('gives a subscriber the contract price, and else the list price under kill switch, refused consent and holdout', () => {
    always(4_000, (decision, slice, settings, facts, context) => {
      const contract = facts.contracts[slice.product.id]
      if (contract?.currency === context.currency) return must(decision.priceMinor === contract.amountMinor, 'contract')
      const held = hash(settings.holdoutSeed, facts.subject, 2) < settings.holdoutShare
      if (settings.optimizationEnabled && !context.profilingRefused && !held) return
      must(decision.priceMinor === decision.listMinor && decision.test === null && !decision.personalized, 'list price')
    })
  })

  it('explains itself: each line begins at the price where the last one ended', () => {
    always(3_000, ({ explain, priceMinor, listMinor }) => {
      must(explain[0]?.beforeMinor === listMinor && explain.at(-1)?.afterMinor === priceMinor, 'ends')
      must(
        explain.every(({ beforeMinor }, at) => at === 0 || explain[at - 1]?.afterMinor === beforeMinor),
        'chain',
      )
      must(
        explain.every(({ detail }) => detail.length > 0 && !detail.endsWith('.')),
        'detail',
      )
      must(
        explain.every((line) => line.outcome === 'applied' || line.beforeMinor === line.afterMinor),
        'only applied steps move',
      )
    })
  })

  it('names nobody in its explanation', () => {
    always(2_000, (decision, slice, settings, facts, context, id, now) => {
      const other = decide(slice, settings, { ...facts, subject: 'S3CRET' }, context, id, now)
      must(!JSON.stringify(other.explain).includes('S3CRET'), 'subject')
      must(decision.sliceHash === slice.hash, 'hash')
    })
  })

  it('takes no class of price that the law has switched off', () => {
    always(3_000, (decision, _slice, settings, _facts, { country, region }) => {
      const inside = region !== null && (country === null || region.startsWith(`${country}-`)) ? region : null
      const law = (inside ? settings.law[inside] : undefined) ?? settings.law[country ?? inside?.slice(0, 2) ?? '']
      const terms = law ?? { uniform: 'allow', randomised: 'off', personal: 'off' }
      if (!AS_IT_IS.includes(decision.reason)) must(terms[decision.priceClass] !== 'off', decision.priceClass)
      if (decision.priceClass !== 'uniform' && terms[decision.priceClass] === 'disclose') must(decision.disclosure !== null, 'disclosure')
    })
  })

  it('comes out the same when replayed from its stored record', () => {
    always(3_000, (decision, slice, settings) => {
      const stored = JSON.parse(JSON.stringify(decision)) as PriceDecision
      must(replay(stored, slice, settings).identical, replay(stored, slice, settings).differences.join())
    })
  })

  it('is sticky: once an arm was recorded, it stays through purchases and everything else known of the person', () => {
    let kept = 0
    fc.assert(
      fc.property(
        arbitrary.slice,
        arbitrary.priceTest,
        arbitrary.facts,
        arbitrary.context,
        arbitrary.now,
        arbitrary.facts,
        (slice, test, facts, context, now, later) => {
          const tested = { ...slice, test: { ...test, mode: 'randomised' as const } }
          const open = settings({ law: { GB: { uniform: 'allow', randomised: 'allow', personal: 'allow' } } })
          const here = { ...context, currency: test.currency, country: 'GB', region: null, profilingRefused: false }
          const first = decide(tested, open, facts, here, 'd1', now)
          if (!first.test) return
          const arms = { [first.test.testId]: { arm: first.test.arm, version: first.test.version } }
          const next = { ...later, subject: facts.subject, contracts: {}, inDunning: false, arms }
          const second = decide(tested, open, next, { ...here, device: 'tablet', behaviorFlags: [] }, 'd2', now)
          must(second.test?.arm === first.test.arm, 'arm')
          kept++
        },
      ),
      { numRuns: 4_000 },
    )
    expect(kept).toBeGreaterThan(1_000)
  })

  it('moves people only from control into treatment when a split grows', () => {
    const percent = fc.integer({ min: 0, max: 100 })
    fc.assert(
      fc.property(
        arbitrary.slice,
        arbitrary.settings,
        arbitrary.facts,
        arbitrary.context,
        arbitrary.priceTest,
        percent,
        percent,
        (slice, settings, facts, context, test, a, b) => {
          const at = (share: number) => {
            const arms = [
              { key: 'control', amountMinor: 100, weight: 1 - share },
              { key: 'treatment', amountMinor: 200, weight: share },
            ]
            const grown = { ...slice, test: { ...test, arms, epochs: [], coverage: 1 } }
            return decide(grown, settings, { ...facts, arms: {} }, context, 'd', test.startsAt).test?.arm
          }
          const [before, after] = [at(Math.min(a, b) / 100), at(Math.max(a, b) / 100)]
          must(before === after || (before === 'control' && after === 'treatment'), `${before} → ${after}`)
        },
      ),
      { numRuns: 3_000 },
    )
  })

  it('does not hear of a rule for another product', () => {
    always(3_000, (decision, slice, settings, facts, context, id, now) => {
      const foreign = {
        ...slice.rules[0],
        ...(slice.rules[0] ?? {}),
        id: '0',
        productIds: ['b'],
        priority: 99,
        multiplier: 3,
      } as (typeof slice.rules)[number]
      const again = decide(
        { ...slice, rules: [{ ...foreign, kind: 'market', condition: {}, startsAt: null, endsAt: null }, ...slice.rules] },
        settings,
        facts,
        context,
        id,
        now,
      )
      must(JSON.stringify(again) === JSON.stringify(decision), 'other product')
    })
  })

  it('does not depend on the order in which rules are stored', () => {
    always(2_000, (decision, slice, settings, facts, context, id, now) => {
      const unique = [...new Map(slice.rules.map((rule) => [rule.id, rule])).values()]
      if (unique.length !== slice.rules.length) return
      const again = decide({ ...slice, rules: [...slice.rules].reverse() }, settings, facts, context, id, now)
      must(JSON.stringify(again) === JSON.stringify(decision), 'order')
    })
  })
})
