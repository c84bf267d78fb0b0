import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { priceProduct, totalShown } from './asking.ts'
import { Lines, NotFound, priceCart, usePrices } from './pages.tsx'
import { money } from './price.tsx'
import { go } from './route.tsx'
import { ask, Refusal } from './shop-server.ts'
import { cart, order, prices, sdk, track } from './state.ts'

interface Placed {
  orderId: string
  total: number
  currency: string
}

/**
 * Orders at the prices on the page: their quotes go with it, and the sum, so that the server can charge no other. It
 * redeems the quotes and records the money.
 */
async function placeOrder(email: string): Promise<Placed> {
  const items = cart.value.map((productId) => ({ productId, quote: prices.value[productId]?.quote ?? undefined }))
  const { amount: total, currency } = totalShown()
  const visitorId = (await (await sdk)?.visitorId()) ?? undefined
  // Who buys without consent is a name in the shop's order book, and no visitor of ours.
  const customerId = visitorId ? undefined : email || `guest_${crypto.randomUUID()}`
  return ask<Placed>('checkout', { visitorId, customerId, items, total, currency, ...(email && { email }) })
}

/** The prices on the page hold no longer: asks for new ones, and says what the buyer has to agree to. */
async function renewPrices({ message }: Refusal): Promise<string> {
  const before = totalShown()
  await Promise.all(cart.value.map(priceProduct))
  const now = totalShown()
  const same = before.amount === now.amount && before.currency === now.currency
  const outcome = same
    ? 'The renewed price is the same. Pay again to go on.'
    : `The total is now ${money(now.amount, now.currency)}, it was ${money(before.amount, before.currency)}. Pay again to accept it.`
  return `Nothing was charged: ${message}. ${outcome}`
}

export function Checkout() {
  const problem = useSignal('')
  const busy = useSignal(false)
  usePrices(priceCart, 'checkout')
  useEffect(() => {
    if (cart.value.length)
      track('begin_checkout', { productId: cart.value[0], items: cart.value.map((item_id) => ({ item_id, quantity: 1 })) })
  }, [])
  if (!cart.value.length) return <NotFound />

  const pay = async (event: SubmitEvent) => {
    event.preventDefault()
    const email = String(new FormData(event.target as HTMLFormElement).get('email') ?? '')
    busy.value = true
    problem.value = ''
    track('add_payment_info', { productId: cart.value[0] })
    try {
      const placed = await placeOrder(email)
      // Reported only: what a browser says of money is never revenue.
      track('purchase', { transactionId: placed.orderId, value: placed.total, currency: placed.currency, productId: cart.value[0] })
      order.value = placed
      cart.value = []
      // Their quotes are spent.
      prices.value = {}
      go('/thanks')
    } catch (error) {
      const priceFails = error instanceof Refusal && /^(quote|currency)_/.test(error.code)
      problem.value = priceFails ? await renewPrices(error) : `The order was not placed: ${(error as Error).message}`
    }
    busy.value = false
  }

  return (
    <main class="narrow">
      <h1 tabIndex={-1}>Checkout</h1>
      <Lines removable={false} />
      <form onSubmit={pay}>
        <label>
          Email <input name="email" type="email" autocomplete="email" placeholder="you@company.example" />
        </label>
        <label>
          Card number{' '}
          <input name="card" required inputMode="numeric" autocomplete="off" pattern="[0-9 ]{12,23}" value="4242 4242 4242 4242" />
        </label>
        <div class="pair">
          <label>
            Expires <input name="expires" required autocomplete="off" pattern="[0-9]{2} ?/ ?[0-9]{2}" value="12 / 34" />
          </label>
          <label>
            Code <input name="code" required inputMode="numeric" autocomplete="off" pattern="[0-9]{3,4}" value="123" />
          </label>
        </div>
        <p class="hint">A demo: no card is charged and nothing of it is sent.</p>
        <p class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="primary" disabled={busy.value || !cart.value.every((id) => prices.value[id])}>
          {busy.value ? 'One moment…' : 'Pay'}
        </button>
      </form>
    </main>
  )
}
