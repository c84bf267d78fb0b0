import type { Refused } from '../attempts.ts'
import { Input } from './form-field.tsx'
import type { StepRow } from './funnel-form.tsx'

interface Props extends Pick<StepRow, 'step'> {
  /** Place in the list, from 0, of so many. */
  at: number
  of: number
  refused: Refused | null
  move: (by: -1 | 1) => void
  /** Null where too few would be left. */
  remove: (() => void) | null
}

/** One step of the form. What was typed moves with it. */
export function StepFields({ at, of, step, refused, move, remove }: Props) {
  const named = (name: string) => ({ name: `steps.${at}.${name}`, refused })
  const isFirst = at === 0
  return (
    <fieldset class="step-fields">
      <legend>Step {at + 1}</legend>
      {step && <input type="hidden" name={`steps.${at}.key`} value={step.key} />}
      <Input
        {...named('name')}
        fields={[`steps.${at}.name`, `steps.${at}.key`]}
        label="Name"
        required
        value={step?.name}
        placeholder="Cart"
      />
      <Input
        {...named('events')}
        label="Events"
        required
        value={step?.events.join(', ')}
        list="known-events"
        placeholder="add_to_cart"
        hint={isFirst ? 'Any of these reaches it. Commas between them; purchase is a verified one' : undefined}
      />
      {!isFirst && (
        <Input
          {...named('windowHours')}
          label="Hours from the step before"
          type="number"
          value={step?.windowHours ?? undefined}
          placeholder="any"
        />
      )}
      <Input
        {...named('condition')}
        label="Only where"
        value={step?.condition ? JSON.stringify(step.condition) : undefined}
        placeholder={'{"metadata.plan": "pro"}'}
        hint={isFirst ? 'JSON, over productId, country, device, source and metadata' : undefined}
      />
      <div class="row-tools wide-field">
        <label>
          <input type="checkbox" name={`steps.${at}.optional`} defaultChecked={step?.optional ?? false} /> optional: whoever passes it by is
          not lost
        </label>
        <button type="button" disabled={isFirst} aria-label={`Move step ${at + 1} up`} onClick={() => move(-1)}>
          ↑
        </button>
        <button type="button" disabled={at === of - 1} aria-label={`Move step ${at + 1} down`} onClick={() => move(1)}>
          ↓
        </button>
        <button type="button" disabled={remove === null} aria-label={`Remove step ${at + 1}`} onClick={() => remove?.()}>
          Remove
        </button>
      </div>
    </fieldset>
  )
}
