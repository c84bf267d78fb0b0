import type { ComponentChildren } from 'preact'
import type { Refused } from '../attempts.ts'

interface Shared {
  name: string
  label: string
  hint?: ComponentChildren
  refused: Refused | null
  /** Names that the server gives to what is typed here, where they are others. */
  fields?: readonly string[]
  wide?: boolean
}

const holds = (name: string, field: string): boolean => field === name || field.startsWith(`${name}.`)

/** Whether a refusal is about this field: its own name, or a place in it such as `testPrices.1`. */
const isAbout = (refused: Refused | null, names: readonly string[]): refused is Refused =>
  refused !== null && refused.field !== null && names.some((name) => holds(name, refused.field ?? ''))

const idOf = (name: string) => `field-${name.replaceAll('.', '-')}`

/** Goes to the field that was refused. @returns whether there is one */
export function goToRefused(form: HTMLFormElement): boolean {
  const field = form.querySelector<HTMLElement>('[aria-invalid="true"]')
  field?.closest('details')?.setAttribute('open', '')
  field?.focus()
  return field !== null
}

/** What was wrong, without the name of the field at whose foot it stands. */
const withoutField = ({ field, message }: Refused): string =>
  message.startsWith(`${field}: `) ? message.slice(`${field}: `.length) : message

function Frame({ name, label, hint, refused, fields = [name], wide, children }: Shared & { children: ComponentChildren }) {
  const wrong = isAbout(refused, fields)
  return (
    <div class={wide ? 'form-field wide-field' : 'form-field'}>
      <label for={idOf(name)}>{label}</label>
      {children}
      {wrong && (
        <p class="refusal" id={`${idOf(name)}-refusal`}>
          <span aria-hidden="true">✕ </span>
          {withoutField(refused)}
        </p>
      )}
      {hint && (
        <p class="hint" id={`${idOf(name)}-hint`}>
          {hint}
        </p>
      )}
    </div>
  )
}

/** What a control says of itself: its hint, and why it was refused. */
function described({ name, hint, refused, fields = [name] }: Shared) {
  const wrong = isAbout(refused, fields)
  const by = [wrong && `${idOf(name)}-refusal`, hint && `${idOf(name)}-hint`].filter(Boolean).join(' ')
  return { id: idOf(name), name, 'aria-invalid': wrong ? ('true' as const) : undefined, 'aria-describedby': by || undefined }
}

interface InputProps extends Shared {
  type?: 'text' | 'number' | 'datetime-local'
  value?: string | number
  required?: boolean
  readOnly?: boolean
  placeholder?: string
  list?: string
  min?: string
  max?: string
  pattern?: string
  onChange?: (value: string) => void
}

export const Input = ({ type = 'text', value, onChange, list, ...props }: InputProps) => (
  <Frame {...props}>
    <input
      {...described(props)}
      type={type}
      step={type === 'number' ? 'any' : undefined}
      inputMode={type === 'number' ? 'decimal' : undefined}
      defaultValue={value}
      required={props.required}
      readOnly={props.readOnly}
      placeholder={props.placeholder}
      list={list}
      min={props.min}
      max={props.max}
      pattern={props.pattern}
      autocomplete="off"
      spellcheck={false}
      onChange={(event) => onChange?.(event.currentTarget.value)}
    />
  </Frame>
)

interface ChoiceProps extends Shared {
  value?: string
  options: readonly { value: string; label: string }[]
  onChange?: (value: string) => void
}

export const Choice = ({ value, options, onChange, ...props }: ChoiceProps) => (
  <Frame {...props}>
    <select {...described(props)} onChange={(event) => onChange?.(event.currentTarget.value)}>
      {options.map((option) => (
        <option key={option.value} value={option.value} selected={option.value === value}>
          {option.label}
        </option>
      ))}
    </select>
  </Frame>
)

interface TextAreaProps extends Shared {
  value: string
  rows?: number
  placeholder?: string
  /** Words, not code. */
  prose?: boolean
}

export const TextArea = ({ value, rows = 6, placeholder, prose = false, ...props }: TextAreaProps) => (
  <Frame {...props}>
    <textarea
      {...described(props)}
      class={prose ? 'prose' : undefined}
      rows={rows}
      placeholder={placeholder}
      spellcheck={prose}
      defaultValue={value}
    />
  </Frame>
)

/** What was refused without a field of this form: it stands above them all. */
export function FormRefusal({ refused }: { refused: Refused | null }) {
  if (!refused) return null
  return (
    <p class="notice wide-field form-refusal" role="alert">
      {refused.message}
      {refused.field !== null && <span class="muted"> ({refused.field})</span>}
    </p>
  )
}
