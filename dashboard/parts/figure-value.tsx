import type { Figure, FigureUnit } from '../../worker/contract/analytics.ts'
import { count, money, months, percent, points, signedNumber, signedPercent, times } from '../format.ts'

const NOTHING = 'There is nothing to divide by in this period'

/** A number as its unit is read. @param currency of an amount */
export function inUnit(value: number, unit: FigureUnit, currency: string): string {
  if (unit === 'money') return money(value, currency)
  if (unit === 'share') return percent(value)
  if (unit === 'ratio') return times(value)
  return unit === 'months' ? months(value) : count(value)
}

export function Value({ figure: { value, unit, reason }, currency }: { figure: Figure; currency: string }) {
  if (value !== null) return <>{inUnit(value, unit, currency)}</>
  const why = reason ?? NOTHING
  return (
    <span title={why}>
      –<span class="hidden">{why}</span>
    </span>
  )
}

interface ChangeProps {
  figure: Figure
  /** More is worse: the colour turns around. */
  cost?: boolean | undefined
  /** A level and no flow: compared with the opening of the period. */
  stands?: boolean | undefined
}

/** The change in words and sign; colour only repeats it. */
export function Change({ figure: { value, previous, unit }, cost = false, stands = false }: ChangeProps) {
  if (value === null || previous === null) {
    return (
      <span class="flat">
        –<span class="hidden">nothing to compare with</span>
      </span>
    )
  }
  const difference = value - previous
  const isRelative = unit === 'money' || unit === 'count'
  if (isRelative && previous === 0) return <span class="flat">{value === 0 ? 'no change' : 'none before'}</span>
  const text = isRelative
    ? signedPercent(difference / Math.abs(previous))
    : unit === 'share'
      ? points(difference)
      : signedNumber(difference)
  const tone = difference === 0 ? 'flat' : difference > 0 !== cost ? 'good' : 'bad'
  return (
    <span class={tone}>
      <span aria-hidden="true">{difference > 0 ? '▲ ' : difference < 0 ? '▼ ' : ''}</span>
      {text} <span class="hidden">{stands ? 'since the period opened' : 'against the period before'}</span>
    </span>
  )
}
