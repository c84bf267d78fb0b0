/**
 * Loads past transactions from a CSV or NDJSON file, or from the files that Stripe exports:
 * `npm run import -- orders.csv --map customerId=customer,timestamp=date,amount=total --currency USD`
 * `npm run import -- --provider stripe payments.csv subscriptions.csv`
 */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { parseArgs } from 'node:util'
import type { IncomingEvent } from '../../worker/contract/events.ts'
import { type Api, callPatiently, DEFAULT_URL, keyFor } from './api.ts'
import { type CsvRecord, parseCsv, parseLines } from './csv.ts'
import { hintFor } from './hints.ts'
import { type Mapping, parseMap, toEvent, withDefaults } from './mapping.ts'
import { progressBar } from './progress.ts'
import { readHistory, type StripeFile, type StripeRow, stripeFileOf } from './stripe.ts'
import { inBatches, upload } from './upload.ts'

const USAGE = `usage: npm run import -- <file.csv|file.ndjson> --map field=column[,field=column…]
       npm run import -- --provider stripe <payments.csv> <subscriptions.csv>
  --provider     stripe: the files are its exports of payments and of subscriptions; both together, so that they agree
                 on who is who. They tell today's plan only: an earlier change of it is in no file, and is not booked
  --map          event field = column, as in customerId=customer,timestamp=date,amount=amount (NDJSON needs none)
  --event        name of events whose line has none (purchase)
  --currency     currency of amounts whose line has none
  --date-format  such as YYYYMMDD or DD.MM.YYYY HH:mm, read as UTC; default ISO 8601 or epoch milliseconds
  --delimiter    between CSV fields (,)
  --label        what the dashboard calls this import (the file's name)
  --url          the deployment (${DEFAULT_URL})
  --key          secret key with the scope import; default FAIRLEAD_KEY; the local demo needs none

Lines without an id get one from the file's name, the line's number and its text: the same file again adds nothing, and a
file may grow at its end. A line that moves or changes is a new one, so keep exports in order of time, or map an id.`

/** Rejected lines that are printed one by one; more are only counted. */
const SHOWN_REJECTIONS = 10

/** Most of them one request may carry. */
const MAXIMUM_LINKS = 1000

const isNdjson = (file: string): boolean => /\.(ndjson|jsonl)$/i.test(file)
const read = (file: string): AsyncIterable<string> => createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024 })

async function* eventsOf(file: string, mapping: Mapping, delimiter: string): AsyncGenerator<{ line: number; event: IncomingEvent }> {
  if (isNdjson(file)) {
    for await (const { line, text } of parseLines(read(file))) {
      if (!text.trim()) continue
      const row = parseRow(text, line)
      const place = { line, text }
      yield { line, event: mapping.columns.size ? toEvent((column) => row[column], place, mapping) : withDefaults(row, place, mapping) }
    }
    return
  }
  let header: Map<string, number> | null = null
  for await (const { line, fields } of parseCsv(read(file), delimiter)) {
    if (!header) {
      header = readHeader({ line, fields }, mapping)
      continue
    }
    const places = header
    const place = { line, text: JSON.stringify(fields) }
    yield { line, event: toEvent((column) => fields[places.get(column) as number], place, mapping) }
  }
}

function readHeader({ fields }: CsvRecord, mapping: Mapping): Map<string, number> {
  const header = new Map(fields.map((name, index) => [name.trim(), index]))
  for (const column of mapping.columns.values()) {
    if (!header.has(column)) throw new Error(`the file has no column ${column}; it has ${[...header.keys()].join(', ')}`)
  }
  return header
}

function parseRow(text: string, line: number): Record<string, unknown> {
  let row: unknown
  try {
    row = JSON.parse(line === 1 ? text.replace(/^\ufeff/, '') : text)
  } catch {
    throw new Error(`line ${line} is not JSON`)
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) throw new Error(`line ${line} is not a JSON object`)
  return row as Record<string, unknown>
}

async function count(file: string, delimiter: string): Promise<number> {
  let records = 0
  if (isNdjson(file)) for await (const { text } of parseLines(read(file))) records += text.trim() ? 1 : 0
  else for await (const _ of parseCsv(read(file), delimiter)) records++
  return isNdjson(file) ? records : Math.max(0, records - 1)
}

function mappingOf(file: string, { map, ...rest }: { map: string } & Pick<Mapping, 'event' | 'currency' | 'dateFormat'>): Mapping {
  const columns = parseMap(map)
  if (!columns.size && !isNdjson(file)) throw new Error('a CSV file needs --map; --help shows how')
  return { columns, ...rest, fileName: basename(file) }
}

