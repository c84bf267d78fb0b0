import type { ProblemCode } from '../contract/problem.ts'

/** A refusal the caller can act on: a stable code, a sentence without a final period, and where it applies the field. */
export class DomainError extends Error {
  readonly code: ProblemCode
  readonly field: string | undefined
  constructor(code: ProblemCode, message: string, field?: string) {
    super(message)
    this.code = code
    this.field = field
  }
}

/** A refusal of configuration that is well formed and still cannot be: answered with 422, whatever the code means elsewhere. */
export class ConfigurationError extends DomainError {}

/**
 * What crosses RPC. A thrown error loses its code on the way between a Worker and an object, so objects answer
 * refusals as values: https://developers.cloudflare.com/workers/runtime-apis/rpc/error-handling/
 */
export type Outcome<T> = { ok: true; value: T } | { ok: false; code: ProblemCode; message: string; field?: string }

export const succeed = <T>(value: T): Outcome<T> => ({ ok: true, value })
export const refuse = <T>(code: ProblemCode, message: string, field?: string): Outcome<T> =>
  field === undefined ? { ok: false, code, message } : { ok: false, code, message, field }

/** The value of an outcome, or its refusal thrown on this side of the RPC. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value
  throw new DomainError(outcome.code, outcome.message, outcome.field)
}
