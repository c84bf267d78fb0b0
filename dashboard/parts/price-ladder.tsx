import type { LedgerAnswer } from '../../worker/contract/admin.ts'
import { type Axis, areaBetween, lineThrough, roundAxis, timeAxis } from '../axis.ts'
import { dayOf } from '../calendar.ts'
import { country, dateTime, day, plainMoney, shortMoney, signedPercent } from '../format.ts'
import type { ProductPage } from '../pricing.ts'
import { Field } from './field.tsx'
import { ScrollBox } from './scroll-box.tsx'

type Rung = LedgerAnswer['prices'][number]

const MONTH_MS = 30 * 86_400_000

/** Which list price the ladder is of: the currency's own, or that of a country. */
const isOwn = (each: { currency: string; country: string | null }, currency: string | null) =>
  each.currency === currency && each.country === null

/** Every list price there has been, and the lowest of the 30 days that a price cut is told against. */
export function PriceLadder({ page, currency }: { page: ProductPage | null; currency: string | null }) {
  const ladder = page?.ladder.value
  const rungs = ladder?.prices.filter((each) => each.currency === currency).sort((left, right) => left.effectiveAt - right.effectiveAt)
  const own = rungs?.filter(({ country: where }) => where === null) ?? []
  const lowest = ladder?.lowest30Days.find((each) => isOwn(each, currency))?.amount
  return (
    <section class="panel ladder" aria-labelledby="ladder-title">
      <h2 id="ladder-title">Price ladder</h2>
      {page && page.ladder.value === null && <p class="lesson">The price ladder could not be read: {page.ladder.trouble}.</p>}
      {page === null && <span class="ghost" />}
      {rungs && currency && (
        <>
          {lowest !== undefined && (
            <p>
              Lowest in 30 days before the present price: <b data-testid="lowest">{plainMoney(lowest, currency)}</b>{' '}
              <span class="muted small">what a price cut is announced against in the EU</span>
            </p>
          )}
          {own.length > 0 && <Steps rungs={own} currency={currency} lowest={lowest} />}
          {rungs.length === 0 ? (
            <p class="lesson">
              No price in {currency} has been written down yet. Each change of the list price leaves a line here for good.
            </p>
          ) : (
            <Rungs rungs={rungs} />
          )}
          {ladder?.next && <p class="small muted">Older prices than these are kept, too, and answered by the API a page at a time.</p>}
        </>
      )}
    </section>
  )
}

function Steps({ rungs, currency, lowest }: { rungs: readonly Rung[]; currency: string; lowest: number | undefined }) {
  const now = Date.now()
  const first = rungs[0]?.effectiveAt ?? now
  const x: Axis = timeAxis(first, now)
  const y = roundAxis([...rungs.map(({ amount }) => amount), ...(lowest === undefined ? [] : [lowest])], (amount) =>
    shortMoney(amount, currency),
  )
  const corners = rungs.flatMap(({ effectiveAt, amount }, index) => [
    { x: effectiveAt, y: amount },
    { x: rungs[index + 1]?.effectiveAt ?? now, y: amount },
  ])
  const present = rungs.at(-1)?.effectiveAt ?? now
  const month = [Math.max(x.low, present - MONTH_MS), present].map((at) => ({ x: at, low: y.low, high: y.high }))
  return (
    <>
      <Field label={`List price in ${currency} since ${day(dayOf(first))}; the table below has each step`} x={x} y={y}>
        <path class="month" d={areaBetween(month, x, y)} />
        {lowest !== undefined && (
          <path
            class="lowest"
            d={lineThrough(
              month.map((each) => ({ x: each.x, y: lowest })),
              x,
              y,
            )}
          />
        )}
        <path class="steps-line" d={lineThrough(corners, x, y)} />
      </Field>
      <p class="legend">
        <span>
          <i class="swatch line-net" /> list price
        </span>
        <span>
          <i class="swatch month" /> 30 days before the present price
        </span>
        {lowest !== undefined && (
          <span>
            <i class="swatch dashed" /> lowest in them
          </span>
        )}
      </p>
    </>
  )
}

const Rungs = ({ rungs }: { rungs: readonly Rung[] }) => {
  const before = (index: number) => rungs.slice(0, index).findLast(({ country: where }) => where === rungs[index]?.country)?.amount ?? null
  const lines = rungs.map((rung, index) => ({ ...rung, was: before(index) })).reverse()
  return (
    <ScrollBox label="Steps of the list price" class="short">
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Since</th>
            <th scope="col">Where</th>
            <th scope="col">List price</th>
            <th scope="col">Change</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ effectiveAt, country: where, amount, was, reason, currency }) => (
            <tr key={`${effectiveAt} ${where}`}>
              <th scope="row">{dateTime(effectiveAt)}</th>
              <td>{where === null ? currency : country(where)}</td>
              <td>{plainMoney(amount, currency)}</td>
              <td>{was === null || was === 0 ? '–' : signedPercent(amount / was - 1)}</td>
              <td>{reason.charAt(0).toUpperCase() + reason.slice(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}
