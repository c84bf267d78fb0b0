import * as z from 'zod'
import { Amount, ConfigurationId, CurrencyCode } from './configuration.ts'
import { ALLOCATIONS, TEST_METRICS, TEST_MODES, TEST_SEGMENTS, TEST_STATUSES, VERDICTS } from './lists.ts'

/** Words of price tests: what starts one, and what it says. Amounts are decimal major units. */

const instant = z.iso.datetime({ offset: true })
const success = z.literal(true)

/** `POST /api/price-tests`: three fields are enough; the rest has the defaults of the field. */
export const PriceTestInput = z
  .object({
    productId: ConfigurationId,
    testPrices: z.array(Amount).min(2).max(10).describe('Decimal prices; the list price is the control and must be among them'),
    duration: z.number().positive().max(365).describe('Days'),
    name: z.string().max(200).optional(),
    currency: CurrencyCode.optional().describe('Default: the configured default currency'),
    weights: z.array(z.number()).optional().describe('One a price, summing to 1; default equal'),
    mode: z
      .enum(TEST_MODES)
      .default('randomised')
      .describe('switchback: everybody in one place sees one price for some hours, then another'),
    allocation: z
      .enum(ALLOCATIONS)
      .default('fixed')
      .describe('thompson: weights follow what is learnt, once a UTC day, with at least 1 % for each price'),
    metric: z.enum(TEST_METRICS).default('net_revenue').describe('What it is to raise, a customer. Margin needs a unit cost'),
    eligibility: z.enum(['new', 'all']).default('new').describe('new: customers who had neither bought nor come by before it began'),
    segments: z.enum(TEST_SEGMENTS).optional().describe('Read the results, and learn, apart by this, partially pooled'),
    conversionWindow: z
      .number()
      .min(1)
      .max(60)
      .optional()
      .describe(
        'Days after the first exposure in which purchases count; default 14, with `thompson` a quarter of the duration where that is less',
      ),
    minimumSample: z
      .number()
      .int()
      .min(100)
      .max(10_000_000)
      .default(100)
      .describe('Customers each price must have before a verdict, and before weights may move'),
    blockHours: z.number().min(1).max(168).default(6).describe('switchback: hours of one price in one place'),
    startsAt: instant.optional(),
    endsAt: instant.optional(),
    id: ConfigurationId.optional().describe('Development only: of a test that imported history tells of; it may lie in the past'),
  })
  .strict()
  .meta({ id: 'PriceTestInput', example: { productId: 'starter_bundle', testPrices: [179, 199, 219], duration: 14 } })
export type PriceTestInput = z.infer<typeof PriceTestInput>

export const PriceTestAnswer = z
  .object({
    id: z.string(),
    version: z.number().int(),
    productId: z.string(),
    currency: z.string(),
    name: z.string(),
    status: z.enum(TEST_STATUSES),
    mode: z.enum(TEST_MODES),
    allocation: z.enum(ALLOCATIONS),
    metric: z.enum(TEST_METRICS),
    eligibility: z.enum(['new', 'all']),
    segments: z.enum(TEST_SEGMENTS).nullable(),
    conversionWindow: z.number().describe('Days'),
    minimumSample: z.number().int(),
    blockHours: z.number(),
    arms: z.array(
      z.object({
        key: z.string(),
        amount: z.number(),
        weight: z.number().describe('Today'),
        closedAt: z.number().nullable().describe('Since when nobody is shown it any more'),
      }),
    ),
    epochs: z
      .array(
        z.object({
          day: z.string(),
          weights: z.record(z.string(), z.number()),
          bySegment: z.record(z.string(), z.record(z.string(), z.number())),
        }),
      )
      .describe('Weights by the UTC day from which on they hold, oldest first'),
    startsAt: z.number(),
    endsAt: z.number(),
  })
  .meta({ id: 'PriceTest' })
export type PriceTestAnswer = z.infer<typeof PriceTestAnswer>

const Estimate = z.object({
  value: z.number(),
  standardError: z.number(),
  low: z.number().describe('95 % interval'),
  high: z.number(),
})

