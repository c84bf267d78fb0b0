import type { Signal } from '@preact/signals'
import type { ExperimentAnswer } from '../../worker/contract/experiments.ts'
import type { Refused } from '../attempts.ts'
import { configText } from '../experiment-form.ts'
import { Input, TextArea } from './form-field.tsx'

const MOST_VARIANTS = 20

interface VariantFieldsProps {
  draft: ExperimentAnswer | null
  /** A number for each row, which stays its own when another row goes. */
  rows: Signal<number[]>
  refused: Refused | null
}

/** The variants, the control first: what each is called, what it answers, and how many people get it. */
export function VariantFields({ draft, rows, refused }: VariantFieldsProps) {
  const known = rows.value
  const isEven = draft?.variants.every(({ weight }) => Math.abs(weight - 1 / draft.variants.length) < 0.001) ?? true
  return (
    <fieldset class="variant-rows">
      <legend>Variants</legend>
      {known.map((row, at) => {
        const variant = draft?.variants[row]
        const name = (field: string) => `variants.${at}.${field}`
        return (
          <div class="variant-row" key={row}>
            <Input
              name={name('name')}
              label={at === 0 ? 'Control: as it is today' : `Variant ${at}`}
              required
              value={variant?.name ?? ''}
              refused={refused}
              fields={[name('name'), name('key')]}
              placeholder={at === 0 ? 'Buy now' : 'Start today'}
            />
            {variant && <input type="hidden" name={name('key')} value={variant.key} />}
            <TextArea
              name={name('config')}
              label="What it answers"
              rows={1}
              value={variant ? configText(variant) : ''}
              refused={refused}
              placeholder='{"label": "Buy now"}'
              hint={at === 0 ? 'Text, or any JSON your code reads. Empty: its key' : undefined}
            />
            <Input
              name={name('weight')}
              label="Share, %"
              type="number"
              value={variant && !isEven ? Number((variant.weight * 100).toFixed(4)) : ''}
              refused={refused}
              placeholder={(100 / known.length).toFixed(known.length === 3 ? 1 : 0)}
              hint={at === 0 ? 'All or none; 100 in all' : undefined}
            />
            {at > 1 && (
              <button
                type="button"
                class="link-button"
                onClick={() => {
                  rows.value = known.filter((each) => each !== row)
                }}
              >
                Remove<span class="hidden"> variant {at}</span>
              </button>
            )}
          </div>
        )
      })}
      {known.length < MOST_VARIANTS && (
        <p class="wide-field">
          <button
            type="button"
            class="link-button"
            onClick={() => {
              rows.value = [...known, Math.max(...known) + 1]
            }}
          >
            Add a variant
          </button>
        </p>
      )}
    </fieldset>
  )
}
