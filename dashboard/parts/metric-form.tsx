import { useSignal } from '@preact/signals'
import type { MetricAnswer } from '../../worker/contract/metrics.ts'
import { visit } from '../address.ts'
import { busy, outcome, type Refused } from '../attempts.ts'
import { closed, experimentsAt } from '../experiments-address.ts'
import { addMetric } from '../experiments-changes.ts'
import { MEASURE_WORDS } from '../experiments-words.ts'
import { refreshFigures } from '../figures.ts'
import { countsEvents, countsProducts, type MetricDraft, metricFrom } from '../metric-form.ts'
import { Choice, FormRefusal, goToRefused, Input, TextArea } from './form-field.tsx'

const KINDS = [
  { value: 'proportion', label: 'share of people' },
  { value: 'mean', label: 'amount per visitor' },
  { value: 'ratio', label: 'one sum over another' },
]
const MEASURES = Object.entries(MEASURE_WORDS).map(([value, { amount }]) => ({ value, label: amount }))

function flawOf({ name, numerator, denominator }: MetricDraft): Refused | null {
  if (name === '') return { field: 'name', message: 'Give it a name' }
  if (numerator.events?.length === 0) return { field: 'numerator.events', message: 'Name at least one event' }
  if (denominator?.events?.length === 0) return { field: 'denominator.events', message: 'Name at least one event' }
  return null
}

/** A new metric, or a new version of one. */
export function MetricForm({ taken }: { taken: readonly MetricAnswer[] }) {
  const refused = useSignal<Refused | null>(null)
  const kind = useSignal('proportion')
  const id = useSignal('')
  const known = taken.find((each) => each.id === id.value)
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const refuse = (why: Refused) => {
      refused.value = why
      requestAnimationFrame(() => goToRefused(form))
    }
    let input: MetricDraft
    try {
      input = metricFrom(new FormData(form))
    } catch (error) {
      return refuse({ field: 'numerator.condition', message: `This is no condition: ${(error as Error).message}` })
    }
    refused.value = flawOf(input)
    if (refused.value) return refuse(refused.value)
    const { value, refused: why } = await addMetric(input)
    if (why) return refuse(why)
    visit(experimentsAt('metrics'))
    outcome.value = `Saved: ${value.metric.name}, as ${value.metric.metric}. Experiments that start from now on can be judged by it`
    refreshFigures()
  }
  const wrong = refused.value
  return (
    <section class="panel editor" aria-labelledby="editor-title">
      <h2 id="editor-title">A new metric</h2>
      <form class="form-grid" onSubmit={save} noValidate>
        <FormRefusal refused={wrong} />
        <Input name="name" label="Name" required refused={wrong} placeholder="Trials started" />
        <Input
          name="id"
          label="Id"
          refused={wrong}
          hint={
            known
              ? `This makes version ${known.version + 1} of ${known.name}. Experiments that run keep theirs`
              : 'Left empty, it is made from the name. One that is known gets a new version'
          }
          onChange={(value) => {
            id.value = value.trim()
          }}
        />
        <Choice
          name="kind"
          label="What it is"
          options={KINDS}
          refused={wrong}
          onChange={(value) => {
            kind.value = value
          }}
        />
        <Choice
          name="direction"
          label="What is better"
          refused={wrong}
          options={[
            { value: 'up', label: 'more of it' },
            { value: 'down', label: 'less of it' },
          ]}
        />
        <Input
          name="windowDays"
          label="Days in which it counts"
          type="number"
          value={14}
          refused={wrong}
          hint="From when a visitor first saw the variant, at most 90"
        />
        <Measure side="numerator" legend={kind.value === 'ratio' ? 'What is summed' : 'What it counts'} start="events" refused={wrong} />
        {kind.value === 'ratio' && <Measure side="denominator" legend="Over what it is divided" start="orders" refused={wrong} />}
        <details class="wide-field more">
          <summary>More choices</summary>
          <div class="form-grid">
            <Input
              name="cap"
              label="One person counts for at most"
              type="number"
              refused={wrong}
              placeholder="no limit"
              hint="Money in whole units. Experiments take a limit from history besides"
            />
            <Input name="currency" label="Currency" refused={wrong} placeholder="that of the experiment" />
          </div>
        </details>
        <p class="actions wide-field">
          <button type="submit" class="primary" disabled={busy.value}>
            Save the metric
          </button>
          <a href={closed()}>Cancel</a>
        </p>
      </form>
    </section>
  )
}

interface MeasureProps {
  side: 'numerator' | 'denominator'
  legend: string
  start: string
  refused: Refused | null
}

function Measure({ side, legend, start, refused }: MeasureProps) {
  const of = useSignal(start)
  return (
    <fieldset>
      <legend>{legend}</legend>
      <Choice
        name={`${side}.of`}
        label="Counted"
        value={start}
        options={MEASURES}
        refused={refused}
        onChange={(value) => {
          of.value = value
        }}
      />
      {countsEvents(of.value) && (
        <>
          <Input
            name={`${side}.events`}
            label="Events"
            refused={refused}
            placeholder="trial_requested"
            hint="Any of them counts; with commas between them"
          />
          <TextArea
            name={`${side}.condition`}
            label="Only where, as JSON"
            value=""
            rows={1}
            refused={refused}
            placeholder={'{"metadata.plan": "pro"}'}
            hint="Over productId, country, device, source and metadata. Empty: all"
          />
        </>
      )}
      {countsProducts(of.value) && (
        <Input name={`${side}.productIds`} label="Products" refused={refused} placeholder="all" hint="Ids with commas between them" />
      )}
    </fieldset>
  )
}
