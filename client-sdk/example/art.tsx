import type { Product } from './catalogue.ts'

const SHAPES: Record<Product['art'], string[]> = {
  buoy: ['M60 34l14 34H46z', 'M40 68h40l-6 14H46z'],
  lighthouse: ['M52 30h16l6 52H46z', 'M50 22h20v8H50z', 'M60 12l9 10H51z'],
  dinghy: ['M60 26v40', 'M60 28l20 32H60z', 'M34 68h52l-8 14H42z'],
  sail: ['M60 16v52', 'M62 18l24 46H62z', 'M58 26L38 64h20z', 'M30 70h60l-9 13H39z'],
  fleet: ['M44 30l18 34H44z', 'M42 38L28 64h14z', 'M24 68h46l-7 11H31z', 'M86 44l10 20H86z', 'M74 68h26l-4 8H78z'],
}

/** Wide enough for any card: whatever the width, the boat stays whole in the middle. */
const wave = (top: number) => `M-240 ${top}${'q10-5 20 0t20 0'.repeat(15)}V100H-240z`

/** A flat picture of the product; decoration only. */
export function Art({ kind }: { kind: Product['art'] }) {
  return (
    <svg class="art" viewBox="0 0 120 100" preserveAspectRatio="xMidYMax meet" aria-hidden="true">
      <rect class="sky" x="-240" width="600" height="100" />
      <circle class="sun" cx="98" cy="26" r="11" />
      {SHAPES[kind].map((path, index) => (
        <path key={path} class={`shape s${index % 3}`} d={path} />
      ))}
      <path class="sea" d={wave(80)} />
      <path class="sea deep" d={wave(89)} />
    </svg>
  )
}
