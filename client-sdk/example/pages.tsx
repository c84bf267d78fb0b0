import { useEffect } from 'preact/hooks'
import { Art } from './art.tsx'
import { charged, priceListing, priceProduct, totalShown, whenContextChanges } from './asking.ts'
import { CATALOGUE, type Product, productOf } from './catalogue.ts'
import { askHeadline, headline, isHeadlineDecided } from './headline.ts'
import { money, Price } from './price.tsx'
import { go, Link } from './route.tsx'
import { cart, order, prices, track } from './state.ts'

/** Prices of what is in the cart and has none yet. One that is there stays: it is the one the buyer has seen. */
export const priceCart = () => Promise.all(cart.value.filter((id) => !prices.value[id]).map(priceProduct))

/** Asks for prices now and whenever visitor, country, device or consent change. */
export function usePrices(ask: () => unknown, key: string) {
  useEffect(() => {
    ask()
    return whenContextChanges(ask)
  }, [key])
}

export function Home() {
  usePrices(() => Promise.all([priceListing(), askHeadline()]), 'listing')
  const { title, line } = headline.value
  return (
    <main>
      <section class="hero" data-decided={isHeadlineDecided}>
        <h1 tabIndex={-1}>{title}</h1>
        <p>{line}</p>
      </section>
      <h2>Bundles, paid once</h2>
      <div class="grid two">{CATALOGUE.filter(({ per }) => !per).map(Card)}</div>
      <h2>Plans</h2>
      <div class="grid">{CATALOGUE.filter(({ per }) => per).map(Card)}</div>
    </main>
  )
}

const Card = (product: Product) => (
  <article class="card" key={product.id}>
    <Art kind={product.art} />
    <div class="inside">
      <h3>
        <Link to={`/product/${product.id}`}>{product.name}</Link>
      </h3>
      <p class="line">{product.line}</p>
      <Price product={product} />
    </div>
  </article>
)

export function ProductPage({ id }: { id: string }) {
  const product = productOf(id)
  const view = () =>
    priceProduct(id).then(({ decisionId, optimizedPrice, currency }) =>
      track('view_item', {
        productId: id,
        decisionId: decisionId ?? undefined,
        value: optimizedPrice ?? undefined,
        currency: currency ?? undefined,
      }),
    )
  usePrices(view, id)
  if (!product) return <NotFound />
  const inCart = cart.value.includes(id)
  const add = () => {
    if (!inCart) {
      const { amount, currency } = charged(product)
      cart.value = [...cart.value, id]
      track('add_to_cart', { productId: id, value: amount, currency, quantity: 1 })
    }
    go('/cart')
  }
  return (
    <main class="product">
      <Art kind={product.art} />
      <section>
        <p class="crumb">
          <Link to="/">All products</Link>
        </p>
        <h1 tabIndex={-1}>{product.name}</h1>
        <p class="lead">{product.line}</p>
        <Price product={product} />
        <ul class="ticks">
          {product.features.map((feature) => (
            <li key={feature}>{feature}</li>
          ))}
        </ul>
        <button type="button" class="primary" onClick={add}>
          {inCart ? 'Go to cart' : 'Add to cart'}
        </button>
      </section>
    </main>
  )
}

export const Lines = ({ removable }: { removable: boolean }) => {
  const products = cart.value.flatMap((id) => productOf(id) ?? [])
  const { amount, currency } = totalShown()
  const remove = (id: string) => {
    cart.value = cart.value.filter((other) => other !== id)
    track('remove_from_cart', { productId: id })
  }
  return (
    <>
      <ul class="lines">
        {products.map((product) => (
          <li key={product.id}>
            <span class="name">
              {product.name}
              {removable && (
                <button type="button" class="plain" onClick={() => remove(product.id)} aria-label={`Remove ${product.name}`}>
                  Remove
                </button>
              )}
            </span>
            <Price product={product} />
          </li>
        ))}
      </ul>
      <p class="total">
        <span>Total today</span>
        <strong>{cart.value.every((id) => prices.value[id]) && money(amount, currency)}</strong>
      </p>
    </>
  )
}

export function Cart() {
  usePrices(priceCart, 'cart')
  return (
    <main class="narrow">
      <h1 tabIndex={-1}>Your cart</h1>
      {cart.value.length ? (
        <>
          <Lines removable />
          <button type="button" class="primary" onClick={() => go('/checkout')}>
            Check out
          </button>
        </>
      ) : (
        <p>
          It is empty. <Link to="/">See the products</Link>
        </p>
      )}
    </main>
  )
}

export function Thanks() {
  const placed = order.value
  return (
    <main class="narrow">
      <h1 tabIndex={-1}>{placed ? 'Thank you, welcome aboard' : 'No order yet'}</h1>
      {placed && (
        <p>
          Order <code>{placed.orderId}</code> for <strong>{money(placed.total, placed.currency)}</strong> is paid. The shop's server
          redeemed the quote and recorded the money; it is in the{' '}
          <a href="/" target="_blank" rel="noopener">
            dashboard
          </a>{' '}
          by now.
        </p>
      )}
      <p>
        <Link to="/">Back to the shop</Link>
      </p>
    </main>
  )
}

export const NotFound = () => (
  <main class="narrow">
    <h1 tabIndex={-1}>Nothing moors here</h1>
    <p>
      <Link to="/">See the products</Link>
    </p>
  </main>
)