const Rate = z.object({ count: z.number().int(), of: z.number().int(), rate: z.number().nullable() })

export const ArmResult = z
  .object({
    key: z.string(),
    amount: z.number().describe('Price of the arm'),
    weight: z.number().describe('Share of new people who are shown it today'),
    closedAt: z.number().nullable(),
    exposed: z.number().int().describe('People who were shown it'),
    matured: z.number().int().describe('Of these, those whose conversion window is over'),
    buyers: z.number().int().describe('Exposed people with a purchase in their window'),
    netRevenue: z
      .number()
      .describe('Purchases within the conversion window of the first exposure, less their refunds and disputes, whenever these come'),
    perVisitor: Estimate.nullable().describe(
      'Of the metric, a person exposed, weighed so that each arm speaks for the same days; null where too few were exposed to say',
    ),
    lift: z
      .object({
        value: z.number().describe('perVisitor ÷ that of the control − 1'),
        low: z.number(),
        high: z.number().describe('95 %, valid at every look (a confidence sequence)'),
      })
      .nullable()
      .describe('Null for the control'),
    chanceToBeBest: z.number().nullable().describe('0–1'),
    expectedLoss: z.number().nullable().describe('Of the metric a person, if this arm were shipped and another were better'),
    refunds: Rate.describe('Buyers with a refund'),
    disputes: Rate.describe('Buyers with a dispute'),
    paymentFailures: Rate.describe('People who tried to pay and failed at least once'),
  })
  .meta({ id: 'PriceTestArm' })
export type ArmResult = z.infer<typeof ArmResult>

export const PriceTestResults = z
  .object({
    currency: z.string(),
    arms: z.array(ArmResult),
    excluded: z.number().int().describe('Left out: saw several arms, a clamped price, or are held out'),
    method: z
      .enum(['weighted', 'blocks'])
      .describe('weighted: inverse propensity over weight epochs. blocks: a switchback, whose windows are compared, not its people'),
    blocks: z.array(z.object({ arm: z.string(), blocks: z.number().int(), visitors: z.number().int(), netRevenue: z.number() })).nullable(),
    sampleRatio: z
      .object({
        pValue: z.number(),
        expected: z.array(z.number()).describe('People an arm should have, by the weights of each epoch'),
        mismatch: z.boolean().describe('p < 0.001: the verdict is invalid and nothing is called best'),
      })
      .nullable(),
    daysLeft: z.number().describe('Until its end'),
    segments: z
      .array(
        z.object({
          segment: z.string(),
          arms: z.array(ArmResult.pick({ key: true, exposed: true, buyers: true, netRevenue: true, perVisitor: true })),
        }),
      )
      .describe('By what the test is read by; estimates are pooled partially'),
    verdict: z.enum(VERDICTS),
    arm: z.string().nullable().describe('The arm the verdict is about'),
    sentence: z.string().describe('The verdict in words'),
    reasons: z.array(z.string()),
    history: z
      .array(z.object({ day: z.string(), lifts: z.record(z.string(), z.object({ value: z.number(), low: z.number(), high: z.number() })) }))
      .describe('Lift by arm as each day ended'),
  })
  .meta({ id: 'PriceTestResults' })
export type PriceTestResults = z.infer<typeof PriceTestResults>

export const PriceTestStarted = z
  .object({ success, testId: z.string(), message: z.string(), test: PriceTestAnswer })
  .meta({ id: 'PriceTestStarted' })
export const PriceTestItem = z.object({ success, test: PriceTestAnswer, results: PriceTestResults }).meta({ id: 'PriceTestItem' })
export type PriceTestItem = z.infer<typeof PriceTestItem>
export const PriceTestsAnswer = z
  .object({ success, tests: z.array(PriceTestAnswer), next: z.string().nullable() })
  .meta({ id: 'PriceTestsAnswer' })
export type PriceTestsAnswer = z.infer<typeof PriceTestsAnswer>

export const ShipInput = z
  .object({ arm: z.string().describe('Whose price becomes the list price') })
  .meta({ id: 'ShipInput', example: { arm: 'variant_1' } })
