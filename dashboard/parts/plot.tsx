import { effect } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { dark } from '../theme.ts'

interface PlotProps {
  label: string
  /** Pixels. */
  height: number
  options: (box: HTMLElement) => uPlot.Options
  /** Reads signals: the plot is drawn again when one of them changes. */
  columns: () => uPlot.AlignedData
  onGone: () => void
}

/** A canvas that follows its data, its box and the theme. What it shows stands in a table beside it. */
export function Plot({ label, height, options, columns, onGone }: PlotProps) {
  const host = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const box = host.current
    if (!box) return
    const plot = new uPlot(options(box), columns(), box)
    const watcher = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }))
    watcher.observe(box)
    const stopData = effect(() => plot.setData(columns()))
    // The canvas does not hear of a change of theme: its colours are functions, read again with the paths they fill.
    let drawnDark = dark.peek()
    const stopTheme = effect(() => {
      if (dark.value === drawnDark) return
      drawnDark = dark.value
      plot.redraw(true, true)
    })
    return () => {
      stopTheme()
      stopData()
      watcher.disconnect()
      plot.destroy()
      onGone()
    }
  }, [])
  return <div class="plot" ref={host} role="img" aria-label={label} />
}
