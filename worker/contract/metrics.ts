import * as z from 'zod'
import { CurrencyCode } from './configuration.ts'
import { MEASURES, METRIC_DIRECTIONS, METRIC_KINDS } from './lists.ts'

/** Words of metrics: what experiments are judged by. A metric is never edited; saving one under a known id makes its next version. */

export const DefinitionId = z
  .string()
  .min(1)
  .max(48)
  .regex(/^[a-z0-9][a-z0-9_.-]*$/, 'lower-case letters, digits and _ . - only')

/** The newest version where none is named. */
export const MetricRef = z
  .string()
  .min(1)
  .max(60)
  .regex(/^[a-z0-9][a-z0-9_.-]*(@[1-9]\d{0,5})?$/, 'the id of a metric, as `net_revenue`, or of one version, as `net_revenue@1`')
  .describe('A metric by its id, or one version of it, as `net_revenue@1`')

export const EventCondition = z
  .record(z.string(), z.unknown())
  .describe('In the targeting language over `productId`, `country`, `device`, `source` and `metadata`, as in `{"metadata.plan": "pro"}`')

export const MeasureInput = z
  .object({
    of: z.enum(MEASURES),
    events: z.array(z.string().min(1).max(64)).min(1).max(20).optional().describe('Of `events`: each of these counts'),
    productIds: z
      .array(z.string().min(1).max(128))
      .min(1)
      .max(100)
      .optional()
      .describe('Of `net_revenue` and `orders`: of these products alone'),
    condition: EventCondition.optional().describe('Of `events`'),
  })
  .strict()
  .meta({ id: 'Measure' })

export const MetricInput = z
  .object({
    id: DefinitionId.optional().describe('Default: the name, as an id'),
    name: z.string().min(1).max(100),
    kind: z.enum(METRIC_KINDS),
    numerator: MeasureInput.describe('Of a proportion: whether a person has some of it'),
    denominator: MeasureInput.optional().describe('Of a ratio, and of nothing else'),
    direction: z.enum(METRIC_DIRECTIONS).default('up'),
    windowDays: z.number().positive().max(90).default(14).describe('From first exposure'),
    currency: CurrencyCode.optional().describe('Of money; default: that of the experiment'),
    cap: z.number().positive().max(1e12).optional().describe('What one person counts for at most; money in major units'),
  })
  .strict()
  .meta({
    id: 'MetricInput',
    example: { name: 'Trials started', kind: 'proportion', numerator: { of: 'events', events: ['trial_requested'] }, windowDays: 7 },
  })
export type MetricInput = z.infer<typeof MetricInput>

export const MetricAnswer = z
  .object({
    metric: z.string().describe('Reference, as in `net_revenue@1`'),
    id: z.string(),
    version: z.number().int(),
    name: z.string(),
    kind: z.enum(METRIC_KINDS),
    numerator: MeasureInput,
    denominator: MeasureInput.nullable(),
    direction: z.enum(METRIC_DIRECTIONS),
    windowDays: z.number(),
    currency: z.string().nullable(),
    cap: z.number().nullable(),
    builtIn: z.boolean(),
  })
  .meta({ id: 'Metric' })
export type MetricAnswer = z.infer<typeof MetricAnswer>

const success = z.literal(true)
export const MetricItem = z.object({ success, metric: MetricAnswer }).meta({ id: 'MetricItem' })
export const MetricsAnswer = z
  .object({ success, metrics: z.array(MetricAnswer).describe('Every version, newest of each id first') })
  .meta({ id: 'MetricsAnswer' })
export type MetricsAnswer = z.infer<typeof MetricsAnswer>
