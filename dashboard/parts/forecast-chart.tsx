import { signal } from '@preact/signals'
import uPlot from 'uplot'
import type { ForecastAnswer } from '../../worker/contract/forecasts.ts'
import { asTable } from '../address.ts'
import { startOf } from '../calendar.ts'
import { outlook } from '../figures.ts'
import { month, roundMoney, shortMoney } from '../format.ts'
import { colourOf } from '../theme.ts'
import { ForecastTable } from './forecast-table.tsx'
import { Plot } from './plot.tsx'
import { ChartTabs } from './toolbar.tsx'

type Shown = ForecastAnswer['forecast']

/** Index under the pointer; null shows the last month. */
const pointed = signal<number | null>(null)

const HEIGHT = 264
const forgetPoint = () => {
  pointed.value = null
}
/** More of the past would leave no room for what is to come. */
const SHOWN_PAST = 36
const LEVELS = [95, 80, 50] as const

export function ForecastChart({ shown }: { shown: Shown | null }) {
  return (
    <figure class="panel chart fan" aria-labelledby="forecast-title">
      <div class="panel-head">
        <h2 id="forecast-title">
          {shown?.metric === 'revenue' ? 'Net revenue' : 'MRR'}{' '}
          <span class="muted">{shown?.metric === 'revenue' ? 'by month' : 'at the end of each month'}</span>
        </h2>
        <ChartTabs of="the forecast" />
      </div>
      <Legend shown={shown} />
      {!shown ? <div class="plot" /> : asTable.value ? <ForecastTable shown={shown} /> : <ForecastPlot />}
    </figure>
  )
}

/** Months on the axis: the past, then what is to come. */
const monthsOf = ({ history, points }: Shown): string[] => [...history.slice(-SHOWN_PAST), ...points].map((each) => each.month)

/** The month under the pointer, or the last one. */
function Legend({ shown }: { shown: Shown | null }) {
  const pointedAt = shown && pointed.value !== null ? monthsOf(shown)[pointed.value] : undefined
  const name = pointedAt ?? shown?.points.at(-1)?.month
  const past = shown?.history.find((each) => each.month === name)
  const point = shown?.points.find((each) => each.month === name)
  const amount = (each: { amount: number } | undefined) => (shown && each ? roundMoney(each.amount, shown.currency) : '–')
  const range = (level: number) => {
    const band = point?.intervals.find((each) => each.level === level)
    return shown && band ? `${shortMoney(band.low, shown.currency)} – ${shortMoney(band.high, shown.currency)}` : '–'
  }
  return (
    <p class="legend" aria-live="off">
      <span class="when">{name ? month(name) : '\u00a0'}</span>
      <span>
        <i class="swatch past" />
        Past <b data-testid="fan-past">{amount(past)}</b>
      </span>
      <span>
        <i class="swatch future" />
        Expected <b data-testid="fan-expected">{amount(point)}</b>
      </span>
      {[...LEVELS].reverse().map((level) => (
        <span key={level}>
          <i class={`swatch band${level}`} />
          {level} % <b>{range(level)}</b>
        </span>
      ))}
    </p>
  )
}

function ForecastPlot() {
  const shown = outlook.value?.forecast
  const [first, last] = [shown && monthsOf(shown)[0], shown?.points.at(-1)?.month]
  const label = `Past as a line and forecast as a dashed one inside its 50, 80 and 95 % ranges, from ${first} to ${last}. Choose Table for the numbers`
  return <Plot label={label} height={HEIGHT} options={options} columns={columns} onGone={forgetPoint} />
}

/** Months, the ends of each range, past and forecast. The last past month begins the fan, so that it opens from the line. */
function columns(): uPlot.AlignedData {
  const shown = outlook.value?.forecast
  if (!shown) return [[], [], [], [], [], [], [], [], []]
  const past = shown.history.slice(-SHOWN_PAST)
  const before = past.slice(1).map(() => null)
  const start = past.at(-1)?.amount ?? null
  const ends = (level: number, end: 'low' | 'high') => [
    ...before,
    start,
    ...shown.points.map(({ intervals }) => intervals.find((each) => each.level === level)?.[end] ?? null),
  ]
  return [
    monthsOf(shown).map((name) => startOf(`${name}-01`) / 1000),
    ...LEVELS.flatMap((level) => [ends(level, 'high'), ends(level, 'low')]),
    [...past.map(({ amount }) => amount), ...shown.points.map(() => null)],
    [...before, start, ...shown.points.map(({ amount }) => amount)],
  ]
}

function options(box: HTMLElement): uPlot.Options {
  const code = () => outlook.peek()?.forecast.currency ?? 'USD'
  const muted = () => getComputedStyle(box).color
  const line = () => getComputedStyle(box).borderTopColor
  const font = '11px system-ui, sans-serif'
  const axis = { stroke: muted, font, labelFont: font, ticks: { show: false } }
  const plain = { points: { show: false } }
  // An edge that can be seen where the outermost range is too pale to.
  const outermost = { ...plain, stroke: colourOf('band50'), width: 1 }
  return {
    width: box.clientWidth || 600,
    height: HEIGHT,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: {
      x: { time: true },
      y: { range: (_, low, high) => uPlot.rangeNum(Math.min(0, low ?? 0), Math.max(high ?? 0, 1), 0.1, true) },
    },
    axes: [
      {
        ...axis,
        size: 30,
        grid: { show: false },
        space: 72,
        values: (_, splits) => splits.map((at) => month(new Date(at * 1000).toISOString())),
      },
      {
        ...axis,
        values: (_, splits) => splits.map((value) => shortMoney(value, code())),
        grid: { stroke: line, width: 1 },
        size: 56,
      },
    ],
    series: [
      {},
      // In this order: what comes later is drawn over what came before.
      ...LEVELS.flatMap((level) => (level === 95 ? [outermost, outermost] : [plain, plain])),
      { ...plain, stroke: colourOf('past'), width: 2 },
      { ...plain, stroke: colourOf('future'), width: 2, dash: [6, 5] },
    ],
    bands: LEVELS.map((level, at) => ({
      series: [1 + 2 * at, 2 + 2 * at] as [number, number],
      fill: colourOf(`band${level}`),
    })),
    hooks: {
      setCursor: [
        (plot) => {
          pointed.value = plot.cursor.idx ?? null
        },
      ],
    },
  }
}
