import { signal } from '@preact/signals'
import type { Cost, CostsAnswer } from '../worker/contract/costs.ts'
import { ask, inWords } from './api.ts'
import { refreshFigures } from './figures.ts'

/** What was spent to win customers, newest first; null until it is read. */
export const costs = signal<Cost[] | null>(null)
/** What became of the last change, in words; empty before the first. */
export const outcome = signal('')
export const trouble = signal<string | null>(null)

export interface NewCost {
  amount: number
  currency: string
  from: string
  to: string
  channel: string
  note: string
}

async function told(work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    trouble.value = null
    return true
  } catch (error) {
    trouble.value = inWords(error)
    return false
  }
}

export const readCosts = () =>
  told(async () => {
    const found: Cost[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: CostsAnswer = await ask(`/api/costs?limit=500${after && `&after=${encodeURIComponent(after)}`}`)
      found.push(...page.costs)
      after = page.next
    }
    costs.value = found.sort((a, b) => (a.from < b.from ? 1 : a.from > b.from ? -1 : b.createdAt - a.createdAt))
  })

/** @returns whether it was taken */
export const addCost = (cost: NewCost) =>
  told(async () => {
    await ask('/api/costs', { method: 'POST', body: cost })
    await readCosts()
    outcome.value = `Added: ${cost.channel}`
    refreshFigures()
  })

export const removeCost = ({ id, channel }: Cost) =>
  told(async () => {
    await ask(`/api/costs/${encodeURIComponent(id)}`, { method: 'DELETE' })
    await readCosts()
    outcome.value = `Removed: ${channel}`
    refreshFigures()
  })
