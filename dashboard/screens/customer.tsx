import { before, customerId, pageAt, withQuery } from '../address.ts'
import { chain, nobody } from '../customers.ts'
import { reading } from '../figures.ts'
import { dateTime } from '../format.ts'
import { ChainLinks } from '../parts/chain-links.tsx'
import { Exposures, Subscriptions, Totals, Waiting } from '../parts/customer-summary.tsx'
import { Failure } from '../parts/failure.tsx'

/** One customer: what they were offered, shown, paid and got back, and what is left. */
export function Customer() {
  const id = customerId.value ?? ''
  const answer = chain.value?.of === id ? chain.value.answer : null
  if (nobody.value === id && !answer) {
    return (
      <section class="panel teach">
        <h1>Nobody is known by this id</h1>
        <p>
          No event has named <code>{id}</code>, or they were erased at their wish. Ids are compared letter by letter.
        </p>
        <p class="actions">
          <a href={pageAt('/customers')}>All customers</a>
        </p>
      </section>
    )
  }
  const { firstSeenAt, lastSeenAt } = answer?.summary ?? { firstSeenAt: null, lastSeenAt: null }
  return (
    <div class={reading.value ? 'customer reading' : 'customer'}>
      <p class="crumb small">
        <a href={pageAt('/customers')}>Customers</a>
      </p>
      <div class="toolbar">
        <div class="title">
          <h1 class="id">{id}</h1>
          <p class="range">
            {firstSeenAt !== null && lastSeenAt !== null ? `first seen ${dateTime(firstSeenAt)}, last ${dateTime(lastSeenAt)}` : '\u00a0'}
          </p>
        </div>
      </div>
      <Failure />
      {answer && (
        <>
          <Totals summary={answer.summary} />
          <Waiting summary={answer.summary} />
          <Subscriptions summary={answer.summary} />
          <section class="chain-panel" aria-labelledby="chain-title">
            <div class="panel-head">
              <h2 id="chain-title">
                From decision to money <span class="muted">newest first</span>
              </h2>
              {before.value !== null && <a href={withQuery({ before: null })}>Back to the newest</a>}
            </div>
            <ChainLinks links={answer.chain} customerId={id} />
            {answer.next !== null && (
              <p class="actions">
                <a href={withQuery({ before: answer.next })}>Older</a>
              </p>
            )}
          </section>
          <Exposures summary={answer.summary} />
        </>
      )}
    </div>
  )
}
