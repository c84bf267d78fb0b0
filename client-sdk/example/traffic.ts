import { signal } from '@preact/signals'
import type { BatchAnswer, IncomingEvent } from '../../worker/contract/events.ts'
import type { FlagAnswer, FlagsAnswer } from '../../worker/contract/flags.ts'

export interface Line {
  id: string
  event: string
  productId: string | undefined
  status: string
}

/** Events as they leave the page, newest first, with what the Worker said. */
export const traffic = signal<Line[]>([])

/** Variants as the Worker last answered them. */
export const variants = signal<FlagAnswer[]>([])

const shipped = window.fetch
/** Looks over the SDK's shoulder: the request goes out as it is. */
window.fetch = async (input, init) => {
  const answer = await shipped.call(window, input, init)
  const url = String(input)
  if (url.includes('/api/events')) note(String(init?.body), answer.clone()).catch(() => {})
  if (url.includes('/ofrep/')) noteVariants(answer.clone()).catch(() => {})
  return answer
}

async function note(body: string, answer: Response): Promise<void> {
  const { events } = JSON.parse(body) as { events: IncomingEvent[] }
  const { results = [] } = (await answer.json().catch(() => ({}))) as Partial<BatchAnswer>
  const lines = events.map((event, index): Line => {
    const result = results.find((candidate) => candidate.index === index)
    const status = result
      ? [result.status, event.event === 'purchase' && result.verified === false ? 'reported, no revenue' : '', result.code ?? '']
          .filter(Boolean)
          .join(', ')
      : `${answer.status}`
    return { id: event.id ?? '', event: event.event ?? '', productId: event.productId, status }
  })
  const again = new Set(lines.map((line) => line.id))
  traffic.value = [...lines.reverse(), ...traffic.value.filter((line) => !again.has(line.id))].slice(0, 40)
}

async function noteVariants(answer: Response): Promise<void> {
  const { flags = [] } = (await answer.json()) as Partial<FlagsAnswer>
  variants.value = flags.filter((flag) => 'reason' in flag)
}
