import type { LedgerEntry } from '../../contract/exports.ts'
import type { Cost } from '../analytics/costs.ts'
import type { MovementRow, RevenueRow } from '../customer/projection.ts'
import { amountText, decimalOf, type Row } from './lines.ts'

/** A row of the ledger as it is kept, its metadata in JSON. */
export type LedgerRow = Omit<RevenueRow, 'metadata'> & { id: string; metadata: string }

/** A movement of recurring revenue as it is kept. */
export type MovementLine = MovementRow & { id: string }

export const LEDGER_COLUMNS = ['id', 'type', 'bookedDay', 'at', 'customerId', 'amount', 'currency', 'productId', 'metadata'] as const

export const ledgerRow = ({ id, eventType, timestamp, bookedDay, customerId, amount, currency, productId, metadata }: LedgerRow): Row => ({
  id,
  type: eventType,
  bookedDay,
  at: new Date(timestamp).toISOString(),
  customerId,
  amount: decimalOf(amount, currency),
  currency,
  productId,
  metadata: { json: metadata },
})

/** An entry as the API lists it. */
export const ledgerEntry = ({
  id,
  eventType,
  timestamp,
  bookedDay,
  customerId,
  amount,
  currency,
  productId,
  metadata,
}: LedgerRow): LedgerEntry => ({
  id,
  type: eventType,
  bookedDay,
  at: timestamp,
  customerId,
  amount: amountText(amount, currency),
  currency,
  productId,
  metadata: JSON.parse(metadata) as Record<string, unknown>,
})

export const COST_COLUMNS = ['id', 'from', 'to', 'channel', 'amount', 'currency', 'note'] as const

export const costRow = ({ id, firstDay, lastDay, channel, amount, currency, note }: Cost): Row => ({
  id,
  from: firstDay,
  to: lastDay,
  channel,
  amount: decimalOf(amount, currency),
  currency,
  note,
})

export const MOVEMENT_COLUMNS = ['id', 'day', 'customerId', 'movement', 'amount', 'opening', 'closing', 'reason', 'currency'] as const

export const movementRow = ({ amount, opening, closing, ...rest }: MovementLine): Row => ({
  ...rest,
  amount: decimalOf(amount, rest.currency),
  opening: decimalOf(opening, rest.currency),
  closing: decimalOf(closing, rest.currency),
})
