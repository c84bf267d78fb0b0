import { signal } from '@preact/signals'
import type { FigureId } from '../worker/contract/analytics.ts'

/** Figure whose formula stands open under its row; one at a time. */
export const openFormula = signal<FigureId | null>(null)

export const toggleFormula = (id: FigureId): void => {
  openFormula.value = openFormula.value === id ? null : id
}

/** Closes it and gives the focus back to what opened it. */
export function closeFormula(): void {
  const id = openFormula.value
  if (id === null) return
  document.querySelector<HTMLElement>(`[aria-controls="formula-${id}"]`)?.focus()
  openFormula.value = null
}
