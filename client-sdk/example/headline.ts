import { signal } from '@preact/signals'
import { sdk } from './state.ts'

export interface Headline {
  title: string
  line: string
}

/** The control: what Harbour says where no variant comes. */
const CONTROL: Headline = {
  title: 'A calm place to run a small company',
  line: 'Invoices, bookings and crew in one harbour. Start with a bundle, or come aboard by the month.',
}

export const headline = signal<Headline>(CONTROL)
/** Whether this visitor's headline is decided; until then it keeps its place unseen. */
export const isHeadlineDecided = signal(false)

/** Milliseconds the headline waits for the SDK to load, and then for its answer: as many as the tag gives a price. */
const PATIENCE_MS = Number(document.querySelector<HTMLScriptElement>('script[data-key]')?.dataset.timeoutMs ?? 300)
const impatient = new Promise<null>((resolve) => setTimeout(resolve, PATIENCE_MS, null))

let round = 0

/** Asks what this visitor is to read; the SDK asks the Worker once a page. */
export async function askHeadline(): Promise<void> {
  const mine = ++round
  const client = await Promise.race([sdk, impatient])
  const said = (await client?.variant<Headline>('hero', CONTROL)) ?? CONTROL
  if (mine !== round) return
  headline.value = said
  isHeadlineDecided.value = true
}
