import type { RuleKind } from '../worker/contract/lists.ts'
import { readCondition } from './condition-form.ts'
import { instantOf, listOf, numberOf, textOf } from './form-values.ts'
import type { RuleDraft } from './pricing-shapes.ts'
import { isFollowing, needsReference } from './pricing-words.ts'

/** A change in per cent as a factor. @example factorOf(-5) // => 0.95 */
export const factorOf = (percents: number): number => Number((1 + percents / 100).toFixed(6))
/** A factor as a change in per cent, or nothing. @example percentsOf(0.95) // => -5 */
export const percentsOf = (factor: number | null): number | undefined =>
  factor === null ? undefined : Number(((factor - 1) * 100).toFixed(4))

/**
 * What was typed as a rule.
 *
 * @throws SyntaxError  the condition is no JSON, or no object
 */
export function ruleFrom(form: FormData, asJson: boolean): RuleDraft {
  const kind = textOf(form, 'kind') as RuleKind
  const follows = isFollowing(kind)
  const factor = (name: string): number | null => {
    const percents = numberOf(form, name)
    return percents === null ? null : factorOf(percents)
  }
  const products = listOf(textOf(form, 'productIds'))
  return {
    id: textOf(form, 'id'),
    kind,
    name: textOf(form, 'name'),
    productIds: products.length > 0 ? products : null,
    priority: numberOf(form, 'priority') ?? 0,
    condition: readCondition(form, asJson),
    multiplier: follows ? 1 : (factor('multiplier') ?? 1),
    sensitivity: follows ? numberOf(form, 'sensitivity') : null,
    minimum: follows ? factor('minimum') : null,
    maximum: follows ? factor('maximum') : null,
    reference: needsReference(kind) ? numberOf(form, 'reference') : null,
    startsAt: instantOf(textOf(form, 'startsAt')),
    endsAt: instantOf(textOf(form, 'endsAt')),
  }
}
