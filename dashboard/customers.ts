import { signal } from '@preact/signals'
import type { ChainAnswer } from '../worker/contract/chain.ts'
import type { CustomersAnswer } from '../worker/contract/customers.ts'
import { after, before, customerId, search } from './address.ts'
import { ask, Refusal } from './api.ts'

export const customers = signal<CustomersAnswer | null>(null)
/** The chain of the customer whose page it is, and who that is. */
export const chain = signal<{ of: string; answer: ChainAnswer } | null>(null)
/** Customer whom the server does not know. */
export const nobody = signal<string | null>(null)

const query = (values: Record<string, string | null>): string =>
  new URLSearchParams(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1]))).toString()

export async function readCustomers(abort: AbortSignal): Promise<void> {
  const asked = query({ search: search.peek(), after: after.peek(), limit: '50' })
  customers.value = await ask<CustomersAnswer>(`/api/customers?${asked}`, { signal: abort })
}

export async function readChain(abort: AbortSignal): Promise<void> {
  const of = customerId.peek() ?? ''
  try {
    const asked = query({ before: before.peek(), limit: '20' })
    chain.value = { of, answer: await ask<ChainAnswer>(`/api/customers/${encodeURIComponent(of)}/chain?${asked}`, { signal: abort }) }
    nobody.value = null
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'not_found') throw error
    nobody.value = of
  }
}
