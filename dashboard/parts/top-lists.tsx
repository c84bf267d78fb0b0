import { analytics } from '../figures.ts'
import { count, country, money, percent } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

const NO_SHARE = 'Not every order follows a view: subscriptions renew, and past orders were imported without views'

/** What sold, most first, and what was only viewed. */
export function Products() {
  const shown = analytics.value
  const most = Math.max(1, ...(shown?.products.map(({ gross }) => gross) ?? []))
  return (
    <section class="panel products" aria-labelledby="products-title">
      <div class="panel-head">
        <h2 id="products-title">Products</h2>
        <span class="small muted">
          {shown && shown.currencies.length > 1 ? `views of all currencies, the rest in ${shown.currency}` : 'gross'}
        </span>
      </div>
      <ScrollBox labelledBy="products-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col">Gross</th>
              <th scope="col">Orders</th>
              <th scope="col">Views</th>
              <th scope="col" title="Orders in all currencies ÷ views, where every order follows a view">
                Orders a view
              </th>
            </tr>
          </thead>
          <tbody>
            {shown?.products.map(({ productId, name, gross, orders, views, ordersPerView }) => (
              <tr key={productId}>
                <th scope="row">
                  <Label text={name ?? (productId === 'unknown' ? 'No product named' : productId)} share={gross / most} />
                </th>
                <td>{money(gross, shown.currency)}</td>
                <td>{count(orders)}</td>
                <td>{count(views)}</td>
                <td>{ordersPerView === null ? <span title={NO_SHARE}>–</span> : percent(ordersPerView)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {shown?.products.length === 0 && <p class="muted">No product was viewed or sold in this period.</p>}
      </ScrollBox>
    </section>
  )
}

export function Countries() {
  const shown = analytics.value
  const most = Math.max(1, ...(shown?.countries.map(({ gross }) => gross) ?? []))
  return (
    <section class="panel countries" aria-labelledby="countries-title">
      <div class="panel-head">
        <h2 id="countries-title">Countries</h2>
        <span class="small muted">gross</span>
      </div>
      <ScrollBox labelledBy="countries-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Country</th>
              <th scope="col">Gross</th>
              <th scope="col">Orders</th>
            </tr>
          </thead>
          <tbody>
            {shown?.countries.map((row) => (
              <tr key={row.country}>
                <th scope="row">
                  <Label text={country(row.country)} share={row.gross / most} />
                </th>
                <td>{money(row.gross, shown.currency)}</td>
                <td>{count(row.orders)}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {shown?.countries.length === 0 && <p class="muted">No orders in this period.</p>}
      </ScrollBox>
    </section>
  )
}

const Label = ({ text, share }: { text: string; share: number }) => (
  <span class="label">
    <span class="cut" title={text}>
      {text}
    </span>
    <i aria-hidden="true" style={{ width: `${Math.max(0, share) * 100}%` }} />
  </span>
)
