import { useSignal } from '@preact/signals'
import type { FunnelDefinitionAnswer } from '../../worker/contract/funnels.ts'
import type { FunnelOrder } from '../../worker/contract/lists.ts'
import { visit, withQuery } from '../address.ts'
import { busy, outcome, type Refused } from '../attempts.ts'
import { refreshFigures } from '../figures.ts'
import { funnelAt } from '../funnel-address.ts'
import { saveFunnel } from '../funnel-changes.ts'
import { FEWEST_STEPS, funnelFrom, MOST_STEPS, Unreadable } from '../funnel-form.ts'
import { Choice, FormRefusal, goToRefused, Input } from './form-field.tsx'
import { StepFields } from './funnel-step-fields.tsx'

const ORDERS: readonly { value: FunnelOrder; label: string }[] = [
  { value: 'ordered', label: 'in order, anything between' },
  { value: 'strict', label: 'in order, nothing between' },
  { value: 'implied', label: 'a later step implies those before' },
]

type Step = FunnelDefinitionAnswer['steps'][number]
export interface StepRow {
  /** Of the row, for as long as the form stands open. */
  id: number
  step: Step | null
}

const EXAMPLE: readonly Pick<Step, 'name' | 'events'>[] = [
  { name: 'Product page', events: ['view_item'] },
  { name: 'Cart', events: ['add_to_cart'] },
  { name: 'Purchase', events: ['purchase'] },
]
const none = { key: '', condition: null, optional: false, windowHours: null }

/** A new funnel, or the next version of one: `from` is what it begins with. */
export function FunnelForm({ from }: { from: FunnelDefinitionAnswer | null }) {
  const refused = useSignal<Refused | null>(null)
  const rows = useSignal<readonly StepRow[]>(
    (from?.steps ?? EXAMPLE.map((step) => ({ ...none, ...step }))).map((step, id) => ({ id, step })),
  )
  const isVersion = from !== null && !from.builtIn
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    refused.value = await sent(new FormData(form), rows.value.length)
    if (refused.value) requestAnimationFrame(() => goToRefused(form))
  }
  // A place in the list is no longer the one that was refused.
  const change = (next: readonly StepRow[]) => {
    refused.value = null
    rows.value = next
  }
  const add = () => change([...rows.value, { id: Math.max(-1, ...rows.value.map(({ id }) => id)) + 1, step: null }])
  const wrong = refused.value
  return (
    <section class="panel editor" aria-labelledby="funnel-form-title">
      <h2 id="funnel-form-title">{isVersion ? `${from.name}: version ${from.version + 1}` : 'A new funnel'}</h2>
      <p class="sentence">
        {isVersion
          ? 'A funnel is never edited: this makes its next version, and what the older one counted stays.'
          : 'The steps people take on their way to something you want. People who came before are counted, too, little by little.'}
      </p>
      <form class="form-grid" onSubmit={save} noValidate>
        <FormRefusal refused={wrong} />
        {isVersion && <input type="hidden" name="id" value={from.id} />}
        <Input
          name="name"
          label="Name"
          required
          value={isVersion ? from.name : ''}
          refused={wrong}
          fields={['name', 'id']}
          placeholder="Trial to plan"
        />
        <Choice name="order" label="Steps are taken" options={ORDERS} value={from?.order ?? 'ordered'} refused={wrong} />
        <Input
          name="windowHours"
          label="Hours from entry"
          type="number"
          min="1"
          max="2160"
          value={from?.windowHours}
          placeholder="168"
          refused={wrong}
          hint="Whoever takes longer enters anew"
        />
        {rows.value.map(({ id, step }, at) => (
          <StepFields
            key={id}
            at={at}
            of={rows.value.length}
            step={step}
            refused={wrong}
            move={(by) => change(moved(rows.value, at, by))}
            remove={rows.value.length > FEWEST_STEPS ? () => change(rows.value.filter((row) => row.id !== id)) : null}
          />
        ))}
        <p class="actions wide-field">
          <button type="button" onClick={add} disabled={rows.value.length >= MOST_STEPS}>
            Add a step
          </button>
          <button type="submit" class="primary" disabled={busy.value}>
            {isVersion ? 'Make this version' : 'Make the funnel'}
          </button>
          <a href={withQuery({ new: null })}>Cancel</a>
        </p>
        <datalist id="known-events">
          {EVENTS.map((event) => (
            <option key={event} value={event} />
          ))}
        </datalist>
      </form>
    </section>
  )
}

/** @returns why it was refused, or null once the page shows the new funnel */
async function sent(form: FormData, steps: number): Promise<Refused | null> {
  try {
    const { value, refused } = await saveFunnel(funnelFrom(form, steps))
    if (refused) return refused
    visit(funnelAt(value.id))
    outcome.value = `Made: ${value.name}, version ${value.version}`
    refreshFigures()
    return null
  } catch (error) {
    if (error instanceof Unreadable) return { field: error.field, message: error.message }
    throw error
  }
}

/** A row one place further up (−1) or down (1). */
function moved(rows: readonly StepRow[], at: number, by: -1 | 1): readonly StepRow[] {
  const next = [...rows]
  const [row] = next.splice(at, 1)
  if (row) next.splice(at + by, 0, row)
  return next
}

/** Of GA4, and ours; a shop may have any other. */
const EVENTS = [
  'page_view',
  'view_item_list',
  'view_item',
  'add_to_cart',
  'view_cart',
  'begin_checkout',
  'add_shipping_info',
  'add_payment_info',
  'sign_up',
  'purchase',
]
