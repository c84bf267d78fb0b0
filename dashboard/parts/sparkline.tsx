const WIDTH = 100
const HEIGHT = 24

/** A line without axes. Decoration beside the figure: the revenue table holds the numbers. Gaps stay gaps. */
export function Sparkline({ values }: { values: readonly (number | null)[] }) {
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={outline(values)} />
    </svg>
  )
}

function outline(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return ''
  const low = Math.min(0, ...known)
  const span = Math.max(...known) - low || 1
  let open = false
  return values
    .map((value, at) => {
      if (value === null) {
        open = false
        return ''
      }
      const command = open ? 'L' : 'M'
      open = true
      const x = (at / (values.length - 1)) * WIDTH
      const y = HEIGHT - 1 - ((value - low) / span) * (HEIGHT - 2)
      return `${command}${x.toFixed(1)} ${y.toFixed(1)}`
    })
    .join('')
}
