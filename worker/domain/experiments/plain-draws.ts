import { chooseVariation, placesUnder, type Range, stateAfter, variationRanges } from '../assignment.ts'
import { compileCondition } from './condition.ts'
import type { Experiment } from './definition.ts'
import { compileValue, type ReadValue } from './subject.ts'

/** Whether a hash and a condition are all that decides who gets what of an experiment, as long as nothing is sticky or forced. */
export const isPlain = ({ hashVersion, namespace, prerequisites, variants }: Experiment): boolean =>
  hashVersion === 2 && namespace === null && prerequisites.length === 0 && variants.length > 1

/** Plain experiments that hash on one attribute. */
interface Group {
  read: ReadValue
  /** Positions among all the experiments. */
  positions: number[]
  states: Int32Array
  /** Of the value under evaluation: written and read again within one call. */
  places: Float64Array
}

const OUTSIDE = -1

/**
 * Plain experiments side by side in memory. A page asks for all of them at once, after much other work has emptied the
 * processor's caches, so that what is spread over many objects costs several times as much as drawing from it.
 */
export class PlainDraws {
  readonly #groups: readonly Group[]
  readonly #ranges: readonly (readonly Range[])[]
  /** Experiments for the same people have the same condition: each is asked once. */
  readonly #conditions: readonly ((attributes: Record<string, unknown>) => boolean)[]
  /** Of each experiment, the position of its condition, or −1. */
  readonly #conditionOf: Int32Array

  constructor(experiments: readonly Experiment[]) {
    const texts = new Set(experiments.flatMap(({ condition }) => (condition ? [JSON.stringify(condition)] : [])))
    const order = [...texts]
    this.#conditions = order.map((text) => compileCondition(JSON.parse(text), {}))
    this.#conditionOf = Int32Array.from(experiments, ({ condition }) => (condition ? order.indexOf(JSON.stringify(condition)) : OUTSIDE))
    this.#ranges = experiments.map(({ variants, coverage }) =>
      variationRanges(
        variants.map(({ weight }) => weight),
        coverage,
      ),
    )
    const byAttribute = Map.groupBy(experiments.keys(), (at) => (experiments[at] as Experiment).hashAttribute)
    this.#groups = [...byAttribute].map(([attribute, positions]) => ({
      read: compileValue(attribute),
      positions,
      states: Int32Array.from(positions, (at) => {
        const { seed, key } = experiments[at] as Experiment
        return stateAfter(seed || key)
      }),
      places: new Float64Array(positions.length),
    }))
  }

  /** Of each experiment the variation that somebody is drawn into, or −1: outside. */
  draw(attributes: Record<string, unknown>): number[] {
    const drawn = new Array<number>(this.#ranges.length).fill(OUTSIDE)
    const met = this.#conditions.map((holds) => holds(attributes))
    for (const { read, positions, states, places } of this.#groups) {
      const value = read(attributes)
      if (value === '') continue
      placesUnder(states, String(value), places)
      for (let index = 0; index < positions.length; index++) {
        const at = positions[index] as number
        const condition = this.#conditionOf[at] as number
        if (condition < 0 || met[condition]) drawn[at] = chooseVariation(places[index] as number, this.#ranges[at] as readonly Range[])
      }
    }
    return drawn
  }
}
