import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { AccountAnswer } from '../../worker/contract/operations.ts'
import { productOf } from './catalogue.ts'
import { playAnother } from './play.ts'
import { money } from './price.tsx'
import { go, Link } from './route.tsx'
import { ask } from './shop-server.ts'
import { customer, token } from './state.ts'

const dayOf = (at: number) => new Intl.DateTimeFormat('en-US', { dateStyle: 'medium' }).format(at)
const nameOf = (productId: string | null) => (productId && productOf(productId)?.name) || productId || 'Order'
const INTERVAL = { day: 'a day', week: 'a week', month: 'a month', year: 'a year' }

/** What customers see of themselves; the shop's server shows it to whoever brings its own token. */
export function Account() {
  const account = useSignal<AccountAnswer | null>(null)
  const problem = useSignal('')
  useEffect(() => {
    ask<AccountAnswer>('account', { token: token.value }).then(
      (answer) => {
        account.value = answer
      },
      (error: Error) => {
        problem.value = error.message
      },
    )
  }, [])
  const signOut = async () => {
    await playAnother()
    go('/sign-in')
  }
  return (
    <main class="narrow">
      <h1 tabIndex={-1}>Your account</h1>
      <p class="lead">{customer.value}</p>
      {problem.value && (
        <p class="problem" role="alert">
          Your orders cannot be shown: {problem.value}
        </p>
      )}
      {account.value && <Books {...account.value} />}
      <button type="button" class="plain" onClick={signOut}>
        Sign out
      </button>
    </main>
  )
}

function Books({ orders, subscriptions }: AccountAnswer) {
  return (
    <>
      <h2>Plans</h2>
      {subscriptions.length === 0 && (
        <p>
          None yet. <Link to="/">See the plans</Link>
        </p>
      )}
      <ul class="books">
        {subscriptions.map(({ subscriptionId, productId, amount, currency, interval, status }) => (
          <li key={subscriptionId}>
            <span class="name">
              {nameOf(productId)} {status !== 'active' && <small>{status}</small>}
            </span>
            <span>
              {money(amount, currency)} {INTERVAL[interval]}
            </span>
          </li>
        ))}
      </ul>
      <h2>Orders</h2>
      {orders.length === 0 && <p>No orders so far.</p>}
      <ul class="books">
        {orders.map(({ transactionId, productId, amount, refunded, currency, at }) => (
          <li key={transactionId}>
            <span class="name">
              {nameOf(productId)} <small>{dayOf(at)}</small>
            </span>
            <span>
              {money(amount, currency)} {refunded > 0 && <small>{money(refunded, currency)} refunded</small>}
            </span>
          </li>
        ))}
      </ul>
    </>
  )
}
