import type { Random } from '../../statistics/seeded-random.ts'
import type { NoResult } from './metric-moments.ts'

/** One customer of a test by lot: what a model expected of treating them, whether they were, and what they then did. */
export interface ScoredCustomer {
  readonly score: number
  readonly treated: boolean
  readonly outcome: number
}

export interface UpliftCurve {
  people: number
  treated: number
  /** Mean outcome of the treated less that of the others. */
  effect: number
  /** Outcomes the treatment added to everybody treated, had all been: the curve's end. */
  qiniEnd: number
  /** How far the curve lies above that of a random order, over people squared: above 0 the score finds whom it pays to treat. */
  qiniArea: number
  areaLow: number
  areaHigh: number
  /** Share of people in order of the score, highest first, and what treating them added. */
  curve: { share: number; gain: number; random: number }[]
  /** Effect among those of the highest scores. */
  top: { share: number; people: number; effect: number | null; gain: number }
}

interface Terms {
  /** Share of people that counts as the top, 0–1. Default 0.3. */
  top?: number
  random: Random
  /** Resamples behind the interval. Default 200. */
  resamples?: number
  alpha?: number
  points?: number
}

const RESAMPLES = 200
const POINTS = 100

/** Positions of treated and control outcomes, in order of the score. */
interface Order {
  treated: Uint8Array
  outcomes: Float64Array
}

/**
 * Whether a score says whom to treat, from a test by lot. q(k) is what the treated among the first k brought, less what
 * the others would have at their number; rows of one score stay in the order they came.
 *
 * Sources: Radcliffe (2007), Using control groups to target on predicted lift; interval by the percentile bootstrap over
 * customers, Efron (1979).
 *
 * @param customers  both treated and not
 * @param terms      `random` decides who is resampled, so that the same seed gives the same interval
 */
export function upliftCurve(customers: readonly ScoredCustomer[], terms: Terms): UpliftCurve | NoResult {
  const { top = 0.3, random, resamples = RESAMPLES, alpha = 0.05, points = POINTS } = terms
  const sorted = [...customers].sort((a, b) => b.score - a.score)
  const order: Order = {
    treated: Uint8Array.from(sorted, ({ treated }) => (treated ? 1 : 0)),
    outcomes: Float64Array.from(sorted, ({ outcome }) => outcome),
  }
  const size = sorted.length
  const gains = new Float64Array(size)
  const whole = walk(order, null, gains)
  if (whole.treated < 2 || whole.control < 2) return { reason: 'fewer than two customers were treated, or were not' }
  const areas = resampledAreas(order, random, resamples)
  if (areas.length < resamples / 2) return { reason: 'too few customers on one side to tell how sure the area is' }
  const first = Math.floor(size * top)
  const of = effectAmong(order, first)
  const end = gains[size - 1] as number
  return {
    people: size,
    treated: whole.treated,
    effect: effectAmong(order, size) as number,
    qiniEnd: end,
    qiniArea: whole.area,
    areaLow: quantileOf(areas, alpha / 2),
    areaHigh: quantileOf(areas, 1 - alpha / 2),
    curve: placesOf(size, points).map((k) => ({ share: k / size, gain: gains[k - 1] as number, random: (k / size) * end })),
    top: { share: top, people: first, effect: of, gain: first > 0 ? (gains[first - 1] as number) : 0 },
  }
}

/**
 * Along the order: q at every place, and the mean of its lead over chance, by people.
 *
 * @param times how often each customer is in the sample; null: once
 */
function walk({ treated, outcomes }: Order, times: Uint16Array | null, gains: Float64Array | null) {
  let [inTreated, inControl, ofTreated, ofControl, people, sum, weighed] = [0, 0, 0, 0, 0, 0, 0]
  for (let at = 0; at < outcomes.length; at++) {
    const count = times ? (times[at] as number) : 1
    const outcome = outcomes[at] as number
    // A customer drawn twice stands in the order twice.
    for (let copy = 0; copy < count; copy++) {
      if (treated[at]) {
        inTreated++
        ofTreated += outcome
      } else {
        inControl++
        ofControl += outcome
      }
      const gain = ofTreated - (inControl > 0 ? (ofControl * inTreated) / inControl : 0)
      people++
      sum += gain
      weighed = gain
      if (gains) gains[at] = gain
    }
  }
  // The mean of k ÷ N over k = 1…N is (N + 1) ÷ 2N.
  const area = people > 0 ? (sum / people - (weighed * (people + 1)) / (2 * people)) / people : 0
  return { treated: inTreated, control: inControl, area }
}

/** Areas of samples drawn with replacement, smallest first, without those that have nobody on one side. */
function resampledAreas(order: Order, random: Random, resamples: number): Float64Array {
  const size = order.outcomes.length
  const times = new Uint16Array(size)
  const areas: number[] = []
  for (let sample = 0; sample < resamples; sample++) {
    times.fill(0)
    for (let draw = 0; draw < size; draw++) {
      const at = Math.floor(random() * size)
      times[at] = (times[at] as number) + 1
    }
    const { treated, control, area } = walk(order, times, null)
    if (treated > 0 && control > 0) areas.push(area)
  }
  return Float64Array.from(areas).sort()
}

const quantileOf = (sorted: Float64Array, share: number): number => {
  const place = share * (sorted.length - 1)
  const below = Math.floor(place)
  const [low, high] = [sorted[below] as number, sorted[Math.min(below + 1, sorted.length - 1)] as number]
  return low + (place - below) * (high - low)
}

/** Null where nobody on one side is among the first. */
function effectAmong({ treated, outcomes }: Order, first: number): number | null {
  let [inTreated, ofTreated, ofControl] = [0, 0, 0]
  for (let at = 0; at < first; at++) {
    if (treated[at]) {
      inTreated++
      ofTreated += outcomes[at] as number
    } else ofControl += outcomes[at] as number
  }
  const inControl = first - inTreated
  return inTreated > 0 && inControl > 0 ? ofTreated / inTreated - ofControl / inControl : null
}

/** At most so many places, evenly spaced, the last among them. */
const placesOf = (size: number, points: number): number[] => {
  const count = Math.min(size, points)
  return Array.from({ length: count }, (_, at) => Math.round(((at + 1) * size) / count))
}
