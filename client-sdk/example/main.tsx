import './traffic.ts'
import { render } from 'preact'
import { Checkout, SignIn } from './counter.tsx'
import { Cart, Home, NotFound, ProductPage, Thanks } from './pages.tsx'
import { go, Link, route } from './route.tsx'
import { cart, customer, playAnother } from './state.ts'
import { Strip } from './strip.tsx'

function Page() {
  const path = route.value
  if (path === '/') return <Home />
  if (path.startsWith('/product/')) return <ProductPage id={path.slice('/product/'.length)} />
  if (path === '/cart') return <Cart />
  if (path === '/checkout') return <Checkout />
  if (path === '/thanks') return <Thanks />
  if (path === '/sign-in') return <SignIn />
  return <NotFound />
}

const signOut = async () => {
  await playAnother()
  go('/sign-in')
}

const Shop = () => (
  <>
    <header>
      <Link to="/" class="brand">
        <img src="/demo/icon.svg" alt="" width="28" height="28" /> Harbour
      </Link>
      <nav aria-label="Shop">
        {customer.value ? (
          <button type="button" class="plain" onClick={signOut} title={customer.value}>
            Sign out
          </button>
        ) : (
          <Link to="/sign-in">Sign in</Link>
        )}
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
