import type { ErrorCode } from './types.ts'

/** A busy or absent server, or what stands before it: the same request may do better in a moment. */
const PASSING = [429, 502, 503, 504]

/** What went wrong with a call. The message is the server's own sentence where it gave one, and never holds the key. */
export class FairleadError extends Error {
  /** The server's problem code, explained under `/docs#<code>`, or one of ours where no such answer came. */
  readonly code: ErrorCode
  /** What in the request is meant, as in `testPrices.1`. */
  readonly field: string | undefined
  /** HTTP status of the answer; 0 where none came, or nothing was sent. */
  readonly status: number
  /** Whether the same call may do better later. It has been tried again already, as often as `retries` says. */
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, detail?: { field?: string; status?: number; cause?: unknown }) {
    super(message, detail?.cause === undefined ? undefined : { cause: detail.cause })
    this.name = 'FairleadError'
    this.code = code
    this.field = detail?.field
    this.status = detail?.status ?? 0
    this.retryable = code === 'network' || code === 'timeout' || PASSING.includes(this.status)
  }
}

/** Refuses an argument before anything is sent. */
export const unfit = (field: string, what: string): FairleadError =>
  new FairleadError('invalid_field', `${field} requires ${what}`, { field })