/** An event with where it stands. */
interface Placed {
  file: string
  line: number
  event: IncomingEvent
}

/** What is to be sent, how much it is, and what is to be told to the server when all of it is there. */
interface Source {
  name: string
  total: number
  events(): AsyncIterable<Placed> | Iterable<Placed>
  finish?(api: Api): Promise<void>
}

async function fileSource(file: string, mapping: Mapping, delimiter: string): Promise<Source> {
  const name = mapping.fileName
  return {
    name,
    total: await count(file, delimiter),
    async *events() {
      for await (const placed of eventsOf(file, mapping, delimiter)) yield { file: name, ...placed }
    },
  }
}

async function stripeSource(files: readonly string[], delimiter: string): Promise<Source> {
  const rows: Record<StripeFile, StripeRow[]> = { payments: [], subscriptions: [] }
  for (const file of files) {
    let columns: Map<string, number> | null = null
    let kind: StripeFile = 'payments'
    for await (const { line, fields } of parseCsv(read(file), delimiter)) {
      if (!columns) {
        columns = new Map(fields.map((name, index) => [name.trim(), index]))
        kind = stripeFileOf([...columns.keys()])
        continue
      }
      const places = columns
      rows[kind].push({ file: basename(file), line, get: (column) => fields[places.get(column) ?? -1]?.trim() ?? '' })
    }
  }
  const { events, links, skipped } = readHistory(rows.payments, rows.subscriptions, Date.now())
  if (skipped > 0) console.error(`${skipped} payments are left out: no money has moved in them`)
  return {
    name: files.map((file) => basename(file)).join(', '),
    total: events.length,
    events: () => events.map(({ row: { file, line }, event }) => ({ file, line, event })),
    async finish(api) {
      for (let at = 0; at < links.length; at += MAXIMUM_LINKS)
        await callPatiently(api, 'POST', '/api/providers/stripe/links', { links: links.slice(at, at + MAXIMUM_LINKS) })
    },
  }
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      map: text,
      event: text,
      currency: text,
      'date-format': text,
      delimiter: text,
      label: text,
      url: text,
      key: text,
      provider: text,
      help: { type: 'boolean' },
    },
  })
  const { map = '', event = 'purchase', currency = null, delimiter = ',', url = DEFAULT_URL } = values
  const [file] = positionals
  if (values.help || !file) {
    console.error(USAGE)
    return values.help ? 0 : 1
  }
  if (values.provider !== undefined && values.provider !== 'stripe') throw new Error('--provider knows stripe only')
  const source = values.provider
    ? await stripeSource(positionals, delimiter)
    : await fileSource(file, mappingOf(file, { map, event, currency, dateFormat: values['date-format'] ?? null }), delimiter)
  const { name, total } = source
  const bar = progressBar(name, total)
  const places = new WeakMap<IncomingEvent, Placed>()
  let rejected = 0
  /** The first of each kind says it all. */
  const hints = new Map<string, string>()
  async function* single(): AsyncGenerator<IncomingEvent[]> {
    for await (const placed of source.events()) {
      places.set(placed.event, placed)
      yield [placed.event]
    }
  }
  const api = { url, ...keyFor(values.key) }
  const totals = await upload(api, inBatches(single()), {
    // A name of its own each time: a second attempt has a progress of its own, whatever the first came to.
    importId: `import:${name}:${randomBytes(4).toString('hex')}`,
    label: values.label ?? name,
    total,
    onProgress: bar.update,
    onRejected: (result, event) => {
      const hint = hintFor(result, event)
      if (hint && !hints.has(`${result.code} ${result.field}`)) hints.set(`${result.code} ${result.field}`, hint)
      if (++rejected > SHOWN_REJECTIONS) return
      const { file, line } = places.get(event) as Placed
      console.error(`\n${file}:${line} ${result.code} ${result.field ?? ''} ${result.message ?? ''}`.trimEnd())
    },
  })
  bar.end()
  if (rejected > SHOWN_REJECTIONS) console.error(`… and ${rejected - SHOWN_REJECTIONS} more rejected lines`)
  for (const hint of hints.values()) console.error(`hint: ${hint}`)
  if (totals.stopped) console.error('Stopped: nothing of the first lines could be taken, so the rest was not sent')
  if (!totals.stopped) await source.finish?.(api)
  console.log(`${name}: ${totals.accepted} accepted, ${totals.duplicate} already there, ${totals.rejected} rejected`)
  return totals.rejected ? 1 : 0
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`import: ${error instanceof Error ? error.message : error}`)
  return 1
})
