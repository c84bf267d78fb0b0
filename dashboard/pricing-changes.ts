import type * as z from 'zod'
import type { RulePreviewAnswer } from '../worker/contract/price-rules.ts'
import type { PriceTestInput, PriceTestStarted } from '../worker/contract/price-tests.ts'
import { ask } from './api.ts'
import { attempt, change } from './attempts.ts'
import { refreshFigures } from './figures.ts'
import type { PriceRule, Product, RuleDraft } from './pricing-shapes.ts'

/** Changes that the pricing pages make. */

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
