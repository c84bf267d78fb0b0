import './traffic.ts'
import { effect } from '@preact/signals'
import { render } from 'preact'
import { Account } from './account.tsx'
import { productOf } from './catalogue.ts'
import { Checkout } from './checkout.tsx'
import { Cart, Home, NotFound, ProductPage, Thanks } from './pages.tsx'
import { Link, route } from './route.tsx'
import { SignIn } from './sign-in.tsx'
import { cart, customer } from './state.ts'
import { Strip } from './strip.tsx'

function Page() {
  const path = route.value
  if (path === '/') return <Home />
  if (path.startsWith('/product/')) return <ProductPage id={path.slice('/product/'.length)} />
  if (path === '/cart') return <Cart />
  if (path === '/checkout') return <Checkout />
  if (path === '/thanks') return <Thanks />
  if (path === '/sign-in') return <SignIn />
  if (path === '/account') return customer.value ? <Account /> : <SignIn />
  return <NotFound />
}

const TITLES: Record<string, string> = {
  '/': 'Harbour: a calm place to run a small company',
  '/cart': 'Your cart | Harbour',
  '/checkout': 'Checkout | Harbour',
  '/thanks': 'Thank you | Harbour',
  '/sign-in': 'Sign in | Harbour',
  '/account': 'Your account | Harbour',
}
effect(() => {
  const product = productOf(route.value.slice('/product/'.length))
  document.title = product ? `${product.name} | Harbour` : (TITLES[route.value] ?? 'Nothing here | Harbour')
})

const Shop = () => (
  <>
    <header>
      <Link to="/" class="brand">
        <img src="/demo/icon.svg" alt="" width="28" height="28" /> Harbour
      </Link>
      <nav aria-label="Shop">
        {customer.value ? <Link to="/account">Account</Link> : <Link to="/sign-in">Sign in</Link>}
        <Link to="/cart" class="cart">
          Cart <span class="count">{cart.value.length}</span>
        </Link>
      </nav>
    </header>
    <Page />
    <Strip />
  </>
)

render(<Shop />, document.getElementById('shop') as HTMLElement)
