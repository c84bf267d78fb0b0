import type { FunnelOrder } from '../worker/contract/lists.ts'
import { listOf, numberOf, textOf } from './form-values.ts'
import type { FunnelDraft } from './funnel-changes.ts'

/** What was typed as a funnel. */

export const FEWEST_STEPS = 2
export const MOST_STEPS = 20

/**
 * @param steps how many rows of steps the form has
 * @throws Unreadable  a condition is no JSON
 */
export function funnelFrom(form: FormData, steps: number): FunnelDraft {
  return {
    ...given('id', textOf(form, 'id')),
    name: textOf(form, 'name'),
    order: textOf(form, 'order') as FunnelOrder,
    ...given('windowHours', numberOf(form, 'windowHours')),
    steps: Array.from({ length: steps }, (_, at) => {
      const of = (name: string) => `steps.${at}.${name}`
      const condition = textOf(form, of('condition'))
      return {
        ...given('key', textOf(form, of('key'))),
        name: textOf(form, of('name')),
        events: listOf(textOf(form, of('events'))),
        optional: form.get(of('optional')) !== null,
        ...given('windowHours', numberOf(form, of('windowHours'))),
        ...(condition !== '' && { condition: conditionFrom(condition, of('condition')) }),
      }
    }),
  }
}

/** Says which field cannot be read. */
export class Unreadable extends Error {
  readonly field: string
  constructor(field: string) {
    super('This is no condition: it is written as JSON, as in {"metadata.plan": "pro"}')
    this.field = field
  }
}

function conditionFrom(text: string, field: string): Record<string, unknown> {
  try {
    const condition: unknown = JSON.parse(text)
    if (typeof condition === 'object' && condition !== null && !Array.isArray(condition)) return condition as Record<string, unknown>
  } catch {}
  throw new Unreadable(field)
}

/** Nothing typed is nothing sent: the server's default then holds. */
const given = <Name extends string, T>(name: Name, value: T): { [Key in Name]?: NonNullable<T> } =>
  value === null || value === '' ? {} : ({ [name]: value } as { [Key in Name]: NonNullable<T> })
