import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { compare } from '../address.ts'
import { analytics, rows } from '../figures.ts'
import { money } from '../format.ts'
import { Change, Value } from './figure-value.tsx'
import { Sparkline } from './sparkline.tsx'

type FigureName = keyof AnalyticsAnswer['figures']
type Day = AnalyticsAnswer['series'][number]

interface Tile {
  figure: FigureName
  name: string
  /** More is worse: the colour of a change turns around. */
  cost?: boolean
  /** A level and no flow: compared with the opening of the period. */
  stands?: boolean
  /** One point a day, where the daily series tells it. */
  trend?: (day: Day) => number | null
}

const ratio = (above: number, below: number) => (below > 0 ? above / below : null)

const TILES: readonly Tile[] = [
  { figure: 'netRevenue', name: 'Net revenue', trend: (day) => day.net },
  { figure: 'mrr', name: 'MRR', stands: true, trend: (day) => day.mrr },
  { figure: 'orders', name: 'Orders', trend: (day) => day.orders },
  { figure: 'averageOrderValue', name: 'Average order', trend: (day) => ratio(day.gross, day.orders) },
  { figure: 'conversion', name: 'Conversion', trend: (day) => ratio(day.bought, day.entered) },
  { figure: 'visitorDays', name: 'Visitor-days', trend: (day) => day.visitors },
  { figure: 'subscribers', name: 'Subscribers', stands: true },
  { figure: 'refunds', name: 'Refunds', cost: true, trend: (day) => day.refunds },
]

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
      <p class="value">{figure && shown ? <Value figure={figure} currency={shown.currency} /> : <i class="ghost" />}</p>
      <p class="change">
        {figure && compare.value ? <Change figure={figure} cost={tile.cost} stands={tile.stands} /> : '\u00a0'}
        {shown && <Aside tile={tile} shown={shown} />}
      </p>
      {trend && <Sparkline values={rows.value.map(trend)} />}
    </article>
  )
}

/** What else belongs to the figure: its scope where money is of one currency and this is not, or a part that it leaves out. */
function Aside({ tile: { figure }, shown: { figures, currency, currencies } }: { tile: Tile; shown: AnalyticsAnswer }) {
  if (figure === 'mrr' && figures.arr.value !== null) return <span class="aside wide">ARR {money(figures.arr.value, currency)}</span>
  if (figure === 'refunds') return <span class="aside">disputes {money(figures.disputes.value ?? 0, currency)}</span>
  if (figures[figure].currency === null && currencies.length > 1) return <span class="aside">all currencies</span>
  return null
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
            <Value figure={figure} currency={shown.currency} />
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
