import type { EventResult, IncomingEvent } from '../../worker/contract/events.ts'

const FORMATS: [RegExp, string][] = [
  [/^\d{8}$/, 'YYYYMMDD'],
  [/^\d{1,2}\.\d{1,2}\.\d{4}$/, 'DD.MM.YYYY'],
  [/^\d{4}\/\d{2}\/\d{2}$/, 'YYYY/MM/DD'],
  [/^\d{2}\/\d{2}\/\d{4}$/, 'DD/MM/YYYY", or "MM/DD/YYYY'],
  [/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$/, 'YYYY-MM-DD HH:mm'],
  [/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/, 'YYYY-MM-DD HH:mm:ss'],
]

/** The flag of `npm run import` that would mend a refused line; null where none can. */
export function hintFor({ code, field }: EventResult, event: IncomingEvent): string | null {
  if (code === 'invalid_time' || code === 'time_in_future') {
    const text = String(event.timestamp)
    const format = FORMATS.find(([pattern]) => pattern.test(text))?.[1]
    return format ? `dates like ${text} need --date-format "${format}"` : 'say how dates are written with --date-format, as in DD.MM.YYYY'
  }
  if (code === 'missing_currency' || code === 'invalid_currency') return 'name the currency of all amounts with --currency, as in USD'
  if (code === 'missing_field' || code === 'invalid_id')
    return `map a column to ${field ?? 'the field'} with --map ${field ?? 'field'}=<column>`
  if (code === 'unknown_product') return 'make the product first, or leave productId out of --map'
  return null
}
