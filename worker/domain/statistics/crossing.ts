import { normalCumulative, normalDensity } from './normal.ts'

/** Beyond so many standard deviations nothing is left to integrate. */
const FAR = 8
/** Grid steps in one standard deviation of what a look adds. */
const STEPS = 6
const MAXIMUM_POINTS = 4_001

/** Density of the path of a Brownian motion that has not crossed yet, at equally spaced places, weighed for Simpson's rule. */
interface Alive {
  places: Float64Array
  mass: Float64Array
}

/**
 * A test looked at at given shares of its information: a Brownian motion with drift, watched at times up to 1, which
 * stops above an upper and below a lower bound. Walked look by look by recursive numerical integration.
 *
 * Sources: Armitage, McPherson, Rowe (1969), Journal of the Royal Statistical Society A 132:235–244; Jennison and
 * Turnbull (2000), Group sequential methods, chapter 19. Error below 1e-6.
 *
 * @example new Crossing(0).above(1, 1.959964) // => 0.025
 */
export class Crossing {
  readonly #drift: number
  #time = 0
  #alive: Alive = { places: Float64Array.of(0), mass: Float64Array.of(1) }

  /** @param drift expected z at the end: the effect over its standard error there */
  constructor(drift: number) {
    this.#drift = drift
  }

  /** Chance to be above `z` at a look at `time`, and never to have crossed before. z is in standard errors of that look. */
  above = (time: number, z: number): number => this.#tail(time, z, 1)

  /** The same below −z. */
  below = (time: number, z: number): number => this.#tail(time, z, -1)

  #tail(time: number, z: number, side: 1 | -1): number {
    const { places, mass } = this.#alive
    const step = time - this.#time
    const deviation = Math.sqrt(step)
    const bound = side * z * Math.sqrt(time) - this.#drift * step
    let chance = 0
    for (let at = 0; at < places.length; at++)
      chance += (mass[at] as number) * normalCumulative((-side * (bound - (places[at] as number))) / deviation)
    return chance
  }

  /** Goes on past the look at `time` with those who are between its bounds, in standard errors of that look. */
  pass(time: number, low: number, high: number): void {
    const { places, mass } = this.#alive
    const step = time - this.#time
    const deviation = Math.sqrt(step)
    const root = Math.sqrt(time)
    const centre = this.#drift * time
    const least = Math.max(low * root, centre - FAR * root)
    const most = Math.min(high * root, centre + FAR * root)
    const points = Math.min(MAXIMUM_POINTS, 2 * Math.ceil((STEPS * Math.max(0, most - least)) / deviation / 2) + 3)
    const width = Math.max(0, most - least) / (points - 1)
    const next = { places: new Float64Array(points), mass: new Float64Array(points) }
    for (let to = 0; to < points; to++) {
      const place = least + to * width
      let density = 0
      for (let from = 0; from < places.length; from++)
        density += (mass[from] as number) * normalDensity((place - (places[from] as number) - this.#drift * step) / deviation)
      next.places[to] = place
      next.mass[to] = (density / deviation) * width * simpson(to, points)
    }
    this.#alive = next
    this.#time = time
  }
}

const simpson = (at: number, points: number): number => (at === 0 || at === points - 1 ? 1 : at % 2 === 1 ? 4 : 2) / 3
