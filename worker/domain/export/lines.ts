import type { ExportFormat } from '../../contract/exports.ts'
import { exponentOf } from '../money.ts'

/** A number as exact decimal text: an amount with the digits of its currency. No cell that spreadsheets could take for a formula. */
export interface Decimal {
  decimal: string
}

/** A value of any form: as it is in JSON, as its text in CSV. */
export interface Nested {
  json: string
}

export type Cell = string | number | boolean | Decimal | Nested | null
/** One row under the names of its columns. */
export type Row = Readonly<Record<string, Cell>>

/**
 * Decimal text of whole minor units, with all digits of the currency; never by way of a float.
 *
 * @example amountText(-5, 'USD')   // => '-0.05'
 * @example amountText(1200, 'JPY') // => '1200'
 */
export function amountText(amountMinor: number, currency: string): string {
  const digits = exponentOf(currency) ?? 2
  const text = BigInt(Math.abs(amountMinor))
    .toString()
    .padStart(digits + 1, '0')
  const whole = text.slice(0, text.length - digits)
  return `${amountMinor < 0 ? '-' : ''}${whole}${digits === 0 ? '' : `.${text.slice(-digits)}`}`
}

export const decimalOf = (amountMinor: number, currency: string): Decimal => ({ decimal: amountText(amountMinor, currency) })

/** What spreadsheets begin a formula with, also in full width, and what they skip before one. */
const RUNS = new Set(['=', '+', '-', '@', '\t', '\r', '\n', '\0', '\uff1d', '\uff0b', '\uff0d', '\uff20'])

/** Text that a spreadsheet shows and does not run: a ' in front. Source: https://owasp.org/www-community/attacks/CSV_Injection */
const inert = (text: string): string => (RUNS.has(text.charAt(0)) ? `'${text}` : text)

/** A field of RFC 4180: quoted where it holds what ends a field, quotes doubled. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

function csvField(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'string') return quoted(inert(cell))
  if (typeof cell !== 'object') return String(cell)
  return 'decimal' in cell ? cell.decimal : quoted(cell.json)
}

/** The line above all rows; JSON names its fields in each. */
export const headerOf = (columns: readonly string[], format: ExportFormat): string =>
  format === 'csv' ? `${columns.map(quoted).join(',')}\r\n` : ''

/** One row as a line with its end, in the order of the columns. Decimals are text in JSON too: readers would make floats of them. */
export function lineOf(row: Row, columns: readonly string[], format: ExportFormat): string {
  const cells = columns.map((column) => row[column] ?? null)
  if (format === 'csv') return `${cells.map(csvField).join(',')}\r\n`
  const fields = cells.map((cell, at) => [columns[at], jsonOf(cell)])
  return `${JSON.stringify(Object.fromEntries(fields))}\n`
}

function jsonOf(cell: Cell): unknown {
  if (typeof cell !== 'object' || cell === null) return cell
  return 'decimal' in cell ? cell.decimal : JSON.parse(cell.json)
}

/** @example fileNameOf('days', { from: '2026-10-26', to: '2026-11-24' }, 'USD', 'csv') // => 'fairlead-days-2026-10-26-to-2026-11-24-usd.csv' */
export const fileNameOf = (
  table: string,
  { from, to }: { from: string; to: string },
  currency: string | null,
  format: ExportFormat,
): string => `fairlead-${table}-${from}-to-${to}${currency === null ? '' : `-${currency.toLowerCase()}`}.${format}`
