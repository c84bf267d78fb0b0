import { signal } from '@preact/signals'
import type * as z from 'zod'
import type { RulePreviewAnswer } from '../worker/contract/price-rules.ts'
import type { PriceTestInput, PriceTestStarted } from '../worker/contract/price-tests.ts'
import { ask, inWords, Refusal } from './api.ts'
import { refreshFigures } from './figures.ts'
import type { PriceRule, Product, RuleDraft } from './pricing-shapes.ts'

/** Changes that the pricing pages make, and what became of them. */

/** Of the last change, in words; empty before the first. */
export const outcome = signal('')
/** Why the last change was refused, where it belongs to no field of a form. */
export const trouble = signal<string | null>(null)
export const busy = signal(false)

/** Why a form was refused; `field` is a path like `prices.0.floor`, or null where the whole was. */
export interface Refused {
  field: string | null
  message: string
}

const refusedAs = (error: unknown): Refused => ({ field: error instanceof Refusal ? error.field : null, message: inWords(error) })

/** @returns what came of it, or why it was refused */
async function attempt<T>(work: () => Promise<T>): Promise<{ value: T; refused: null } | { value: null; refused: Refused }> {
  busy.value = true
  trouble.value = null
  outcome.value = ''
  try {
    return { value: await work(), refused: null }
  } catch (error) {
    return { value: null, refused: refusedAs(error) }
  } finally {
    busy.value = false
  }
}

/** One change without a form: what is refused stands above the page. */
async function change(work: () => Promise<string>): Promise<void> {
  const { value, refused } = await attempt(work)
  if (refused) trouble.value = refused.message
  else outcome.value = value
  refreshFigures()
}

/** Everything of the product is sent back as it is now, so that no change by somebody else is undone. */
export const setListPrice = (id: string, currency: string, amount: number) =>
  attempt(async () => {
    const at = `/api/products/${encodeURIComponent(id)}`
    const { id: _, ...terms } = (await ask<{ product: Product }>(at)).product
    const prices = terms.prices.map((price) => (price.currency === currency ? { ...price, amount } : price))
    await ask(at, { method: 'PUT', body: { ...terms, prices } })
    refreshFigures()
  })

const ruleAt = (id: string) => `/api/price-rules/${encodeURIComponent(id)}`

export const previewRule = (rule: RuleDraft) =>
  attempt(async () => (await ask<RulePreviewAnswer>('/api/price-rules/preview', { method: 'POST', body: rule })).preview)

export const saveRule = ({ id, ...rule }: RuleDraft) =>
  attempt(async () => {
    await ask(ruleAt(id), { method: 'PUT', body: rule })
    refreshFigures()
  })

export const removeRule = ({ id, name }: PriceRule) =>
  change(async () => {
    await ask(ruleAt(id), { method: 'DELETE' })
    return `Removed: ${name}`
  })

export const startTest = (input: z.input<typeof PriceTestInput>) =>
  attempt(() => ask<z.infer<typeof PriceTestStarted>>('/api/price-tests', { method: 'POST', body: input }))

const act = (id: string, action: 'stop' | 'ship' | 'rollback', body?: unknown) =>
  change(async () => {
    const at = `/api/price-tests/${encodeURIComponent(id)}/${action}`
    return (await ask<{ message: string }>(at, { method: 'POST', body })).message
  })
export const stopTest = (id: string) => act(id, 'stop')
export const shipArm = (id: string, arm: string) => act(id, 'ship', { arm })
export const rollBack = (id: string) => act(id, 'rollback')
