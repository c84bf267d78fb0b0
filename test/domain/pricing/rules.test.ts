import { describe, expect, it } from 'vitest'
import { RULE_KINDS } from '../../../worker/contract/lists.ts'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import { RULE_KIND_TERMS } from '../../../worker/domain/pricing/rules.ts'
import { validateRule } from '../../../worker/domain/pricing/validate.ts'
import { context, facts, NOW, rule, settings, slice } from './fixtures.ts'

it('knows each kind of rule once', () => {
  expect(RULE_KIND_TERMS.map(({ kind }) => kind).sort()).toEqual([...RULE_KINDS].sort())
})

/** The laws every kind of rule must keep. A new kind joins by joining the array. */
describe.each(RULE_KIND_TERMS)('a $kind rule', (terms) => {
  const of = (over = {}) => rule({ kind: terms.kind, multiplier: 1.1, sensitivity: 1, minimum: 0.5, maximum: 2, ...over })
  const asked = context({ device: 'mobile', behaviorFlags: ['returning'] })
  const price = (over = {}, sliceOver = {}) =>
    decide(slice({ rules: [of(over)], demandIndex: 1.1, ...sliceOver }), settings(), facts(), asked, 'd', NOW)

  it('sets the price, the reason and a line that names the rule', () => {
    const decision = price()
    expect(decision).toMatchObject({ priceMinor: 54_900, reason: terms.kind, priceClass: terms.priceClass })
    expect(decision.explain.find(({ step }) => step === terms.kind)).toMatchObject({
      outcome: 'applied',
      beforeMinor: 49_900,
      afterMinor: 54_890,
    })
  })

  it('leaves other products and other times alone', () => {
    expect(price({ productIds: ['other'] }).reason).toBe('list')
    expect(price({ startsAt: NOW + 1 }).reason).toBe('list')
    expect(price({ endsAt: NOW }).reason).toBe('list')
    expect(price({ startsAt: NOW, endsAt: NOW + 1 }).reason).toBe(terms.kind)
  })

  it('is off where the law says off', () => {
    const law = { GB: { uniform: 'allow', randomised: 'allow', personal: 'allow', [terms.priceClass]: 'off' } as const }
    expect(decide(slice({ rules: [of()], demandIndex: 1.1 }), settings({ law }), facts(), asked, 'd', NOW).reason).toBe('list')
  })

  it('takes on save exactly the conditions it lists', () => {
    const conditions = {
      countries: ['GB'],
      devices: ['mobile' as const],
      behaviorFlags: ['returning'],
      newVisitor: true,
      hasSubscription: false,
    }
    for (const [part, value] of Object.entries(conditions)) {
      const save = () => validateRule(of({ condition: { [part]: value } }))
      if (terms.conditions.includes(part as keyof typeof conditions)) expect(save).not.toThrow()
      else expect(save).toThrow(expect.objectContaining({ code: 'invalid_field', field: `condition.${part}` }))
    }
  })

  it('gives a factor above 0, or none', () => {
    for (const demandIndex of [null, 0, 1, 50]) {
      const factor = terms.factor(of(), slice({ demandIndex }))
      expect(factor === null || (factor > 0 && Number.isFinite(factor))).toBe(true)
    }
  })
})
