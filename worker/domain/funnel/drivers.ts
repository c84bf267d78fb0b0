import type { FunnelAnswer, FunnelDriver } from '../../contract/funnels.ts'
import { adjustBenjaminiHochberg } from '../experiments/inference/multiple-testing.ts'
import { newcombeInterval, type Rate, ratesPValue } from '../statistics/rates.ts'
import type { FunnelDefinition, FunnelStep } from './definition.ts'
import type { Reached } from './figures.ts'

/** Fewer people than this on one side say nothing. */
const LEAST_PEOPLE = 30
/** Share of false ones that is accepted among those that are shown. */
const FALSE_DISCOVERIES = 0.05
const MOST_SHOWN = 20

/** What people are told apart by: those with it who reached each step, and those of them who went on from it. */
export interface Feature {
  feature: FunnelDriver['feature']
  value: string
  reached: Reached
  /** Of events alone, which may also be seen later on the way. */
  wentOn?: Reached
  /** With whom they are compared; the rest of all people where it is not said. Of a variant the other ones of its experiment. */
  others?: Reached
  /** All people compared are of this one and one other value, so that either says the same. */
  isOneOfTwo: boolean
}

interface Look {
  from: FunnelStep
  to: FunnelStep
  feature: Feature
  own: Rate
  others: Rate
}

/**
 * What goes along with being lost between one required step and the next: every feature with at least thirty people with and
 * without it is looked at, and shown where chance would not explain it, with all that was looked at in mind.
 *
 * Interval: Newcombe's, of the rate of those with it minus that of those without. p value: score test, Fisher's exact one where
 * few are expected. Correction: Benjamini–Hochberg. None of it says what causes what: who searches may have wanted to buy before.
 *
 * @returns most people at stake first
 */
export function findDrivers(funnel: FunnelDefinition, whole: Reached, features: readonly Feature[]): FunnelAnswer['drivers'] {
  const steps = funnel.steps.filter(({ optional }) => !optional)
  const looks = steps.slice(0, -1).flatMap((from, at) =>
    features.flatMap((feature) => {
      const look = lookAt(from, steps[at + 1] as FunnelStep, feature, whole)
      return look ? [look] : []
    }),
  )
  const pValues = looks.map(({ own, others }) => ratesPValue(own, others))
  const adjusted = adjustBenjaminiHochberg(pValues)
  return looks
    .map((look, at) => driverOf(look, pValues[at] as number, adjusted[at] as number))
    .filter(({ adjustedPValue, atStake }) => adjustedPValue <= FALSE_DISCOVERIES && atStake > 0)
    .sort((a, b) => b.atStake - a.atStake || a.adjustedPValue - b.adjustedPValue)
    .slice(0, MOST_SHOWN)
}

/** Null where there are too few on a side, or where the other of two values says it already. */
function lookAt(from: FunnelStep, to: FunnelStep, feature: Feature, whole: Reached): Look | null {
  const own: Rate = { people: feature.reached.get(from.key) ?? 0, successes: (feature.wentOn ?? feature.reached).get(to.key) ?? 0 }
  if (feature.wentOn) own.successes = feature.wentOn.get(from.key) ?? 0
  const others: Rate = feature.others
    ? { people: feature.others.get(from.key) ?? 0, successes: feature.others.get(to.key) ?? 0 }
    : { people: (whole.get(from.key) ?? 0) - own.people, successes: (whole.get(to.key) ?? 0) - own.successes }
  const isWhole = [own, others].every(({ people, successes }) => people >= LEAST_PEOPLE && successes >= 0 && successes <= people)
  if (!isWhole) return null
  // Of a pair the one that loses more is looked at, once.
  if (feature.isOneOfTwo && isBehind(others, own, feature)) return null
  return { from, to, feature, own, others }
}

function isBehind(others: Rate, own: Rate, { value }: Feature): boolean {
  const difference = others.successes * own.people - own.successes * others.people
  return difference < 0 || (difference === 0 && value === 'returning')
}

function driverOf({ from, to, feature, own, others }: Look, pValue: number, adjustedPValue: number): FunnelDriver {
  const [rate, otherRate] = [own.successes / own.people, others.successes / others.people]
  const behind = rate < otherRate ? own : others
  const atStake = Math.round(behind.people * Math.abs(rate - otherRate))
  return {
    step: from.key,
    feature: feature.feature,
    value: feature.value,
    people: own.people,
    rate,
    otherRate,
    difference: newcombeInterval(own, others),
    pValue,
    adjustedPValue,
    atStake,
    recommendation: recommend(from, to, feature, { rate, otherRate, atStake }),
  }
}

const percent = (rate: number): string => `${(rate * 100).toFixed(1)} %`

function recommend(
  from: FunnelStep,
  to: FunnelStep,
  { feature, value }: Feature,
  { rate, otherRate, atStake }: { rate: number; otherRate: number; atStake: number },
): string {
  const way = `from ${from.name} to ${to.name}`
  const compared = `${percent(rate)} go on ${way}, against ${percent(otherRate)}`
  const people = atStake === 1 ? 'one person' : `${atStake} people`
  const isBehind = rate < otherRate
  switch (feature) {
    case 'event':
      return isBehind
        ? `Of those with ${value}, ${compared} without it. This does not show that it drives them off; see what makes people do it here, and test a change: ${people} are at stake.`
        : `Of those with ${value}, ${compared} without it. Those who do it may have meant to go on anyway; test whether leading more people to it helps: ${people} are at stake.`
    case 'variant':
      return `Of those shown ${value.replace(/^(.*)@\d+\|(.*)$/, '$2 of $1')}, ${compared} in the other variants. The experiment tells whether that is the variant’s doing: read its result before you act. ${people} are at stake.`
    case 'visitor':
      return `Of ${value} visitors, ${compared} of the others. Look at what they find at ${from.name}, and test a change for them: ${people} are at stake.`
    default:
      return isBehind
        ? `Of those with ${feature} ${value}, ${compared} of the others. Look at ${from.name} as they see it, and test a change: ${people} are at stake. What else they have in common may be the reason.`
        : `Of those with ${feature} ${value}, ${compared} of the others. See what they find that the others do not, and test it: ${people} are at stake. What else they have in common may be the reason.`
  }
}
