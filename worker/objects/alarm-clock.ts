import { SECOND_MS } from '../domain/time.ts'

/** An alarm that is due so soon is let ring for nothing: it may be on its way already. */
const IMMINENT_MS = 2 * SECOND_MS

/**
 * The one alarm an object has, for everything that waits. What it is set to is remembered, so that asking for what is set
 * already writes nothing, and so that it is never put off unknowingly: the platform cancels an alarm that rings earlier
 * than its new time, and complains.
 */
export class AlarmClock {
  readonly #storage: DurableObjectStorage
  #at: number | null = null

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
  }

  /** Learns what was set before this memory began. */
  async learn(): Promise<void> {
    this.#at = await this.#storage.getAlarm()
  }

  rang(): void {
    this.#at = null
  }

  /** Rings at `at` or sooner. Not awaited: it is committed together with what was written beside it. */
  wake(at: number): void {
    if (this.#at === null || at < this.#at) this.#set(at)
  }

  /** Rings at `at`, or not at all. */
  set(at: number | null, now: number): void {
    if (at !== null && (this.#at === null || at < this.#at)) this.#set(at)
    else if (at !== this.#at && this.#at !== null && this.#at > now + IMMINENT_MS) this.#set(at)
  }

  #set(at: number | null): void {
    this.#at = at
    void (at === null ? this.#storage.deleteAlarm() : this.#storage.setAlarm(at))
  }
}
