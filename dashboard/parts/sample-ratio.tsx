import { values } from '../calculator-inputs.ts'
import { sampleRatioOf } from '../calculator-requests.ts'
import { sampleRatioWords } from '../calculator-words.ts'
import { type ApiCall, type Results, refused } from '../calculators.ts'
import { count, decimal, signedPercent } from '../format.ts'
import { pFigure } from '../funnel-words.ts'
import { CalculatorForm } from './calculator-form.tsx'
import { CalculatorResult, Facts } from './calculator-result.tsx'
import { Input } from './form-field.tsx'
import { ScrollBox } from './scroll-box.tsx'

export const SampleRatioForm = () => (
  <CalculatorForm>
    <Input
      name="counts"
      label="People in each variant"
      value={values.value.counts}
      refused={refused.value}
      hint="As they were counted, with commas between them and none inside a number"
    />
    <Input
      name="weights"
      label="Planned shares"
      value={values.value.weights}
      refused={refused.value}
      placeholder="equal"
      hint="In the same order; they need not add up to 100"
    />
  </CalculatorForm>
)

export function SampleRatioResult({ ratio, calls }: { ratio: Results['sample-ratio']; calls: readonly ApiCall[] }) {
  const { counts } = sampleRatioOf(values.value)
  return (
    <CalculatorResult says={[sampleRatioWords(ratio)]} calls={calls}>
      <Facts
        facts={[
          ['p value', pFigure(ratio.pValue)],
          ['χ²', decimal(ratio.statistic)],
          ['A mismatch is', 'p < 0.001'],
        ]}
      />
      <ScrollBox label="People counted and expected">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Variant</th>
              <th scope="col">Counted</th>
              <th scope="col">Expected</th>
              <th scope="col">Difference</th>
            </tr>
          </thead>
          <tbody>
            {ratio.expected.map((expected, at) => {
              const counted = counts[at] ?? 0
              return (
                <tr key={at}>
                  <th scope="row">{at + 1}</th>
                  <td>{count(counted)}</td>
                  <td>{count(expected)}</td>
                  <td>{expected > 0 ? signedPercent(counted / expected - 1) : '–'}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </ScrollBox>
      {ratio.mismatch && (
        <p class="small">
          Usual causes: a redirect or an error for one of the variants, pages kept in a cache, bots, an ad blocker, a change of the shares
          while it ran. An experiment’s own page names the countries, devices and sources whose people are split the most oddly.
        </p>
      )}
    </CalculatorResult>
  )
}
