import * as z from 'zod'
import { ConfigurationId, CurrencyCode } from './configuration.ts'

/** Words of the calculators, which answer on the caller's own numbers and keep nothing, and of a product's demand. */

const success = z.literal(true)

/** Rows a calculator takes at once. */
export const MAXIMUM_ROWS = 50_000

const price = z.number().positive().max(1e12)
const chance = z.number().min(0).max(1)
const people = z.number().int().min(0).max(1e12)
const name = z.union([z.string().min(1).max(128), z.number().int()])
const chances = z.record(z.string().max(128), chance)

/** Lets a row be a tuple as well, its members by position: a refusal names the member either way, as a union's would not. */
export const orTuple = <T extends z.ZodType, Tuple extends z.ZodType>(row: T, names: readonly string[], _tuple: Tuple) =>
  z.preprocess(
    (value) => (Array.isArray(value) ? Object.fromEntries(value.map((member, at) => [names[at] ?? `member_${at}`, member])) : value),
    row,
  ) as unknown as z.ZodType<z.output<T>, z.input<T> | z.input<Tuple>>

const Interval95 = z.object({ value: z.number(), low: z.number().describe('95 % interval'), high: z.number() }).meta({ id: 'Interval95' })

// ── Elasticity ────────────────────────────────────────────────────────────────────────────────────────────────────

const Sale = z.strictObject({
  price,
  quantity: price.describe('Sold at that price. Above 0, as the model takes its logarithm'),
  group: name.optional().describe('What is compared only with its like: a brand, a country, a season. All rows or none'),
})

const Arm = z.strictObject({
  price,
  visitors: people.describe('People who were shown the price, by lot'),
  conversions: people.describe('Those of them who bought'),
  segment: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('What they have in common, where it is to be told apart, too: then each price has an arm a segment'),
})

export const ElasticityInput = z
  .object({
    rows: z
      .array(
        orTuple(
          Sale,
          ['price', 'quantity', 'group'],
          z.union([z.tuple([z.number(), z.number()]), z.tuple([z.number(), z.number(), name])]),
        ),
      )
      .min(3)
      .max(MAXIMUM_ROWS)
      .optional()
      .describe('Sales by price, each an object or a tuple [price, quantity, group]. Either these or `arms`'),
    arms: z.array(Arm).min(1).max(1000).optional().describe('A price test: what each price did'),
    unitCost: z.number().min(0).max(1e12).default(0),
    listPrice: price.optional().describe('With `arms`: the present price, against which the gain is told. Default: that of the first arm'),
    stepLimit: z.number().min(0).max(1).default(0).describe('Share of the price by which a suggestion may leave the tested range'),
    bounds: z
      .object({ low: z.number().min(0).max(1e12).optional(), high: price.optional() })
      .optional()
      .describe('Prices that are allowed'),
  })
  .superRefine(({ rows, arms, bounds }, context) => {
    if (!rows === !arms)
      context.addIssue({
        code: 'custom',
        path: [rows ? 'arms' : 'rows'],
        message: rows ? 'give either rows or arms, not both' : 'rows or arms are required',
        params: { code: rows ? 'invalid_field' : 'missing_field' },
      })
    for (const [at, { visitors, conversions }] of (arms ?? []).entries())
      if (conversions > visitors)
        context.addIssue({
          code: 'custom',
          path: ['arms', at, 'conversions'],
          message: 'more conversions than visitors',
          params: { code: 'invalid_field' },
        })
    if (bounds?.low !== undefined && bounds.high !== undefined && bounds.low > bounds.high)
      context.addIssue({ code: 'custom', path: ['bounds', 'low'], message: 'low is above high', params: { code: 'floor_above_ceiling' } })
  })
  .meta({
    id: 'ElasticityInput',
    example: {
      arms: [
        { price: 19, visitors: 8000, conversions: 280 },
        { price: 24, visitors: 8000, conversions: 232 },
      ],
      unitCost: 4,
    },
  })
export type ElasticityInput = z.infer<typeof ElasticityInput>

const Elasticity = z
  .object({
    value: z.number().describe('Per cent by which the quantity changes with a price higher by one per cent'),
    standardError: z.number().describe('Where all residuals vary alike'),
    robustStandardError: z.number().describe('Whatever each of them varies by (HC1); the interval is made of it'),
    low: z.number().describe('95 % interval'),
    high: z.number(),
  })
  .meta({ id: 'Elasticity' })

