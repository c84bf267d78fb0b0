import type { ChainSummary } from '../../worker/contract/chain.ts'
import { count, dateTime, day, money, words } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

interface Props {
  summary: ChainSummary
}

/** Sums of all that was paid and given back, one row of tiles a currency. */
export const Totals = ({ summary: { money: sums, orders } }: Props) => (
  <>
    {sums.length === 0 && (
      <p class="notice" role="status">
        Has paid nothing yet. What they were offered stands below
      </p>
    )}
    {sums.map(({ currency, gross, refunded, disputed, net, mrr }, at) => (
      <dl key={currency} class="sums" aria-label={`Money in ${currency}`} data-currency={currency}>
        <Sum name="Net revenue" value={money(net, currency)} strong />
        <Sum name="Gross" value={money(gross, currency)} />
        <Sum name="Refunded" value={money(refunded, currency)} />
        <Sum name="Disputed" value={money(disputed, currency)} />
        <Sum name="MRR" value={money(mrr, currency)} />
        {at === 0 && <Sum name="Orders" value={count(orders)} />}
      </dl>
    ))}
  </>
)

const Sum = ({ name, value, strong = false }: { name: string; value: string; strong?: boolean }) => (
  <div class={strong ? 'tile strong' : 'tile'}>
    <dt>{name}</dt>
    <dd>{value}</dd>
  </div>
)

export const Waiting = ({ summary: { waiting } }: Props) =>
  waiting.length === 0 ? null : (
    <p class="notice" role="status">
      Not counted, since the purchase is not known yet:{' '}
      {waiting
        .map(({ kind, transactionId, amount, currency }) => `${words(kind)} of ${money(amount, currency)} for ${transactionId}`)
        .join(', ')}
    </p>
  )

/** How a subscription stands, in a word or two. */
function standing({ status, trial, suspended, churnReason }: ChainSummary['subscriptions'][number]): string {
  if (status === 'ended') return churnReason === 'payment_failure' ? 'Ended: payment failed' : 'Ended'
  if (suspended) return churnReason === 'payment_failure' ? 'Suspended: payment failed' : 'Suspended'
  if (trial) return 'On trial'
  return status === 'cancelled' ? 'Runs out' : 'Active'
}

const interval = ({ interval: unit, intervalCount }: ChainSummary['subscriptions'][number]) =>
  intervalCount === 1 ? `a ${unit}` : `every ${intervalCount} ${unit}s`

export const Subscriptions = ({ summary: { subscriptions } }: Props) =>
  subscriptions.length === 0 ? null : (
    <section class="panel" aria-labelledby="subscriptions-title">
      <h2 id="subscriptions-title">Subscriptions</h2>
      <ScrollBox labelledBy="subscriptions-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col">Stands</th>
              <th scope="col">Price</th>
              <th scope="col">Seats</th>
              <th scope="col">MRR</th>
              <th scope="col">Since</th>
              <th scope="col">Subscription</th>
            </tr>
          </thead>
          <tbody>
            {subscriptions.map((each) => (
              <tr key={each.subscriptionId}>
                <th scope="row">{each.productId}</th>
                <td>{standing(each)}</td>
                <td>
                  {money(each.amount, each.currency)} {interval(each)}
                </td>
                <td>{count(each.quantity)}</td>
                <td>{money(each.mrr, each.currency)}</td>
                <td>{day(each.startedDay)}</td>
                <td class="muted">{each.subscriptionId}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )

/** What they give to the results of tests and experiments. */
export const Exposures = ({ summary: { exposures } }: Props) =>
  exposures.length === 0 ? null : (
    <section class="panel" aria-labelledby="exposures-title">
      <h2 id="exposures-title">
        Tests and experiments <span class="muted">what this customer counts for</span>
      </h2>
      <ScrollBox labelledBy="exposures-title">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">Saw</th>
              <th scope="col">First</th>
              <th scope="col">Net revenue counted</th>
            </tr>
          </thead>
          <tbody>
            {exposures.map((each) => (
              <tr key={`${each.kind} ${each.key} ${each.version}`}>
                <th scope="row">
                  {each.key} {each.version > 1 && <span class="muted">version {each.version}</span>}
                </th>
                <td>{words(each.kind)}</td>
                <td>{each.variant}</td>
                <td>{dateTime(each.at)}</td>
                <td>
                  {each.excluded ? (
                    <span title="Saw several variants, a clamped price, or is held out">left out</span>
                  ) : (
                    money(each.netRevenue, each.currency)
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
