import * as z from 'zod'
import { ExperimentResults } from './experiment-results.ts'
import { ANALYSIS_METHODS, EXPERIMENT_ENDINGS, EXPERIMENT_STATUSES, METRIC_ROLES, VERDICTS } from './lists.ts'
import { MetricRef } from './metrics.ts'

/** Words of experiments: variants of anything a page or a server does, drawn by lot and analysed by net revenue. */

const share = z.number().min(0).max(1)
const instant = z.iso.datetime({ offset: true })

/** Lower case, so that a key reads the same in code, addresses and keys of sums. */
export const ExperimentKey = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-z0-9][a-z0-9_.-]*$/, 'lower-case letters, digits and _ . - only')
  .meta({ id: 'ExperimentKey' })

const VariantKey = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\w.-]+$/, 'letters, digits and _ . - only')

const Condition = z
  .record(z.string(), z.unknown())
  .describe('Whom it is for: GrowthBook’s targeting language over the context, as in `{"country": {"$in": ["US", "CA"]}}`')

export const VariantInput = z
  .object({
    name: z.string().min(1).max(100),
    key: VariantKey.optional().describe('Default: the name, as a key'),
    config: z.unknown().optional().describe('What `variant(key)` answers, any JSON; default: the key of the variant'),
    weight: z.number().optional().describe('0–1; give one to all or to none'),
  })
  .meta({ id: 'VariantInput' })

export const Namespace = z
  .object({ id: z.string().min(1).max(64), from: share, to: share })
  .describe('Experiments with disjoint ranges of one namespace never meet in one visitor')
  .meta({ id: 'Namespace' })

/** `POST /api/experiments`: a name and variants are enough; the first variant is the control. */
export const ExperimentInput = z
  .object({
    name: z.string().min(1).max(100),
    key: ExperimentKey.optional().describe('What code asks for; default: the name, as a key'),
    hypothesis: z.string().max(2000).default(''),
    draft: z.boolean().default(false).describe('Kept without drawing anybody until it is started'),
    funnel: z.string().min(1).max(64).default('default').describe('Whose steps `funnelStep` names'),
    funnelStep: z
      .union([z.string().min(1).max(64), z.number().int().min(1).max(20)])
      .optional()
      .describe('Key of a step of the funnel, an event that reaches it, or its place, the first being 1'),
    variants: z
      .array(VariantInput)
      .max(20)
      .refine((variants) => variants.length >= 2, {
        error: 'an experiment needs a control and at least one variant beside it',
        params: { code: 'no_control' },
      })
      .meta({ minItems: 2 })
      .describe('The first one is the control'),
    duration: z.number().positive().max(365).default(14).describe('Days'),
    startsAt: instant.optional(),
    endsAt: instant.optional(),
    coverage: share.default(1).describe('Share of those it is for who are in it'),
    condition: Condition.optional(),
    namespace: Namespace.optional(),
    prerequisites: z
      .array(z.object({ key: ExperimentKey, condition: Condition.describe('Over `value`, what that experiment answers') }))
      .max(10)
      .default([]),
    hashAttribute: z.string().min(1).max(64).default('id').describe('Attribute that is drawn by; `id` is the targeting key'),
    fallbackAttribute: z.string().min(1).max(64).optional().describe('Drawn by where the other is missing'),
    hashVersion: z.union([z.literal(1), z.literal(2)]).default(2),
    currency: z.string().length(3).optional().describe('In which net revenue is counted; default: the configured one'),
    goals: z.array(MetricRef).min(1).max(5).optional().describe('What decides; default: net revenue per visitor'),
    secondary: z
      .array(MetricRef)
      .max(20)
      .optional()
      .describe('What explains; default: buyers, and whether people reached the step after `funnelStep`'),
    guardrails: z
      .array(MetricRef)
      .max(10)
      .optional()
      .describe(
        'What must not be harmed; default: people with a refund or dispute, and with a failed payment. Harm that is sure ends the experiment',
      ),
    method: z
      .enum(ANALYSIS_METHODS)
      .default('sequential')
      .describe('sequential: intervals hold at every look. group_sequential: at planned looks. fixed: at the planned sample alone'),
    looks: z.number().int().min(2).max(10).default(5).describe('Planned looks of `group_sequential`, equally far apart'),
    minimumDetectableEffect: z.number().positive().max(10).default(0.1).describe('Relative: 0.1 is ten per cent of the control'),
    power: z.number().min(0.5).max(0.99).default(0.8),
    plannedSample: z
      .number()
      .int()
      .min(2)
      .max(1e9)
      .optional()
      .describe('People in all variants; default: what the effect, the power and the history of the first goal ask for'),
    prior: z
      .object({ mean: z.number().min(-1).max(10).default(0), standardDeviation: z.number().positive().max(10) })
      .optional()
      .describe('Of the relative lift, for chance to win and expected loss; default: none'),
    outlierPercentile: z
      .number()
      .min(0.9)
      .max(1)
      .default(0.999)
      .describe('Of what a buyer pays in a window, in history: one person counts for no more. Frozen at the start; 1: no limit'),
    autoShip: z.boolean().default(false).describe('Whether a verdict to ship at its end gives everybody the winner'),
    seed: z.string().min(1).max(100).optional().describe('Default: the key. Another experiment’s seed gives everybody the same draw'),
  })
  .strict()
  .meta({
    id: 'ExperimentInput',
    example: {
      name: 'Checkout button',
      funnelStep: 'checkout',
      variants: [
        { name: 'Buy now', config: 'Buy now' },
        { name: 'Start today', config: 'Start today' },
      ],
      duration: 14,
    },
  })
export type ExperimentInput = z.infer<typeof ExperimentInput>

type Undefaulted<T> = T extends z.ZodDefault<infer Inner> ? Inner : T