export const SalesAnalysis = z
  .object({
    method: z.literal('log_log'),
    observations: z.number().int(),
    pooled: Elasticity.describe(
      'Over all rows as if they were alike. Where groups differ in price and in size it mistakes one for the other',
    ),
    within: Elasticity.nullable().describe('From changes inside groups alone; null without groups, or where no price moves inside one'),
    groups: z
      .array(z.object({ group: z.string(), observations: z.number().int(), elasticity: Elasticity.nullable() }))
      .describe('Of each group, by levels and slopes of its own; null where its price never moved'),
    rSquared: z.object({ pooled: z.number(), within: z.number().nullable(), groups: z.number().nullable() }),
    optimalPrice: z
      .object({
        basis: z.enum(['within', 'pooled']),
        elasticity: z.number(),
        unclamped: z.number().describe('unit cost × e ÷ (1 + e)'),
        value: z.number().describe('The same, inside the bounds and the prices of the rows'),
        clamped: z.boolean(),
      })
      .nullable()
      .describe('Price at which a demand of this constant elasticity earns most'),
    reason: z.string().nullable().describe('Why there is no optimal price'),
  })
  .meta({ id: 'SalesAnalysis' })

export type SalesAnalysis = z.infer<typeof SalesAnalysis>

export const ArmsAnalysis = z
  .object({
    method: z.literal('logit'),
    arms: z.array(
      z.object({
        price: z.number(),
        visitors: z.number().int(),
        conversions: z.number().int(),
        conversionRate: z.number(),
        low: z.number().describe('95 % interval (Wilson)'),
        high: z.number(),
        revenuePerVisitor: z.number(),
        standardError: z.number().describe('Of the revenue a visitor'),
      }),
    ),
    arcElasticity: z.number().nullable().describe('Between two prices, by midpoints; null unless there are just two'),
    demand: z
      .object({
        level: z.number().describe('Log odds of a purchase at the reference price'),
        slope: z.number().describe('Change of the log odds a unit of log price'),
        slopeStandardError: z.number(),
        referencePrice: z.number(),
      })
      .nullable(),
    elasticity: Interval95.nullable().describe('At the list price: slope × (1 − conversion rate)'),
    segments: z
      .array(
        z.object({
          segment: z.string(),
          visitors: z.number().int(),
          conversions: z.number().int(),
          elasticity: Interval95.nullable(),
          reason: z.string().nullable().describe('Why there is no elasticity'),
        }),
      )
      .describe('Of each segment by itself'),
    suggestion: z
      .object({
        price: z.number().describe('Earns most a visitor, of the prices that were tested or lie between, and inside the bounds'),
        gain: z.number().describe('Revenue less unit cost, a visitor, above that of the list price'),
        gainLow: z.number().describe('95 % interval'),
        gainHigh: z.number(),
        clamped: z.boolean().describe('A price outside of what was tested or is allowed would earn more'),
      })
      .nullable(),
    reason: z.string().nullable().describe('Why there is no fit, or no suggestion'),
  })
  .meta({ id: 'ArmsAnalysis' })
export type ArmsAnalysis = z.infer<typeof ArmsAnalysis>

export const ElasticityAnswer = z
  .object({ success, elasticity: z.discriminatedUnion('method', [SalesAnalysis, ArmsAnalysis]) })
  .meta({ id: 'ElasticityAnswer' })
export type ElasticityAnswer = z.infer<typeof ElasticityAnswer>

// ── Off-policy ────────────────────────────────────────────────────────────────────────────────────────────────────

const Decision = z.strictObject({
  action: name,
  reward: z.number().min(-1e12).max(1e12),
  propensity: chance
    .nullable()
    .default(null)
    .describe('Chance with which the action was chosen then, as it was logged. Without it there is no answer'),
  target: chance
    .optional()
    .describe('Chance with which the policy to value would choose it; may be left out where `policy` or `targets` says so'),
  targets: chances.optional().describe('Chances of all actions under the policy to value at this decision; they sum to 1'),
})

export const OffPolicyInput = z
  .object({
    rows: z
      .array(
        orTuple(
          Decision,
          ['action', 'reward', 'propensity', 'target'],
          z.union([z.tuple([name, z.number(), z.number().nullable()]), z.tuple([name, z.number(), z.number().nullable(), z.number()])]),
        ),
      )
      .min(1)
      .max(MAXIMUM_ROWS)
      .describe('The log: each an object or a tuple [action, reward, propensity, target]'),
    policy: chances
      .optional()
      .describe(
        'Chances of all actions under the policy to value, where it does not look at the decision. With these, or `targets` in every row, the doubly robust value is told, too',
      ),
  })
  .meta({
    id: 'OffPolicyInput',
    example: {
      rows: Array.from({ length: 120 }, (_, at) => [at % 3 === 0 ? '549' : '499', at % 10 === 0 ? 40 : 0, at % 3 === 0 ? 0.3333 : 0.6667]),
      policy: { 499: 0.5, 549: 0.5 },
    },
  })
