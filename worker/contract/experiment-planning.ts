import * as z from 'zod'
import { alpha, alternative, issue, MAXIMUM_ARMS, reason, tunedFor } from './experiment-analysis.ts'

/** Words of the calculators that plan experiments, and that read them look by look. */

const success = z.literal(true)
const MAXIMUM_LOOKS = 20
const people = z.number().int().min(0).max(1e12)
const fraction = z.number().gt(0).max(1)
const spending = z
  .enum(['obrien_fleming', 'pocock'])
  .default('obrien_fleming')
  .describe('obrien_fleming: hard to stop early, hardly dearer at the end. pocock: about as hard at every look')
const sides = z.union([z.literal(1), z.literal(2)]).default(2)

/** Looks by their number, equally spaced, or by their shares of the information. */
const looks = z
  .union([z.number().int().min(1).max(MAXIMUM_LOOKS), z.array(fraction).min(1).max(MAXIMUM_LOOKS)])
  .describe(`How many, equally spaced, or at which shares of the information, rising; at most ${MAXIMUM_LOOKS}`)

const Look = z
  .object({
    fraction: z.number().describe('Share of the planned information'),
    z: z.number().describe('Standard errors from zero at which the test stops'),
    nominalAlpha: z.number().describe('The p value that stops it'),
    alphaSpent: z.number().describe('Of alpha, up to this look'),
  })
  .meta({ id: 'PlannedLook' })

// ── Sample size ───────────────────────────────────────────────────────────────────────────────────────────────────

export const SampleSizeInput = z
  .strictObject({
    metric: z.enum(['proportion', 'mean']).default('proportion'),
    baseline: z.number().min(-1e12).max(1e12).describe('The control’s share of customers, 0–1, or its mean'),
    standardDeviation: z.number().gt(0).max(1e12).optional().describe('Of a mean, from customer to customer'),
    mde: z
      .number()
      .min(-1e12)
      .max(1e12)
      .optional()
      .describe('Smallest effect worth finding, below 0 for a decrease. Without it the answer is the one that `total` finds'),
    relative: z.boolean().default(false).describe('Effects as a share of the baseline, tested as relative lift'),
    total: people.optional().describe('Customers in all arms. With `mde` the answer is the power'),
    power: z.number().gt(0).lt(1).default(0.8).describe('Chance to find the effect where it is there'),
    decrease: z.boolean().default(false).describe('Without `mde`: the smallest decrease in place of an increase'),
    alpha,
    sides,
    arms: z.number().int().min(2).max(MAXIMUM_ARMS).default(2).describe('Control and treatments'),
    shares: z
      .array(z.number().gt(0).max(1e6))
      .min(2)
      .max(MAXIMUM_ARMS)
      .optional()
      .describe('How people are split, the control first; they need not sum to 1. Default: equally'),
    method: z
      .enum(['fixed', 'sequential', 'group_sequential'])
      .default('fixed')
      .describe('How the result will be read. sequential: at the last look, so that looking before only makes it likelier'),
    tunedFor,
    looks: looks.default(5).describe('Of group_sequential'),
    spending,
    formula: z
      .enum(['unpooled', 'pooled_null', 'baseline_variance', 'interval', 't'])
      .optional()
      .describe(
        'Of fixed. unpooled: as R’s power.prop.test, the default of absolute shares. pooled_null: as Evan Miller’s calculator. baseline_variance: both sides vary as the baseline does, as GrowthBook’s planner. interval: Welch’s interval, the default of means and relative lift. t: as R’s power.t.test',
      ),
    correction: z.enum(['none', 'bonferroni']).default('none').describe('Whether alpha is divided among several treatments'),
    peoplePerDay: z.number().gt(0).max(1e12).optional().describe('Customers exposed a day, for the days it takes'),
  })
  .superRefine(({ metric, standardDeviation, mde, total, arms, shares }, context) => {
    if (mde === undefined && total === undefined) context.addIssue(issue(['mde'], 'mde or total is required', 'missing_field'))
    if (metric === 'mean' && standardDeviation === undefined)
      context.addIssue(issue(['standardDeviation'], 'a mean needs its standard deviation', 'missing_field'))
    if (shares && arms !== 2 && shares.length !== arms) context.addIssue(issue(['shares'], 'one share for each arm is required'))
  })
  .meta({ id: 'SampleSizeInput', example: { baseline: 0.2, mde: 0.05, power: 0.8, peoplePerDay: 300 } })
export type SampleSizeInput = z.infer<typeof SampleSizeInput>

export const SampleSizeAnswer = z
  .object({
    success,
    sampleSize: z.object({
      perArm: z.array(z.number()).nullable(),
      exactPerArm: z.number().nullable().describe('Of the control, before rounding up'),
      total: z.number().nullable(),
      days: z.number().int().nullable().describe('At `peoplePerDay`'),
      mde: z.number().nullable(),
      power: z.number().nullable(),
      formula: z.string().describe('By which it was calculated'),
      looks: z.array(Look.extend({ people: z.number().describe('In all arms, at this look') })).nullable(),
      reason,
    }),
  })
  .meta({ id: 'SampleSizeAnswer' })
