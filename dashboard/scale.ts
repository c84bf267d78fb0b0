const STEPS = [1, 2, 2.5, 5, 10]
/** Lines across the field, at most, on one side of zero. */
const MOST_LINES = 4

/** Round distance of the lines across, so that at most four of them are needed. */
export function stepFor(span: number): number {
  if (!(span > 0)) return 1
  const scale = 10 ** Math.floor(Math.log10(span / MOST_LINES))
  return (STEPS.find((step) => step * scale * MOST_LINES >= span * 0.999) ?? 10) * scale
}
