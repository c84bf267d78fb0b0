import type { LiveEvent } from '../../contract/analytics.ts'
import type { ChurnReason, Movement } from '../../contract/lists.ts'
import type { DecisionInputs } from '../pricing/decision-inputs.ts'
import { type AcceptedEvent, decisionEventId, isRecurring, SYSTEM_PREFIX } from './event.ts'

/** A row of D1 that one object owns. `row: null` takes it away. Only a newer version is ever written. */
export type FactRow =
  | { table: 'revenue_events'; id: string; version: number; row: RevenueRow | null }
  | { table: 'mrr_movements'; id: string; version: number; row: MovementRow | null }
  | { table: 'price_decisions'; id: string; version: number; row: DecisionRow | null }
  | { table: 'customers'; id: string; version: number; row: CustomerRow | null }

/** A row that one event brings about: money, a movement of recurring revenue, or a sampled decision. */
export type EventRow = RevenueRow | MovementRow | DecisionRow

/** Names the row that stands for an event, wherever its log moves. */
export const rowIdOf = ({ home, id }: Pick<AcceptedEvent, 'home' | 'id'>): string => `${home}:${id}`

const MOVEMENT_PREFIX = `${SYSTEM_PREFIX}mrr:`

/** Names the row of the movement that an event brings about, in the first or second of the currencies it touches. */
export const movementRowId = ({ home, id }: Pick<AcceptedEvent, 'home' | 'id'>, index: number): string =>
  `${home}:${MOVEMENT_PREFIX}${index}:${id}`

/** All rows that an event may have brought about. */
export const rowIdsOf = (event: AcceptedEvent): string[] =>
  isRecurring(event) ? [rowIdOf(event), movementRowId(event, 0), movementRowId(event, 1)] : [rowIdOf(event)]

/** The table a row is in, also where nothing but its name is left. */
export function tableOfRow(rowId: string): 'revenue_events' | 'mrr_movements' | 'price_decisions' {
  const name = rowId.indexOf(':') + 1
  if (rowId.startsWith(MOVEMENT_PREFIX, name)) return 'mrr_movements'
  return rowId.startsWith(decisionEventId(''), name) ? 'price_decisions' : 'revenue_events'
}

/** A sampled decision, for previews of rules and for the value of other policies. The whole record is in the object that its id names. */
export interface DecisionRow {
  decisionId: string
  productId: string
  currency: string
  priceMinor: number
  listMinor: number
  reason: string
  priceClass: string
  testId: string | null
  testVersion: number | null
  arm: string | null
  propensity: number
  country: string | null
  device: string | null
  decidedAt: number
  configVersion: number
  /** To make it again with, for previews; missing in entries that an older version wrote. */
  inputs?: DecisionInputs
}

export interface RevenueRow {
  customerId: string | null
  eventType: string
  amount: number
  currency: string
  productId: string | null
  timestamp: number
  /** Day under which the sums count it. */
  bookedDay: string
  metadata: Record<string, unknown>
}

/** What became of one customer's recurring revenue in one currency on one day; amounts in minor units. */
export interface MovementRow {
  customerId: string | null
  day: string
  currency: string
  movement: Movement
  /** Closing − opening. */
  amount: number
  opening: number
  closing: number
  /** Of churn. */
  reason: ChurnReason | null
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
