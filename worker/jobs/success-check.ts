import type { Env } from '../env.ts'

/** Something to look for among the customers. */
export interface SuccessCheck {
  id: string
  /** @returns what was found, in a few words */
  run(env: Env, slot: number): Promise<string>
}

/** Every check, in order: a new one is a file and a line here. */
export const SUCCESS_CHECKS: readonly SuccessCheck[] = []

/**
 * Runs every check, each for itself.
 *
 * @throws AggregateError at the end, where some have failed
 */
export async function checkCustomers(env: Env, slot: number, checks = SUCCESS_CHECKS): Promise<string> {
  const found: string[] = []
  const failures: unknown[] = []
  for (const { id, run } of checks) {
    try {
      found.push(`${id}: ${await run(env, slot)}`)
    } catch (error) {
      failures.push(new Error(`${id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error }))
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, failures.map((error) => (error as Error).message).join('; '))
  return found.length > 0 ? found.join('; ') : 'nothing to check yet'
}
