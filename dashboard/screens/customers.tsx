import { pageAt, search, visit, withQuery } from '../address.ts'
import { customers } from '../customers.ts'
import { reading } from '../figures.ts'
import { count, dateTime, money } from '../format.ts'
import { Failure } from '../parts/failure.tsx'
import { AwaitingDemo, FirstSteps } from '../parts/first-steps.tsx'
import { ScrollBox } from '../parts/scroll-box.tsx'
import { awaitingDemo, empty } from '../status.ts'

type Item = NonNullable<typeof customers.value>['customers'][number]

export const customerPath = (id: string) => pageAt(`/customers/${encodeURIComponent(id)}`)

/** Identified customers, seen last first, or those whose ids begin with what was typed. */
export function Customers() {
  if (awaitingDemo.value) return <AwaitingDemo />
  const shown = customers.value
  const isBare = shown?.customers.length === 0 && search.value === ''
  if (empty.value || isBare) {
    return (
      <>
        <h1>Customers</h1>
        <FirstSteps title="A customer is a visitor who has said who they are">
          They appear here with the first event of your server that names a customerId, or when a visitor signs in. Each has a page that
          follows a price from its decision to the money that is left of it.
        </FirstSteps>
      </>
    )
  }
  return (
    <div class={reading.value ? 'reading' : ''}>
      <div class="toolbar">
        <div class="title">
          <h1>Customers</h1>
          <p class="range">{search.value ? `whose ids begin with ${search.value}` : 'seen last first'}</p>
        </div>
        <Search />
      </div>
      <Failure />
      <section class="panel customers" aria-label="Customers">
        <ScrollBox label="Customers">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">Customer</th>
                <th scope="col">Net revenue</th>
                <th scope="col">MRR</th>
                <th scope="col">Orders</th>
                <th scope="col">Last seen</th>
                <th scope="col">First seen</th>
              </tr>
            </thead>
            <tbody>
              {shown?.customers.map((item) => (
                <Row key={item.customerId} item={item} />
              ))}
            </tbody>
          </table>
          {shown?.customers.length === 0 && (
            <p class="muted">
              No customer’s id begins with “{search.value}”. Upper and lower case differ.{' '}
              <a href={withQuery({ search: null, after: null })}>Show all</a>
            </p>
          )}
        </ScrollBox>
        {shown?.next && (
          <p class="actions">
            <a href={withQuery({ after: shown.next })}>Next page</a>
          </p>
        )}
      </section>
    </div>
  )
}

function Search() {
  const look = (event: SubmitEvent) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget as HTMLFormElement).get('search') ?? '').trim()
    visit(withQuery({ search: text || null, after: null }))
  }
  return (
    <search>
      <form class="search" onSubmit={look} key={search.value}>
        <label class="hidden" for="search">
          Beginning of a customer’s id
        </label>
        <input
          id="search"
          name="search"
          type="search"
          placeholder="Customer id"
          defaultValue={search.value}
          autocomplete="off"
          spellcheck={false}
        />
        <button type="submit" class="primary">
          Find
        </button>
      </form>
    </search>
  )
}

const Amounts = ({ of, pick }: { of: Item; pick: (money: Item['money'][number]) => number }) => (
  <td>
    {of.money.length === 0
      ? '–'
      : of.money.map((each) => (
          <span key={each.currency} class="amount">
            {money(pick(each), each.currency)}
          </span>
        ))}
  </td>
)

const Row = ({ item }: { item: Item }) => (
  <tr>
    <th scope="row">
      <a class="cut id" href={customerPath(item.customerId)} title={item.customerId}>
        {item.customerId}
      </a>
    </th>
    <Amounts of={item} pick={({ net }) => net} />
    <Amounts of={item} pick={({ mrr }) => mrr} />
    <td>{count(item.orders)}</td>
    <td>{dateTime(item.lastSeenAt)}</td>
    <td>{dateTime(item.firstSeenAt)}</td>
  </tr>
)
