import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { asTable, compare, PERIODS, period, shiftPeriod, to, toggleCompare, visit, withQuery } from '../address.ts'
import { analytics } from '../figures.ts'
import { day } from '../format.ts'

/** Period, currency and comparison. Everything here is a change of the address. */
export function Toolbar({ title = 'Overview' }: { title?: string }) {
  const shown = analytics.value
  return (
    <div class="toolbar">
      <div class="title">
        <h1>{title}</h1>
        <p class="range" data-testid="range">
          {shown ? `${day(shown.period.from)} – ${day(shown.period.to)}` : '\u00a0'}
        </p>
      </div>
      <div class="controls">
        <nav class="segments" aria-label="Period">
          <button
            type="button"
            class="step"
            aria-label="Earlier"
            disabled={!shown || period.value === 'all'}
            onClick={() => shown && shiftPeriod(-1, shown)}
          >
            ‹
          </button>
          {PERIODS.map(({ id, label, name }) => (
            <a key={id} href={withQuery({ period: id })} aria-current={period.value === id ? 'true' : undefined} title={name}>
              <span aria-hidden="true">{label}</span>
              <span class="hidden">{name}</span>
            </a>
          ))}
          <button
            type="button"
            class="step"
            aria-label="Later"
            disabled={!shown || period.value === 'all' || to.value === null}
            onClick={() => shown && shiftPeriod(1, shown)}
          >
            ›
          </button>
        </nav>
        <button
          type="button"
          class="toggle"
          aria-pressed={compare.value}
          onClick={toggleCompare}
          title="Compare with the period before (X)"
        >
          Compare
        </button>
        <CurrencyPicker chosen={shown?.currency} codes={shown?.currencies.map(({ currency }) => currency)} />
      </div>
      <p class="context small muted">{shown ? <Context shown={shown} /> : '\u00a0'}</p>
    </div>
  )
}

/** What the figures are compared with, and what they leave out. */
function Context({ shown: { previousPeriod, currency, currencies } }: { shown: AnalyticsAnswer }) {
  const { from, to: until, complete } = previousPeriod
  const others = currencies.filter((sold) => sold.currency !== currency)
  return (
    <>
      {to.value !== null && (
        <span>
          <a href={withQuery({ to: null })}>Back to today</a>
        </span>
      )}
      {compare.value && (
        <span data-testid="compared">
          {complete ? `Compared with ${day(from)} – ${day(until)}, the same weekdays` : 'No full earlier period to compare with'}
        </span>
      )}
      {others.length > 0 && (
        <span>
          Money and orders in {currency} only, also sold in{' '}
          {others.map((other) => (
            <a key={other.currency} href={withQuery({ currency: other.currency })}>
              {other.currency}
            </a>
          ))}
        </span>
      )}
    </>
  )
}

export function CurrencyPicker({ chosen = 'USD', codes = [] }: { chosen?: string | undefined; codes?: readonly string[] | undefined }) {
  const choices = [...new Set([...codes, chosen])]
  return (
    <select
      aria-label="Currency"
      value={chosen}
      title="Currencies are shown one at a time and never added"
      onChange={(event) => visit(withQuery({ currency: event.currentTarget.value }))}
    >
      {choices.map((code) => (
        <option key={code} value={code}>
          {code}
        </option>
      ))}
    </select>
  )
}

/** Chart or its table: the same figures, one click apart. */
export function ChartTabs({ of }: { of: string }) {
  return (
    <nav class="segments small" aria-label={`Show ${of} as`}>
      <a href={withQuery({ chart: null })} aria-current={asTable.value ? undefined : 'true'}>
        Chart
      </a>
      <a href={withQuery({ chart: 'table' })} aria-current={asTable.value ? 'true' : undefined}>
        Table
      </a>
    </nav>
  )
}
