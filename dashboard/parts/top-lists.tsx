import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { analytics } from '../figures.ts'
import { count, country, money, percent, words } from '../format.ts'
import { CsvLink } from './csv-link.tsx'
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
            {shown?.products.map(({ gross, orders, views, ordersPerView, ...row }) => (
              <tr key={row.productId}>
                <th scope="row">
                  <Label text={productName(row)} share={gross / most} />
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

interface Part {
  value: string
  /** What does not stand in a row of its own. */
  rest: boolean
  gross: number
  orders: number
}

/** How revenue is made up, by one thing people differ in. */
function Breakdown({ kind, title, column, parts, nameOf }: BreakdownProps) {
  const shown = analytics.value
  const most = Math.max(1, ...(parts?.map(({ gross }) => gross) ?? []))
  const total = (pick: (part: Part) => number) => (parts ?? []).reduce((sum, part) => sum + pick(part), 0)
  return (
    <section class={`panel breakdown ${kind}`} aria-labelledby={`${kind}-title`}>
      <div class="panel-head">
        <h2 id={`${kind}-title`}>{title}</h2>
        <div class="tools-row">
          <span class="small muted">gross</span>
          <CsvLink table={kind} of={title.toLowerCase()} />
        </div>
      </div>
      <ScrollBox labelledBy={`${kind}-title`}>
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{column}</th>
              <th scope="col">Gross</th>
              <th scope="col">Orders</th>
            </tr>
          </thead>
          <tbody>
            {shown &&
              parts?.map(({ value, rest, gross, orders }) => (
                <tr key={`${value} ${rest}`}>
                  <th scope="row">
                    <Label text={rest ? 'Everything else' : nameOf(value)} share={gross / most} />
                  </th>
                  <td>{money(gross, shown.currency)}</td>
                  <td>{count(orders)}</td>
                </tr>
              ))}
          </tbody>
          {shown && parts && parts.length > 0 && (
            <tfoot>
              <tr>
                <th scope="row">Total</th>
                <td>
                  {money(
                    total(({ gross }) => gross),
                    shown.currency,
                  )}
                </td>
                <td>{count(total(({ orders }) => orders))}</td>
              </tr>
            </tfoot>
          )}
        </table>
        {parts?.length === 0 && <p class="muted">No orders in this period.</p>}
      </ScrollBox>
    </section>
  )
}

interface BreakdownProps {
  kind: 'countries' | 'devices' | 'sources'
  title: string
  column: string
  parts: readonly Part[] | undefined
  nameOf: (value: string) => string
}

const isUnknown = (value: string) => value === '' || value === 'unknown'

export const Countries = () => (
  <Breakdown
    kind="countries"
    title="Countries"
    column="Country"
    parts={analytics.value?.countries.map((row) => ({ ...row, value: row.country }))}
    nameOf={country}
  />
)

export const Devices = () => (
  <Breakdown
    kind="devices"
    title="Devices"
    column="Device"
    parts={analytics.value?.devices.map((row) => ({ ...row, value: row.device }))}
    nameOf={(value) => (isUnknown(value) ? 'Not known' : words(value))}
  />
)

export const Sources = () => (
  <Breakdown
    kind="sources"
    title="Sources"
    column="Source"
    parts={analytics.value?.sources.map((row) => ({ ...row, value: row.source }))}
    nameOf={(value) => (isUnknown(value) ? 'Not known' : value)}
  />
)

/** What each product brought, and what of it was given back. */
export function ProductRevenue() {
  const shown = analytics.value
  const most = Math.max(1, ...(shown?.products.map(({ gross }) => gross) ?? []))
  const total = (pick: (row: AnalyticsAnswer['products'][number]) => number) =>
    (shown?.products ?? []).reduce((sum, row) => sum + pick(row), 0)
  const amounts = [
    { name: 'Net', pick: (row: AnalyticsAnswer['products'][number]) => row.net },
    { name: 'Gross', pick: (row: AnalyticsAnswer['products'][number]) => row.gross },
    { name: 'Refunds', pick: (row: AnalyticsAnswer['products'][number]) => row.refunds },
    { name: 'Disputes', pick: (row: AnalyticsAnswer['products'][number]) => row.disputes },
  ]
  return (
    <section class="panel breakdown wide-panel" aria-labelledby="product-revenue-title">
      <div class="panel-head">
        <h2 id="product-revenue-title">Products</h2>
        <CsvLink table="products" of="products" />
      </div>
      <ScrollBox labelledBy="product-revenue-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Product</th>
              {amounts.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col">Orders</th>
            </tr>
          </thead>
          <tbody>
            {shown?.products.map((row) => (
              <tr key={row.productId}>
                <th scope="row">
                  <Label text={productName(row)} share={row.gross / most} />
                </th>
                {amounts.map(({ name, pick }) => (
                  <td key={name}>{money(pick(row), shown.currency)}</td>
                ))}
                <td>{count(row.orders)}</td>
              </tr>
            ))}
          </tbody>
          {shown && shown.products.length > 0 && (
            <tfoot>
              <tr>
                <th scope="row">Total</th>
                {amounts.map(({ name, pick }) => (
                  <td key={name}>{money(total(pick), shown.currency)}</td>
                ))}
                <td>{count(total(({ orders }) => orders))}</td>
              </tr>
            </tfoot>
          )}
        </table>
        {shown?.products.length === 0 && <p class="muted">No product was sold in this period.</p>}
      </ScrollBox>
    </section>
  )
}

const productName = ({ productId, name, rest }: Pick<AnalyticsAnswer['products'][number], 'productId' | 'name' | 'rest'>) =>
  rest ? 'Everything else' : (name ?? (productId === 'unknown' ? 'No product named' : productId))

const Label = ({ text, share }: { text: string; share: number }) => (
  <span class="label">
    <span class="cut" title={text}>
      {text}
    </span>
    <i aria-hidden="true" style={{ width: `${Math.max(0, share) * 100}%` }} />
  </span>
)
