import type { DecisionAnswer } from '../../worker/contract/operations.ts'
import { money, words } from '../format.ts'

/** Each step of a decision: what it looked at, and the price before and after it. */
export const ExplainSteps = ({ steps, currency }: { steps: DecisionAnswer['explain']; currency: string }) => (
  <ol>
    {steps.map(({ step, outcome, before, after, detail }, index) => (
      <li key={`${index} ${step}`} class={outcome}>
        <b>{words(step)}</b>
        <span>{detail}</span>
        <span class="moved">{before === after ? money(after, currency) : `${money(before, currency)} → ${money(after, currency)}`}</span>
      </li>
    ))}
  </ol>
)
