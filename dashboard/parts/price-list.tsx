import { useMemo } from 'preact/hooks'
import { after, visit, withQuery } from '../address.ts'
import { country, percent, plainMoney } from '../format.ts'
import { catalogue, tests } from '../pricing.ts'
import { productPath, testPath } from '../pricing-address.ts'
import type { Product } from '../pricing-shapes.ts'
import { isLive } from '../pricing-words.ts'
import { ScrollBox } from './scroll-box.tsx'
import { Ghosts, Lesson } from './teaching.tsx'

const ROUNDING_WORDS: Record<string, string> = { auto: 'as the list price', whole: 'whole', charm: 'charm', none: 'none' }

interface Line {
  currency: string
  country: string | null
  amount: number
  floor?: number | undefined
  ceiling?: number | undefined
  unitCost?: number | undefined
}

/** The list prices of a product: one a currency, and under it those of its countries. */
const linesOf = ({ prices }: Product): Line[] =>
  prices.flatMap(({ countries = [], ...price }) => [
    { ...price, country: null },
    ...countries.map((own) => ({ currency: price.currency, country: own.country, amount: own.amount, unitCost: price.unitCost })),
  ])

/** Share of a price that is left after the unit cost. @example marginOf({ amount: 499, unitCost: 40 }) // => 0.9198… */
export const marginOf = ({ amount, unitCost }: { amount: number; unitCost?: number | undefined }): number | null =>
  unitCost === undefined || amount === 0 ? null : (amount - unitCost) / amount

export function PriceList() {
  const shown = catalogue.value
  if (shown?.products.length === 0 && after.value === null) return <NoProduct />
  return (
    <section class="panel" aria-labelledby="prices-title">
      <div class="panel-head">
        <h2 id="prices-title">List prices</h2>
        <Find />
      </div>
      <ScrollBox labelledBy="prices-title">
        <table class="numbers text prices">
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col">Where</th>
              <th scope="col" class="amounts">
                List price
              </th>
              <th scope="col" class="amounts">
                Floor – ceiling
              </th>
              <th scope="col" class="amounts">
                Unit cost
              </th>
              <th scope="col" class="amounts">
                Margin
              </th>
              <th scope="col">Rounding</th>
              <th scope="col">Running test</th>
            </tr>
          </thead>
          {shown ? shown.products.map((product) => <Rows key={product.id} product={product} />) : <Ghosts rows={6} columns={8} />}
        </table>
        {shown?.products.length === 0 && (
          <p class="muted">
            No product comes after this one. <a href={withQuery({ after: null })}>Back to the first</a>
          </p>
        )}
      </ScrollBox>
      {(shown?.next || after.value !== null) && (
        <p class="actions">
          {after.value !== null && <a href={withQuery({ after: null })}>First page</a>}
          {shown?.next && <a href={withQuery({ after: shown.next })}>Next page</a>}
        </p>
      )}
    </section>
  )
}

function Rows({ product }: { product: Product }) {
  const lines = useMemo(() => linesOf(product), [product])
  const running = (tests.value ?? []).filter((test) => test.productId === product.id && isLive(test))
  return (
    <tbody data-product={product.id}>
      {lines.map((line, index) => (
        <tr key={`${line.currency} ${line.country}`}>
          {index === 0 && (
            <th scope="rowgroup" rowSpan={lines.length}>
              <a href={productPath(product.id)}>{product.name}</a> <span class="muted id">{product.id}</span>
            </th>
          )}
          <td>{line.country === null ? line.currency : country(line.country)}</td>
          <td class="amounts">
            <b>{plainMoney(line.amount, line.currency)}</b>
            {product.interval && <span class="muted"> / {product.interval}</span>}
          </td>
          <td class="amounts">{line.country === null ? <Bounds {...line} /> : <span class="muted">as above</span>}</td>
          <td class="amounts">{line.unitCost === undefined ? '–' : plainMoney(line.unitCost, line.currency)}</td>
          <td class="amounts">
            <Margin of={line} least={product.minimumMargin} />
          </td>
          {index === 0 && (
            <>
              <td rowSpan={lines.length}>{ROUNDING_WORDS[product.rounding ?? 'auto']}</td>
              <td rowSpan={lines.length}>
                {running.map((test) => (
                  <a key={test.id} class="amount" href={testPath(test.id)}>
                    {test.arms.map(({ amount }) => plainMoney(amount, test.currency)).join(' · ')}
                  </a>
                ))}
                {running.length === 0 && '–'}
              </td>
            </>
          )}
        </tr>
      ))}
    </tbody>
  )
}

export const Bounds = ({ floor, ceiling, currency }: { floor?: number | undefined; ceiling?: number | undefined; currency: string }) =>
  floor === undefined && ceiling === undefined ? (
    <span class="muted">no bounds</span>
  ) : (
    <>
      {floor === undefined ? 'none' : plainMoney(floor, currency)} – {ceiling === undefined ? 'none' : plainMoney(ceiling, currency)}
    </>
  )

export function Margin({ of, least }: { of: { amount: number; unitCost?: number | undefined }; least: number | null }) {
  const margin = marginOf(of)
  return (
    <>
      {margin === null ? '–' : percent(margin)}
      {least !== null && <span class="muted"> (≥ {percent(least)})</span>}
    </>
  )
}

/** Where there are more products than pages to leaf through, their ids are known elsewhere. */
function Find() {
  const go = (event: SubmitEvent) => {
    event.preventDefault()
    const id = String(new FormData(event.currentTarget as HTMLFormElement).get('id') ?? '').trim()
    if (id) visit(productPath(id))
  }
  return (
    <search>
      <form class="search" onSubmit={go}>
        <label class="hidden" for="find-product">
          Id of a product
        </label>
        <input id="find-product" name="id" type="search" placeholder="Product id" autocomplete="off" spellcheck={false} />
        <button type="submit" class="primary">
          Open
        </button>
      </form>
    </search>
  )
}

const NoProduct = () => (
  <Lesson
    title="A price begins with a product"
    name="First product"
    request={{
      method: 'PUT',
      at: '/api/products/pro_bundle',
      body: { name: 'Pro bundle', prices: [{ currency: 'USD', amount: 499, floor: 399, ceiling: 599, unitCost: 40 }] },
    }}
  >
    Say once what it costs, and below and above what it must never go. Every price that is decided later keeps within these bounds.
  </Lesson>
)
