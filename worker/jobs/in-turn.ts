export interface Turns {
  /** How much was done, added up. */
  done: number
  /** To be thrown at the end, so that the job counts as failed; null where nothing failed. */
  failure: AggregateError | null
}

/**
 * Does the work of each, one after the other, whatever becomes of another's.
 *
 * @param what names one of them in what is said of failures: `price test`
 */
export async function inTurn<Item>(
  what: string,
  items: readonly Item[],
  idOf: (item: Item) => string,
  work: (item: Item) => Promise<number>,
): Promise<Turns> {
  const failures: unknown[] = []
  let done = 0
  for (const item of items) {
    try {
      done += await work(item)
    } catch (error) {
      console.error(what, idOf(item), error)
      failures.push(error)
    }
  }
  if (failures.length === 0) return { done, failure: null }
  return { done, failure: new AggregateError(failures, `${failures.length} ${what}s failed: ${failures.map(messageOf).join('; ')}`) }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
