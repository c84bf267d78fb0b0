import type { RulePreview } from '../../worker/contract/price-rules.ts'
import { count, country, money, percent, signedPercent } from '../format.ts'
import { decisionPath } from '../pricing-address.ts'
import { ScrollBox } from './scroll-box.tsx'

/** What a rule would have changed in the decisions of late. */
export function Preview({ of: { decisions, changed, raised, lowered, clamped, forbidden, products, examples } }: { of: RulePreview }) {
  if (decisions === 0) {
    return (
      <p class="lesson" data-testid="preview">
        No decision has been sampled yet, so there is nothing to try it on. It can be saved all the same.
      </p>
    )
  }
  return (
    <div class="preview" data-testid="preview">
      <p class="sentence">
        Of the last {count(decisions)} sampled decisions it would have changed <b>{count(changed)}</b> ({percent(changed / decisions)}):{' '}
        {count(raised)} dearer, {count(lowered)} cheaper.
        {clamped > 0 && ` ${count(clamped)} stopped at a guardrail.`}
        {forbidden > 0 && ` In ${count(forbidden)} the law of the place takes no such price, so the rule was left out.`}
      </p>
      {products.length > 0 && (
        <ScrollBox label="Before and after, by product">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">Product</th>
                <th scope="col">Decisions</th>
                <th scope="col">Changed</th>
                <th scope="col">Average before</th>
                <th scope="col">Average after</th>
                <th scope="col">Change</th>
              </tr>
            </thead>
            <tbody>
              {products.map((each) => (
                <tr key={`${each.productId} ${each.currency}`}>
                  <th scope="row">
                    {each.productId} <span class="muted">{each.currency}</span>
                  </th>
                  <td>{count(each.decisions)}</td>
                  <td>{count(each.changed)}</td>
                  <td>{money(each.averageBefore, each.currency)}</td>
                  <td>{money(each.averageAfter, each.currency)}</td>
                  <td>{each.averageBefore === 0 ? '–' : signedPercent(each.averageAfter / each.averageBefore - 1)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {examples.length > 0 && (
        <ScrollBox label="Examples" class="short">
          <table class="numbers">
            <caption>Examples</caption>
            <thead>
              <tr>
                <th scope="col">Decision</th>
                <th scope="col">Product</th>
                <th scope="col">Where</th>
                <th scope="col">Before</th>
                <th scope="col">After</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {examples.map((each) => (
                <tr key={each.decisionId}>
                  <th scope="row">
                    {/* Another tab: what has been typed stays here. */}
                    <a class="cut id" href={decisionPath(each.decisionId)} target="_blank" rel="noopener" title={each.decisionId}>
                      {each.decisionId.slice(0, 10)}…
                    </a>
                  </th>
                  <td>{each.productId}</td>
                  <td>{each.country === null ? 'Not known' : country(each.country)}</td>
                  <td>{money(each.before, each.currency)}</td>
                  <td>{money(each.after, each.currency)}</td>
                  <td class="words">{each.why}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </div>
  )
}
