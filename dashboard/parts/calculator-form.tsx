import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { CALCULATOR_INPUTS, visit } from '../address.ts'
import { calculationAt, type InputName, values } from '../calculator-inputs.ts'
import { refused } from '../calculators.ts'
import { textOf } from '../form-values.ts'
import { FormRefusal, goToRefused } from './form-field.tsx'

interface Props {
  /** What is typed beyond plain fields, as text of the address. */
  also?: (form: FormData) => Partial<Record<InputName, string | null>>
  /** What stands in fields beyond the plain ones, by their names. */
  cells?: Readonly<Record<string, string>>
  children: ComponentChildren
}

/** A form whose fields are the address: sending it, or choosing from a list, goes to the address of what was typed. */
export function CalculatorForm({ also, cells, children }: Props) {
  const host = useRef<HTMLFormElement>(null)
  const told = values.value
  // A link and Back change what was typed, without taking the focus from where it is.
  useEffect(() => {
    const all = { ...told, ...cells }
    for (const field of host.current?.elements ?? []) {
      if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue
      const value = all[field.name as keyof typeof all]
      if (value !== undefined && field.value !== value) field.value = value
    }
  }, [told])
  const wrong = refused.value
  useEffect(() => {
    if (wrong && host.current) goToRefused(host.current)
  }, [wrong])
  const go = () => {
    if (!host.current) return
    const form = new FormData(host.current)
    const plain = CALCULATOR_INPUTS.filter((name) => form.has(name)).map((name): [InputName, string] => [name, textOf(form, name)])
    visit(calculationAt({ ...Object.fromEntries(plain), ...also?.(form) }))
  }
  return (
    <form
      class="form-grid"
      ref={host}
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        go()
      }}
      onChange={(event) => {
        if (event.target instanceof HTMLSelectElement) go()
      }}
    >
      <FormRefusal refused={wrong} />
      {children}
      <p class="actions wide-field">
        <button type="submit" class="primary">
          Calculate
        </button>
      </p>
    </form>
  )
}
