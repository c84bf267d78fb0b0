import { country, percent, plainMoney } from '../format.ts'
import { DemandCurve } from '../parts/demand-curve.tsx'
import { ListPrice } from '../parts/list-price.tsx'
import { PriceLadder } from '../parts/price-ladder.tsx'
import { Bounds, Margin } from '../parts/price-list.tsx'
import { CurrencyPicker } from '../parts/toolbar.tsx'
import { currencyOf, productPage, tests } from '../pricing.ts'
import { listAt, testPath } from '../pricing-address.ts'
import type { Product } from '../pricing-shapes.ts'
import { stateWords } from '../pricing-words.ts'

/** One product: its terms, how its price came to be, and what is known of demand. */
export function ProductPage({ id }: { id: string }) {
  const page = productPage.value?.of === id ? productPage.value : null
  const product = page?.product
  const code = product ? currencyOf(product) : null
  const price = product?.prices.find(({ currency }) => currency === code)
  return (
    <>
      <div class="toolbar">
        <div class="title">
          <h1>{product?.name ?? id}</h1>
          <p class="range id">{product ? `${product.id}${product.interval ? ` · billed by the ${product.interval}` : ''}` : '\u00a0'}</p>
        </div>
        {product && product.prices.length > 1 && (
          <CurrencyPicker chosen={code ?? undefined} codes={product.prices.map(({ currency }) => currency)} />
        )}
      </div>
      <div class="two-columns product">
        <div>
          <section class="panel terms" aria-labelledby="terms-title">
            <h2 id="terms-title">List price {code && <span class="muted">in {code}</span>}</h2>
            {product && price ? <Terms product={product} price={price} /> : <span class="ghost" />}
          </section>
          <Tried id={id} />
        </div>
        <div>
          <PriceLadder page={page} currency={code} />
          <DemandCurve id={id} currency={code} />
        </div>
      </div>
    </>
  )
}

function Terms({ product, price }: { product: Product; price: Product['prices'][number] }) {
  const { currency, countries = [] } = price
  const { minimumMargin, maximumStepPerDay, rounding, purchasingPower } = product
  return (
    <>
      <ListPrice key={`${product.id} ${currency} ${price.amount}`} product={product} price={price} />
      <dl class="facts">
        <div>
          <dt>Floor – ceiling</dt>
          <dd>
            <Bounds {...price} />
          </dd>
        </div>
        <div>
          <dt>Unit cost</dt>
          <dd>{price.unitCost === undefined ? 'not set' : plainMoney(price.unitCost, currency)}</dd>
        </div>
        <div>
          <dt>Margin</dt>
          <dd>
            <Margin of={price} least={minimumMargin} />
          </dd>
        </div>
        <div>
          <dt>At most a day</dt>
          <dd>{maximumStepPerDay === null ? 'no limit' : `± ${percent(maximumStepPerDay)}`}</dd>
        </div>
        {rounding && (
          <div>
            <dt>Rounding</dt>
            <dd>{rounding === 'auto' ? 'as the list price ends' : rounding}</dd>
          </div>
        )}
        {purchasingPower !== undefined && (
          <div>
            <dt>Purchasing power</dt>
            <dd>{purchasingPower ? 'lower in poorer countries' : 'the same everywhere'}</dd>
          </div>
        )}
        {countries.map((own) => (
          <div key={own.country}>
            <dt>{country(own.country)}</dt>
            <dd>{plainMoney(own.amount, currency)}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}

/** Price tests of this product, newest first. */
function Tried({ id }: { id: string }) {
  const own = tests.value?.filter(({ productId }) => productId === id)
  return (
    <section class="panel tried" aria-labelledby="tried-title">
      <h2 id="tried-title">Price tests</h2>
      {own?.length === 0 && <p class="lesson">None yet. A test shows each visitor one price and finds out which earns more.</p>}
      <ul class="plain-list">
        {own?.map((test) => (
          <li key={test.id}>
            <a href={testPath(test.id)}>{test.name}</a>{' '}
            <span class="muted">
              {stateWords(test).toLowerCase()}: {test.arms.map(({ amount }) => plainMoney(amount, test.currency)).join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      <p class="actions">
        <a href={listAt('tests', { new: 'test', product: id })}>Start a price test</a>
        <a href={listAt('decisions', { product: id })}>Its decisions</a>
      </p>
    </section>
  )
}
