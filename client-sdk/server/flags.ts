import { segment } from './address.ts'
import type { CallOptions } from './types.ts'
import type { Wire } from './wire.ts'
import type { FlagAnswer, FlagContext, FlagsAnswer } from './words.ts'

const PATH = 'ofrep/v1/evaluate/flags'
/** Contexts whose last answer is kept, so that one who asks again may be told that nothing has changed. */
const MAXIMUM_KEPT = 500

export function createFlags(wire: Wire) {
  /** By the question; the one that was asked longest ago stands first. Texts, as an answer belongs to whoever gets it. */
  const kept = new Map<string, { etag: string; text: string }>()

  function keep(question: string, etag: string, text: string): void {
    kept.delete(question)
    kept.set(question, { etag, text })
    for (const oldest of kept.keys()) if (kept.size > MAXIMUM_KEPT) kept.delete(oldest)
  }

  return {
    evaluate: async (key: string, context: FlagContext, options?: CallOptions) =>
      wire.post<FlagAnswer>(`${PATH}/${segment('key', key)}`, { context }, options),

    async evaluateAll(context: FlagContext, options?: CallOptions): Promise<FlagsAnswer> {
      const text = JSON.stringify({ context })
      const known = kept.get(text)
      const headers = known && { 'if-none-match': known.etag }
      const reply = await wire.send({ method: 'POST', path: PATH, text, ...(headers && { headers }) }, options)
      const answered = reply.status === 304 && known ? known.text : reply.text
      if (reply.etag) keep(text, reply.etag, answered)
      return JSON.parse(answered)
    },
  }
}
