import { useEffect } from 'preact/hooks'
import type { Cost } from '../../worker/contract/costs.ts'
import { addCost, costs, outcome, readCosts, removeCost, trouble } from '../costs.ts'
import { analytics } from '../figures.ts'
import { day, money } from '../format.ts'
import { CsvLink } from './csv-link.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** What was spent to win customers: the list, and the form that adds to it. */
export function Costs() {
  const shown = analytics.value
  const [from, to, currency] = [shown?.period.from, shown?.period.to, shown?.currency]
  useEffect(() => {
    if (from && to && currency) void readCosts({ from, to, currency })
  }, [from, to, currency])
  return (
    <section class="panel costs" aria-labelledby="costs-title">
      <div class="panel-head">
        <h2 id="costs-title">
          Costs <span class="muted">of winning customers, with a day in this period{currency && `, in ${currency}`}</span>
        </h2>
        <CsvLink table="costs" of="costs" />
      </div>
      {trouble.value !== null && (
        <p class="notice" role="alert">
          {trouble}
        </p>
      )}
      {costs.value?.length === 0 && (
        <p class="lesson">
          None in {currency} is recorded for these days, and CAC, payback and LTV / CAC need to know what you spend. Begin with one line:
          what a channel has cost in a month. An amount is spread evenly over its days, and counts in the periods that hold them. A script
          can send the same to <code>POST /api/costs</code>.
        </p>
      )}
      <Form />
      {/* Heard as well as seen: the list may be far from the button. */}
      <p class="hidden" role="status">
        {outcome}
      </p>
      {costs.value !== null && costs.value.length > 0 && <List all={costs.value} />}
    </section>
  )
}

const text = (form: FormData, name: string) => String(form.get(name) ?? '').trim()

function Form() {
  const shown = analytics.value
  const add = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const taken = await addCost({
      amount: Number(text(data, 'amount')),
      currency: text(data, 'currency').toUpperCase(),
      from: text(data, 'from'),
      to: text(data, 'to'),
      channel: text(data, 'channel'),
      note: text(data, 'note'),
    })
    if (!taken) return
    for (const name of ['amount', 'note']) (form.elements.namedItem(name) as HTMLInputElement).value = ''
    ;(form.elements.namedItem('channel') as HTMLInputElement).focus()
  }
  return (
    // Another period or currency, other defaults: what was typed for the one before is not what is meant now.
    <form
      class="cost-form"
      onSubmit={add}
      key={shown && `${shown.currency} ${shown.period.from} ${shown.period.to}`}
      aria-label="Add a cost"
    >
      <label>
        Channel
        <input name="channel" required maxLength={64} placeholder="search" autocomplete="off" />
      </label>
      <label>
        Amount
        <input name="amount" type="number" required min="0" step="any" inputMode="decimal" />
      </label>
      <label>
        Currency
        <input name="currency" required pattern="[A-Za-z]{3}" maxLength={3} defaultValue={shown?.currency ?? 'USD'} autocomplete="off" />
      </label>
      <label>
        From
        <input name="from" type="date" required defaultValue={shown?.period.from} />
      </label>
      <label>
        To
        <input name="to" type="date" required defaultValue={shown?.period.to} />
      </label>
      <label class="note">
        Note
        <input name="note" maxLength={500} autocomplete="off" />
      </label>
      <button type="submit" class="primary">
        Add
      </button>
    </form>
  )
}

const List = ({ all }: { all: readonly Cost[] }) => (
  <ScrollBox labelledBy="costs-title">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Channel</th>
          <th scope="col">From</th>
          <th scope="col">To</th>
          <th scope="col">Amount</th>
          <th scope="col">Note</th>
          <th scope="col">
            <span class="hidden">Change</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {all.map((cost) => (
          <tr key={cost.id}>
            <th scope="row">{cost.channel}</th>
            <td>{day(cost.from)}</td>
            <td>{day(cost.to)}</td>
            <td>{money(cost.amount, cost.currency)}</td>
            <td class="words">{cost.note}</td>
            <td>
              <button
                type="button"
                class="quiet-button"
                aria-label={`Remove ${cost.channel} from ${day(cost.from)}`}
                onClick={() => {
                  if (confirm(`Remove ${money(cost.amount, cost.currency)} of ${cost.channel}?`)) void removeCost(cost)
                }}
              >
                Remove
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  </ScrollBox>
)
