import * as z from 'zod'
import { MAXIMUM_ROWS, orTuple } from './analysis.ts'

/** Words of the calculators for experiments, which answer on the caller's own numbers and keep nothing. */

const success = z.literal(true)
export const MAXIMUM_ARMS = 20

const figure = z.number().min(-1e15).max(1e15)
const people = z.number().int().min(0).max(1e12)
export const alpha = z.number().gt(0).lt(0.5).default(0.05).describe('Chance of a finding where there is nothing')
const name = z.string().min(1).max(128)
export const reason = z.string().nullable().describe('Why there is no figure')
export const tunedFor = z
  .number()
  .int()
  .min(1)
  .max(1e12)
  .default(5000)
  .describe('Observations, of both sides together, at which a sequential interval is narrowest')
export const alternative = z
  .enum(['two_sided', 'greater', 'less'])
  .default('two_sided')
  .describe('Which effects count; with one side the other bound is null')

export const issue = (path: PropertyKey[], message: string, code: 'invalid_field' | 'missing_field' = 'invalid_field') => ({
  code: 'custom' as const,
  path,
  message,
  params: { code },
})

// ── Compare ───────────────────────────────────────────────────────────────────────────────────────────────────────

const Cross = { sum: figure, squares: z.number().min(0).max(1e30), cross: z.number().min(-1e30).max(1e30) }

const CompareArm = z.strictObject({
  name: name.optional().describe('Default: control, treatment_1, treatment_2 …'),
  n: people.optional().describe('Customers exposed'),
  conversions: people.optional().describe('Those of them who converted: a share is compared'),
  sum: figure.optional().describe('Σy over customers'),
  squares: Cross.squares.optional().describe('Σy²'),
  denominator: z.strictObject(Cross).optional().describe('Of a ratio, what it is divided by: Σd, Σd², Σyd'),
  covariate: z
    .strictObject({
      ...Cross,
      ratio: z
        .strictObject({
          crossDenominator: Cross.cross.describe('Σxd'),
          sum: figure.describe('Σe'),
          squares: Cross.squares.describe('Σe²'),
          crossNumerator: Cross.cross.describe('Σye'),
          crossDenominatorAfter: Cross.cross.describe('Σde'),
          cross: Cross.cross.describe('Σxe'),
        })
        .optional()
        .describe('Where the metric is a ratio, and so is the covariate: what x is divided by, e'),
    })
    .optional()
    .describe('The same metric before exposure (CUPED): Σx, Σx², Σxy'),
  values: z.array(figure).min(1).max(MAXIMUM_ROWS).optional().describe('In place of sums: y of each customer'),
  denominators: z.array(figure).max(MAXIMUM_ROWS).optional().describe('d of each customer'),
  before: z.array(figure).max(MAXIMUM_ROWS).optional().describe('x of each customer'),
  denominatorsBefore: z.array(figure).max(MAXIMUM_ROWS).optional().describe('e of each customer'),
  quantile: z
    .strictObject({ value: figure, low: figure, high: figure, n: people.optional() })
    .optional()
    .describe('In place of sums: a quantile with its 95 % interval, and the observations that one was made for'),
})
export type CompareArm = z.infer<typeof CompareArm>

function checkArm(arm: CompareArm, at: number, context: z.RefinementCtx): void {
  const given = [arm.conversions, arm.sum, arm.values, arm.quantile].filter((one) => one !== undefined).length
  const refuse = (field: string, message: string, code?: 'missing_field') => context.addIssue(issue(['arms', at, field], message, code))
  if (given === 0) return refuse('conversions', 'conversions, sum and squares, values or a quantile are required', 'missing_field')
  if (given > 1) return refuse('conversions', 'give one of conversions, sum, values and quantile')
  if (arm.values) {
    for (const field of ['denominators', 'before', 'denominatorsBefore'] as const)
      if (arm[field] && arm[field].length !== arm.values.length) return refuse(field, 'one for each of values is required')
    return
  }
  const { n } = arm
  if (n === undefined) return refuse('n', 'n is required', 'missing_field')
  if (arm.conversions !== undefined && arm.conversions > n) return refuse('conversions', 'more conversions than customers')
  if (arm.quantile && !(arm.quantile.low < arm.quantile.high)) return refuse('quantile', 'low is not below high')
  if (arm.sum === undefined) return
  if (arm.squares === undefined) return refuse('squares', 'squares are required where sum is given', 'missing_field')
  if (arm.squares < (arm.sum ** 2 / Math.max(1, n)) * (1 - 1e-9))
    refuse('squares', 'no numbers of this sum have squares that sum to so little')
}

