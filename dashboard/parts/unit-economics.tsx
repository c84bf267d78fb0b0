import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { analytics } from '../figures.ts'
import { months, roundMoney, times } from '../format.ts'
import { Costs } from './costs.tsx'
import { type FigureTile, FigureTiles } from './figure-tiles.tsx'

const TILES: readonly FigureTile[] = [
  { figure: 'customersNew', name: 'New customers' },
  { figure: 'cac', name: 'CAC', cost: true, aside: () => 'each costs' },
  { figure: 'ltv', name: 'LTV', aside: () => 'each brings' },
  { figure: 'ltvToCac', name: 'LTV / CAC' },
  { figure: 'payback', name: 'Payback', cost: true },
  { figure: 'arpa', name: 'ARPA', stands: true, aside: () => 'a month' },
]

/** What a customer costs, brings, and when that is even. */
export function UnitEconomics() {
  const shown = analytics.value
  return (
    <>
      {shown && <Verdict shown={shown} />}
      <FigureTiles tiles={TILES} label="Figures of one customer" />
      <Costs />
    </>
  )
}

function Verdict({ shown: { figures, currency } }: { shown: AnalyticsAnswer }) {
  const [cac, ltv, ratio, payback] = [figures.cac.value, figures.ltv.value, figures.ltvToCac.value, figures.payback.value]
  if (cac === null || ltv === null || ratio === null) return null
  return (
    <p class="verdict" data-testid="unit-verdict">
      A new customer costs <b>{roundMoney(cac, currency)}</b> and brings <b>{roundMoney(ltv, currency)}</b>: {times(ratio)} as much
      {payback === null ? '' : `, even after ${months(payback)}`}.
    </p>
  )
}
