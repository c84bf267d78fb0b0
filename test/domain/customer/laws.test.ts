import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AcceptedEvent, compareEvents } from '../../../worker/domain/customer/event.ts'
import { emptyFacts, guardFacts } from '../../../worker/domain/customer/facts.ts'
import { noEffects, refold, step } from '../../../worker/domain/customer/fold.ts'
import { add, digestOf, formatDigest, parseRollupKey } from '../../../worker/domain/customer/rollup.ts'
import { dayOf } from '../../../worker/domain/time.ts'
import { accepted, sentEvents } from './arbitraries.ts'
import { DAY_MS, fold, NOON } from './log.ts'

const sets = sentEvents(NOON, { system: true })
const log = sets.map((sent) => sent.map(accepted))

/** Σ of one metric over all its keys that `fits`. */
function total(
  { effects }: ReturnType<typeof fold>,
  metrics: readonly string[],
  fits: (scope: string, dimension: string) => boolean,
): number {
  let sum = 0
  for (const [key, value] of effects.contributions) {
    const { metric, scope, dimension } = parseRollupKey(key)
    if (metrics.includes(metric) && fits(scope, dimension)) sum += value
  }
  return sum
}

describe('the fold', () => {
  it('depends on the set of events, not on the order they came in', () => {
    fc.assert(
      fc.property(
        log.chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
        ([events, shuffled]) => {
          const [one, other] = [fold(...events), fold(...shuffled)]
          expect(other.facts).toEqual(one.facts)
          expect(formatDigest(digestOf(other.effects.contributions))).toBe(formatDigest(digestOf(one.effects.contributions)))
        },
      ),
    )
  })

  it('can be stored anywhere and gone on with: the chain of steps is the refold', () => {
    fc.assert(
      fc.property(log, fc.integer({ min: 0, max: 40 }), (events, cut) => {
        const ordered = [...events].sort(compareEvents)
        const effects = noEffects()
        let facts = emptyFacts()
        ordered.forEach((event, index) => {
          if (index === cut) facts = guardFacts(JSON.parse(JSON.stringify(facts)))
          step(facts, event, effects)
        })
        const whole = refold(ordered)
        expect(facts).toEqual(whole.facts)
        expect(effects.contributions).toEqual(whole.effects.contributions)
        expect(effects.rows).toEqual(whole.effects.rows)
      }),
    )
  })

  it('yields whole numbers that are safe, and no zeros', () => {
    fc.assert(
      fc.property(log, (events) => {
        for (const value of fold(...events).effects.contributions.values()) expect(Number.isSafeInteger(value) && value !== 0).toBe(true)
      }),
    )
  })

  it('never changes a closed day when later events are accepted', () => {
    // Attempts through the funnel, the moments of tests and the blocks of switchbacks are booked by day of entry, on purpose.
    const isOwnDay = (metric: string) => !/^(funnel|test|block)(_|$)/.test(metric)
    const closedSums = (events: AcceptedEvent[], until: string) =>
      new Map(
        [...fold(...events).effects.contributions].filter(([key]) => {
          const { metric, day } = parseRollupKey(key)
          return isOwnDay(metric) && day.length === 10 && day < until
        }),
      )
    fc.assert(
      fc.property(sets, fc.integer({ min: 0, max: 6 }), (sent, daysBefore) => {
        const now = NOON - daysBefore * DAY_MS
        const before = sent.filter(({ acceptedAt }) => acceptedAt <= now).map(accepted)
        const open = dayOf(now - 2 * DAY_MS)
        expect(closedSums(sent.map(accepted), open)).toEqual(closedSums(before, open))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('recurring revenue', () => {
  it('opens, moves and closes to the minor unit, per currency', () => {
    fc.assert(
      fc.property(log, (events) => {
        const folded = fold(...events)
        const movements = ['mrr_new', 'mrr_expansion', 'mrr_reactivation', 'mrr_contraction', 'mrr_churn']
        for (const currency of ['USD', 'EUR', 'JPY']) {
          expect(total(folded, movements, (scope, dimension) => scope === currency && dimension === '')).toBe(
            folded.facts.mrr[currency]?.balanceMinor ?? 0,
          )
          const balance = folded.facts.mrr[currency]?.balanceMinor ?? 0
          const won = total(folded, ['subscribers_won'], (scope) => scope === currency)
          expect(won - total(folded, ['subscribers_lost'], (scope) => scope === currency)).toBe(balance > 0 ? 1 : 0)
        }
      }),
    )
  })

  it('gains by new, expansion and reactivation alone, and loses by the other two', () => {
    fc.assert(
      fc.property(log, (events) => {
        for (const [key, value] of fold(...events).effects.contributions) {
          if (/^mrr_(new|expansion|reactivation)/.test(key)) expect(value).toBeGreaterThan(0)
          if (/^mrr_(contraction|churn)/.test(key)) expect(value).toBeLessThan(0)
        }
      }),
    )
  })
})

describe('money', () => {
  it('is gross minus refunds minus disputes, and at or above zero for each purchase', () => {
    fc.assert(
      fc.property(log, (events) => {
        const folded = fold(...events)
        const { purchases, money } = folded.facts
        for (const { amountMinor, refundedMinor, disputedMinor } of Object.values(purchases)) {
          expect(amountMinor - refundedMinor - disputedMinor).toBeGreaterThanOrEqual(0)
          expect(Math.min(refundedMinor, disputedMinor)).toBeGreaterThanOrEqual(0)
        }
        for (const [currency, { grossMinor, refundedMinor, disputedMinor }] of Object.entries(money)) {
          const whole = (scope: string, dimension: string) => scope === currency && dimension === ''
          expect(total(folded, ['revenue_gross'], whole)).toBe(grossMinor)
          expect(total(folded, ['revenue_refunded'], whole)).toBe(refundedMinor)
          expect(total(folded, ['revenue_disputed'], whole)).toBe(disputedMinor)
          for (const by of ['product', 'country', 'device']) {
            expect(total(folded, ['revenue_gross'], (scope, dimension) => scope === currency && dimension === by)).toBe(grossMinor)
          }
        }
      }),
    )
  })
})

describe('the funnel', () => {
  it('never widens from one step to the next', () => {
    const steps = ['landing', 'product_view', 'cart', 'checkout', 'payment', 'purchase']
    fc.assert(
      fc.property(log, (events) => {
        const byDay = new Map<string, number[]>()
        for (const [key, value] of fold(...events).effects.contributions) {
          const { metric, day, value: name } = parseRollupKey(key)
          if (metric !== 'funnel') continue
          const counts = byDay.get(day) ?? steps.map(() => 0)
          counts[steps.indexOf(name)] = value
          byDay.set(day, counts)
        }
        for (const counts of byDay.values()) expect([...counts].sort((a, b) => b - a)).toEqual(counts)
      }),
    )
  })
})

describe('the moments of a test', () => {
  it('are those of the exposures that are left, exact to the digit', () => {
    fc.assert(
      fc.property(log, (events) => {
        const folded = fold(...events)
        const expected = new Map<string, number>()
        let squares = 0n
        for (const [key, exposure] of Object.entries(folded.facts.exposures)) {
          const { served, rewards, costs = {} } = exposure
          const isOut = exposure.excluded || served.some(({ arm, clamped }) => clamped || arm !== served[0].arm)
          const sum = [...Object.values(rewards), ...Object.values(costs).map((cost) => -cost)].reduce((whole, part) => whole + part, 0)
          const { arm, epoch, day, segment } = served[0]
          const scope = `${key}:${epoch}|${day}`
          add(expected, isOut ? `test_excluded|${scope}||` : `test_exposed|${scope}|arm|${arm}`, 1)
          if (!isOut && segment) add(expected, `test_exposed|${scope}|segment|${segment}|${arm}`, 1)
          if (!isOut) squares += BigInt(sum) ** 2n
        }
        const counted = [...folded.effects.contributions].filter(([key]) => /^test_(exposed|excluded)/.test(key))
        expect(new Map(counted)).toEqual(expected)
        const parts = ['high', 'middle', 'low'].map((part) =>
          BigInt(total(folded, [`test_reward_squares_${part}`], (_, dimension) => dimension === 'arm')),
        )
        expect(parts.reduce((sum, part) => sum * 100_000_000n + part, 0n)).toBe(squares)
      }),
    )
  })
})

describe('what tells of harm', () => {
  it('counts people, each once, and nobody among the refunded, the disputing or the failed who is not among the buyers or the payers', () => {
    fc.assert(
      fc.property(log, (events) => {
        const { contributions } = fold(...events).effects
        const keysOf = (metric: string) => [...contributions].filter(([key]) => key.startsWith(`${metric}|`))
        const rest = (key: string) => key.slice(key.indexOf('|'))
        const of = (metric: string, key: string) => contributions.get(`${metric}${rest(key)}`) ?? 0
        for (const metric of ['test_refunded', 'test_disputed'])
          for (const [key, value] of keysOf(metric)) expect(value).toBeLessThanOrEqual(of('test_buyers', key))
        for (const metric of ['test_buyers', 'test_payment_failed'])
          for (const [key, value] of keysOf(metric))
            if (!key.includes('|segment|')) expect(value).toBeLessThanOrEqual(of('test_payers', key))
        for (const metric of ['test_refunded', 'test_disputed', 'test_buyers', 'test_payers', 'test_payment_failed', 'block_visitors'])
          for (const [, value] of keysOf(metric)) expect(value).toBeGreaterThan(0)
      }),
    )
  })
})

describe('the blocks of a switchback', () => {
  it('hold each person once, with what they bought in them and did not get back', () => {
    fc.assert(
      fc.property(log, (events) => {
        const folded = fold(...events)
        const { blocks, purchases } = folded.facts
        const visitors = new Map<string, number>()
        const revenue = new Map<string, number>()
        for (const { key, value, day, currency, endsAt, served } of Object.values(blocks)) {
          add(visitors, `block_visitors|${key}|${day}|block|${value}`, 1)
          const since = served[0]?.[0] ?? Number.NaN
          for (const { amountMinor, refundedMinor, disputedMinor, ...bought } of Object.values(purchases))
            if (bought.currency === currency && bought.occurredAt >= since && bought.occurredAt < endsAt)
              add(revenue, `block_revenue|${key}|${day}|block|${value}`, amountMinor - refundedMinor - disputedMinor)
        }
        const counted = (metric: string) => new Map([...folded.effects.contributions].filter(([key]) => key.startsWith(`${metric}|`)))
        // Visits whose block is long over, without a purchase, are no longer remembered, but stay counted.
        for (const [key, value] of visitors) expect(counted('block_visitors').get(key) ?? 0).toBeGreaterThanOrEqual(value)
        expect(counted('block_revenue')).toEqual(revenue)
      }),
    )
  })
})
