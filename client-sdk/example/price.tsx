import { charged } from './asking.ts'
import type { Product } from './catalogue.ts'
import { prices } from './state.ts'

export const money = (amount: number, currency: string): string =>
  new Intl.NumberFormat('en-US', { style: 'currency', currency, ...(Number.isInteger(amount) && { minimumFractionDigits: 0 }) }).format(
    amount,
  )

/** Holds its place while the price is asked, shows the list price when none came, and the disclosure beside a price that needs it. */
export function Price({ product }: { product: Product }) {
  const pricing = prices.value[product.id]
  const { amount, currency } = charged(product)
  return (
    <p class="price" data-product={product.id} data-state={pricing ? (pricing.fallback ? 'list' : 'priced') : 'asked'}>
      <strong>{money(amount, currency)}</strong>
      {product.per && <span class="per"> / {product.per}</span>}
      <small class="disclosure" role="note">
        {pricing?.disclosure}
      </small>
    </p>
  )
}
