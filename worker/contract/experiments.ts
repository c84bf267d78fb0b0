import * as z from 'zod'
import { EXPERIMENT_STATUSES } from './lists.ts'

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
    funnelStep: z.union([z.string().min(1).max(64), z.number().int().min(0).max(100)]).optional(),
    variants: z.array(VariantInput).min(2).max(20).describe('The first one is the control'),
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
    seed: z.string().min(1).max(100).optional().describe('Default: the key. Another experiment’s seed gives everybody the same draw'),
  })
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

/** What may change while it runs; weights, coverage and audience begin a new version, which is analysed apart. */
export const ExperimentPatch = z
  .object({
    weights: z.array(z.number()).optional().describe('One a variant, in their order'),
    coverage: share.optional(),
    condition: Condition.nullable().optional(),
    endsAt: instant.optional(),
    excludeEarlier: z.boolean().optional().describe('Leaves out whoever an earlier version had drawn (by their sticky assignment)'),
  })
  .strict()
  .meta({ id: 'ExperimentPatch', example: { weights: [0.3, 0.7] } })
export type ExperimentPatch = z.infer<typeof ExperimentPatch>

export const ExperimentAnswer = z
  .object({
    key: z.string(),
    version: z.number().int(),
    name: z.string(),
    hypothesis: z.string(),
    status: z.enum(EXPERIMENT_STATUSES),
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
  })
  .meta({ id: 'Experiment' })
export type ExperimentAnswer = z.infer<typeof ExperimentAnswer>

/** Counts of the running version. What they prove, and what not, is for the analysis to say. */
export const ExperimentCounts = z
  .object({
    currency: z.string(),
    variants: z.array(
      z.object({
        key: z.string(),
        exposed: z.number().int().describe('Customers who saw it'),
        buyers: z.number().int().describe('Of them, those with net revenue within 14 days of it'),
        netRevenue: z.number(),
      }),
    ),
    excluded: z.number().int().describe('Customers who saw two variants: they are in neither'),
  })
  .meta({ id: 'ExperimentCounts' })

const success = z.literal(true)
export const ExperimentStarted = z
  .object({ success, testId: z.string(), message: z.string(), experiment: ExperimentAnswer })
  .meta({ id: 'ExperimentStarted' })
export const ExperimentItem = z.object({ success, experiment: ExperimentAnswer, counts: ExperimentCounts }).meta({ id: 'ExperimentItem' })
export const ExperimentsAnswer = z
  .object({ success, experiments: z.array(ExperimentAnswer), next: z.string().nullable() })
  .meta({ id: 'ExperimentsAnswer' })
export type ExperimentsAnswer = z.infer<typeof ExperimentsAnswer>
export const ExperimentRef = z.object({ key: ExperimentKey })
