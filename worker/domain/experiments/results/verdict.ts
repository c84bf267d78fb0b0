import type { Verdict } from '../../../contract/lists.ts'
import type { Experiment } from '../definition.ts'
import type { MetricFinding, VariantFinding } from './compare-metric.ts'
import type { Judged } from './evidence.ts'
import type { Harm } from './find-harm.ts'
import { ALPHA } from './reading.ts'
import type { Split } from './split.ts'
import { describeDays, describeFigure, describeLift, describeMetric, nameOf } from './words.ts'

export interface Ruling {
  verdict: Verdict
  /** The one it is about. */
  variant: string | null
  sentence: string
  reasons: string[]
}

/** What a verdict is reached from. */
export interface Findings {
  /** Goals over the people the verdict rests on. */
  goals: readonly MetricFinding[]
  guardrails: readonly Judged[]
  harms: readonly Harm[]
  split: Split | null
  exposed: Readonly<Record<string, number>>
  /** Nobody is drawn any more. */
  isOver: boolean
  /** Whose figures the goals are, where they are not everybody's. */
  whose: string | null
  /** Why there is no verdict yet, whatever the figures; null where they decide. */
  obstacle: string | null
  /** 0 from its start on. */
  daysUntilStart: number
  daysLeft: number
  daysToVerdict: number | null
}

type Goal = { judged: Judged; finding: VariantFinding }

/** A treatment with what each goal says of it. */
interface Contender {
  key: string
  goals: Goal[]
  harms: Harm[]
}

const isSure = ({ finding: { lift } }: Goal): boolean => lift !== null && lift.adjusted < ALPHA
const isGain = ({ judged, finding: { lift } }: Goal): boolean => (lift?.value ?? 0) * (judged.definition.direction === 'up' ? 1 : -1) > 0
const isBetter = (goal: Goal): boolean => isSure(goal) && isGain(goal)
const isWorse = (goal: Goal): boolean => isSure(goal) && !isGain(goal)

/**
 * The verdict, by the first of these that holds: people that are not split as they should be; too early; a variant that
 * surely betters a goal, worsens none and harms no guardrail; every variant surely worse or harmful; else to go on until the
 * planned end. What is sure has an adjusted p value below 5 %, by an interval that allows for every look that was taken.
 */
export function judge(experiment: Experiment, findings: Findings): Ruling {
  const { split, obstacle, isOver, harms } = findings
  if (experiment.status === 'draft') return keepRunning('Not started: nobody is drawn yet', [])
  if (findings.daysUntilStart > 0) return keepRunning(`Not started: it begins in ${describeDays(findings.daysUntilStart)}`, [])
  if (split?.mismatch) return mismatched(experiment, findings, split)
  const contenders = contendersOf(experiment, findings)
  const reasons = [...contenders.flatMap((one) => reasonsOf(experiment, one)), ...notesOf(experiment, findings)]
  const harmful = contenders.filter(({ harms }) => harms.length > 0)
  if (harms.length > 0 && harmful.length === contenders.length) return harmed(experiment, findings, harmful, reasons)
  if (experiment.ending === 'guardrail') return harmed(experiment, findings, harmful, reasons)
  const goOn = (why: string) => (isOver ? inconclusive(experiment, why, reasons) : waiting(findings, why, reasons))
  if (obstacle !== null) return goOn(obstacle)

  const winners = contenders.filter(({ goals, harms }) => harms.length === 0 && goals.some(isBetter) && !goals.some(isWorse))
  const best = winners.sort((a, b) => gainOf(b) - gainOf(a))[0]
  if (best) return ship(experiment, best, reasons)
  if (contenders.length > 0 && contenders.every(({ goals, harms }) => harms.length > 0 || (goals.some(isWorse) && !goals.some(isBetter))))
    return rollBack(experiment, contenders, reasons)
  return goOn(undecided(experiment, contenders))
}

const contendersOf = ({ variants }: Experiment, { goals, harms }: Findings): Contender[] =>
  variants
    .slice(1)
    .filter(({ weight }) => weight > 0)
    .map(({ key }) => ({
      key,
      goals: goals.flatMap(({ judged, variants }) => {
        const finding = variants.find(({ variant }) => variant === key)
        return finding ? [{ judged, finding }] : []
      }),
      harms: harms.filter(({ variant }) => variant === key),
    }))

/** By the first goal, in its own direction. */
function gainOf({ goals }: Contender): number {
  const [first] = goals
  const lift = first?.finding.lift?.value ?? 0
  return first?.judged.definition.direction === 'down' ? -lift : lift
}

const controlOf = (experiment: Experiment): string => nameOf(experiment, experiment.variants[0]?.key)

const describeGoal = (experiment: Experiment, { judged, finding: { lift } }: Goal): string =>
  lift
    ? `${describeMetric(judged.definition)} is ${describeLift(lift.value)} against ${controlOf(experiment)} (between ${describeLift(lift.low)} and ${describeLift(lift.high)})`
    : `${describeMetric(judged.definition)} is not compared`

function reasonsOf(experiment: Experiment, { key, goals, harms }: Contender): string[] {
  const name = nameOf(experiment, key)
  // Why nobody's figures do not compare need not be told.
  const ofGoals = goals.flatMap((goal) => {
    if (goal.finding.moments.n === 0) return []
    if (!goal.finding.lift) return `${name}: ${describeMetric(goal.judged.definition)}: ${goal.finding.reason ?? 'nothing to compare'}`
    return `${name}: ${describeGoal(experiment, goal)}${isBetter(goal) ? ', surely better' : isWorse(goal) ? ', surely worse' : ''}`
  })
  return [...ofGoals, ...harms.map((harm) => `${name}: ${describeMetric(harm)} surely harmed (p = ${harm.pValue.toPrecision(2)})`)]
}

