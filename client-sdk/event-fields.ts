/** Fields of an event that have a place of their own on the wire; every other field travels in `metadata`. */
export const EVENT_FIELDS = [
  'id',
  'timestamp',
  'amount',
  'value',
  'currency',
  'productId',
  'quantity',
  'transactionId',
  'transaction_id',
  'items',
  'decisionId',
  'experimentId',
  'variantId',
  'funnelStep',
  'country',
  'device',
  'source',
  'metadata',
] as const
export type EventField = (typeof EVENT_FIELDS)[number]
