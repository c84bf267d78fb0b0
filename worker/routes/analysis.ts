import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { ElasticityAnswer, ElasticityInput, OffPolicyAnswer, OffPolicyInput } from '../contract/analysis.ts'
import { analyseArms, analyseSales, loggedActions } from '../domain/pricing/demand-curve/calculators.ts'
import { offPolicyValue } from '../domain/pricing/off-policy.ts'
import { answers, jsonBody, limitBody, needs, refusals, router } from '../http.ts'

const tags = ['analysis']
/** A log of fifty thousand decisions fits, with its names written out. */
const MAXIMUM_BODY_BYTES = 8 * 1024 * 1024
const MAXIMUM_KEYS = 300_000

const postElasticity = createRoute({
  method: 'post',
  path: '/elasticity',
  tags,
  summary: 'Price elasticity from sales, or demand from a price test',
  description:
    'With `rows`: least squares of the log quantity on the log price, pooled, within groups and of each group, with classical and robust (HC1) standard errors. With `arms`: conversion and revenue a visitor, the arc elasticity of two prices, a logit demand curve and the price that earns most, with the interval of its gain. Units are the caller’s; nothing is kept.',
  security: needs('read'),
  middleware: [allow('read'), limitBody(MAXIMUM_BODY_BYTES, MAXIMUM_KEYS)] as const,
  request: { body: jsonBody(ElasticityInput) },
  responses: { 200: answers('Elasticities, or the analysis of the test', ElasticityAnswer), ...refusals },
})

const postOffPolicy = createRoute({
  method: 'post',
  path: '/off-policy',
  tags,
  summary: 'What another policy would have brought, from the log of the one that ran',
  description:
    'Inverse propensity scoring, self-normalised, and doubly robust, with intervals and the effective sample size. Refused as `insufficient_data` where a propensity is missing or 0, where the effective sample size is below 100, or where fewer than ten decisions that the policy would also make brought anything.',
  security: needs('read'),
  middleware: [allow('read'), limitBody(MAXIMUM_BODY_BYTES, MAXIMUM_KEYS)] as const,
  request: { body: jsonBody(OffPolicyInput) },
  responses: { 200: answers('The value a decision', OffPolicyAnswer), ...refusals },
})

export const analysis = router()
  .openapi(postElasticity, (c) => {
    const input = c.req.valid('json')
    const elasticity = input.arms ? analyseArms(input.arms, input) : analyseSales(input.rows ?? [], input)
    return c.json({ success: true as const, elasticity }, 200)
  })
  .openapi(postOffPolicy, (c) => {
    const value = offPolicyValue(loggedActions(c.req.valid('json')))
    return c.json({ success: true as const, value }, 200)
  })