/** The fields of a shape, each to be left out: what is not sent is not changed, where a default would change it. */
const changesOf = <S extends z.core.$ZodLooseShape>(shape: S) =>
  Object.fromEntries(
    Object.entries(shape as Record<string, z.ZodType>).map(([name, field]) => {
      const inner = field instanceof z.ZodDefault ? (field.unwrap() as z.ZodType) : field
      return [name, field.description === undefined ? inner.optional() : inner.optional().describe(field.description)]
    }),
  ) as unknown as { [K in keyof S]: z.ZodOptional<Undefaulted<S[K]> & z.ZodType> }

/**
 * What a draft may change is anything but its key. While it runs: weights, coverage, condition, end, and who is left out; all
 * but the end begin a new version, which is analysed apart.
 */
export const ExperimentPatch = z
  .object({
    ...changesOf(ExperimentInput.omit({ draft: true }).shape),
    weights: z.array(z.number()).optional().describe('One a variant, in their order'),
    condition: Condition.nullable().optional(),
    excludeEarlier: z.boolean().optional().describe('Leaves out whoever an earlier version had drawn (by their sticky assignment)'),
    minBucketVersion: z.number().int().min(0).optional().describe('Leaves out whoever was drawn under an older version than this'),
  })
  .strict()
  .meta({ id: 'ExperimentPatch', example: { weights: [0.3, 0.7] } })
export type ExperimentPatch = z.infer<typeof ExperimentPatch>

const Phase = z.object({
  version: z.number().int(),
  from: z.number().describe('Epoch ms'),
  coverage: z.number(),
  weights: z.array(z.number()),
})

export const ExperimentAnswer = z
  .object({
    key: z.string(),
    version: z.number().int(),
    name: z.string(),
    hypothesis: z.string(),
    status: z.enum(EXPERIMENT_STATUSES),
    funnel: z.string(),
    funnelStep: z.string().nullable(),
    variants: z.array(z.object({ key: z.string(), name: z.string(), config: z.unknown(), weight: z.number() })),
    coverage: z.number(),
    condition: z.record(z.string(), z.unknown()).nullable(),
    namespace: Namespace.nullable(),
    prerequisites: z.array(z.object({ key: z.string(), condition: z.record(z.string(), z.unknown()) })),
    hashAttribute: z.string(),
    fallbackAttribute: z.string().nullable(),
    hashVersion: z.number().int(),
    currency: z.string(),
    startsAt: z.number(),
    endsAt: z.number(),
    endedAt: z.number().nullable(),
    ending: z.enum(EXPERIMENT_ENDINGS).nullable().describe('Why it is over'),
    minBucketVersion: z.number().int().describe('Whoever was drawn under an older version is left out'),
    phases: z
      .array(Phase)
      .describe('Versions, oldest first: each change of who is drawn, or into what, begins one, which is analysed apart'),
    metrics: z.array(
      z.object({
        metric: z.string().describe('Reference, as in `net_revenue@1`'),
        role: z.enum(METRIC_ROLES),
        cap: z.number().nullable().describe('What one person counts for at most, money in major units'),
      }),
    ),
    method: z.enum(ANALYSIS_METHODS),
    looks: z.number().int().nullable(),
    minimumDetectableEffect: z.number(),
    power: z.number(),
    plannedSample: z.number().int().nullable().describe('People in all variants; null where no history says'),
    prior: z.object({ mean: z.number(), standardDeviation: z.number() }).nullable(),
    outlierPercentile: z.number(),
    autoShip: z.boolean(),
    shipped: z.string().nullable().describe('Variant that everybody gets'),
  })
  .meta({ id: 'Experiment' })
export type ExperimentAnswer = z.infer<typeof ExperimentAnswer>

/** Counts of the running version. What they prove, and what not, is for `results` to say. */
export const ExperimentCounts = z
  .object({
    currency: z.string(),
    variants: z.array(
      z.object({
        key: z.string(),
        exposed: z.number().int().describe('Customers who saw it'),
        buyers: z
          .number()
          .int()
          .nullable()
          .describe('Of them, those who bought within 14 days of it; null where it is not judged by `purchase`'),
        netRevenue: z
          .number()
          .nullable()
          .describe('Within 14 days, no person for more than the cap; null where it is not judged by `net_revenue`'),
      }),
    ),
    excluded: z.number().int().describe('Customers who saw two variants: they are in neither'),
  })
  .meta({ id: 'ExperimentCounts' })

const success = z.literal(true)
export const ExperimentStarted = z
  .object({ success, testId: z.string(), message: z.string(), experiment: ExperimentAnswer })
  .meta({ id: 'ExperimentStarted' })
export const ExperimentItem = z
  .object({ success, experiment: ExperimentAnswer, counts: ExperimentCounts, results: ExperimentResults })
  .meta({ id: 'ExperimentItem' })
export const ExperimentsAnswer = z
  .object({
    success,
    experiments: z.array(
      ExperimentAnswer.extend({
        summary: z
          .object({ exposed: z.number().int(), verdict: z.enum(VERDICTS), sentence: z.string(), day: z.string() })
          .nullable()
          .optional()
          .describe('As the last day that was analysed ended'),
      }),
    ),
    next: z.string().nullable(),
  })
  .meta({ id: 'ExperimentsAnswer' })
export type ExperimentsAnswer = z.infer<typeof ExperimentsAnswer>
export const ExperimentRef = z.object({ key: ExperimentKey })
export type ExperimentItem = z.infer<typeof ExperimentItem>

export const ShipVariantInput = z
  .object({ variant: z.string().describe('Key of the variant that everybody gets') })
  .strict()
  .meta({ id: 'ShipVariantInput', example: { variant: 'start_today' } })