export const CompareInput = z
  .strictObject({
    arms: z.array(CompareArm).min(2).max(MAXIMUM_ARMS).describe('The control first, then each treatment'),
    method: z
      .enum(['fixed', 'sequential', 'bayesian'])
      .default('fixed')
      .describe('fixed: Welch, looked at once. sequential: holds at every look. bayesian: belief under the prior'),
    relative: z.boolean().default(false).describe('Effects as a share of the control’s absolute mean, by the delta method'),
    alpha,
    tunedFor,
    alternative,
    cuped: z.boolean().default(true).describe('Whether covariates are used where both sides have them'),
    prior: z
      .strictObject({ mean: z.number().min(-100).max(100).default(0), standardDeviation: z.number().gt(0).max(100) })
      .nullable()
      .default(null)
      .describe('Of the relative lift: what was believed of it before, for the chance to win and the losses. Null: nothing'),
    higherIsBetter: z.boolean().default(true),
    correction: z
      .enum(['holm', 'benjamini_hochberg', 'none'])
      .default('holm')
      .describe('How p values of several treatments are adjusted: holm for goals, benjamini_hochberg for secondary metrics'),
    days: z
      .array(z.tuple([figure, figure]))
      .max(1000)
      .optional()
      .describe('The metric by day as [control, first treatment], for a sign test'),
  })
  .superRefine(({ arms }, context) => {
    for (const [at, arm] of arms.entries()) checkArm(arm, at, context)
    const rows = arms.reduce((sum, { values }) => sum + (values?.length ?? 0), 0)
    if (rows > MAXIMUM_ROWS) context.addIssue(issue(['arms'], `all arms together may have ${MAXIMUM_ROWS} values`))
    const formOf = ({ conversions, quantile, denominator, denominators }: CompareArm): string =>
      conversions !== undefined ? 'share' : quantile ? 'quantile' : denominator || denominators ? 'ratio' : 'mean'
    if (new Set(arms.map(formOf)).size > 1) context.addIssue(issue(['arms'], 'all arms are to be told in the same form'))
  })
  .meta({
    id: 'CompareInput',
    example: {
      arms: [
        { name: 'control', n: 17293, conversions: 3785 },
        { name: 'new_checkout', n: 17260, conversions: 3423 },
      ],
      relative: true,
    },
  })
export type CompareInput = z.infer<typeof CompareInput>

const Warning = z
  .object({ code: z.string(), message: z.string(), evidence: z.record(z.string(), z.number()) })
  .meta({ id: 'AnalysisWarning' })

export const VariantAnswer = z
  .object({
    treatment: z.string(),
    effect: z.number().nullable().describe('Treatment less control; bayesian: after the prior'),
    standardError: z.number().nullable(),
    low: z.number().nullable().describe('Interval of 1 − alpha; null where it is open'),
    high: z.number().nullable(),
    pValue: z.number().nullable().describe('Null where the method is bayesian'),
    adjustedPValue: z.number().nullable().describe('By the correction, over all treatments'),
    significant: z.boolean().nullable().describe('Whether the adjusted p value is below alpha'),
    freedom: z.number().nullable().describe('Degrees of freedom (Welch–Satterthwaite)'),
    chanceToWin: z.number().nullable().describe('Chance that the treatment is better, under the prior, 0–1'),
    expectedLoss: z
      .object({ keepControl: z.number(), shipTreatment: z.number() })
      .nullable()
      .describe('What either choice gives up in expectation, in units of the effect'),
    theta: z.number().nullable().describe('CUPED: how much of the covariate was taken off'),
    varianceReduction: z.number().nullable().describe('CUPED: share of the squared error that went with it'),
    warnings: z.array(Warning),
    reason,
  })
  .meta({ id: 'VariantComparison' })

export const CompareAnswer = z
  .object({
    success,
    comparison: z.object({
      kind: z.enum(['proportion', 'mean', 'ratio', 'quantile']),
      method: z.enum(['fixed', 'sequential', 'bayesian']),
      relative: z.boolean(),
      alpha: z.number(),
      arms: z.array(
        z.object({ name: z.string(), n: z.number().int(), value: z.number().nullable(), standardError: z.number().nullable(), reason }),
      ),
      comparisons: z.array(VariantAnswer).describe('Of each treatment with the control'),
      pooled: z
        .object({ effect: z.number(), standardError: z.number(), low: z.number(), high: z.number(), z: z.number(), pValue: z.number() })
        .nullable()
        .describe('Of two arms of counts: the absolute difference by the textbook’s z test, with one error for both'),
      signTest: z
        .object({ days: z.number().int(), higher: z.number().int(), pValue: z.number() })
        .nullable()
        .describe('Days without ties, those on which the treatment was the higher, and the exact chance of so one-sided a split'),
    }),
  })
  .meta({ id: 'CompareAnswer' })
export type CompareAnswer = z.infer<typeof CompareAnswer>

// ── Sample ratio ──────────────────────────────────────────────────────────────────────────────────────────────────

