import { and, eq, gt, lt, sql } from 'drizzle-orm'
import { connect } from './client.ts'
import { adminSessions, loginAttempts } from './tables.ts'

const FREE_FAILURES = 5
const FIRST_LOCK_MS = 60_000
const LONGEST_LOCK_MS = 3_600_000
const ATTEMPTS_KEPT_MS = 86_400_000

export async function addSession(binding: D1Database, hash: string, actor: string, createdAt: number, expiresAt: number): Promise<void> {
  await connect(binding).insert(adminSessions).values({ hash, actor, createdAt, expiresAt })
}

/** Actor of a living session, or null. */
export async function readSession(binding: D1Database, hash: string, now: number): Promise<string | null> {
  const row = await connect(binding)
    .select({ actor: adminSessions.actor })
    .from(adminSessions)
    .where(and(eq(adminSessions.hash, hash), gt(adminSessions.expiresAt, now)))
    .get()
  return row?.actor ?? null
}

export async function endSession(binding: D1Database, hash: string): Promise<void> {
  await connect(binding).delete(adminSessions).where(eq(adminSessions.hash, hash))
}

/**
 * Counts an attempt to sign in before it is looked at, so that fifty at once are fifty. From the fifth on each locks the
 * source: one minute, then twice as long each time, at most an hour. False while it is locked.
 */
export async function startLogin(binding: D1Database, source: string, now: number): Promise<boolean> {
  const lockMs = sql`MIN(${FIRST_LOCK_MS} * (1 << MIN(failures + 1 - ${FREE_FAILURES}, 10)), ${LONGEST_LOCK_MS})`
  const counted = await connect(binding)
    .insert(loginAttempts)
    .values({ source, failures: 1, lockedUntil: 0 })
    .onConflictDoUpdate({
      target: loginAttempts.source,
      set: {
        failures: sql`failures + 1`,
        lockedUntil: sql`CASE WHEN failures + 1 >= ${FREE_FAILURES} THEN ${now} + ${lockMs} ELSE 0 END`,
      },
      setWhere: sql`locked_until <= ${now}`,
    })
    .returning({ failures: loginAttempts.failures })
  return counted.length === 1
}

/** A right token clears what came before it. */
export async function forgiveLogin(binding: D1Database, source: string): Promise<void> {
  await connect(binding).delete(loginAttempts).where(eq(loginAttempts.source, source))
}

/** Removes sessions that have ended and locks that ended more than a day ago. For the daily retention job. */
export async function removeEndedSessions(binding: D1Database, now: number): Promise<void> {
  const db = connect(binding)
  await db.batch([
    db.delete(adminSessions).where(lt(adminSessions.expiresAt, now)),
    db.delete(loginAttempts).where(lt(loginAttempts.lockedUntil, now - ATTEMPTS_KEPT_MS)),
  ])
}
