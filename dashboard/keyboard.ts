import { path, shiftPeriod, toggleCompare } from './address.ts'
import { analytics } from './figures.ts'
import { closeFormula } from './formula.ts'
import { helpOpen } from './parts/help.tsx'

/** Places where keys already mean something: fields, open dialogs, and boxes that the arrows scroll. */
const BUSY = 'input, select, textarea, [contenteditable], dialog, [data-scroll]'

function onKey(event: KeyboardEvent): void {
  const target = event.target as Element
  if (event.key === 'Escape') {
    closeDetails()
    closeFormula()
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || target.closest?.(BUSY)) return
  if (event.key === '?') {
    helpOpen.value = true
    return
  }
  const shown = analytics.value
  if (!['/', '/revenue', '/funnel'].includes(path.value) || !shown) return
  if (event.key === 'ArrowLeft') shiftPeriod(-1, shown)
  if (event.key === 'ArrowRight') shiftPeriod(1, shown)
  if (event.key === 'x' || event.key === 'X') toggleCompare()
}

/** Closes an open formula and gives the focus back to what opened it. */
function closeDetails(): void {
  for (const open of document.querySelectorAll<HTMLDetailsElement>('details.formula[open]')) {
    const inside = open.contains(document.activeElement)
    open.open = false
    if (inside) open.querySelector('summary')?.focus()
  }
}

export function startKeyboard(): void {
  addEventListener('keydown', onKey)
  addEventListener('click', (event) => {
    if (!(event.target as Element).closest?.('details.formula')) closeDetails()
  })
}
