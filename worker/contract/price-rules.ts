import * as z from 'zod'
import { ConfigurationId } from './configuration.ts'
import { MARKET_SIGNALS, RULE_KINDS } from './lists.ts'

/** Words of the rules that move prices, and of the market they follow. Amounts are decimal major units. */

const success = z.literal(true)
const instant = z.iso.datetime({ offset: true })
const factor = z.number().min(0.1).max(10)

/** In the targeting language of experiments, over the closed list `RULE_ATTRIBUTES`. */
export const RuleCondition = z
  .record(z.string().min(1).max(64), z.unknown())
  .describe(
    `Whom the rule is for, in the targeting language, as in \`{"country": {"$in": ["US", "CA"]}, "hour": {"$gte": 18}}\`; empty is everybody. Attributes:
- \`country\` (ISO 3166 alpha-2), \`region\` (US-NY), \`countryTier\` (id of the purchasing-power tier of the country, by the settings), \`currency\`, \`device\` (desktop, mobile, tablet): the place and the device, null where unknown
- \`month\` (1–12), \`weekday\` (1–7, Monday is 1), \`hour\` (0–23): of the decision, UTC
- \`behaviorFlags\` (a list), \`newVisitor\` (nothing bought yet), \`orders\` (purchases so far), \`hasSubscription\`, \`plans\` (a list: product ids of active subscriptions), \`health\` (0–1; a condition on it holds for nobody whose health is not known): the person, for segment rules alone`,
  )
  .meta({ id: 'PriceRuleCondition' })

export const Rule = z
  .object({
    id: ConfigurationId,
    kind: z.enum(RULE_KINDS).describe('Applied in this order; of each kind the first rule that holds'),
    name: z.string().min(1).max(200),
    productIds: z.array(ConfigurationId).min(1).max(1000).nullable().default(null).describe('Null: every product'),
    priority: z.number().int().min(-1000).max(1000).default(0).describe('Higher first, then by id'),
    condition: RuleCondition.default({}),
    multiplier: factor.default(1).describe('market, segment: the price is multiplied by it'),
    sensitivity: z
      .number()
      .min(0)
      .max(5)
      .nullable()
      .default(null)
      .describe(
        'The other kinds: factor = 1 + sensitivity × deviation, within minimum and maximum. Deviation is index − 1 (demand, competitor), 1 − stock ÷ reference (inventory), or reference ÷ rate − 1 (exchange_rate)',
      ),
    minimum: factor.nullable().default(null).describe('Smallest factor'),
    maximum: factor.nullable().default(null).describe('Largest factor'),
    reference: z
      .number()
      .positive()
      .max(1e12)
      .nullable()
      .default(null)
      .describe('What is usual. inventory: units in stock; exchange_rate: units of the default currency for one of `condition.currency`'),
    startsAt: instant.nullable().default(null),
    endsAt: instant.nullable().default(null),
  })
  .meta({ id: 'PriceRule' })
export type Rule = z.infer<typeof Rule>

export const RuleInput = Rule.omit({ id: true })
  .strict()
  .meta({
    id: 'PriceRuleInput',
    example: { kind: 'market', name: 'Germany in the evening', condition: { country: 'DE', hour: { $gte: 18 } }, multiplier: 0.95 },
  })
export type RuleInput = z.infer<typeof RuleInput>

export const ShownRule = Rule.extend({
  lawClass: z
    .enum(['uniform', 'personal'])
    .describe('Class of its price in law: personal prices are off unless a jurisdiction is switched on'),
}).meta({ id: 'ShownPriceRule' })
export type ShownRule = z.infer<typeof ShownRule>

export const RulePreview = z
  .object({
    decisions: z
      .number()
      .int()
      .describe('Sampled decisions that were made again, with the configuration of now, with and without the rule'),
    changed: z.number().int().describe('Of them, those whose price the rule changes'),
    raised: z.number().int(),
    lowered: z.number().int(),
    clamped: z.number().int().describe('Those the guardrails held back from what the rule asked for'),
    forbidden: z.number().int().describe('Those the rule is for, where the law of the place takes no such price'),
    products: z.array(
      z.object({
        productId: z.string(),
        currency: z.string(),
        decisions: z.number().int(),
        changed: z.number().int(),
        averageBefore: z.number().describe('Mean price of these decisions without the rule'),
        averageAfter: z.number(),
      }),
    ),
    examples: z.array(
      z.object({
        decisionId: z.string(),
        productId: z.string(),
        currency: z.string(),
        country: z.string().nullable(),
        before: z.number(),
        after: z.number(),
        why: z.string(),
      }),
    ),
  })
  .meta({ id: 'PriceRulePreview' })
export type RulePreview = z.infer<typeof RulePreview>

export const RulePreviewInput = RuleInput.extend({
  id: ConfigurationId.optional().describe('The rule it would replace: the prices before are those without that one'),
}).meta({
  id: 'PriceRulePreviewInput',
  example: { kind: 'market', name: 'Germany in the evening', condition: { country: 'DE', hour: { $gte: 18 } }, multiplier: 0.95 },
})

export const RuleAnswer = z.object({ success, rule: ShownRule, preview: RulePreview }).meta({ id: 'PriceRuleAnswer' })
export type RuleAnswer = z.infer<typeof RuleAnswer>
export const RulesAnswer = z.object({ success, rules: z.array(ShownRule) }).meta({ id: 'PriceRulesAnswer' })
export type RulesAnswer = z.infer<typeof RulesAnswer>
export const RulePreviewAnswer = z.object({ success, preview: RulePreview }).meta({ id: 'PriceRulePreviewAnswer' })
export type RulePreviewAnswer = z.infer<typeof RulePreviewAnswer>

const Signal = z.object({
  productId: ConfigurationId.nullable().describe('Null: every product that has no value of its own'),
  signal: z.enum(MARKET_SIGNALS).describe('inventory: units in stock; competitor: what competitors ask ÷ our list price'),
})

export const MarketSignalValue = Signal.extend({
  value: z.number(),
  updatedAt: z.number().int().describe('Epoch ms; a value older than seven days moves no price'),
}).meta({ id: 'MarketSignal' })
export type MarketSignalValue = z.infer<typeof MarketSignalValue>

export const MarketSignalsInput = z
  .object({
    signals: z
      .array(
        Signal.extend({
          value: z.number().min(0).max(1e12).nullable().describe('Null withdraws it'),
          updatedAt: z.number().int().min(0).optional().describe('Epoch ms; default: now'),
        }),
      )
      .min(1)
      .max(1000)
      .describe('What is new; signals that are not named stay'),
  })
  .meta({ id: 'MarketSignalsInput', example: { signals: [{ productId: 'pro_bundle', signal: 'inventory', value: 120 }] } })
export type MarketSignalsInput = z.infer<typeof MarketSignalsInput>

export const MarketSignalsQuery = z.object({
  after: z.string().max(128).optional().describe('Product id: `next` of the page before'),
  limit: z.coerce.number().int().min(2).max(1000).default(1000),
})

export const MarketSignalsAnswer = z
  .object({ success, signals: z.array(MarketSignalValue), next: z.string().nullable() })
  .meta({ id: 'MarketSignals' })
export type MarketSignalsAnswer = z.infer<typeof MarketSignalsAnswer>

export const MarketSignalsSaved = z
  .object({ success, message: z.string(), signals: z.array(MarketSignalValue).describe('Those named, as they are now') })
  .meta({ id: 'MarketSignalsSaved' })
