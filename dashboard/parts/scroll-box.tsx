import type { ComponentChildren } from 'preact'

interface Props {
  /** Id of the heading that names it, or a name of its own. */
  labelledBy?: string
  label?: string
  class?: string
  children: ComponentChildren
}

/** A box that scrolls. It can be reached by Tab and scrolled by the arrow keys, which then do not shift the period. */
export const ScrollBox = ({ labelledBy, label, class: className = '', children }: Props) => (
  // A group, not a landmark: the panel around it already is one of that name.
  // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1, whoever has no mouse must be able to scroll it
  // biome-ignore lint/a11y/useSemanticElements: a fieldset groups controls, and this holds none
  <div class={`scroll ${className}`} data-scroll role="group" tabIndex={0} aria-labelledby={labelledBy} aria-label={label}>
    {children}
  </div>
)
