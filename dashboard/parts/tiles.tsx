import type { AnalyticsAnswer, Figure } from '../../worker/contract/analytics.ts'
import { compare } from '../address.ts'
import { analytics, rows } from '../figures.ts'
import { count, money, percent, points, signedPercent } from '../format.ts'
import { Sparkline } from './sparkline.tsx'

type FigureName = keyof AnalyticsAnswer['figures']
type Day = AnalyticsAnswer['series'][number]
type Unit = 'money' | 'count' | 'share'

interface Tile {
  figure: FigureName
  name: string
  unit: Unit
  /** More is worse: the colour of a change turns around. */
  cost?: boolean
  /** A level and no flow: compared with the opening of the period. */
  stands?: boolean
  /** One point a day, where the daily series tells it. */
  trend?: (day: Day) => number | null
}

const ratio = (above: number, below: number) => (below > 0 ? above / below : null)

const TILES: readonly Tile[] = [
  { figure: 'netRevenue', name: 'Net revenue', unit: 'money', trend: (day) => day.net },
  { figure: 'mrr', name: 'MRR', unit: 'money', stands: true, trend: (day) => day.mrr },
  { figure: 'orders', name: 'Orders', unit: 'count', trend: (day) => day.orders },
  { figure: 'averageOrderValue', name: 'Average order', unit: 'money', trend: (day) => ratio(day.gross, day.orders) },
  { figure: 'conversion', name: 'Conversion', unit: 'share', trend: (day) => ratio(day.bought, day.entered) },
  { figure: 'visitorDays', name: 'Visitor-days', unit: 'count', trend: (day) => day.visitors },
  { figure: 'subscribers', name: 'Subscribers', unit: 'count', stands: true },
  { figure: 'refunds', name: 'Refunds', unit: 'money', cost: true, trend: (day) => day.refunds },
]

const NOTHING = 'There is nothing to divide by in this period'

export function Tiles() {
  const shown = analytics.value
  return (
    <section class="tiles" aria-label="Key figures" aria-busy={!shown}>
      {TILES.map((tile) => (
        <KeyFigure key={tile.figure} tile={tile} shown={shown} />
      ))}
    </section>
  )
}

function KeyFigure({ tile, shown }: { tile: Tile; shown: AnalyticsAnswer | null }) {
  const figure = shown?.figures[tile.figure]
  const trend = tile.trend
  return (
    <article class="tile" data-figure={tile.figure}>
      <div class="tile-head">
        <h2>{tile.name}</h2>
        {figure && <Formula name={tile.name} text={figure.formula} />}
      </div>
      <p class="value">{figure && shown ? <Value figure={figure} unit={tile.unit} currency={shown.currency} /> : <i class="ghost" />}</p>
      <p class="change">
        {figure && compare.value ? <Change figure={figure} tile={tile} /> : '\u00a0'}
        {shown && <Aside tile={tile} shown={shown} />}
      </p>
      {trend && <Sparkline values={rows.value.map(trend)} />}
    </article>
  )
}

export function Value({ figure, unit, currency }: { figure: Figure; unit: Unit; currency: string }) {
  if (figure.value === null) {
    return (
      <span title={NOTHING}>
        –<span class="hidden">{NOTHING}</span>
      </span>
    )
  }
  return <>{unit === 'money' ? money(figure.value, currency) : unit === 'share' ? percent(figure.value) : count(figure.value)}</>
}

/** What else belongs to the figure: its scope where money is of one currency and this is not, or a part that it leaves out. */
function Aside({ tile: { figure }, shown: { figures, currency, currencies } }: { tile: Tile; shown: AnalyticsAnswer }) {
  if (figure === 'mrr' && figures.arr.value !== null) return <span class="aside wide">ARR {money(figures.arr.value, currency)}</span>
  if (figure === 'refunds') return <span class="aside">disputes {money(figures.disputes.value ?? 0, currency)}</span>
  if (figures[figure].currency === null && currencies.length > 1) return <span class="aside">all currencies</span>
  return null
}

/** The change in words and sign; colour only repeats it. */
function Change({ figure: { value, previous }, tile: { unit, cost = false, stands = false } }: { figure: Figure; tile: Tile }) {
  if (value === null || previous === null) {
    return (
      <span class="flat">
        –<span class="hidden">nothing to compare with</span>
      </span>
    )
  }
  if (previous === 0) return <span class="flat">{value === 0 ? 'no change' : 'none before'}</span>
  const difference = value - previous
  const text = unit === 'share' ? points(difference) : signedPercent(difference / Math.abs(previous))
  const tone = difference === 0 ? 'flat' : difference > 0 !== cost ? 'good' : 'bad'
  return (
    <span class={tone}>
      <span aria-hidden="true">{difference > 0 ? '▲ ' : difference < 0 ? '▼ ' : ''}</span>
      {text} <span class="hidden">{stands ? 'since the period opened' : 'against the period before'}</span>
    </span>
  )
}

/** How a figure is made, on demand. */
export function Formula({ name, text }: { name: string; text: string }) {
  return (
    <details class="formula" name="formula">
      <summary aria-label={`How ${name} is made`}>i</summary>
      <p>{text}</p>
    </details>
  )
}

/** What browsers reported without proof: beside the tiles, never among them. */
export function Reported() {
  const shown = analytics.value
  const figure = shown?.figures.reportedRevenue
  return (
    <div class="reported" data-figure="reportedRevenue">
      {shown && figure ? (
        <>
          <span>Reported by browsers, unverified: </span>
          <b>
            <Value figure={figure} unit="money" currency={shown.currency} />
          </b>
          <span class="muted"> · never part of revenue</span>
          <Formula name="reported revenue" text={figure.formula} />
        </>
      ) : (
        '\u00a0'
      )}
    </div>
  )
}
