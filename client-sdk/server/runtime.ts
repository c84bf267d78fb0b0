/** Clock, chance and patience of a client; tests bring their own. */
export interface Runtime {
  /** Epoch milliseconds. */
  now(): number
  /** In [0, 1). */
  random(): number
  mintId(): string
  pause(delayMs: number): Promise<void>
}

export const PLATFORM: Runtime = {
  now: () => Date.now(),
  random: () => Math.random(),
  // Not before a call: Workers have no random numbers while a module loads.
  mintId: () => crypto.randomUUID(),
  pause: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
}
