import { signal } from '@preact/signals'
import uPlot from 'uplot'
import { asTable, compare } from '../address.ts'
import { startOfBucket } from '../buckets.ts'
import { startOf } from '../calendar.ts'
import { analytics, rowsBefore as before, bucket, rows } from '../figures.ts'
import { dayLong, dayShort, money, month, shortMoney } from '../format.ts'
import { colourOf } from '../theme.ts'
import { Plot } from './plot.tsx'
import { RevenueTable } from './revenue-table.tsx'
import { ChartTabs } from './toolbar.tsx'

/** Index under the pointer; null shows the whole period. */
const pointed = signal<number | null>(null)

const HEIGHT = 264
const forgetPoint = () => {
  pointed.value = null
}

export function RevenueChart() {
  const shown = analytics.value
  return (
    <figure class="panel chart" aria-labelledby="revenue-title">
      <div class="panel-head">
        <h2 id="revenue-title">
          Revenue <span class="muted">by {bucket}</span>
        </h2>
        <ChartTabs of="revenue" />
      </div>
      <Legend />
      {asTable.value ? (
        <RevenueTable rows={rows.value} currency={shown?.currency ?? 'USD'} bucket={bucket.value} />
      ) : shown ? (
        <RevenuePlot />
      ) : (
        <div class="plot" />
      )}
    </figure>
  )
}

/** Totals of the period, or the bar under the pointer. */
function Legend() {
  const shown = analytics.value
  const at = pointed.value === null ? undefined : rows.value[pointed.value]
  const earlier = at && pointed.value !== null ? before.value[pointed.value] : undefined
  const total = (list: readonly { net: number }[]) => list.reduce((sum, { net }) => sum + net, 0)
  const show = (amount: number | undefined) => (shown && amount !== undefined ? money(amount, shown.currency) : '–')
  return (
    <p class="legend" aria-live="off">
      <span class="when">{at ? `${bucket.value === 'day' ? '' : 'From '}${dayLong(at.day)}` : 'Whole period'}</span>
      <span>
        <i class="swatch net" />
        Net revenue <b data-testid="chart-net">{show(at ? at.net : shown ? total(rows.value) : undefined)}</b>
      </span>
      <span>
        <i class="swatch mrr" />
        MRR <b>{show((at ?? rows.value.at(-1))?.mrr)}</b>
      </span>
      {compare.value && (
        <span>
          <i class="swatch before" />
          Period before <b>{before.value.length > 0 ? show(at ? earlier?.net : total(before.value)) : '–'}</b>
        </span>
      )}
    </p>
  )
}

function RevenuePlot() {
  const shown = analytics.value
  const span = shown && ` from ${shown.period.from} to ${shown.period.to}`
  const label = `Net revenue as bars and MRR as a line${span ?? ''}. Choose Table for the numbers`
  return <Plot label={label} height={HEIGHT} options={options} columns={columns} onGone={forgetPoint} />
}

/** Days, net revenue, MRR and net revenue of the period before, side by side. */
const columns = (): uPlot.AlignedData => [
  rows.value.map(({ day }) => startOf(startOfBucket(day, bucket.value)) / 1000),
  rows.value.map(({ net }) => net),
  rows.value.map(({ mrr }) => mrr),
  rows.value.map((_, at) => before.value[at]?.net ?? null),
]

function options(box: HTMLElement): uPlot.Options {
  const code = () => analytics.peek()?.currency ?? 'USD'
  const muted = () => getComputedStyle(box).color
  const line = () => getComputedStyle(box).borderTopColor
  const amounts = (_: uPlot, splits: number[]) => splits.map((value) => shortMoney(value, code()))
  const fromZero: uPlot.Scale.Range = (_, low, high) => uPlot.rangeNum(Math.min(0, low ?? 0), Math.max(high ?? 0, 1), 0.1, true)
  const font = '11px system-ui, sans-serif'
  const axis = { stroke: muted, font, labelFont: font, labelSize: 16, ticks: { show: false } }
  return {
    width: box.clientWidth || 600,
    height: HEIGHT,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    tzDate: (at) => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
    cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
    scales: { x: { time: true, range: (_, low, high) => breathe(low, high) }, y: { range: fromZero }, mrr: { range: fromZero } },
    axes: [
      { ...axis, size: 30, grid: { show: false }, space: 64, values: (_, splits) => splits.map((at) => label(at)) },
      { ...axis, label: 'Net revenue', values: amounts, grid: { stroke: line, width: 1 }, size: 52 },
      { ...axis, label: 'MRR', scale: 'mrr', side: 1, values: amounts, grid: { show: false }, size: 52 },
    ],
    series: [
      {},
      {
        label: 'Net revenue',
        fill: colourOf('net'),
        width: 0,
        paths: uPlot.paths.bars?.({ size: [0.72, 36], radius: 0.12 }),
        points: { show: false },
      },
      { label: 'MRR', scale: 'mrr', stroke: colourOf('mrr'), width: 2, points: { show: false } },
      { label: 'Period before', stroke: colourOf('before'), width: 1.5, dash: [4, 4], points: { show: false } },
    ],
    hooks: {
      setCursor: [
        (plot) => {
          pointed.value = plot.cursor.idx ?? null
        },
      ],
    },
  }
}

/** Half a bar of room at both ends. */
function breathe(low: number | null, high: number | null): [number, number] {
  const from = low ?? 0
  const until = high ?? 86_400
  const count = Math.max(1, rows.peek().length - 1)
  const half = (until - from) / count / 2 || 43_200
  return [from - half, until + half]
}

function label(at: number): string {
  const day = new Date(at * 1000).toISOString().slice(0, 10)
  return bucket.peek() === 'month' ? month(day) : dayShort(day)
}
