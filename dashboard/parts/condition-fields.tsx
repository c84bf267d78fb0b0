import type { Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import type { Refused } from '../attempts.ts'
import type { PlainCondition } from '../condition-form.ts'
import { Input, TextArea } from './form-field.tsx'

const DEVICES = ['desktop', 'mobile', 'tablet']

interface ConditionFieldsProps {
  condition: Record<string, unknown>
  /** The condition as fields; null where it says more than they can. */
  plain: PlainCondition | null
  /** Whether it is written as JSON. */
  asJson: Signal<boolean>
  refused: Refused | null
  /** What a condition may look at. */
  attributes: string
  onSwitch?: () => void
  /** Further fields of a plain condition. */
  children?: ComponentChildren
}

/** Whom something is for: fields for what is asked most, and JSON for the rest. */
export function ConditionFields({ condition, plain, asJson, refused, attributes, onSwitch, children }: ConditionFieldsProps) {
  if (asJson.value || plain === null) {
    return (
      <TextArea
        name="condition"
        label="Condition, as JSON"
        value={JSON.stringify(condition, null, 2)}
        refused={refused}
        wide
        hint={
          <>
            The targeting language: <code>{'{ "country": { "$in": ["DE", "AT"] }, "device": "mobile" }'}</code>. {attributes}
          </>
        }
      />
    )
  }
  return (
    <>
      <Input
        name="countries"
        label="Countries"
        value={plain.countries.join(', ')}
        refused={refused}
        fields={['condition.country']}
        placeholder="everywhere"
        hint="Two-letter codes, as in DE, AT"
      />
      <fieldset class="form-field">
        <legend>Devices</legend>
        <span class="checks">
          {DEVICES.map((device) => (
            <label key={device}>
              <input type="checkbox" name="device" value={device} defaultChecked={plain.devices.includes(device)} /> {device}
            </label>
          ))}
        </span>
        <p class="hint">None chosen means any</p>
      </fieldset>
      {children}
      <p class="wide-field">
        <button
          type="button"
          class="link-button"
          onClick={() => {
            asJson.value = true
            onSwitch?.()
          }}
        >
          Write the condition as JSON instead
        </button>
      </p>
    </>
  )
}
