import type * as z from 'zod'
import type * as admin from '../../worker/contract/admin.ts'
import type * as analysis from '../../worker/contract/analysis.ts'
import type * as analytics from '../../worker/contract/analytics.ts'
import type * as chain from '../../worker/contract/chain.ts'
import type * as costs from '../../worker/contract/costs.ts'
import type * as events from '../../worker/contract/events.ts'
import type * as experimentAnalysis from '../../worker/contract/experiment-analysis.ts'
import type * as experimentPlanning from '../../worker/contract/experiment-planning.ts'
import type * as experiments from '../../worker/contract/experiments.ts'
import type * as exports from '../../worker/contract/exports.ts'
import type * as flags from '../../worker/contract/flags.ts'
import type * as forecasts from '../../worker/contract/forecasts.ts'
import type * as funnels from '../../worker/contract/funnels.ts'
import type * as holdout from '../../worker/contract/holdout.ts'
import type * as operations from '../../worker/contract/operations.ts'
import type * as priceRules from '../../worker/contract/price-rules.ts'
import type * as priceTests from '../../worker/contract/price-tests.ts'
import type * as pricing from '../../worker/contract/pricing.ts'
import type * as problem from '../../worker/contract/problem.ts'

/*
 * Questions and answers of the routes, read off the contract's schemas: what a caller writes is a schema's input, what comes
 * back its output. The build spells them out for shops, which have neither the schemas nor their library.
 */

export type ProblemCode = problem.ProblemCode

export type IncomingEvent = z.input<typeof events.IncomingEvent>
export type EventResult = z.infer<typeof events.EventResult>
export type EventStatus = EventResult['status']
export type BatchAnswer = z.infer<typeof events.BatchAnswer>
export type RevenueEventAnswer = z.infer<typeof events.RevenueEventAnswer>
export type IdentifyAnswer = z.infer<typeof events.IdentifyAnswer>

export type PricesInput = z.input<typeof pricing.PricesInput>
export type Pricing = z.infer<typeof pricing.Pricing>
export type PricingAnswer = z.infer<typeof pricing.PricingAnswer>
export type PricesAnswer = z.infer<typeof pricing.PricesAnswer>
export type VerifyQuoteInput = z.input<typeof pricing.VerifyQuoteInput>
export type VerifyQuoteAnswer = z.infer<typeof pricing.VerifyQuoteAnswer>

export type PriceTestInput = z.input<typeof priceTests.PriceTestInput>
export type PriceTestStarted = z.infer<typeof priceTests.PriceTestStarted>
export type PriceTestItem = z.infer<typeof priceTests.PriceTestItem>

export type RuleInput = z.input<typeof priceRules.RuleInput>
export type RulePreviewInput = z.input<typeof priceRules.RulePreviewInput>
export type RuleAnswer = z.infer<typeof priceRules.RuleAnswer>
export type RulesAnswer = z.infer<typeof priceRules.RulesAnswer>
export type RulePreviewAnswer = z.infer<typeof priceRules.RulePreviewAnswer>
export type MarketSignalsInput = z.input<typeof priceRules.MarketSignalsInput>
export type MarketSignalsSaved = z.infer<typeof priceRules.MarketSignalsSaved>
export type PageQuery = z.input<typeof admin.PageQuery>
export type Done = z.infer<typeof admin.Done>

export type ExperimentInput = z.input<typeof experiments.ExperimentInput>
export type ExperimentStarted = z.infer<typeof experiments.ExperimentStarted>
export type ExperimentItem = z.infer<typeof experiments.ExperimentItem>
export type ExperimentPatch = z.input<typeof experiments.ExperimentPatch>
export type ExperimentsAnswer = z.infer<typeof experiments.ExperimentsAnswer>
export type HoldoutQuery = z.input<typeof holdout.HoldoutQuery>
export type HoldoutAnswer = z.infer<typeof holdout.HoldoutAnswer>

export type AnalyticsQuery = z.input<typeof analytics.AnalyticsQuery>
export type AnalyticsAnswer = z.infer<typeof analytics.AnalyticsAnswer>
export type CostInput = z.input<typeof costs.CostInput>
export type CostRecorded = z.infer<typeof costs.CostRecorded>
export type CostsQuery = z.input<typeof costs.CostsQuery>
export type CostsAnswer = z.infer<typeof costs.CostsAnswer>
export type ExportTable = exports.ExportTable
export type ExportQuery = z.input<typeof exports.ExportQuery>
export type FunnelQuery = z.input<typeof funnels.FunnelQuery>
export type FunnelAnswer = z.infer<typeof funnels.FunnelAnswer>

export type FlagContext = z.input<typeof flags.FlagContext>
export type FlagAnswer = z.infer<typeof flags.FlagAnswer>
export type FlagsAnswer = z.infer<typeof flags.FlagsAnswer>

export type ForecastAnswer = z.infer<typeof forecasts.ForecastAnswer>

export type ElasticityInput = z.input<typeof analysis.ElasticityInput>
export type ElasticityAnswer = z.infer<typeof analysis.ElasticityAnswer>
export type OffPolicyInput = z.input<typeof analysis.OffPolicyInput>
export type OffPolicyAnswer = z.infer<typeof analysis.OffPolicyAnswer>
export type CompareInput = z.input<typeof experimentAnalysis.CompareInput>
export type CompareAnswer = z.infer<typeof experimentAnalysis.CompareAnswer>
export type SampleRatioInput = z.input<typeof experimentAnalysis.SampleRatioInput>
export type SampleRatioAnswer = z.infer<typeof experimentAnalysis.SampleRatioAnswer>
export type SampleSizeInput = z.input<typeof experimentPlanning.SampleSizeInput>
export type SampleSizeAnswer = z.infer<typeof experimentPlanning.SampleSizeAnswer>
export type SequentialInput = z.input<typeof experimentPlanning.SequentialInput>
export type SequentialAnswer = z.infer<typeof experimentPlanning.SequentialAnswer>
export type UpliftInput = z.input<typeof experimentAnalysis.UpliftInput>
export type UpliftAnswer = z.infer<typeof experimentAnalysis.UpliftAnswer>
export type DemandQuery = z.input<typeof analysis.DemandQuery>
export type DemandAnswer = z.infer<typeof analysis.DemandAnswer>

export type ChainQuery = z.input<typeof chain.ChainQuery>
export type ChainAnswer = z.infer<typeof chain.ChainAnswer>
export type ExportAnswer = z.infer<typeof operations.ExportAnswer>
export type ErasureAnswer = z.infer<typeof operations.ErasureAnswer>
