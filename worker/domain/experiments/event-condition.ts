import type { AcceptedEvent } from '../customer/event.ts'
import { compileCondition, type Test } from './condition.ts'
import { type ConditionFlaw, conditionFlaw } from './condition-flaw.ts'

/** What a condition on events may look at; of `metadata` any member, as in `metadata.plan`. */
const ATTRIBUTES = ['productId', 'country', 'device', 'source', 'metadata']

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** What is wrong with a condition on events, or null: also where it looks at what no event has. */
export function eventConditionFlaw(condition: unknown): ConditionFlaw | null {
  return conditionFlaw(condition) ?? strangerIn(condition, [])
}

function strangerIn(condition: unknown, path: string[]): ConditionFlaw | null {
  if (!isRecord(condition)) return null
  for (const [name, value] of Object.entries(condition)) {
    const at = [...path, name]
    if (name.startsWith('$')) {
      const parts = Array.isArray(value) ? value : [value]
      for (const [index, part] of parts.entries()) {
        const flaw = strangerIn(part, Array.isArray(value) ? [...at, String(index)] : at)
        if (flaw) return flaw
      }
    } else if (!ATTRIBUTES.includes(name.split('.')[0] as string))
      return { path: at, message: `events have ${ATTRIBUTES.join(', ')}; ${name.slice(0, 64)} is none of these` }
  }
  return null
}

/** Compiled once for each condition there is, which is as long as the definition that holds it. */
const compiled = new WeakMap<object, Test>()

/** Whether an event is one that a condition asks for. Metadata is whatever a stranger sent: what cannot be read is missing. */
export function meets(
  condition: Record<string, unknown>,
  { context, body, metadata }: Pick<AcceptedEvent, 'context' | 'body' | 'metadata'>,
): boolean {
  let test = compiled.get(condition)
  if (!test) {
    test = compileCondition(condition)
    compiled.set(condition, test)
  }
  const { country, device, source } = context
  return test({ productId: ('productId' in body ? body.productId : null) ?? null, country, device, source, metadata })
}
