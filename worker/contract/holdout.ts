import * as z from 'zod'
import { CurrencyCode } from './configuration.ts'

/** The universal holdout: customers whom no lever of any system touches, to see what all of them together are worth. */

const people = z.number().int()
const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() })

export const HoldoutQuery = z.object({ currency: CurrencyCode.optional().describe('Default: the configured one') })

export const HoldoutAnswer = z
  .object({
    success: z.literal(true),
    currency: z.string(),
    share: z.number().describe('Who are held out by the settings now, 0–1'),
    windowDays: z.number().describe('From the first price decision that was served'),
    sides: z.array(
      z.object({
        key: z.enum(['held_out', 'treated']),
        exposed: people,
        matured: people.describe('Of these, those whose window is over'),
        expected: z.number(),
        netRevenue: z.number(),
        perCustomer: Interval.nullable().describe('Net revenue a customer, with its 95 % interval for one look'),
      }),
    ),
    excluded: people.describe('Were on both sides, as two devices of one person may be: in neither'),
    sampleRatio: z.object({ pValue: z.number(), mismatch: z.boolean().describe('p < 0.001: no effect is told') }).nullable(),
    effect: Interval.extend({ pValue: z.number() })
      .nullable()
      .describe('Net revenue a treated customer more than one held out; an interval that holds at every look'),
    lift: Interval.nullable().describe('The same relative to those held out'),
    total: Interval.nullable().describe('The effect on all who were treated'),
    conclusion: z.enum(['gain', 'loss', 'unsure', 'invalid']),
    sentence: z.string(),
    reason: z.string().nullable().describe('Why there is no effect'),
  })
  .meta({ id: 'Holdout' })
export type HoldoutAnswer = z.infer<typeof HoldoutAnswer>
