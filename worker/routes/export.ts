import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import * as z from 'zod'
import { allow } from '../auth.ts'
import { ExportQuery, ExportRef, LedgerAnswer, LedgerQuery } from '../contract/exports.ts'
import { readExtent } from '../db/analytics.ts'
import { readCosts } from '../db/costs.ts'
import { type After, type LedgerKey, readLedgerPage, readMovementPage } from '../db/exports.ts'
import { periodOf } from '../domain/analytics/period.ts'
import { DomainError } from '../domain/error.ts'
import { COST_COLUMNS, costRow, LEDGER_COLUMNS, ledgerEntry, ledgerRow, MOVEMENT_COLUMNS, movementRow } from '../domain/export/books.ts'
import { fileNameOf, headerOf, lineOf, type Row } from '../domain/export/lines.ts'
import { ANALYTICS_TABLES } from '../domain/export/tables.ts'
import { parseCurrency } from '../domain/money.ts'
import { dayOf } from '../domain/time.ts'
import { type AppEnv, answers, needs, refusals, router } from '../http.ts'
import { answerAnalytics } from './analytics-answer.ts'

const tags = ['analytics']

const getExport = createRoute({
  method: 'get',
  path: '/{table}',
  tags,
  summary: 'A table as a file, CSV or one JSON object a line',
  description:
    "Amounts are decimal text with the digits of their currency. In CSV, text that a spreadsheet would run as a formula has a ' in front. `ledger` holds every entry of the period by booked day, `movements` every change of recurring revenue, `costs` every cost with a day in the period; the other tables are what `/api/analytics` shows. All count by booked day, so that what stands in a file adds up to the figures.",
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: ExportRef, query: ExportQuery },
  responses: {
    200: {
      description: 'The table, streamed',
      content: { 'text/csv': { schema: z.string() }, 'application/x-ndjson': { schema: z.string() } },
    },
    ...refusals,
  },
})

const listLedger = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Entries of the ledger: money that moved, and changes of subscriptions, oldest first',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: LedgerQuery },
  responses: { 200: answers('A page of entries', LedgerAnswer), ...refusals },
})

const MEDIA_TYPES = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson; charset=utf-8' } as const

/** Rows held in memory at once, whatever the length of a table. */
const PAGE = 5_000

type Pages = AsyncGenerator<Row[]>

/** Pages of a table that is read in the order of a key; the last one is not full. */
async function* paged<Found extends { id: string }, Key>(
  read: (after: After<Key> | null) => Promise<Found[]>,
  keyOf: (row: Found) => Key,
  show: (row: Found) => Row,
): Pages {
  for (let after: After<Key> | null = null; ; ) {
    const page: Found[] = await read(after)
    yield page.map(show)
    const last = page.at(-1)
    if (!last || page.length < PAGE) return
    after = { key: keyOf(last), id: last.id }
  }
}

async function* once(rows: Row[]): Pages {
  yield rows
}

interface Export {
  columns: readonly string[]
  pages: Pages
  period: { from: string; to: string }
  currency: string | null
}

async function openExport(
  c: Context<AppEnv>,
  table: z.infer<typeof ExportRef>['table'],
  query: z.infer<typeof ExportQuery>,
): Promise<Export> {
  const { DB } = c.env
  if (table !== 'ledger' && table !== 'movements' && table !== 'costs') {
    const { timeframe, to, currency } = query
    const none = { includeForecasts: 'false', convert: 'false' } as const
    const answer = await answerAnalytics(c, { timeframe, to, currency, includeCohorts: table === 'cohorts' ? 'true' : 'false', ...none })
    const { columns, rows } = ANALYTICS_TABLES[table]
    return { columns, pages: once(rows(answer)), period: answer.period, currency: answer.currency }
  }
  const currency = query.currency === undefined ? undefined : parseCurrency(query.currency)
  const begun = query.timeframe === 'all' ? (await readExtent(DB)).firstDay : null
  const period = periodOf(query.timeframe, query.to ?? dayOf(Date.now()), begun)
  // What happened before the first day that counts it is of all time as well.
  const from = query.timeframe === 'all' ? dayOf(0) : period.from
  const within = { from, to: period.to, currency }
  const books = {
    ledger: () => ({
      columns: LEDGER_COLUMNS,
      pages: paged(
        (after: After<LedgerKey> | null) => readLedgerPage(DB, within, after, PAGE),
        (row): LedgerKey => row,
        ledgerRow,
      ),
    }),
    movements: () => ({
      columns: MOVEMENT_COLUMNS,
      pages: paged(
        (after: After<string> | null) => readMovementPage(DB, within, after, PAGE),
        ({ day }) => day,
        movementRow,
      ),
    }),
    costs: () => ({
      columns: COST_COLUMNS,
      pages: paged(
        (after: After<string> | null) => readCosts(DB, { ...within, after: after?.id, limit: PAGE }),
        ({ id }) => id,
        costRow,
      ),
    }),
  }
  return { ...books[table](), period, currency: currency ?? null }
}

/** Lines as a body that is read as fast as it is taken. */
function streamOf(first: string, pages: Pages, linesOf: (rows: Row[]) => string): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (first !== '') controller.enqueue(encoder.encode(first))
    },
    async pull(controller) {
      const { done, value } = await pages.next()
      if (done) controller.close()
      else controller.enqueue(encoder.encode(linesOf(value)))
    },
    cancel: async () => {
      await pages.return(undefined)
    },
  })
}

export const exports = router().openapi(getExport, async (c) => {
  const { table } = c.req.valid('param')
  const query = c.req.valid('query')
  const { columns, pages, period, currency } = await openExport(c, table, query)
  // Read before the answer begins, so that a store that does not answer is a refusal and no broken file.
  const first = await pages.next()
  const linesOf = (rows: Row[]) => rows.map((row) => lineOf(row, columns, query.format)).join('')
  const begin = headerOf(columns, query.format) + (first.done ? '' : linesOf(first.value))
  return c.body(streamOf(begin, pages, linesOf), 200, {
    'content-type': MEDIA_TYPES[query.format],
    'content-disposition': `attachment; filename="${fileNameOf(table, period, currency, query.format)}"`,
  })
})

/** Before and behind every day there is. */
const [FIRST_DAY, LAST_DAY] = ['0000-01-01', '9999-12-31']

/** A place in the ledger as callers pass it on. */
const cursorOf = ({ bookedDay, timestamp, id }: LedgerKey & { id: string }): string => `${bookedDay}:${timestamp}:${id}`

function parseCursor(text: string): After<LedgerKey> {
  const match = /^(\d{4}-\d\d-\d\d):(\d{1,16}):(.+)$/s.exec(text)
  if (!match) throw new DomainError('invalid_field', 'a cursor is the `next` of the page before', 'cursor')
  return { key: { bookedDay: match[1] as string, timestamp: Number(match[2]) }, id: match[3] as string }
}

export const ledger = router().openapi(listLedger, async (c) => {
  const { from, to, customerId, type, cursor, limit } = c.req.valid('query')
  if (from !== undefined && to !== undefined && to < from)
    throw new DomainError('end_before_start', 'the last day lies before the first', 'to')
  const filter = {
    from: from ?? FIRST_DAY,
    to: to ?? LAST_DAY,
    customerId,
    type,
  }
  const found = await readLedgerPage(c.env.DB, filter, cursor === undefined ? null : parseCursor(cursor), limit + 1)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  const next = found.length > limit && last ? cursorOf(last) : null
  return c.json({ success: true as const, entries: page.map(ledgerEntry), next }, 200)
})
