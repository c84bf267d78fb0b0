import { signal } from '@preact/signals'
import type { Problem, ProblemCode } from '../worker/contract/problem.ts'

/** True once the server has answered 401: the whole page then becomes the sign-in screen. */
export const signedOut = signal(false)

/** A refusal of the server, or `unreachable` when there was no answer at all. */
export class Refusal extends Error {
  readonly code: ProblemCode | 'unreachable'
  /** Path of what was wrong in what was sent, as `prices.0.floor`; null where the whole of it was. */
  readonly field: string | null
  constructor(code: ProblemCode | 'unreachable', message: string, field: string | null = null) {
    super(message)
    this.code = code
    this.field = field
  }
}

interface Options {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
}

/**
 * One request to our own origin. The header marks it as the dashboard's, which a form of another site cannot send.
 *
 * @throws Refusal  the server refused, or could not be reached
 */
export async function ask<T>(path: string, { method = 'GET', body, signal: abort }: Options = {}): Promise<T> {
  const answer = await fetch(path, {
    method,
    headers: {
      accept: 'application/json',
      ...(method === 'GET' ? {} : { 'x-fairlead': '1' }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: abort,
  }).catch((error: unknown) => {
    if (abort?.aborted) throw error
    throw new Refusal('unreachable', 'The server cannot be reached')
  })
  if (answer.ok) return (await answer.json()) as T
  const problem = (await answer.json().catch(() => null)) as Partial<Problem> | null
  if (answer.status === 401 && path !== '/api/session') signedOut.value = true
  throw new Refusal(problem?.code ?? 'internal', problem?.error ?? `The server answered ${answer.status}`, problem?.field)
}

/** What to tell a person about a failed request. */
export const inWords = (error: unknown): string => (error instanceof Error ? error.message : String(error))
