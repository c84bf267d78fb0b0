import * as z from 'zod'

/** An outbox entry that could not be applied: parked with its reason until someone has it sent again. */
export const DeadLetter = z
  .object({
    object: z.string(),
    seq: z.number().int(),
    reason: z.string(),
    parkedAt: z.number(),
    replayedAt: z.number().nullable(),
  })
  .meta({ id: 'DeadLetter' })

export const DeadLettersAnswer = z.object({ success: z.literal(true), deadLetters: z.array(DeadLetter) }).meta({ id: 'DeadLettersAnswer' })
export type DeadLettersAnswer = z.infer<typeof DeadLettersAnswer>
