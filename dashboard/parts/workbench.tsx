import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { path } from '../address.ts'
import { leave, outcome, trouble } from '../attempts.ts'
import { reading } from '../figures.ts'
import '../style/work.css'
import '../style/form.css'
import '../style/field.css'
import '../style/judgement.css'
import { Confirm } from './confirm.tsx'
import { Failure } from './failure.tsx'

interface WorkbenchProps {
  class: string
  /** Title and tabs, above whatever is told. */
  head: ComponentChildren
  children: ComponentChildren
}

/** A page on which things are made and changed: what came of a change stands between its head and the rest. */
export function Workbench({ class: name, head, children }: WorkbenchProps) {
  // What came of a change is told until one goes elsewhere.
  const at = path.value
  useEffect(() => leave, [at])
  return (
    <div class={reading.value ? `work ${name} reading` : `work ${name}`}>
      {head}
      <Failure />
      {trouble.value !== null && (
        <p class="notice" role="alert">
          {trouble}
        </p>
      )}
      {/* Heard as well as seen: what has changed may be far from the button. */}
      <p class={outcome.value ? 'notice done' : 'hidden'} role="status">
        {outcome}
      </p>
      {children}
      <Confirm />
    </div>
  )
}
