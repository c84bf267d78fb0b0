import { useSignal } from '@preact/signals'
import type { ExperimentAnswer } from '../../worker/contract/experiments.ts'
import type { Refused } from '../attempts.ts'
import { rolesOf } from '../experiment-form.ts'
import { metrics } from '../experiments.ts'
import { experimentsAt } from '../experiments-address.ts'
import { metricWords } from '../experiments-words.ts'
import { Choice } from './form-field.tsx'

const ROLES = [
  { value: '', label: 'is not looked at' },
  { value: 'goal', label: 'decides too' },
  { value: 'secondary', label: 'explains' },
  { value: 'guardrail', label: 'must not be harmed' },
]
/** What the server takes where nothing is chosen. */
const USUAL: Readonly<Record<string, string>> = { purchase: 'secondary', refunded: 'guardrail', payment_failed: 'guardrail' }

/** What decides, what explains, and what must not be harmed. */
export function MetricRoles({ draft, refused }: { draft: ExperimentAnswer | null; refused: Refused | null }) {
  const all = metrics.value ?? []
  const roles = draft ? rolesOf(draft) : USUAL
  const first = draft?.metrics.find(({ role }) => role === 'goal')?.metric.split('@')[0] ?? 'net_revenue'
  const goal = useSignal(first)
  const isChosen = useSignal(draft !== null)
  const of = all.find(({ id }) => id === goal.value)
  return (
    <fieldset>
      <legend>What it is judged by</legend>
      <Choice
        key={all.length}
        name="goals"
        label="Goal: what decides"
        value={of?.metric ?? ''}
        options={all.map(({ metric, name }) => ({ value: metric, label: name }))}
        refused={refused}
        fields={['goals']}
        hint={of && metricWords(of)}
        onChange={(value) => {
          goal.value = all.find(({ metric }) => metric === value)?.id ?? goal.value
        }}
      />
      <Choice
        name="further"
        label="Other metrics"
        value={isChosen.value ? 'chosen' : ''}
        options={[
          { value: '', label: 'the usual ones' },
          { value: 'chosen', label: 'choose' },
        ]}
        refused={refused}
        fields={['further', 'secondary', 'guardrails']}
        hint="Usual: buyers and the next step explain; refunds and failed payments must not be harmed"
        onChange={(value) => {
          isChosen.value = value === 'chosen'
        }}
      />
      {isChosen.value &&
        all
          .filter(({ id }) => id !== goal.value)
          .map(({ id, name }) => (
            <Choice key={id} name={`role.${id}`} label={name} value={roles[id] ?? ''} options={ROLES} refused={refused} />
          ))}
      <p class="wide-field small">
        <a href={experimentsAt('metrics', { new: 'metric' })}>Make a metric</a>{' '}
        <span class="muted">for what these do not count: a trial, a plan, the events of your own</span>
      </p>
    </fieldset>
  )
}
