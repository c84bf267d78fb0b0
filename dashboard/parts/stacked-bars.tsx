import { month as monthName, monthShort } from '../format.ts'
import { stepFor } from '../scale.ts'

export interface Stack<Row> {
  name: string
  /** Class of its colour, in the legend and in the bars. */
  tone: string
  /** Above zero it stands on the line, below it hangs from it. */
  value: (row: Row) => number
}

interface Props<Row> {
  label: string
  rows: readonly Row[]
  stacks: readonly Stack<Row>[]
  /** For the axis, with little room. */
  short: (value: number) => string
  /** For whoever points at a bar. */
  long: (value: number) => string
}

/** One bar a month, parts stacked above and below zero. A picture for the eye: the same numbers stand in a table beside it. */
export function StackedBars<Row extends { month: string; complete: boolean }>({ label, rows, stacks, short, long }: Props<Row>) {
  const sums = rows.map((row) => {
    const values = stacks.map(({ value }) => value(row))
    return {
      up: values.reduce((sum, value) => sum + Math.max(0, value), 0),
      down: values.reduce((sum, value) => sum + Math.min(0, value), 0),
    }
  })
  const highest = Math.max(0, ...sums.map(({ up }) => up))
  const lowest = Math.min(0, ...sums.map(({ down }) => down))
  const step = stepFor(Math.max(highest, -lowest))
  const top = Math.ceil(highest / step - 1e-9) * step || (lowest < 0 ? 0 : step)
  const bottom = Math.floor(lowest / step + 1e-9) * step
  const place = (value: number) => `${((value - bottom) / (top - bottom)) * 100}%`
  const height = (value: number) => `${(Math.abs(value) / (top - bottom)) * 100}%`
  const lines = Array.from({ length: Math.round((top - bottom) / step) + 1 }, (_, at) => bottom + at * step)
  // Names of months are given to as many bars as have room for one.
  const every = Math.ceil(rows.length / 6)
  const first = (rows.length - 1) % every
  return (
    <div class="bars" role="img" aria-label={label}>
      <p class="legend">
        {stacks.map(({ name, tone }) => (
          <span key={name}>
            <i class={`swatch ${tone}`} />
            {name}
          </span>
        ))}
        {rows.some(({ complete }) => !complete) && (
          <span>
            <i class="hatch-key" /> not over
          </span>
        )}
      </p>
      <div class="bars-field">
        {lines.map((value) => (
          <span key={value} class={value === 0 ? 'line zero' : 'line'} style={{ bottom: place(value) }}>
            <b>{short(value)}</b>
          </span>
        ))}
        <div class="columns">
          {rows.map((row, index) => {
            const isNamed = index % every === first
            const before = rows[index - every]
            // The year stands where it changes.
            const named = isNamed ? monthShort(row.month, before?.month.slice(0, 4) !== row.month.slice(0, 4)) : null
            return <Column key={row.month} row={row} stacks={stacks} place={place} height={height} long={long} named={named} />
          })}
        </div>
      </div>
    </div>
  )
}

interface ColumnProps<Row> {
  row: Row
  stacks: readonly Stack<Row>[]
  place: (value: number) => string
  height: (value: number) => string
  long: (value: number) => string
  /** Name under the bar, or none. */
  named: string | null
}

function Column<Row extends { month: string; complete: boolean }>({ row, stacks, place, height, long, named }: ColumnProps<Row>) {
  let up = 0
  let down = 0
  const name = monthName(row.month)
  const told = stacks.map((stack) => `${stack.name} ${long(stack.value(row))}`).join('\n')
  return (
    <div class={row.complete ? 'column' : 'column part'} title={`${name}${row.complete ? '' : ', so far'}\n${told}`}>
      {stacks.map(({ name: part, tone, value }) => {
        const amount = value(row)
        if (amount === 0) return null
        const from = amount > 0 ? up : down + amount
        if (amount > 0) up += amount
        else down += amount
        return <i key={part} class={`segment ${tone}`} style={{ bottom: place(from), height: height(amount) }} />
      })}
      {named !== null && <small>{named}</small>}
    </div>
  )
}
