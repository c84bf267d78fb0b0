import { readExperimentSums, readWholeSums } from './db/experiment-sums.ts'
import { readExperiment, readHistory } from './db/experiments.ts'
import { readMetrics } from './db/metrics.ts'
import type { Experiment, ExperimentMetric } from './domain/experiments/definition.ts'
import { experimentSumsOf, type SumsRow } from './domain/experiments/experiment-sums.ts'
import type { MetricDefinition } from './domain/experiments/metric.ts'
import { findMetric } from './domain/experiments/metric-input.ts'
import type { Evidence, Judged } from './domain/experiments/results/evidence.ts'
import type { History } from './domain/experiments/results/results.ts'
import { splitOf } from './domain/experiments/results/split.ts'

/** What the running version of an experiment is judged by, all that is known of it, and what it said day by day. */
export interface Known {
  judged: Judged[]
  evidence: Evidence
  history: History
}

/** Of experiments from before there were metrics: what was counted of them. */
const BEFORE_METRICS: Pick<Judged, 'metric' | 'role' | 'cap'>[] = [{ metric: 'net_revenue@1', role: 'goal', cap: null }]

/** @param withSegments whoever looks often leaves them out */
export async function readKnown(db: D1Database, experiment: Experiment, { withSegments = true } = {}): Promise<Known> {
  const [custom, sums, history] = await Promise.all([
    readMetrics(db),
    readExperimentSums(db, experiment, { withSegments }),
    readHistory(db, experiment),
  ])
  const isOld = experiment.metrics.length === 0
  const metrics = isOld ? BEFORE_METRICS.map((metric) => ({ ...metric, currency: experiment.currency })) : experiment.metrics
  const judged = withDefinitions(metrics, custom)
  return { judged, evidence: evidenceOf(isOld ? sums.flatMap(underMetric) : sums, judged), history }
}

/** The guardrails of an experiment and what is known of them. */
export async function readGuardrails(db: D1Database, experiment: Experiment): Promise<Pick<Known, 'judged' | 'evidence'>> {
  const guardrails = experiment.metrics.filter(({ role }) => role === 'guardrail')
  if (guardrails.length === 0) return { judged: [], evidence: evidenceOf([], []) }
  const references = guardrails.map(({ metric }) => metric)
  const [custom, sums] = await Promise.all([readMetrics(db), readWholeSums(db, experiment, references)])
  const judged = withDefinitions(guardrails, custom)
  return { judged, evidence: evidenceOf(sums, judged) }
}

const withDefinitions = (metrics: readonly ExperimentMetric[], custom: readonly MetricDefinition[]): Judged[] =>
  metrics.flatMap((metric) => {
    const definition = findMetric(custom, metric.metric)
    return definition ? [{ ...metric, definition }] : []
  })

const evidenceOf = (rows: readonly SumsRow[], judged: readonly Judged[]): Evidence =>
  experimentSumsOf(
    rows,
    judged.map(({ definition }) => definition),
  )

/** Net revenue was counted beside the people before each metric got sums of its own. */
const underMetric = (row: SumsRow): SumsRow[] =>
  row.scope.endsWith(':') ? [row, { ...row, scope: `${row.scope}${BEFORE_METRICS[0]?.metric}` }] : [row]

/**
 * Drivers without the variants of experiments whose people are not split as they should be: a difference between those is a
 * winner told, though nobody may trust it.
 */
export async function trustedDrivers<Driver extends { feature: string; value: string }>(
  db: D1Database,
  drivers: readonly Driver[],
): Promise<Driver[]> {
  const references = new Set(drivers.flatMap(({ feature, value }) => (feature === 'variant' ? [experimentOf(value)] : [])))
  const invalid = new Set<string>()
  await Promise.all(
    [...references].map(async (reference) => {
      if (await isMismatched(db, reference)) invalid.add(reference)
    }),
  )
  return drivers.filter(({ feature, value }) => feature !== 'variant' || !invalid.has(experimentOf(value)))
}

/** @example experimentOf('hero@2|bold') // => 'hero@2' */
const experimentOf = (value: string): string => value.split('|')[0] ?? ''

async function isMismatched(db: D1Database, reference: string): Promise<boolean> {
  const experiment = await readExperiment(db, reference.replace(/@\d+$/, ''))
  // What an earlier version says is not told anywhere else either.
  if (!experiment || reference !== `${experiment.key}@${experiment.version}`) return false
  const people = evidenceOf(await readWholeSums(db, experiment, []), [])
  return splitOf(experiment, people)?.mismatch ?? false
}
