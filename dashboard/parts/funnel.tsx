import { pageAt } from '../address.ts'
import { funnel } from '../figures.ts'
import { count } from '../format.ts'
import { Steps } from './funnel-steps.tsx'

export function Funnel() {
  const shown = funnel.value
  return (
    <section class="panel funnel" aria-labelledby="funnel-title">
      <div class="panel-head">
        <h2 id="funnel-title">
          <a href={pageAt('/funnel')}>Funnel</a> {shown && <span class="muted">{shown.funnel.name}</span>}
        </h2>
        <span class="small muted">
          by day of entry
          {shown && shown.reportedPurchases > 0 && `; ${count(shown.reportedPurchases)} purchases reported by browsers not counted`}
        </span>
      </div>
      <Steps steps={shown?.steps} />
      {shown && shown.steps[0]?.entered === 0 && (
        <p class="muted">Nobody entered this funnel in the period. It fills as visitors view products.</p>
      )}
    </section>
  )
}