export type OffPolicyInput = z.infer<typeof OffPolicyInput>

const Estimate = z
  .object({ value: z.number(), standardError: z.number(), low: z.number().describe('95 % interval'), high: z.number() })
  .meta({ id: 'OffPolicyEstimate' })

export const OffPolicyAnswer = z
  .object({
    success,
    value: z
      .object({
        decisions: z.number().int(),
        logged: Estimate.describe('What a decision really brought'),
        ips: Estimate.describe('Inverse propensity scoring'),
        selfNormalised: Estimate,
        doublyRobust: Estimate.nullable().describe('Null without all chances of the policy'),
        directMethod: z
          .number()
          .nullable()
          .describe('By the reward model alone: each action’s mean, shrunk. How wrong the model is, no interval can tell'),
        effectiveSampleSize: z.number().describe('How many decisions of the policy itself would say as much. Below 100 there is no answer'),
        maximumWeight: z.number(),
        meanWeight: z.number().describe('Near 1, if the propensities are right'),
        unsupported: z.number().nullable().describe('Share of the policy’s choices that were never logged, 0–1'),
        warnings: z.array(z.string()),
      })
      .meta({ id: 'OffPolicyValue' }),
  })
  .meta({ id: 'OffPolicyAnswer' })
export type OffPolicyAnswer = z.infer<typeof OffPolicyAnswer>

// ── Demand of a product ───────────────────────────────────────────────────────────────────────────────────────────

export const DemandQuery = z.object({
  currency: CurrencyCode.optional().describe('Default: the configured default currency'),
  testId: ConfigurationId.optional().describe('Default: the newest price test that says enough'),
})

export const Demand = z
  .object({
    productId: z.string(),
    currency: z.string(),
    source: z
      .enum(['test', 'history'])
      .nullable()
      .describe(
        'test: prices drawn by lot. history: list prices of the past, with orders a view on days without a test. Null: neither tells',
      ),
    testId: z.string().nullable(),
    points: z
      .array(
        z.object({
          amount: z.number(),
          visitors: z.number().int().describe('People who were shown the price; of history, views'),
          buyers: z.number().int().describe('Those who bought, so far; of history, orders'),
          rate: z
            .number()
            .describe('Share who buy, 0–1; where the shares of a test’s prices moved, weighed so that each speaks for the same days'),
          low: z.number().describe('95 % interval'),
          high: z.number(),
        }),
      )
      .describe('What was seen, lowest price first'),
    model: z.enum(['logit', 'log_log']).nullable(),
    curve: z.array(z.object({ amount: z.number(), rate: z.number(), low: z.number().describe('95 % interval'), high: z.number() })),
    elasticity: Interval95.nullable().describe('From a test alone: at the list price, or the tested one next to it'),
    segments: z
      .array(
        z.object({
          segment: z.string(),
          visitors: z.number().int(),
          buyers: z.number().int(),
          elasticity: Interval95.nullable(),
          reason: z.string().nullable().describe('Why there is no elasticity'),
        }),
      )
      .describe('Of each segment by itself, where the test is read by one'),
    suggestion: z
      .object({
        amount: z.number(),
        gain: z
          .number()
          .describe(
            'What a visitor brings more than at the list price: revenue less the unit cost, where the product has one; decimal major units',
          ),
        gainLow: z.number().describe('95 % interval'),
        gainHigh: z.number(),
        clamped: z.boolean().describe('A price outside of what was tested or is allowed would earn more'),
      })
      .nullable()
      .describe('From a test alone, inside the guardrails, and beyond the tested prices by no more than the step limit'),
    observational: z
      .object({
        pooled: Interval95.describe('Over all days as if they were alike'),
        within: Interval95.nullable().describe('Between days of the same weekday and month alone; null where the price moved in no month'),
      })
      .nullable()
      .describe(
        'Elasticity in the past, on days without a test. Nobody drew those prices by lot: what else changed with them is in it, rules that moved what was shown among it',
      ),
    reason: z.string().nullable().describe('Why there is no suggestion'),
  })
  .meta({ id: 'Demand' })
export type Demand = z.infer<typeof Demand>

export const DemandAnswer = z.object({ success, demand: Demand }).meta({ id: 'DemandAnswer' })
export type DemandAnswer = z.infer<typeof DemandAnswer>
