import { dayOf } from './calendar.ts'
import { dayShort, time } from './format.ts'
import { stepFor } from './scale.ts'

/** A scale with the places that are named on it. */
export interface Axis {
  low: number
  high: number
  ticks: readonly { at: number; label: string }[]
}

/** Where a value lies on an axis, in per cent of its length. */
export const placeOn = ({ low, high }: Axis, value: number): number => ((value - low) / (high - low)) * 100

/** Round numbers around all the values; `including` is on the axis whatever they are. */
export function roundAxis(values: readonly number[], label: (value: number) => string, including: readonly number[] = []): Axis {
  const known = [...values, ...including].filter(Number.isFinite)
  let low = Math.min(...(known.length > 0 ? known : [0]))
  let high = Math.max(...(known.length > 0 ? known : [1]))
  // Figures that differ by less are one: rates, lifts and prices do not.
  if (high - low < 1e-9) {
    const room = Math.abs(low) > 1e-9 ? Math.abs(low) * 0.1 : 1
    low -= room
    high += room
  }
  const step = stepFor(high - low)
  // A last-digit error is no reason for one more line.
  const from = Math.floor(low / step + 1e-9)
  const until = Math.ceil(high / step - 1e-9)
  const ticks = Array.from({ length: until - from + 1 }, (_, index) => (from + index) * step)
  return { low: from * step, high: until * step, ticks: ticks.map((at) => ({ at, label: label(at) })) }
}

export interface Point {
  x: number
  y: number
}

/** A path through points, in the units of the drawing. */
export const lineThrough = (points: readonly Point[], x: Axis, y: Axis): string =>
  points.map((point, index) => `${index === 0 ? 'M' : 'L'}${placeOn(x, point.x)} ${100 - placeOn(y, point.y)}`).join('')

/** The area between two lines over the same points. */
export const areaBetween = (points: readonly { x: number; low: number; high: number }[], x: Axis, y: Axis): string =>
  points.length === 0
    ? ''
    : `${lineThrough(
        [...points.map((each) => ({ x: each.x, y: each.high })), ...[...points].reverse().map((each) => ({ x: each.x, y: each.low }))],
        x,
        y,
      )}Z`

const DAY_MS = 86_400_000
const LEAST_MS = 60_000

/** An axis of time, named at its ends and in the middle: by the day, or by the clock where it is shorter than one. */
export function timeAxis(low: number, high: number): Axis {
  const until = Math.max(high, low + LEAST_MS)
  const label = (at: number) => (until - low < DAY_MS ? time(at).slice(0, 5) : dayShort(dayOf(at)))
  const ticks = [low, (low + until) / 2, until].map((at) => ({ at, label: label(at) }))
  return { low, high: until, ticks: ticks.filter((tick, index) => index === 0 || tick.label !== ticks[index - 1]?.label) }
}
