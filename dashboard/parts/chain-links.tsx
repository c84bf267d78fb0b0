import type { ComponentChildren } from 'preact'
import type { ChainLink } from '../../worker/contract/chain.ts'
import { dateTime, day, money, percent, signedMoney } from '../format.ts'
import { Why } from './why.tsx'

type State = 'done' | 'open' | 'none' | 'lost'

/** The chain as it is read: each link begins with a price or a purchase and ends with what is left. */
export function ChainLinks({ links, customerId }: { links: readonly ChainLink[]; customerId: string }) {
  if (links.length === 0) return <p class="panel lesson">No price was decided for this customer yet, and nothing was bought.</p>
  return (
    <ol class="chain">
      {links.map((link) => (
        <li key={link.id} class="panel link" data-link={link.id}>
          <Link link={link} customerId={customerId} />
        </li>
      ))}
    </ol>
  )
}

function Link({ link, customerId }: { link: ChainLink; customerId: string }) {
  const { decision, purchase, net, at } = link
  const currency = purchase?.currency ?? decision?.currency ?? 'USD'
  return (
    <>
      <div class="link-head">
        <h3>
          {purchase?.productId ?? decision?.productId ?? 'No product named'} <span class="muted">{dateTime(at)}</span>
        </h3>
        <p class="net">
          {net === null ? (
            <span class="muted">not bought</span>
          ) : (
            <>
              <span class="muted">net</span> <b>{money(net, currency)}</b>
            </>
          )}
        </p>
      </div>
      {decision ? <Stations link={link} /> : <Plain link={link} />}
      {decision && (
        <Why decisionId={decision.decisionId} customerId={customerId} currency={decision.currency} isImported={link.quote === null} />
      )}
    </>
  )
}

/** The whole way, each station with what happened there. */
function Stations({ link }: { link: ChainLink }) {
  const { reversals } = link
  const taken = reversals.reduce((sum, { change }) => sum + change, 0)
  return (
    <ol class="links">
      <Price link={link} />
      <Shown link={link} />
      <Quote link={link} />
      <Paid link={link} />
      <Step name="Given back" state={reversals.length === 0 ? 'none' : taken < 0 ? 'lost' : 'done'}>
        {reversals.length === 0 ? <span class="muted">nothing</span> : <Reversals link={link} />}
      </Step>
    </ol>
  )
}

/** What was bought without a price of ours, as renewals are, in one line. */
const Plain = ({ link: { purchase, ...link } }: { link: ChainLink }) => (
  <div class="plain">
    {purchase && (
      <p>
        {money(purchase.amount, purchase.currency)} <small>{paidIn(purchase)}</small>
      </p>
    )}
    <Reversals link={{ purchase, ...link }} />
  </div>
)

const Reversals = ({ link: { reversals, purchase } }: { link: ChainLink }) => (
  <>
    {reversals.map((each) => (
      <Reversal key={`${each.kind} ${each.at} ${each.change}`} reversal={each} currency={purchase?.currency ?? 'USD'} />
    ))}
  </>
)

const Step = ({ name, state, children }: { name: string; state: State; children: ComponentChildren }) => (
  <li class={`step-${state}`}>
    <b class="step-name">{name}</b>
    <div>{children}</div>
  </li>
)

const REASONS: Record<string, string> = {
  list: 'the list price',
  contract: 'the price of their contract',
  kill_switch: 'optimisation was off',
  consent: 'profiling was refused',
  holdout: 'held out of all optimisation',
  test: 'a price test',
  market: 'a market rule',
  exchange_rate: 'an exchange-rate rule',
  competitor: 'a competitor rule',
  inventory: 'an inventory rule',
  segment: 'a segment rule',
  demand: 'demand',
  step_limit: 'on its way back to the list price, a step a day',
}

function Price({ link: { decision } }: { link: ChainLink }) {
  if (!decision) return null
  const { price, listPrice, currency, reason, test, propensity } = decision
  return (
    <Step name="Price" state="done">
      <strong>{money(price, currency)}</strong>
      {price !== listPrice && <small>list {money(listPrice, currency)}</small>}
      <small>by {REASONS[reason] ?? reason}</small>
      {test && (
        <small>
          {test.variant} of {test.id}, {test.mode === 'switchback' ? 'by window' : `drawn with ${percent(propensity)}`}
          {test.clamped && ', clamped'}
        </small>
      )}
    </Step>
  )
}

const EXPOSURES: Record<NonNullable<ChainLink['exposure']>['status'], { name: string; state: State }> = {
  served: { name: 'On its own page', state: 'done' },
  viewed: { name: 'On its page, after a listing', state: 'done' },
  preview: { name: 'On a listing only: no exposure', state: 'open' },
  voided: { name: 'Never: it came too late', state: 'lost' },
}

function Shown({ link: { exposure } }: { link: ChainLink }) {
  if (!exposure) return null
  const { name, state } = EXPOSURES[exposure.status]
  return (
    <Step name="Shown" state={state}>
      {name}
      <small>{dateTime(exposure.at)}</small>
    </Step>
  )
}

function Quote({ link: { quote } }: { link: ChainLink }) {
  if (!quote)
    return (
      <Step name="Quote" state="none">
        {<span class="muted">none</span>}
      </Step>
    )
  const { status, expiresAt, redeemedAt, transactionId } = quote
  if (status === 'redeemed') {
    return (
      <Step name="Quote" state="done">
        Redeemed
        <small>for {transactionId}</small>
        {redeemedAt !== null && <small>{dateTime(redeemedAt)}</small>}
      </Step>
    )
  }
  return (
    <Step name="Quote" state={status === 'open' ? 'open' : 'none'}>
      {status === 'open' ? 'Open' : status === 'expired' ? 'Expired' : 'Withdrawn'}
      <small>
        {status === 'open' ? 'until' : 'held until'} {dateTime(expiresAt)}
      </small>
    </Step>
  )
}

const KINDS = { order: 'order', subscription: 'first payment', renewal: 'renewal' } as const

function Paid({ link: { purchase } }: { link: ChainLink }) {
  if (!purchase)
    return (
      <Step name="Paid" state="none">
        {<span class="muted">not bought</span>}
      </Step>
    )
  return (
    <Step name="Paid" state="done">
      <strong>{money(purchase.amount, purchase.currency)}</strong>
      <small>{paidIn(purchase)}</small>
    </Step>
  )
}

function paidIn({ kind, quantity, bookedDay, transactionId }: NonNullable<ChainLink['purchase']>): string {
  return `${KINDS[kind]}${quantity > 1 ? ` of ${quantity}` : ''}, booked ${day(bookedDay)}: ${transactionId}`
}

function Reversal({
  reversal: { kind, change, bookedDay, won },
  currency,
}: {
  reversal: ChainLink['reversals'][number]
  currency: string
}) {
  const name = kind === 'refund' ? 'refund' : kind === 'dispute_opened' ? 'disputed' : won ? 'dispute won' : 'dispute lost'
  return (
    <span class="reversal">
      <strong class={change < 0 ? 'bad' : change > 0 ? 'good' : 'flat'}>{signedMoney(change, currency)}</strong>
      <small>
        {name}, booked {day(bookedDay)}
      </small>
    </span>
  )
}
