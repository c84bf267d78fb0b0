import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again until an answer satisfies. @throws Error with the last answer when the patience is over */
export async function until<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean, patienceMs = 10_000, pauseMs = 100): Promise<T> {
  const giveUpAt = performance.now() + patienceMs
  for (;;) {
    const answer = await ask()
    if (satisfies(answer)) return answer
    if (performance.now() > giveUpAt) throw new Error(`still not so after ${patienceMs} ms: ${JSON.stringify(answer)?.slice(0, 500)}`)
    await sleep(pauseMs)
  }
}
