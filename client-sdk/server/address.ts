import { FairleadError, unfit } from './errors.ts'

/** The Worker's address, ending in a slash, so that paths are found below it. @throws FairleadError invalid_field */
export function addressOf(url: string): URL {
  let base: URL | undefined
  try {
    base = new URL(url)
  } catch {}
  if (!base || !/^https?:$/.test(base.protocol)) throw unfit('url', 'the address of the Worker, as in https://prices.example')
  base.search = base.hash = ''
  if (!base.pathname.endsWith('/')) base.pathname += '/'
  return base
}

/** A part of a path. @throws FairleadError invalid_id  for what would lead to another path */
export function segment(field: string, id: string): string {
  if (typeof id !== 'string' || /^\.{0,2}$/.test(id)) throw new FairleadError('invalid_id', `${field} requires an id`, { field })
  return encodeURIComponent(id)
}

/** The query with its question mark, or nothing. */
export function queryOf(fields: Record<string, unknown> = {}): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined && value !== null) query.set(name, String(value))
  const text = query.toString()
  return text && `?${text}`
}
