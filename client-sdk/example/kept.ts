import { effect, type Signal, signal } from '@preact/signals'
import { read, write } from '../store.ts'

/**
 * A signal that a reload does not forget: a cart, a sign-in and a refusal of consent are the shop's to remember, whatever
 * the SDK may store. Nothing is stored while it holds its initial value.
 */
export function kept<T>(name: string, initial: T): Signal<T> {
  const key = `harbour_${name}`
  const untouched = JSON.stringify(initial)
  const value = signal<T>(parse(read(key)) ?? initial)
  effect(() => {
    const text = JSON.stringify(value.value)
    write(key, text === untouched ? null : text)
  })
  return value
}

function parse(text: string | undefined) {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}
