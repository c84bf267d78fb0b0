import type { LiveEvent } from '../../contract/analytics.ts'

/** A row of D1 that one object owns. `row: null` takes it away. Only a newer version is ever written. */
export type FactRow =
  | { table: 'revenue_events'; id: string; version: number; row: RevenueRow | null }
  | { table: 'customers'; id: string; version: number; row: CustomerRow | null }

export interface RevenueRow {
  customerId: string | null
  eventType: string
  amount: number
  currency: string
  productId: string | null
  timestamp: number
  metadata: Record<string, unknown>
}

export interface CustomerRow {
  subject: string
  firstSeenAt: number
  lastSeenAt: number
  orders: number
  /** Minor units by currency. */
  money: Record<string, { grossMinor: number; netMinor: number; mrrMinor: number }>
}

/** One outbox entry on its way to D1. */
export interface ProjectionMessage {
  object: string
  /** Counts up by one; D1 applies entry n only on top of entry n − 1. */
  seq: number
  /** Digest of all the object has contributed, this entry included. */
  digest: string
  deltas: [key: string, amount: number][]
  rows: FactRow[]
  /** Not null when the customer is erased: their rows go, and these sums stay without them. */
  departed: [key: string, amount: number][] | null
  live: LiveEvent[]
}

/** Most bytes of JSON in one entry; a queue message may have 128 KB. */
export const MAXIMUM_ENTRY_BYTES = 64 * 1024
