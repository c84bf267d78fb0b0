import type { ComponentChildren } from 'preact'
import type { ApiCall } from '../calculators.ts'
import { Snippet } from './snippet.tsx'
import { curl } from './teaching.tsx'

interface Props {
  /** The result in a sentence, or several. */
  says: readonly string[]
  calls: readonly ApiCall[]
  children: ComponentChildren
}

/** What a calculator found: a sentence, then its numbers, then how to ask the same without this page. */
export const CalculatorResult = ({ says, calls, children }: Props) => (
  <section class="panel calculation" aria-labelledby="result-title">
    <h2 id="result-title" class="hidden">
      Result
    </h2>
    <div role="status" data-testid="says">
      {says.map((sentence) => (
        <p class="sentence" key={sentence}>
          {sentence}
        </p>
      ))}
    </div>
    {children}
    <details class="more">
      <summary>As an API call</summary>
      {calls.map(({ at, body }) => (
        <Snippet key={JSON.stringify(body)} code={curl({ method: 'POST', at, body })} name={`Request to ${at}`} />
      ))}
    </details>
  </section>
)

/** Facts, a name and a number each. */
export const Facts = ({ facts }: { facts: readonly (readonly [string, string] | null)[] }) => (
  <dl class="sums-line">
    {facts
      .filter((fact) => fact !== null)
      .map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
  </dl>
)