export type SampleSizeAnswer = z.infer<typeof SampleSizeAnswer>

// ── Sequential ────────────────────────────────────────────────────────────────────────────────────────────────────

const figure = z.number().min(-1e15).max(1e15)

export const SequentialInput = z
  .strictObject({
    alpha,
    look: z
      .strictObject({
        effect: figure,
        standardError: z.number().gt(0).max(1e15),
        n: z.number().int().min(2).max(1e12).describe('Observations of both sides'),
        tunedFor,
        alternative,
      })
      .optional()
      .describe('An interval that holds at this look and every other: an asymptotic confidence sequence'),
    share: z
      .strictObject({
        successes: people,
        trials: z.number().int().min(1).max(1e12),
        tunedFor: z.number().int().min(1).max(1e12).default(1000),
      })
      .optional()
      .describe('The same for one share, exactly: a beta-binomial mixture'),
    path: z
      .array(
        z.strictObject({
          difference: figure,
          varianceSum: z.number().gt(0).max(1e15).describe('Of one observation, of both sides together'),
          nPerArm: z.number().gt(0).max(1e12),
        }),
      )
      .min(1)
      .max(1000)
      .optional()
      .describe('Looks so far, for an always valid p value at each: the mixture sequential probability ratio test'),
    mixingVariance: z.number().gt(0).max(1e15).optional().describe('With `path`: variance of the effects that are thought of'),
    looks: looks.optional().describe('Looks that are planned, for boundaries by spending alpha (Lan–DeMets)'),
    spending,
    sides,
    classic: z
      .boolean()
      .default(false)
      .describe('With a number of `looks`: the constants of O’Brien and Fleming, or Pocock, of two sides, in place of spending'),
    bound: z
      .strictObject({
        mixture: z.enum(['normal', 'gamma_exponential', 'stitched']),
        variance: z.number().gt(0).max(1e6).describe('Of the sum so far'),
        tunedFor: z.number().gt(0).max(1e6).describe('Variance at which it is tightest; of stitched: from which on it is tight'),
        scale: z.number().min(0).max(1e3).default(0).describe('Of the tails of one observation; above 0 of gamma_exponential'),
      })
      .optional()
      .describe('A bound that a sum of centred observations stays below at every time at once (Howard et al. 2021)'),
    running: z
      .strictObject({
        standardError: z.number().gt(1e-9).max(1e9).describe('Of the effect, so far'),
        n: z.number().int().min(2).max(1e12).describe('Customers of both sides, so far'),
        mde: z.number().min(-1e9).max(1e9).describe('In units of the effect, not 0'),
        power: z.number().gt(0).lt(1).default(0.8),
        method: z.enum(['fixed', 'sequential']).default('fixed'),
        tunedFor,
        peoplePerDay: z.number().gt(0).max(1e12).optional(),
      })
      .optional()
      .describe('A test under way: how many more people it needs to find an effect'),
  })
  .superRefine(({ look, share, path, looks, mixingVariance, bound, running, classic, sides }, context) => {
    if (!look && !share && !path && looks === undefined && !bound && !running)
      context.addIssue(issue(['look'], 'look, share, path, looks, bound or running is required', 'missing_field'))
    if (bound?.mixture === 'gamma_exponential' && bound.scale === 0)
      context.addIssue(issue(['bound', 'scale'], 'exponential tails have a scale above 0'))
    if (running?.mde === 0) context.addIssue(issue(['running', 'mde'], 'an effect of zero is never found'))
    if (classic && (typeof looks !== 'number' || sides !== 2))
      context.addIssue(issue(['classic'], 'the constants are of a number of looks, and of two sides'))
    if (path && mixingVariance === undefined) context.addIssue(issue(['mixingVariance'], 'a path needs it', 'missing_field'))
    if (share && share.successes > share.trials) context.addIssue(issue(['share', 'successes'], 'more successes than trials'))
  })
  .meta({
    id: 'SequentialInput',
    example: { look: { effect: 0.012, standardError: 0.004, n: 9200 }, looks: [0.25, 0.5, 0.75, 1] },
  })
export type SequentialInput = z.infer<typeof SequentialInput>

const Interval = z.object({ low: z.number().nullable(), high: z.number().nullable() })

export const SequentialAnswer = z
  .object({
    success,
    sequential: z.object({
      look: Interval.extend({
        pValue: z.number(),
        multiplier: z.number().describe('Standard errors the interval reaches'),
        overFixed: z.number().describe('The same over that of an interval that is looked at once'),
      }).nullable(),
      share: Interval.extend({ value: z.number() }).nullable(),
      path: z.array(z.object({ pValue: z.number().describe('Never rises'), likelihoodRatio: z.number() })).nullable(),
      looks: z.array(Look).nullable(),
      bound: z.number().nullable(),
      running: z
        .object({
          share: z.number().describe('Of the people so far: 1 asks for as many again, 0 for no more'),
          people: z.number(),
          days: z.number().int().nullable(),
        })
        .nullable(),
    }),
  })
  .meta({ id: 'SequentialAnswer' })
export type SequentialAnswer = z.infer<typeof SequentialAnswer>
