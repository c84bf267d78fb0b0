import * as z from 'zod'
import {
  ANALYSIS_METHODS,
  EXPERIMENT_WARNINGS,
  METRIC_DIRECTIONS,
  METRIC_KINDS,
  METRIC_ROLES,
  SEGMENT_DIMENSIONS,
  VERDICTS,
} from './lists.ts'

/** What an experiment says. Money in major units, shares and lifts 0–1 (0.05 is five per cent), days UTC, times epoch ms. */

const Interval = z.object({ value: z.number(), low: z.number(), high: z.number() })
const chance = z.number().min(0).max(1)
const people = z.number().int()

export const ExperimentWarning = z
  .object({ code: z.enum(EXPERIMENT_WARNINGS), message: z.string(), metric: z.string().nullable(), variant: z.string().nullable() })
  .meta({ id: 'ExperimentWarning' })
export type ExperimentWarning = z.infer<typeof ExperimentWarning>

export const VariantResult = z
  .object({
    key: z.string(),
    exposed: people,
    matured: people.describe('Of these, those whose conversion window is over'),
    total: z.number().describe('Sum of the metric; of a proportion the people, of a ratio its numerator'),
    denominator: z.number().nullable().describe('Of a ratio'),
    value: z
      .number()
      .nullable()
      .describe('A person exposed, or of a ratio one sum over the other; null where nothing can be said, or the split is wrong'),
    low: z.number().nullable().describe('95 % interval for one look'),
    high: z.number().nullable(),
    lift: Interval.extend({ pValue: chance, adjustedPValue: chance })
      .nullable()
      .describe(
        'Against the control, relative, by the method of the experiment; p adjusted by Holm for goals and guardrails, by Benjamini–Hochberg for others. Null for the control, and where there is nothing to compare',
      ),
    fixedLift: Interval.extend({ pValue: chance }).nullable().describe('The same for one look, which this must be for it to hold'),
    difference: Interval.nullable().describe('Absolute, by the method of the experiment'),
    cuped: Interval.extend({ varianceReduction: z.number() })
      .nullable()
      .describe('Lift with what people did before exposure taken out; null where nothing of that is known'),
    chanceToWin: chance.nullable(),
    expectedLoss: z.number().nullable().describe('Relative, in expectation, if this variant were shipped and were worse'),
    reason: z.string().nullable().describe('Why there is no lift'),
  })
  .meta({ id: 'VariantResult' })
export type VariantResult = z.infer<typeof VariantResult>

export const MetricResult = z
  .object({
    metric: z.string(),
    name: z.string(),
    role: z.enum(METRIC_ROLES),
    kind: z.enum(METRIC_KINDS),
    direction: z.enum(METRIC_DIRECTIONS),
    unit: z.enum(['money', 'number', 'share']),
    windowDays: z.number(),
    cap: z.number().nullable(),
    variants: z.array(VariantResult).describe('The control first'),
  })
  .meta({ id: 'MetricResult' })
export type MetricResult = z.infer<typeof MetricResult>

export const ExperimentResults = z
  .object({
    version: z.number().int().describe('Phase that is analysed'),
    currency: z.string(),
    method: z.enum(ANALYSIS_METHODS),
    verdict: z.enum(VERDICTS),
    variant: z.string().nullable().describe('The one the verdict is about'),
    sentence: z.string(),
    reasons: z.array(z.string()),
    isFinal: z.boolean().describe('It is over, and so is everybody’s conversion window'),
    daysLeft: z.number().describe('Until its planned end'),
    daysToVerdict: z.number().nullable().describe('Until one is to be expected, if people keep coming as they do'),
    plan: z.object({
      sample: people.nullable(),
      exposed: people,
      share: z.number().nullable(),
      minimumDetectableEffect: z.number(),
      power: z.number(),
    }),
    exposures: z.object({
      total: people,
      variants: z.array(z.object({ key: z.string(), exposed: people, expected: z.number() })),
      excluded: people.describe('Saw two variants, or are in conflict with the holdout: in none'),
      excludedShare: z.number().nullable(),
      days: z.array(z.object({ day: z.string(), exposed: z.record(z.string(), people) })).describe('By day of first exposure'),
    }),
    sampleRatio: z
      .object({
        pValue: chance,
        mismatch: z.boolean().describe('p < 0.001: no winner is shown'),
        causes: z
          .array(
            z.object({ dimension: z.enum(SEGMENT_DIMENSIONS), value: z.string(), pValue: chance, exposed: z.record(z.string(), people) }),
          )
          .describe('Values whose people are split the most oddly'),
      })
      .nullable(),
    warnings: z.array(ExperimentWarning),
    metrics: z.array(MetricResult).describe('Goals, secondary ones, guardrails. Empty of lifts where the split is wrong'),
    segments: z
      .array(
        z.object({
          dimension: z.enum(SEGMENT_DIMENSIONS),
          value: z.string(),
          variants: z.array(
            z.object({
              key: z.string(),
              exposed: people,
              value: z.number().nullable(),
              lift: Interval.extend({ pValue: chance, adjustedPValue: chance }).nullable(),
            }),
          ),
        }),
      )
      .describe('The first goal by where, on what and from where people came, and whether they were new; p adjusted by Benjamini–Hochberg'),
    heterogeneity: z
      .array(
        z.object({
          dimension: z.enum(SEGMENT_DIMENSIONS),
          variant: z.string(),
          statistic: z.number(),
          pValue: chance,
          adjustedPValue: chance,
        }),
      )
      .describe('Whether the lift differs between the values of a dimension (Cochran’s Q)'),
    uplift: z
      .array(
        z.object({
          variant: z.string(),
          qini: Interval.nullable().describe(
            'Area between the curve and a random order, a person; ranked in one half of the people and measured in the other',
          ),
          curve: z.array(z.object({ share: chance, gain: z.number() })),
          reason: z.string().nullable(),
        }),
      )
      .describe('How much more is won by treating the right segments first'),
    history: z
      .array(
        z.object({
          day: z.string(),
          exposed: people,
          lifts: z.record(z.string(), Interval),
          isStored: z
            .boolean()
            .describe('As it was told then; else told now, of the people of those days with all that has come of them since'),
        }),
      )
      .describe('Lift of the first goal as each day ended. Empty where the split is wrong'),
    looks: z
      .array(
        z.object({
          day: z.string(),
          share: z.number(),
          variant: z.string(),
          statistic: z.number(),
          boundary: z.number(),
          crossed: z.boolean(),
        }),
      )
      .describe('Of group-sequential analysis'),
  })
  .meta({ id: 'ExperimentResults' })
export type ExperimentResults = z.infer<typeof ExperimentResults>
