import { useSignal } from '@preact/signals'
import { busy, outcome, type Refused } from '../attempts.ts'
import { numberOf } from '../form-values.ts'
import { plainMoney, signedPercent } from '../format.ts'
import { setListPrice } from '../pricing-changes.ts'
import type { Product } from '../pricing-shapes.ts'
import { confirmed } from './confirm.tsx'
import { goToRefused, Input } from './form-field.tsx'

/** The list price, and the way to another one. */
export function ListPrice({ product, price }: { product: Product; price: Product['prices'][number] }) {
  const refused = useSignal<Refused | null>(null)
  const { amount, currency } = price
  // The server names the price by its place in the product.
  const field = `prices.${product.prices.indexOf(price)}`
  const change = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const wanted = numberOf(new FormData(form), 'amount')
    if (wanted === null || wanted === amount) {
      refused.value = { field: 'amount', message: wanted === null ? 'Give an amount' : 'It costs that already' }
    } else {
      const yes = await confirmed({
        title: `${product.name}: ${plainMoney(amount, currency)} → ${plainMoney(wanted, currency)}?`,
        consequences: [
          `The list price in ${currency} changes by ${amount === 0 ? plainMoney(wanted, currency) : signedPercent(wanted / amount - 1)}, for everybody who is not shown a test’s price and has no contract.`,
          'It takes effect within a minute. Quotes already given are honoured. The price ladder and the audit log keep a line of it.',
        ],
        action: 'Change the list price',
      })
      if (!yes) return
      refused.value = (await setListPrice(product.id, currency, wanted)).refused
      if (refused.value === null) outcome.value = `${product.name} costs ${plainMoney(wanted, currency)} now`
    }
    requestAnimationFrame(() => goToRefused(form))
  }
  const elsewhere = refused.value !== null && refused.value.field !== 'amount' && !refused.value.field?.startsWith(field)
  return (
    <>
      <p class="big-price">
        {plainMoney(amount, currency)} {product.interval && <span class="muted">/ {product.interval}</span>}
      </p>
      {elsewhere && (
        <p class="notice" role="alert">
          {refused.value?.message}
        </p>
      )}
      <form class="one-line" onSubmit={change} noValidate aria-label="Change the list price">
        <Input name="amount" label={`New list price, ${currency}`} type="number" fields={['amount', field]} refused={refused.value} />
        <button type="submit" disabled={busy.value}>
          Change…
        </button>
      </form>
    </>
  )
}
