import { funnel } from '../figures.ts'
import { count, percent } from '../format.ts'

const share = (value: number | null) => (value === null ? '–' : percent(value))

export function Funnel() {
  const shown = funnel.value
  return (
    <section class="panel funnel" aria-labelledby="funnel-title">
      <div class="panel-head">
        <h2 id="funnel-title">Funnel {shown && <span class="muted">{shown.funnel.name}</span>}</h2>
        <span class="small muted">
          by day of entry
          {shown && shown.reportedPurchases > 0 && `; ${count(shown.reportedPurchases)} purchases reported by browsers not counted`}
        </span>
      </div>
      <table class="steps">
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">People</th>
            <th scope="col">of step before</th>
            <th scope="col">of all who entered</th>
          </tr>
        </thead>
        <tbody>
          {shown?.steps.map((step, at) => (
            <tr key={step.step}>
              <th scope="row">
                <span>{step.label}</span>
                <span class="track" aria-hidden="true">
                  {step.entered > 0 && <i style={{ width: `${(step.ofFirst ?? 0) * 100}%` }} />}
                </span>
              </th>
              <td>
                {count(step.entered)}
                {at > 0 && step.droppedOff > 0 && <span class="drop">−{count(step.droppedOff)} left</span>}
              </td>
              <td>{at === 0 ? <span title="The first step has none before">–</span> : share(step.ofPrevious)}</td>
              <td>{share(step.ofFirst)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown && shown.steps[0]?.entered === 0 && (
        <p class="muted">Nobody entered this funnel in the period. It fills as visitors view products.</p>
      )}
    </section>
  )
}
