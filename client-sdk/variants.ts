import { track } from './outbox.ts'
import { read, STICKY, SUBJECT, write } from './store.ts'
import { known, visitorId } from './visitor.ts'
import { request, within } from './wire.ts'

/** A flag as the Worker answers it (OFREP), and the test it belongs to. */
export interface Flag {
  key: string
  value?: unknown
  variant?: string
  metadata?: { experimentId?: string; variantId?: string }
}

export interface FlagsAnswer {
  flags?: Flag[]
  /** What keeps this visitor where they were drawn: a text for the Worker alone to read. */
  metadata?: { sticky?: string }
}

/** The page's one request for all flags; undefined when the next to read one has to make it. */
let asked: ReturnType<typeof evaluate> | undefined
let attributes: object | undefined
/** Tests this visitor is reported to have seen. */
const seen = new Set<string>()

/** Who is asked about has changed: whoever reads a flag next asks anew. */
export const forgetFlags = (): void => {
  asked = undefined
}

export function setAttributes(values: object): void {
  attributes = values
  forgetFlags()
}

async function evaluate(): Promise<{ id: string | null; flags?: Flag[] }> {
  const id = await visitorId()
  if (!id) return { id }
  const context = { ...attributes, targetingKey: read(SUBJECT) ?? id, url: location.pathname + location.search, sticky: read(STICKY) ?? '' }
  const { flags, metadata } = await request<FlagsAnswer>('ofrep/v1/evaluate/flags?', { context })
  if (metadata?.sticky && known() === id) write(STICKY, metadata.sticky)
  return { id, flags }
}

/** The flag, which counts as seen; undefined when it is unknown, does not come in time, or profiling is refused. */
export async function readFlag(key: string, timeoutMs: number): Promise<Flag | undefined> {
  asked ??= evaluate()
  asked.catch(forgetFlags)
  // What was answered for somebody who has left, or refuses by now, is nobody's.
  const found = asked.then(({ id, flags }) => (id === known() ? flags?.find((flag) => flag.key === key) : undefined))
  const flag = await within(found, timeoutMs)
  if (!flag || typeof flag === 'string') return
  const { experimentId, variantId } = flag.metadata ?? {}
  const sight = [known(), experimentId, variantId].join()
  if (experimentId && !seen.has(sight)) {
    seen.add(sight)
    track('experiment_viewed', { experimentId, variantId })
  }
  return flag
}
