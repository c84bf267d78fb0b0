import { Fragment } from 'preact'
import type { AnalyticsAnswer, Figure, FigureId } from '../../worker/contract/analytics.ts'
import { compare } from '../address.ts'
import { analytics } from '../figures.ts'
import { count, money, percent } from '../format.ts'
import { openFormula, toggleFormula } from '../formula.ts'
import { Change, inUnit, Value } from './figure-value.tsx'

export interface FigureTile {
  figure: FigureId
  name: string
  /** More is worse: the colour of a change turns around. */
  cost?: boolean
  /** A level and no flow: compared with the opening of the period. */
  stands?: boolean
  /** What else belongs to it. */
  aside?: (shown: AnalyticsAnswer) => string | null
}

/** Figures with their changes. How one is made opens under its row, with the numbers it was made of, and covers nothing. */
export function FigureTiles({ tiles, label }: { tiles: readonly FigureTile[]; label: string }) {
  const shown = analytics.value
  return (
    <section class="figures" aria-label={label} aria-busy={!shown}>
      {tiles.map((tile) => (
        <Fragment key={tile.figure}>
          <Tile tile={tile} shown={shown} />
          {shown && openFormula.value === tile.figure && <Made tile={tile} figure={shown.figures[tile.figure]} shown={shown} />}
        </Fragment>
      ))}
    </section>
  )
}

function Tile({ tile, shown }: { tile: FigureTile; shown: AnalyticsAnswer | null }) {
  const { figure: id, name, cost, stands, aside } = tile
  const figure = shown?.figures[id]
  const isOpen = openFormula.value === id
  return (
    <article class={isOpen ? 'tile open' : 'tile'} data-figure={id}>
      <div class="tile-head">
        <h2>{name}</h2>
        {figure && (
          <button
            type="button"
            class="how"
            aria-expanded={isOpen}
            aria-controls={`formula-${id}`}
            aria-label={`How ${name} is made`}
            onClick={() => toggleFormula(id)}
          >
            i
          </button>
        )}
      </div>
      <p class="value">{figure && shown ? <Value figure={figure} currency={shown.currency} /> : <i class="ghost" />}</p>
      <p class="change">
        {figure?.reason ? (
          <span class="aside" title={figure.reason}>
            {figure.reason}
          </span>
        ) : (
          <>
            {figure && compare.value ? <Change figure={figure} cost={cost} stands={stands} /> : '\u00a0'}
            {shown && aside && <span class="aside">{aside(shown)}</span>}
          </>
        )}
      </p>
    </article>
  )
}

/** A number of a formula: a count, a share, an amount of some currency, or as it stands. */
function numberOf({ value, unit }: Figure['inputs'][number]): string {
  if (value === null) return 'not to be had'
  if (unit === 'share') return percent(value)
  if (/^[A-Z]{3}$/.test(unit)) return money(value, unit)
  return unit === 'ratio' || unit === 'months' ? inUnit(value, unit, '') : count(value)
}

function Made({ tile: { figure: id, name, stands }, figure, shown }: { tile: FigureTile; figure: Figure; shown: AnalyticsAnswer }) {
  const { definition, formula, inputs, value, previous, unit, reason } = figure
  const before = stands ? 'When the period opened' : 'In the period before'
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups controls, and this holds none
    <div class="made" id={`formula-${id}`} role="group" aria-label={`How ${name} is made`}>
      <p>{definition}</p>
      <p class="sentence">
        <b>{name}</b> = {formula}
      </p>
      <dl class="facts">
        {inputs.map((input) => (
          <div key={input.name}>
            <dt>{input.name}</dt>
            <dd>{numberOf(input)}</dd>
          </div>
        ))}
        <div class="result">
          <dt>{name}</dt>
          <dd>{value === null ? '–' : inUnit(value, unit, shown.currency)}</dd>
        </div>
        {previous !== null && (
          <div>
            <dt>{before}</dt>
            <dd>{inUnit(previous, unit, shown.currency)}</dd>
          </div>
        )}
      </dl>
      {reason !== null && <p class="muted">{reason}.</p>}
    </div>
  )
}
