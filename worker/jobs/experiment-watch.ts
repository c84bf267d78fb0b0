import { compileConfiguration } from '../config.ts'
import type { AuditLine } from '../db/audit.ts'
import { hasUncompiledExperiment, readRecentExperiments, readRunningExperiments, replaceExperiment, saveSaid } from '../db/experiments.ts'
import { answerOf, type Experiment } from '../domain/experiments/definition.ts'
import { shipped, stopped } from '../domain/experiments/lifecycle.ts'
import { sumsOf } from '../domain/experiments/results/analyse.ts'
import { isFinalAt } from '../domain/experiments/results/basis.ts'
import { evidenceBefore } from '../domain/experiments/results/evidence.ts'
import { findHarm } from '../domain/experiments/results/find-harm.ts'
import { saidOf } from '../domain/experiments/results/results.ts'
import { addDays, DAY_MS, dayOf, startOfDay } from '../domain/time.ts'
import type { Env } from '../env.ts'
import { type Known, readGuardrails, readKnown } from '../evidence.ts'
import { inTurn } from './in-turn.ts'
import { CLOCK } from './test-analysis.ts'

const keyOf = ({ key }: Experiment): string => key
const one = (isDone: boolean): number => (isDone ? 1 : 0)

/** The longest window of a metric and two days: until then something may still come of an experiment that has ended. */
const WATCHED_AFTER_MS = 92 * DAY_MS

/**
 * Ends experiments whose time is over, and those that surely harm a guardrail. A run that is repeated finds them ended, and
 * leaves them.
 */
export async function watchExperiments(env: Env, slot: number): Promise<string> {
  const running = await readRunningExperiments(env.DB)
  const { done: ended, failure } = await inTurn('experiment', running, keyOf, async (experiment) => {
    const { startsAt, endsAt } = experiment
    if (endsAt <= slot) return one(await end(env, experiment, slot))
    return one(startsAt <= slot && (await stopHarmful(env, experiment, slot)))
  })
  // Also what a run before this one had saved, where its compile failed. A snapshot whose clock was ahead may look newer than
  // what has just been saved, and not hold it.
  if (ended > 0 || (await hasUncompiledExperiment(env.DB))) await compileConfiguration(env, Date.now())
  if (failure) throw failure
  return `${running.length} experiments watched, ${ended} ended`
}

/** Stores what every experiment said as the day before ended that runs, or whose last windows are not over. */
export async function analyseExperiments(env: Env, slot: number): Promise<string> {
  const today = dayOf(slot)
  const recent = (await readRecentExperiments(env.DB, slot - WATCHED_AFTER_MS)).filter(({ startsAt }) => startsAt < startOfDay(today))
  const { done: kept, failure } = await inTurn('experiment', recent, keyOf, async (experiment) => {
    const known = await readKnown(env.DB, experiment, { withSegments: false })
    // What it said once everybody's window was over is stored, too.
    // So is that of one that has ended before anybody looked at it.
    if (known.history.length > 0 && isFinalAt(experiment, known.judged, startOfDay(addDays(today, -2)))) return 0
    await keepSaid(env, experiment, known, today, slot)
    return 1
  })
  if (failure) throw failure
  return `${kept} experiments analysed`
}

async function keepSaid(env: Env, experiment: Experiment, { judged, evidence, history }: Known, today: string, madeAt: number) {
  const before = history.filter(({ day }) => day < addDays(today, -1))
  const said = saidOf(experiment, judged, evidenceBefore(evidence, today), before, startOfDay(today))
  await saveSaid(env.DB, experiment, addDays(today, -1), said, madeAt)
  return said
}

/** Nobody is shipped to without having been asked, unless the experiment says so and its verdict does. */
async function end(env: Env, experiment: Experiment, slot: number): Promise<boolean> {
  const over = stopped(experiment, 'duration', slot)
  const known = await readKnown(env.DB, experiment, { withSegments: false })
  const { verdict, variant, sentence } = await keepSaid(env, over, known, addDays(dayOf(experiment.endsAt - 1), 1), slot)
  const after = experiment.autoShip && verdict === 'ship' && variant !== null ? shipped(over, variant, slot) : over
  const line = lineOf('experiment.ended', experiment, after, { verdict, sentence })
  return replaceExperiment(env.DB, experiment, after, slot, line)
}

async function stopHarmful(env: Env, experiment: Experiment, slot: number): Promise<boolean> {
  const { judged, evidence } = await readGuardrails(env.DB, experiment)
  const harms = findHarm(sumsOf(experiment, judged, evidence))
  if (harms.length === 0) return false
  const after = stopped(experiment, 'guardrail', slot)
  return replaceExperiment(env.DB, experiment, after, slot, lineOf('experiment.guardrail_harmed', experiment, after, { harms }))
}

const lineOf = (action: string, before: Experiment, after: Experiment, found: object): AuditLine => ({
  at: Date.now(),
  actor: CLOCK,
  action,
  subject: before.key,
  before: answerOf(before),
  after: { ...answerOf(after), ...found },
})
