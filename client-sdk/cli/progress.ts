const WIDTH = 32

/** A bar on stderr, redrawn in place on a terminal and written at each tenth elsewhere, so that logs stay short. */
export function progressBar(label: string, total: number): { update: (done: number) => void; end: () => void } {
  const terminal = process.stderr.isTTY === true
  let lastTenth = -1
  const draw = (done: number) => {
    const share = total > 0 ? Math.min(1, done / total) : 1
    const text = `${label} ${'█'.repeat(Math.round(share * WIDTH)).padEnd(WIDTH, '░')} ${String(Math.floor(share * 100)).padStart(3)} % (${done}/${total})`
    const tenth = Math.floor(share * 10)
    if (terminal) process.stderr.write(`\r${text}`)
    else if (tenth !== lastTenth) process.stderr.write(`${text}\n`)
    lastTenth = tenth
  }
  return { update: draw, end: () => void (terminal && process.stderr.write('\n')) }
}