function notesOf({ ending, method, plannedSample }: Experiment, { obstacle, whose }: Findings): string[] {
  return [
    whose,
    obstacle,
    method === 'group_sequential' && plannedSample === null
      ? 'no sample was planned to look at shares of, so it is read by intervals that hold at every look'
      : null,
    ending === 'guardrail' ? 'it was stopped because a guardrail was surely harmed' : null,
  ].filter((note) => note !== null)
}

function undecided(experiment: Experiment, contenders: readonly Contender[]): string {
  const torn = contenders.find(({ goals }) => goals.some(isBetter) && goals.some(isWorse))
  if (torn) return `${nameOf(experiment, torn.key)} is surely better in one goal and surely worse in another`
  const [first] = contenders[0]?.goals ?? []
  const metric = first ? ` in ${describeMetric(first.judged.definition)}` : ''
  return `no variant is surely better than ${controlOf(experiment)}${metric}`
}

function ship(experiment: Experiment, winner: Contender, reasons: string[]): Ruling {
  const better = winner.goals.filter(isBetter).map((goal) => describeGoal(experiment, goal))
  return {
    verdict: 'ship',
    variant: winner.key,
    sentence: `Ship ${nameOf(experiment, winner.key)}: ${better.join(', and ')}`,
    reasons,
  }
}

function rollBack(experiment: Experiment, contenders: readonly Contender[], reasons: string[]): Ruling {
  const worst = [...contenders].sort((a, b) => gainOf(a) - gainOf(b))[0] as Contender
  const goal = worst.goals.find(isWorse) ?? worst.goals[0]
  const who =
    contenders.length === 1
      ? nameOf(experiment, worst.key)
      : `none of the other ${contenders.length} variants is better; ${nameOf(experiment, worst.key)}`
  const said = goal ? `: ${describeGoal(experiment, goal)}` : ''
  return {
    verdict: 'roll_back',
    variant: worst.key,
    sentence: `Keep ${controlOf(experiment)}: ${who} is surely worse${said}`,
    reasons,
  }
}

function harmed(experiment: Experiment, { guardrails }: Findings, harmful: readonly Contender[], reasons: string[]): Ruling {
  const keep = `Keep ${controlOf(experiment)}`
  const worst = harmful.flatMap(({ harms }) => harms).sort((a, b) => a.pValue - b.pValue)[0]
  const guardrail = guardrails.find(({ metric }) => metric === worst?.metric)
  if (!worst || !guardrail)
    return {
      verdict: 'roll_back',
      variant: null,
      sentence: `${keep}: a guardrail was surely harmed, so the experiment was stopped`,
      reasons,
    }
  const [value, control] = [worst.value, worst.controlValue].map((each) => describeFigure(guardrail, each))
  const sentence = `${keep}: ${nameOf(experiment, worst.variant)} surely harms a guardrail: ${describeMetric(worst)} ${value}, ${control} with ${controlOf(experiment)}`
  return { verdict: 'roll_back', variant: worst.variant, sentence, reasons }
}

const KEPT =
  'weights were changed, and whoever comes with a sticky assignment keeps their variant: leave those out with `excludeEarlier`, or look at the causes'

/** Where people are not split as they should be. */
export const MISTRUSTED =
  'Do not trust this experiment: its people are not split between the variants as they should be, so something besides the variants differs'

function mismatched(experiment: Experiment, { exposed }: Findings, { pValue, causes }: Split): Ruling {
  const total = Object.values(exposed).reduce((sum, people) => sum + people, 0)
  return {
    verdict: 'invalid',
    variant: null,
    sentence: MISTRUSTED,
    reasons: [
      `a split at least as uneven has a chance of ${pValue.toPrecision(2)}`,
      ...experiment.variants.map(
        ({ key, name, weight }) => `${name}: ${exposed[key] ?? 0} people where ${Math.round(total * weight)} were expected`,
      ),
      ...causes.map(({ dimension, value, pValue }) => `${dimension} ${value} is split the most oddly (p = ${pValue.toPrecision(2)})`),
      ...(experiment.phases.length > 1 ? [KEPT] : []),
    ],
  }
}

const inconclusive = (experiment: Experiment, why: string, reasons: string[]): Ruling => ({
  verdict: 'inconclusive',
  variant: null,
  // Somebody may have shipped it all the same.
  sentence: `Nothing is settled: ${why}. ${experiment.shipped === null ? `${controlOf(experiment)} stays` : `${nameOf(experiment, experiment.shipped)} was shipped all the same`}`,
  reasons,
})

const keepRunning = (sentence: string, reasons: string[]): Ruling => ({ verdict: 'keep_running', variant: null, sentence, reasons })

function waiting({ daysLeft, daysToVerdict }: Findings, why: string, reasons: string[]): Ruling {
  const rate = daysToVerdict === null ? '' : `; at the current rate a verdict takes about ${describeDays(daysToVerdict)} more`
  const end = daysToVerdict !== null && daysToVerdict > daysLeft ? ', but it ends in' : '; it ends in'
  return keepRunning(`Keep running: ${why}${rate}${end} ${describeDays(daysLeft)}`, reasons)
}
