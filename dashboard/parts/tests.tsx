import { dateTime, plainMoney } from '../format.ts'
import { tests } from '../pricing.ts'
import { creating, listAt, productPath, testPath } from '../pricing-address.ts'
import { howWords, METRIC_WORDS, stateWords } from '../pricing-words.ts'
import { ScrollBox } from './scroll-box.tsx'
import { Ghosts, Lesson } from './teaching.tsx'
import { TestForm } from './test-form.tsx'

/** Price tests, the latest first, and the form that starts one. */
export function Tests() {
  const all = tests.value
  if (creating.value === 'test') return <TestForm />
  if (all?.length === 0) {
    return (
      <Lesson
        title="No price has been tested yet"
        name="First price test"
        request={{
          method: 'POST',
          at: '/api/price-tests',
          body: { productId: 'pro_bundle', testPrices: [449, 499, 549], duration: 14 },
        }}
        action={{ href: listAt('tests', { new: 'test' }), says: 'Start a price test' }}
      >
        Each visitor is shown one of some prices and keeps it. What they pay in the end, less what goes back, says which price earns more,
        and how sure that is.
      </Lesson>
    )
  }
  return (
    <section class="panel" aria-labelledby="tests-title">
      <div class="panel-head">
        <h2 id="tests-title">Price tests</h2>
        <a class="primary button" href={listAt('tests', { new: 'test' })}>
          New test
        </a>
      </div>
      <ScrollBox labelledBy="tests-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">Test</th>
              <th scope="col">State</th>
              <th scope="col">Product</th>
              <th scope="col">Prices</th>
              <th scope="col">How</th>
              <th scope="col">Metric</th>
              <th scope="col">From</th>
              <th scope="col">Until</th>
            </tr>
          </thead>
          {all ? (
            <tbody>
              {all.map((test) => (
                <tr key={test.id} data-test={test.id}>
                  <th scope="row">
                    <a href={testPath(test.id)}>{test.name}</a>
                  </th>
                  <td>{stateWords(test)}</td>
                  <td>
                    <a href={productPath(test.productId)}>{test.productId}</a>
                  </td>
                  <td>{test.arms.map(({ amount }) => plainMoney(amount, test.currency)).join(' · ')}</td>
                  <td>{howWords(test)}</td>
                  <td>{METRIC_WORDS[test.metric]}</td>
                  <td>{dateTime(test.startsAt)}</td>
                  <td>{dateTime(test.endsAt)}</td>
                </tr>
              ))}
            </tbody>
          ) : (
            <Ghosts rows={4} columns={8} />
          )}
        </table>
      </ScrollBox>
    </section>
  )
}
