import type { ComponentChildren } from 'preact'
import { type Axis, placeOn } from '../axis.ts'

/** A dot: a line of no length, whose round ends keep their shape however the drawing is stretched. */
export const Dot = ({ x, y, class: className }: { x: number; y: number; class: string }) => (
  <path class={`dot ${className}`} d={`M${x} ${100 - y}h0`} />
)

interface FieldProps {
  /** What is drawn, for whoever cannot see it; the numbers stand in a table beside it. */
  label: string
  x: Axis
  y: Axis
  children: ComponentChildren
}

/** The field of a chart: named lines, and above them whatever is drawn in a square of 100 by 100. */
export const Field = ({ label, x, y, children }: FieldProps) => (
  <div class="field" role="img" aria-label={label}>
    {y.ticks.map(({ at, label: name }) => (
      <span key={`y${at}`} class="across" style={{ bottom: `${placeOn(y, at)}%` }}>
        <b>{name}</b>
      </span>
    ))}
    {x.ticks.map(({ at, label: name }, index) => (
      <span
        key={`x${at}`}
        class={`up ${index === 0 ? 'first' : index === x.ticks.length - 1 ? 'last' : ''}`}
        style={{ left: `${placeOn(x, at)}%` }}
      >
        <b>{name}</b>
      </span>
    ))}
    <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {children}
    </svg>
  </div>
)
