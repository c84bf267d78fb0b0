import type { SQLWrapper } from 'drizzle-orm'
import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'
import { SQLiteAsyncDialect } from 'drizzle-orm/sqlite-core'

export type Database = DrizzleD1Database<Record<string, never>>

const databases = new WeakMap<D1Database, Database>()

/** The query builder over a D1 binding. */
export function connect(binding: D1Database): Database {
  let database = databases.get(binding)
  if (!database) {
    database = drizzle(binding)
    databases.set(binding, database)
  }
  return database
}

const dialect = new SQLiteAsyncDialect()

/**
 * Runs statements, built or written by hand, as one transaction: D1 has no interactive ones, and the builder's own batch
 * takes no SQL written by hand.
 */
export function transact(binding: D1Database, statements: SQLWrapper[]): Promise<D1Result[]> {
  return binding.batch(
    statements.map((statement) => {
      const { sql, params } = dialect.sqlToQuery(statement.getSQL())
      return binding.prepare(sql).bind(...params)
    }),
  )
}
