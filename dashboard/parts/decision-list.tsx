import { before, visit, withQuery } from '../address.ts'
import { country, dateTime, percent, plainMoney, words } from '../format.ts'
import { DECISIONS_A_PAGE, decisions } from '../pricing.ts'
import { decisionPath, listAt, productFilter, productPath, testFilter, testPath } from '../pricing-address.ts'
import { LAW_WORDS, reasonWords } from '../pricing-words.ts'
import { ScrollBox } from './scroll-box.tsx'
import { Ghosts, Lesson } from './teaching.tsx'

/** Sampled decisions, newest first. */
export function DecisionList() {
  const shown = decisions.value
  const narrowed = productFilter.value !== null || testFilter.value !== null || before.value !== null
  if (shown?.length === 0 && !narrowed) {
    return (
      <Lesson
        title="No decision has been sampled yet"
        name="A first price"
        request={{ method: 'GET', at: '/api/pricing/pro_bundle?visitorId=new&country=US', publishable: true }}
      >
        Of every price that a test or a rule had a part in, each step is written down. A share of them, which the settings name, is listed
        here for 90 days, with the reason for each price.
      </Lesson>
    )
  }
  const last = shown?.at(-1)
  return (
    <section class="panel" aria-labelledby="decisions-title">
      <div class="panel-head wrap">
        <h2 id="decisions-title">
          Decisions <span class="muted">a sample, newest first</span>
        </h2>
        <Narrow />
      </div>
      <ScrollBox labelledBy="decisions-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">Decided</th>
              <th scope="col">Product</th>
              <th scope="col" class="amounts">
                Price
              </th>
              <th scope="col" class="amounts">
                List
              </th>
              <th scope="col">Why</th>
              <th scope="col">Arm</th>
              <th scope="col">In law</th>
              <th scope="col">Where</th>
              <th scope="col">Device</th>
            </tr>
          </thead>
          {shown ? (
            <tbody>
              {shown.map((each) => (
                <tr key={each.decisionId} data-decision={each.decisionId}>
                  <th scope="row">
                    <a href={decisionPath(each.decisionId)}>{dateTime(each.decidedAt)}</a>
                  </th>
                  <td>
                    <a href={productPath(each.productId)}>{each.productId}</a>
                  </td>
                  <td class="amounts">
                    <b>{plainMoney(each.price, each.currency)}</b>
                  </td>
                  <td class="amounts">{each.price === each.listPrice ? 'the same' : plainMoney(each.listPrice, each.currency)}</td>
                  <td>{reasonWords(each.reason)}</td>
                  <td>
                    {each.test ? (
                      <a href={testPath(each.test.id)}>
                        {words(each.test.variant)} <span class="muted">p {percent(each.propensity)}</span>
                      </a>
                    ) : (
                      '–'
                    )}
                  </td>
                  <td title={LAW_WORDS[each.priceClass]}>{words(each.priceClass)}</td>
                  <td>{each.country === null ? 'Not known' : country(each.country)}</td>
                  <td>{each.device ?? '–'}</td>
                </tr>
              ))}
            </tbody>
          ) : (
            <Ghosts rows={8} columns={9} />
          )}
        </table>
        {shown?.length === 0 && (
          <p class="muted">
            None {before.value === null ? 'of these' : 'is older than this'}. Only a share of the decisions is sampled, and kept for 90
            days. <a href={listAt('decisions')}>Show all</a>
          </p>
        )}
      </ScrollBox>
      {(before.value !== null || shown?.length === DECISIONS_A_PAGE) && (
        <p class="actions">
          {before.value !== null && <a href={withQuery({ before: null })}>Back to the newest</a>}
          {last && shown?.length === DECISIONS_A_PAGE && <a href={withQuery({ before: String(last.decidedAt) })}>Older</a>}
        </p>
      )}
    </section>
  )
}

function Narrow() {
  const narrow = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    const text = (name: string) => String(form.get(name) ?? '').trim() || null
    visit(withQuery({ product: text('product'), test: text('test'), before: null }))
  }
  return (
    <search>
      <form class="search narrow" onSubmit={narrow} key={`${productFilter.value} ${testFilter.value}`}>
        <label>
          <span class="hidden">Product</span>
          <input name="product" type="search" placeholder="Product id" defaultValue={productFilter.value ?? ''} autocomplete="off" />
        </label>
        <label>
          <span class="hidden">Price test</span>
          <input name="test" type="search" placeholder="Test id" defaultValue={testFilter.value ?? ''} autocomplete="off" />
        </label>
        <button type="submit" class="primary">
          Narrow
        </button>
        {(productFilter.value || testFilter.value) && <a href={listAt('decisions')}>Show all</a>}
      </form>
    </search>
  )
}
