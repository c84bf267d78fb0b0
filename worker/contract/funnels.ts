import * as z from 'zod'
import { TIMEFRAMES } from './analytics.ts'
import { CurrencyCode } from './configuration.ts'
import { FUNNEL_ORDERS, SEGMENT_DIMENSIONS } from './lists.ts'
import { DefinitionId, EventCondition } from './metrics.ts'

/** Words of funnels: the steps people take. A funnel is never edited; saving one under a known id makes its next version. */

const StepInput = z
  .object({
    key: DefinitionId.optional().describe('Default: the name, as a key'),
    name: z.string().min(1).max(100),
    events: z.array(z.string().min(1).max(64)).min(1).max(20).describe('Any of these reaches it; `purchase` is a verified one'),
    condition: EventCondition.optional(),
    optional: z.boolean().default(false).describe('Whoever passes it by is not lost'),
    windowHours: z.number().positive().max(2160).optional().describe('Longest time since the step before'),
  })
  .strict()

export const FunnelInput = z
  .object({
    id: DefinitionId.optional().describe('Default: the name, as an id'),
    name: z.string().min(1).max(100),
    steps: z.array(StepInput).min(2).max(20),
    order: z
      .enum(FUNNEL_ORDERS)
      .default('ordered')
      .describe(
        'ordered: one step after the other, with anything between. strict: with nothing between. implied: a later step implies those before',
      ),
    windowHours: z.number().positive().max(2160).default(168).describe('From entry'),
  })
  .strict()
  .meta({
    id: 'FunnelInput',
    example: {
      name: 'Trial to plan',
      steps: [
        { name: 'Pricing page', events: ['view_item'] },
        { name: 'Trial', events: ['trial_requested'] },
        { name: 'Purchase', events: ['purchase'] },
      ],
    },
  })
export type FunnelInput = z.infer<typeof FunnelInput>

export const FunnelDefinitionAnswer = z
  .object({
    funnel: z.string().describe('Reference, as in `default@1`'),
    id: z.string(),
    version: z.number().int(),
    name: z.string(),
    order: z.enum(FUNNEL_ORDERS),
    windowHours: z.number(),
    steps: z.array(
      z.object({
        key: z.string(),
        name: z.string(),
        events: z.array(z.string()),
        condition: z.record(z.string(), z.unknown()).nullable(),
        optional: z.boolean(),
        windowHours: z.number().nullable(),
      }),
    ),
    builtIn: z.boolean(),
    backfill: z
      .object({ done: z.number().int(), total: z.number().int() })
      .nullable()
      .describe('Customers of before who are counted by it already; null: all are'),
  })
  .meta({ id: 'Funnel' })
export type FunnelDefinitionAnswer = z.infer<typeof FunnelDefinitionAnswer>

const success = z.literal(true)
export const FunnelItem = z.object({ success, funnel: FunnelDefinitionAnswer }).meta({ id: 'FunnelItem' })
export const FunnelsAnswer = z
  .object({ success, funnels: z.array(FunnelDefinitionAnswer).describe('Every version, newest of each id first') })
  .meta({ id: 'FunnelsAnswer' })
export type FunnelsAnswer = z.infer<typeof FunnelsAnswer>

export const FUNNEL_BREAKDOWNS = [...SEGMENT_DIMENSIONS, 'variant'] as const

export const FunnelQuery = z.object({
  timeframe: z.enum(TIMEFRAMES).default('30d'),
  to: z.iso.date().optional(),
  funnel: z.string().max(64).default('default').describe('Its id, or one version of it, as `default@1`'),
  by: z.enum(FUNNEL_BREAKDOWNS).optional().describe('Tells people apart'),
  experiment: z.string().max(64).optional().describe('With `by=variant`: whose variants'),
  currency: CurrencyCode.optional().describe('Of the revenue at the end; default: the configured one'),
})
export type FunnelQuery = z.infer<typeof FunnelQuery>

export const FunnelStepAnswer = z.object({
  step: z.string(),
  label: z.string(),
  optional: z.boolean(),
  entered: z.number().int().describe('People who reached this step, by their day of entry into the funnel'),
  ofPrevious: z.number().nullable().describe('Share of those who reached the required step before, 0–1; null for the first'),
  ofFirst: z.number().nullable().describe('Share of those who entered the funnel, 0–1'),
  droppedOff: z.number().int().describe('People who came no further'),
  medianSeconds: z.number().nullable().describe('From the step before, of those who took it; to within a fifth'),
})

const GroupAnswer = z.object({
  value: z.string(),
  steps: z.array(FunnelStepAnswer.pick({ step: true, entered: true, ofPrevious: true, ofFirst: true, droppedOff: true })),
  revenue: z.number().describe('Of the purchases that ended it, less their refunds and disputes'),
  revenuePerEntry: z.number().nullable(),
})

export const FunnelDriver = z
  .object({
    step: z.string().describe('At which people are lost'),
    feature: z.enum(['event', 'variant', ...SEGMENT_DIMENSIONS]),
    value: z.string(),
    people: z.number().int().describe('Who reached the step and have it'),
    rate: z.number().describe('Share of them who go on, 0–1'),
    otherRate: z.number().describe('Of those without it'),
    difference: z.object({ value: z.number(), low: z.number(), high: z.number() }).describe('rate − otherRate with its 95 % interval'),
    pValue: z.number(),
    adjustedPValue: z.number().describe('Benjamini–Hochberg over everything that was looked at'),
    atStake: z.number().int().describe('People who would go on if they did so as often as the others'),
    recommendation: z.string().describe('What goes along with it is not shown to cause it'),
  })
  .meta({ id: 'FunnelDriver' })
export type FunnelDriver = z.infer<typeof FunnelDriver>

export const FunnelAnswer = z
  .object({
    success,
    funnel: z.object({ id: z.string(), version: z.number().int(), name: z.string() }),
    period: z.object({ from: z.string(), to: z.string() }),
    reportedPurchases: z.number().int().describe('Purchases browsers reported, of all currencies: not verified, so not counted as steps'),
    currency: z.string(),
    revenue: z.number().describe('Of the purchases that ended it, less their refunds and disputes'),
    steps: z.array(FunnelStepAnswer),
    days: z.array(z.object({ day: z.string(), entered: z.number().int(), converted: z.number().int() })).describe('By day of entry'),
    groups: z.array(GroupAnswer).nullable().describe('With `by`: the largest fifty values, then `other`'),
    drivers: z.array(FunnelDriver).describe('What goes along with being lost, most people at stake first; nothing that chance explains'),
  })
  .meta({ id: 'FunnelAnswer' })
export type FunnelAnswer = z.infer<typeof FunnelAnswer>
