import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import {
  CompareAnswer,
  CompareInput,
  SampleRatioAnswer,
  SampleRatioInput,
  UpliftAnswer,
  UpliftInput,
} from '../contract/experiment-analysis.ts'
import { SampleSizeAnswer, SampleSizeInput, SequentialAnswer, SequentialInput } from '../contract/experiment-planning.ts'
import { compareArms } from '../domain/experiments/calculators/compare-arms.ts'
import { checkSplit } from '../domain/experiments/calculators/sample-ratio.ts'
import { planSample } from '../domain/experiments/calculators/sample-size.ts'
import { readLooks } from '../domain/experiments/calculators/sequential.ts'
import { readUplift } from '../domain/experiments/calculators/uplift.ts'
import { answers, jsonBody, limitBody, needs, refusals, router } from '../http.ts'

const tags = ['analysis']
const MAXIMUM_BODY_BYTES = 8 * 1024 * 1024
const MAXIMUM_KEYS = 300_000

const postCompare = createRoute({
  method: 'post',
  tags,
  security: needs('read'),
  middleware: [allow('read'), limitBody(MAXIMUM_BODY_BYTES, MAXIMUM_KEYS)] as const,
  path: '/compare',
  summary: 'Treatments against a control',
  description:
    'From counts, sums or values of each customer: Welch’s interval, a confidence sequence that may be looked at any day, or belief under a prior; ratios and relative lift by the delta method, CUPED where there is a covariate, several treatments corrected. Sums that tell nothing give a `reason` in place of figures. Units are the caller’s; nothing is kept.',
  request: { body: jsonBody(CompareInput) },
  responses: { 200: answers('Each treatment with the control', CompareAnswer), ...refusals },
})

const postSampleRatio = createRoute({
  method: 'post',
  tags,
  security: needs('read'),
  middleware: [allow('read'), limitBody(MAXIMUM_BODY_BYTES, MAXIMUM_KEYS)] as const,
  path: '/sample-ratio',
  summary: 'Whether people were split as planned, and who was not',
  description:
    'Pearson’s χ² against the weights. Below p = 0.001 no figure of the test can be trusted; with counts by dimension the answer names the values that cause it.',
  request: { body: jsonBody(SampleRatioInput) },
  responses: { 200: answers('The split', SampleRatioAnswer), ...refusals },
})

const postSampleSize = createRoute({
  method: 'post',
  tags,
  security: needs('read'),
  middleware: [allow('read'), limitBody(MAXIMUM_BODY_BYTES, MAXIMUM_KEYS)] as const,
  path: '/sample-size',
  summary: 'How many people a test needs, what so many find, or how likely',
  description:
    'With `mde` the people, with `total` the smallest effect, with both the power; by the interval with which the result will be read. 20 % to 25 % takes 1,094 an arm by R’s formula and 1,031 by the pooled null: the answer says which it used.',
  request: { body: jsonBody(SampleSizeInput) },
  responses: { 200: answers('The plan', SampleSizeAnswer), ...refusals },
})

const postSequential = createRoute({
  method: 'post',
  tags,
  security: needs('read'),
  middleware: [allow('read'), limitBody(MAXIMUM_BODY_BYTES, MAXIMUM_KEYS)] as const,
  path: '/sequential',
  summary: 'Results that may be looked at before the end',
  description:
    'An interval that holds at every look, for an effect or exactly for a share; always valid p values along a path of looks; boundaries for looks that are planned; or what a test under way still needs.',
  request: { body: jsonBody(SequentialInput) },
  responses: { 200: answers('What was asked for; the rest is null', SequentialAnswer), ...refusals },
})

const postUplift = createRoute({
  method: 'post',
  tags,
  security: needs('read'),
  middleware: [allow('read'), limitBody(MAXIMUM_BODY_BYTES, MAXIMUM_KEYS)] as const,
  path: '/uplift',
  summary: 'Whether a score finds the people whom it pays to treat',
  description:
    'From customers of a test by lot: the effect, the Qini curve with its area over a random order, an interval of that by resampling, and the effect among the highest scores.',
  request: { body: jsonBody(UpliftInput) },
  responses: { 200: answers('The curve, or a reason', UpliftAnswer), ...refusals },
})

export const experimentAnalysis = router()
  .openapi(postCompare, (c) => c.json({ success: true as const, comparison: compareArms(c.req.valid('json')) }, 200))
  .openapi(postSampleRatio, (c) => c.json({ success: true as const, sampleRatio: checkSplit(c.req.valid('json')) }, 200))
  .openapi(postSampleSize, (c) => c.json({ success: true as const, sampleSize: planSample(c.req.valid('json')) }, 200))
  .openapi(postSequential, (c) => c.json({ success: true as const, sequential: readLooks(c.req.valid('json')) }, 200))
  .openapi(postUplift, (c) => c.json({ success: true as const, ...readUplift(c.req.valid('json')) }, 200))
