/** What an error says, and what it was thrown over: a library may wrap the store's own words. */
function* wordsOf(error: unknown): Generator<string> {
  for (let at = error; at instanceof Error; at = at.cause) yield at.message
}

const says = (error: unknown, words: RegExp): boolean => [...wordsOf(error)].some((message) => words.test(message))

/**
 * Errors of a store under load or in motion, which pass by themselves:
 * https://developers.cloudflare.com/d1/observability/debug-d1/
 */
export const isPassing = (error: unknown): boolean =>
  says(
    error,
    /overloaded|connection lost|reset|timed? ?out|exceeded timeout|storage caused object|starting up|transient issue|replica disconnected|internal error/i,
  )

/** Evidence that the same statement will fail again, whenever it is tried: something in it is not what the tables take. */
export const isPermanent = (error: unknown): boolean =>
  says(
    error,
    /constraint|datatype mismatch|SQLITE_(MISMATCH|TOOBIG|RANGE|ERROR)|malformed JSON|bad JSON path|too big|integer overflow|D1_TYPE_ERROR/i,
  )