const counts = z.array(people).min(1).max(100)

export const SampleRatioInput = z
  .strictObject({
    counts: counts.describe('Customers of each arm'),
    weights: z.array(z.number().min(0).max(1e12)).min(1).max(100).optional().describe('As planned; they need not sum to 1. Default: equal'),
    dimensions: z
      .record(name, z.record(z.string().max(128), counts))
      .optional()
      .describe('The same counts by dimension and value, as country → DE → [510, 490], to find what causes a mismatch'),
  })
  .superRefine(({ counts, weights = counts, dimensions = {} }, context) => {
    if (counts.length > weights.length) context.addIssue(issue(['weights'], 'every arm needs a weight'))
    const values = Object.entries(dimensions).flatMap(([dimension, byValue]) =>
      Object.entries(byValue).map(([value, its]) => ({ dimension, value, its })),
    )
    if (values.length > 2000) context.addIssue(issue(['dimensions'], 'dimensions may have 2000 values together'))
    for (const { dimension, value, its } of values)
      if (its.length !== counts.length) context.addIssue(issue(['dimensions', dimension, value], 'one count for each arm is required'))
  })
  .meta({
    id: 'SampleRatioInput',
    example: {
      counts: [821588, 815482],
      weights: [0.5, 0.5],
      dimensions: { browser: { chrome: [411588, 411000], safari: [410000, 404482] } },
    },
  })
export type SampleRatioInput = z.infer<typeof SampleRatioInput>

const Split = { statistic: z.number().describe('χ²'), pValue: z.number() }

export const SampleRatioAnswer = z
  .object({
    success,
    sampleRatio: z.object({
      ...Split,
      mismatch: z.boolean().describe('p below 0.001: no figure of this test can be trusted'),
      expected: z.array(z.number()).describe('Customers of each arm, had they been split as planned'),
      causes: z
        .array(
          z.object({
            dimension: z.string(),
            value: z.string(),
            ...Split,
            adjustedPValue: z.number().describe('Holm, over all values'),
            pValueWithout: z.number().describe('Of the whole without this value'),
            people: z.number().int(),
          }),
        )
        .describe('Values that are split wrongly by themselves, those first without which the rest is right'),
    }),
  })
  .meta({ id: 'SampleRatioAnswer' })
export type SampleRatioAnswer = z.infer<typeof SampleRatioAnswer>

// ── Uplift ────────────────────────────────────────────────────────────────────────────────────────────────────────

const Scored = z.strictObject({
  score: figure.describe('What a model expected of treating this customer: only its order counts'),
  treated: z.union([z.boolean(), z.literal(0), z.literal(1)]),
  outcome: figure,
})

export const UpliftInput = z
  .strictObject({
    rows: z
      .array(
        orTuple(
          Scored,
          ['score', 'treated', 'outcome'],
          z.tuple([z.number(), z.union([z.boolean(), z.literal(0), z.literal(1)]), z.number()]),
        ),
      )
      .min(4)
      .max(MAXIMUM_ROWS)
      .describe('Customers of a test by lot, each an object or a tuple [score, treated, outcome]'),
    top: z.number().gt(0).max(1).default(0.3).describe('Share of the highest scores whose effect is told'),
    seed: z.number().int().min(0).max(4_294_967_295).default(1).describe('Of the resampling: the same seed gives the same interval'),
    resamples: z.number().int().min(50).max(500).default(200),
  })
  .meta({
    id: 'UpliftInput',
    example: { rows: Array.from({ length: 60 }, (_, at) => [60 - at, at % 2, at % 2 === 1 && at < 30 && at % 3 === 0 ? 1 : 0]) },
  })
export type UpliftInput = z.infer<typeof UpliftInput>

const UpliftCurve = z.object({
  people: z.number().int(),
  treated: z.number().int(),
  effect: z.number().describe('Mean outcome of the treated less that of the others'),
  qiniEnd: z.number(),
  qiniArea: z
    .number()
    .describe('Between the curve and that of a random order, over people squared. Above 0: the score finds whom it pays to treat'),
  areaLow: z.number().describe('95 % interval, by resampling'),
  areaHigh: z.number(),
  curve: z
    .array(z.object({ share: z.number(), gain: z.number(), random: z.number() }))
    .describe(
      'By the share of people treated, highest scores first: what it added, and what a random order would have. At most 100 points',
    ),
  top: z.object({
    share: z.number(),
    people: z.number().int(),
    effect: z.number().nullable().describe('Null where one side is missing there'),
    gain: z.number(),
  }),
})

export const UpliftAnswer = z.object({ success, uplift: UpliftCurve.nullable(), reason }).meta({ id: 'UpliftAnswer' })
export type UpliftAnswer = z.infer<typeof UpliftAnswer>
