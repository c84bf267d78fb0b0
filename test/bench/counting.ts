/** Rows written so far, as Cloudflare bills them: index entries count, and setting an alarm is a row. */
export const written = { objects: 0, database: 0 }

let isWatching = false

/** Counts what objects write from now on. One object's storage shows the way to all, as they share a prototype. */
export function countObjectRows(storage: DurableObjectStorage): void {
  if (isWatching) return
  isWatching = true
  const type = Object.getPrototypeOf(storage.sql) as SqlStorage
  const exec = type.exec
  type.exec = function (this: SqlStorage, query: string, ...bindings: unknown[]) {
    const cursor = exec.call(this, query, ...bindings)
    written.objects += cursor.rowsWritten
    return cursor
  } as typeof exec
  const clock = Object.getPrototypeOf(storage) as DurableObjectStorage
  const setAlarm = clock.setAlarm
  clock.setAlarm = function (this: DurableObjectStorage, ...parameters) {
    written.objects++
    return setAlarm.apply(this, parameters)
  }
}

/** The database, counting what its batches write. */
export const countingDatabase = (db: D1Database): D1Database =>
  new Proxy(db, {
    get(target, name) {
      if (name === 'batch')
        return async (statements: D1PreparedStatement[]) => {
          const results = await target.batch(statements)
          for (const { meta } of results) written.database += meta.rows_written
          return results
        }
      const value = Reflect.get(target, name) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
