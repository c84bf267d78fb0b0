import { desc } from 'drizzle-orm'
import type { RunOutcome } from '../contract/lists.ts'
import { connect } from './client.ts'
import { jobLeases, jobRuns } from './tables.ts'

export interface Lease {
  job: string
  slot: number
  /** Id of the run that takes it. */
  run: string
  now: number
  heldUntil: number
}

/**
 * Takes the lease of a job for a slot, where the slot has not been done and nobody else is at it. One statement decides,
 * so of many that ask at once one is told yes. The run is noted in the same transaction; one whose lease had run out
 * without an end is noted as lost.
 */
export async function takeLease(db: D1Database, { job, slot, run, now, heldUntil }: Lease): Promise<boolean> {
  const [taken] = await db.batch([
    db
      .prepare(
        `INSERT INTO job_leases (job, slot, run, held_until) VALUES (?1, ?2, ?3, ?5)
         ON CONFLICT (job) DO UPDATE SET slot = ?2, run = ?3, held_until = ?5
         WHERE held_until <= ?4 AND slot <= ?2 AND (finished_slot IS NULL OR finished_slot < ?2)
         RETURNING run`,
      )
      .bind(job, slot, run, now, heldUntil),
    db
      .prepare(
        `UPDATE job_runs SET outcome = 'lost', ended_at = ?3, error = 'nothing was heard of its end'
         WHERE job = ?1 AND outcome = 'running' AND EXISTS (SELECT 1 FROM job_leases WHERE job = ?1 AND run = ?2)`,
      )
      .bind(job, run, now),
    db
      .prepare(
        `INSERT INTO job_runs (run, job, slot, started_at, outcome)
         SELECT run, job, slot, ?3, 'running' FROM job_leases WHERE job = ?1 AND run = ?2`,
      )
      .bind(job, run, now),
  ])
  return (taken?.results.length ?? 0) > 0
}

export type Ending = { outcome: 'succeeded'; summary: string } | { outcome: 'failed'; error: string }

/**
 * Notes how a run ended and gives its lease back; the slot counts as done only after a success. A run that has been taken
 * for lost meanwhile changes neither.
 */
export async function endRun(db: D1Database, job: string, run: string, now: number, ending: Ending): Promise<void> {
  const done = ending.outcome === 'succeeded'
  await db.batch([
    db
      .prepare(`UPDATE job_runs SET outcome = ?2, ended_at = ?3, summary = ?4, error = ?5 WHERE run = ?1 AND outcome = 'running'`)
      .bind(run, ending.outcome, now, done ? ending.summary : null, done ? null : ending.error),
    db
      .prepare(
        'UPDATE job_leases SET held_until = 0, finished_slot = CASE WHEN ?3 THEN slot ELSE finished_slot END WHERE job = ?1 AND run = ?2',
      )
      .bind(job, run, done ? 1 : 0),
  ])
}

export interface JobState {
  job: string
  finishedSlot: number | null
  heldUntil: number
}

export interface JobRun {
  id: number
  job: string
  slot: number
  startedAt: number
  endedAt: number | null
  outcome: RunOutcome
  summary: string | null
  error: string | null
}

/** Where each job stands, and the newest runs first. */
export async function readJobs(binding: D1Database, limit: number): Promise<{ states: JobState[]; runs: JobRun[] }> {
  const db = connect(binding)
  const [states, runs] = await db.batch([
    db.select({ job: jobLeases.job, finishedSlot: jobLeases.finishedSlot, heldUntil: jobLeases.heldUntil }).from(jobLeases),
    db
      .select({
        id: jobRuns.id,
        job: jobRuns.job,
        slot: jobRuns.slot,
        startedAt: jobRuns.startedAt,
        endedAt: jobRuns.endedAt,
        outcome: jobRuns.outcome,
        summary: jobRuns.summary,
        error: jobRuns.error,
      })
      .from(jobRuns)
      .orderBy(desc(jobRuns.id))
      .limit(limit),
  ])
  return { states, runs }
}
