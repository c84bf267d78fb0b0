import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Lines, NotFound } from './pages.tsx'
import { go } from './route.tsx'
import { cart, customer, decisions, order, priceProduct, prices, sdk, track } from './state.ts'

/** One request to the shop's own server. @throws Error with its sentence */
async function ask<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(`/demo/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Error(answer.error ?? `the shop's server answered ${response.status}`)
  return answer
}

interface Placed {
  orderId: string
  total: number
  currency?: string
}

/** The browser says what to buy and shows its quotes; the shop's server redeems them and records the money. */
async function placeOrder(email: string): Promise<Placed & { currency: string }> {
  const items = await Promise.all(
    cart.value.map(async (productId) => ({ productId, quote: (await priceProduct(productId)).quote ?? undefined })),
  )
  const visitorId = (await (await sdk)?.visitorId()) ?? undefined
  // Who buys without consent is a name in the shop's order book, and no visitor of ours.
  const customerId = visitorId ? undefined : email || `guest_${crypto.randomUUID()}`
  const placed = await ask<Placed>('checkout', { visitorId, customerId, items, ...(email && { email }) })
  return { ...placed, currency: placed.currency ?? prices.value[items[0]?.productId ?? '']?.currency ?? 'USD' }
}

export function Checkout() {
  const problem = useSignal('')
  const busy = useSignal(false)
  useEffect(() => {
    if (!cart.value.length) return
    track('begin_checkout', { productId: cart.value[0], items: cart.value.map((item_id) => ({ item_id, quantity: 1 })) })
    for (const id of cart.value) if (!prices.value[id]) priceProduct(id)
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
      go('/thanks')
    } catch (error) {
      problem.value = `The order was not placed: ${(error as Error).message}`
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
        <button type="submit" class="primary" disabled={busy}>
          {busy.value ? 'One moment…' : 'Pay'}
        </button>
      </form>
    </main>
  )
}

export function SignIn() {
  const problem = useSignal('')
  const enter = async (event: SubmitEvent) => {
    event.preventDefault()
    const customerId = String(new FormData(event.target as HTMLFormElement).get('customerId')).trim()
    try {
      const { token } = await ask<{ token: string }>('sign-in', { customerId })
      const identified = await (await sdk)?.identify(customerId, { token })
      if (!identified) throw new Error('identity was not confirmed; it needs consent and the Worker')
      decisions.value = []
      customer.value = customerId
      go('/')
    } catch (error) {
      problem.value = (error as Error).message
    }
  }
  return (
    <main class="narrow">
      <h1 tabIndex={-1}>Sign in</h1>
      <p>No password here: the shop's server signs a token for any name, and the SDK ties this browser to it.</p>
      <form onSubmit={enter}>
        <label>
          Customer <input name="customerId" required maxLength={100} value="ada@yard.example" autocomplete="username" />
        </label>
        <p class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  )
}
