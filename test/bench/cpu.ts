import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Length of a clock tick of /proc, in microseconds. Linux has used 100 a second on every common machine. */
const TICK_MICROSECONDS = 10_000

/** Fields of /proc/<pid>/stat behind the name, which may itself hold spaces and brackets. */
const fieldsOf = (pid: number): string[] => {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Processor time a process has used so far, in user and kernel mode, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  const fields = fieldsOf(pid)
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS
}

/** Ids of the workerd processes that this process has started. */
export const workerdChildren = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return Number(fieldsOf(pid)[1]) === process.pid && readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === 'workerd'
      } catch {
        return false
      }
    })

/** Waits until a process has been idle for a while, so that leftovers of one round do not count in the next. */
export async function untilIdle(pid: number, patienceMs = 5_000): Promise<void> {
  const giveUpAt = performance.now() + patienceMs
  for (let before = cpuMicroseconds(pid); performance.now() < giveUpAt; ) {
    await sleep(100)
    const now = cpuMicroseconds(pid)
    if (now === before) return
    before = now
  }
}
