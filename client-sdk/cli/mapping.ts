import { createHash } from 'node:crypto'
import type { IncomingEvent } from '../../worker/contract/events.ts'

const NUMBERS = ['amount', 'value', 'quantity', 'discount', 'version', 'attempt', 'funnelStep'] as const
const TEXTS = [
  ...['id', 'event', 'visitorId', 'customerId', 'sessionId', 'timestamp', 'currency', 'productId', 'transactionId', 'subscriptionId'],
  ...['interval', 'churnReason', 'invoiceId', 'declineCode', 'decisionId', 'country', 'device', 'source'],
] as const
const FLAGS = ['won'] as const
const TARGETS: readonly string[] = [...TEXTS, ...NUMBERS, ...FLAGS]

export interface Mapping {
  /** Event field, or `metadata.<name>`, → column of the file. */
  columns: Map<string, string>
  event: string
  currency: string | null
  dateFormat: string | null
  fileName: string
}

/** One record of a file: the line on which it begins, and its text as it stands there. */
export interface Place {
  line: number
  text: string
}

/**
 * Id of a line that has none: where it stands, and what stands there. The same file again gives the same ids, so it adds
 * nothing; identical lines stay apart, and so do lines of two files of one name. A file may grow at its end.
 */
const idOf = ({ line, text }: Place, fileName: string): string =>
  `import:${fileName}:${line}:${createHash('sha256').update(text).digest('hex').slice(0, 8)}`

/**
 * Reads `customerId=customer,timestamp=date`. Left the event's field, right the column.
 *
 * @throws Error naming the part that is no pair, or a field no event has
 */
export function parseMap(text: string): Map<string, string> {
  const columns = new Map<string, string>()
  for (const part of text.split(',').filter(Boolean)) {
    const [target, column, ...rest] = part.split('=').map((word) => word.trim())
    if (!target || !column || rest.length) throw new Error(`--map takes field=column pairs, not ${JSON.stringify(part)}`)
    if (!TARGETS.includes(target) && !/^metadata\.[\w-]+$/.test(target)) {
      throw new Error(`--map: ${target} is no field of an event; there are ${TARGETS.join(', ')} and metadata.<name>`)
    }
    columns.set(target, column)
  }
  return columns
}

/**
 * Epoch ms of a date text in a format of YYYY, MM, DD, HH, mm and ss; what is missing is 0, the zone is UTC.
 * Null when the text does not fit or names a day that does not exist.
 *
 * @example parseDate('19970118', 'YYYYMMDD') // => 853545600000
 */
export function parseDate(text: string, format: string): number | null {
  const names: string[] = []
  const pattern = format.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/YYYY|MM|DD|HH|mm|ss/g, (token) => {
    names.push(token)
    return token === 'YYYY' ? '(\\d{4})' : '(\\d{2})'
  })
  const match = new RegExp(`^${pattern}$`).exec(text)
  if (!match) return null
  const part = (name: string, otherwise: number) => (names.includes(name) ? Number(match[names.indexOf(name) + 1]) : otherwise)
  const [year, month, day, hour, minute, second] = [
    part('YYYY', 1970),
    part('MM', 1),
    part('DD', 1),
    part('HH', 0),
    part('mm', 0),
    part('ss', 0),
  ]
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const exists =
    date.getUTCMonth() === month - 1 && date.getUTCDate() === day && date.getUTCHours() === hour && date.getUTCMinutes() === minute
  return exists && date.getUTCSeconds() === second ? date.getTime() : null
}

function readCell(target: string, text: string, dateFormat: string | null): unknown {
  if (target === 'timestamp') {
    if (dateFormat) return parseDate(text, dateFormat) ?? text
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return parseDate(text, 'YYYY-MM-DD') ?? text
    return /^\d+$/.test(text) ? Number(text) : text
  }
  // Text that is no number goes out as it is: the server then names the field instead of a zero being booked.
  if ((NUMBERS as readonly string[]).includes(target)) return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  if (target === 'won') return /^(true|1|yes)$/i.test(text) ? true : /^(false|0|no)$/i.test(text) ? false : text
  return text
}

/** An event from one record of the file. Empty cells are left out; ids and transaction ids fall back to the line. */
export function toEvent(read: (column: string) => unknown, place: Place, mapping: Mapping): IncomingEvent {
  const event: Record<string, unknown> = {}
  const metadata: Record<string, unknown> = {}
  for (const [target, column] of mapping.columns) {
    const raw = read(column)
    if (raw === undefined || raw === null || raw === '') continue
    const value = typeof raw === 'string' ? readCell(target, raw.trim(), mapping.dateFormat) : raw
    if (target.startsWith('metadata.')) metadata[target.slice('metadata.'.length)] = value
    else event[target] = value
  }
  return withDefaults(Object.keys(metadata).length ? { ...event, metadata } : event, place, mapping)
}

/** Fills what an event of a file may leave out: its name, its id, its transaction, its currency. */
export function withDefaults(event: Record<string, unknown>, place: Place, mapping: Mapping): IncomingEvent {
  const named = event.event ?? event.eventType ?? event.activity ?? event.type
  const filled: Record<string, unknown> = { ...event }
  filled.id ??= idOf(place, mapping.fileName)
  if (named === undefined) filled.event = mapping.event
  if ((named ?? mapping.event) === 'purchase' && filled.transaction_id === undefined) filled.transactionId ??= filled.id
  if (mapping.currency && (filled.amount !== undefined || filled.value !== undefined)) filled.currency ??= mapping.currency
  return filled as IncomingEvent
}
