import type { FunnelAnswer } from '../../worker/contract/funnels.ts'
import { count, percent, points } from '../format.ts'

type Answered = FunnelAnswer['steps'][number]
type Step = Pick<Answered, 'step' | 'label' | 'entered' | 'ofPrevious' | 'ofFirst' | 'droppedOff'> &
  Partial<Pick<Answered, 'optional' | 'medianSeconds'>>

interface Props {
  steps: readonly Step[] | undefined
  /** The same steps in the period before, to tell changes of shares. */
  before?: readonly Step[] | undefined
  /** How a time to a step is said; without it there is no such column. */
  timeWords?: (seconds: number) => string
}

const Share = ({ value, before, whyNone }: { value: number | null; before?: number | null | undefined; whyNone: string }) => (
  <td>
    {value === null ? <span title={whyNone}>–</span> : percent(value)}
    {value !== null && before != null && (
      <span class="drop">
        {points(value - before)}
        <span class="hidden"> against the period before</span>
      </span>
    )}
  </td>
)

/** The steps of a funnel from its entry on, with both denominators named. */
export const Steps = ({ steps, before, timeWords }: Props) => (
  <table class="steps">
    <thead>
      <tr>
        <th scope="col">Step</th>
        <th scope="col">People</th>
        <th scope="col">of step before</th>
        <th scope="col">of all who entered</th>
        {timeWords && <th scope="col">median time to it</th>}
      </tr>
    </thead>
    <tbody>
      {steps?.map((step, at) => (
        <tr key={step.step} data-step={step.step}>
          <th scope="row">
            <span>{step.label}</span>
            {step.optional && <span class="muted small"> optional</span>}
            <Bar {...step} />
          </th>
          <td>
            {count(step.entered)}
            {step.droppedOff > 0 && <span class="drop">−{count(step.droppedOff)} left</span>}
          </td>
          <Share value={step.ofPrevious} before={before?.[at]?.ofPrevious} whyNone="The first step has none before" />
          <Share value={step.ofFirst} before={at === 0 ? null : before?.[at]?.ofFirst} whyNone="Nobody entered" />
          {timeWords && <td>{step.medianSeconds == null ? '–' : timeWords(step.medianSeconds)}</td>}
        </tr>
      ))}
    </tbody>
  </table>
)

/** As long as the share of those who entered, its end hatched for those who came no further. */
const Bar = ({ entered, ofFirst, droppedOff }: Step) => (
  <span class="track" aria-hidden="true">
    {entered > 0 && (
      <i style={{ width: `${(ofFirst ?? 0) * 100}%` }}>{droppedOff > 0 && <b style={{ width: `${(droppedOff / entered) * 100}%` }} />}</i>
    )}
  </span>
)
