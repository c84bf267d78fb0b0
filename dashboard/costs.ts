import { signal } from '@preact/signals'
import type { Cost, CostsAnswer } from '../worker/contract/costs.ts'
import { ask, inWords } from './api.ts'
import { refreshFigures } from './figures.ts'

/** Days and currency of the figures: CAC is made of the costs that fall into them, and so is the list. */
export interface Span {
  from: string
  to: string
  currency: string
}

/** What was spent to win customers in the span last asked for, newest first; null until it is read. */
export const costs = signal<Cost[] | null>(null)
let span: Span | null = null
/** What became of the last change, in words; empty before the first. */
export const outcome = signal('')
export const trouble = signal<string | null>(null)

export interface NewCost extends Span {
  amount: number
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

export function readCosts(of: Span): Promise<boolean> {
  span = of
  return told(read)
}

async function read(): Promise<void> {
  const of = span
  if (!of) return
  const found: Cost[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: CostsAnswer = await ask(`/api/costs?${new URLSearchParams({ ...of, limit: '500', ...(after && { after }) })}`)
    found.push(...page.costs)
    after = page.next
  }
  // Somebody who has moved on meanwhile waits for the answer to another question.
  if (of === span) costs.value = found.sort((a, b) => (a.from < b.from ? 1 : a.from > b.from ? -1 : b.createdAt - a.createdAt))
}

/** @returns whether it was taken */
export const addCost = (cost: NewCost) =>
  told(async () => {
    await ask('/api/costs', { method: 'POST', body: cost })
    await read()
    outcome.value = `Added: ${cost.channel}`
    refreshFigures()
  })

export const removeCost = ({ id, channel }: Cost) =>
  told(async () => {
    await ask(`/api/costs/${encodeURIComponent(id)}`, { method: 'DELETE' })
    await read()
    outcome.value = `Removed: ${channel}`
    refreshFigures()
  })
