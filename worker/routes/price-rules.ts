import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import { actorOf, allow } from '../auth.ts'
import { type Configuration, compileConfiguration, readConfiguration } from '../config.ts'
import { Done, ItemRef } from '../contract/admin.ts'
import { RuleAnswer, RuleInput, RulePreviewAnswer, RulePreviewInput, RulesAnswer } from '../contract/price-rules.ts'
import { readProducts, readProductsNamed, readRule, readRules, readSettings, removeRule, saveRule } from '../db/configuration.ts'
import { readSampledInputs } from '../db/decisions.ts'
import { readSignalsOf, signalsByProduct } from '../db/market-signals.ts'
import { ConfigurationError, DomainError } from '../domain/error.ts'
import { ratesOf } from '../domain/pricing/market-figures.ts'
import { PREVIEWED_DECISIONS, previewRule } from '../domain/pricing/preview.ts'
import type { PriceRule, ProductSlice } from '../domain/pricing/types.ts'
import { EffectCheck, validateRule } from '../domain/pricing/validate-rule.ts'
import { priceRule, ruleOf } from '../domain/wire.ts'
import { type AppEnv, answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'

const tags = ['configuration']

const listRules = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'All price rules',
  security: needs('read'),
  middleware: [allow('read')] as const,
  responses: { 200: answers('The rules in the order of their ids', RulesAnswer), ...refusals },
})

const preview = createRoute({
  method: 'post',
  path: '/preview',
  tags,
  summary: 'What a price rule would do to the last 1,000 sampled decisions; nothing is saved',
  description:
    'Each decision is made again from what it knew, under the configuration of now, without the rule and with it. Of how many decisions a row is kept says the setting `decisionSampleShare`. A rule that begins later counts as in force.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { body: jsonBody(RulePreviewInput) },
  responses: { 200: answers('Its effect', RulePreviewAnswer), ...refusals },
})

const putRule = createRoute({
  method: 'put',
  path: '/{id}',
  tags,
  summary: 'Create a price rule, or replace it whole',
  description:
    'Refused where no product it is for could be sold at its price. Answers with the effect on the last 1,000 sampled decisions.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ItemRef, body: jsonBody(RuleInput) },
  responses: { 200: answers('The rule as saved, and its effect', RuleAnswer), ...refusals },
})

const deleteRule = createRoute({
  method: 'delete',
  path: '/{id}',
  tags,
  summary: 'Remove a price rule',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ItemRef },
  responses: { 200: answers('Removed', Done), ...refusals },
})

/** Products read at once to hold a rule against; mostly the first can serve its price. */
const PAGE = 500

/** @throws ConfigurationError unknown_product, price_out_of_bounds, and what `validateRule` throws */
async function refuseUnfit(db: D1Database, rule: PriceRule): Promise<void> {
  validateRule(rule)
  const check = new EffectCheck(rule)
  if (rule.productIds) {
    const named = await readProductsNamed(db, rule.productIds)
    const known = new Set(named.map(({ id }) => id))
    const unknown = rule.productIds.findIndex((id) => !known.has(id))
    if (unknown >= 0)
      throw new ConfigurationError('unknown_product', `product ${rule.productIds[unknown]} does not exist`, `productIds.${unknown}`)
    check.accept(named)
  } else {
    for (let after: string | undefined = ''; after !== undefined && !check.isSettled; ) {
      const page = await readProducts(db, { after, limit: PAGE })
      check.accept(page)
      after = page.length < PAGE ? undefined : page.at(-1)?.id
    }
  }
  check.refuse()
}

/** Slices of some products by their ids, each shard read once. */
async function slicesOf({ slice }: Configuration, productIds: readonly string[]): Promise<Map<string, ProductSlice | null>> {
  return new Map(await Promise.all(productIds.map(async (id) => [id, await slice(id)] as const)))
}

async function effectOf(c: Context<AppEnv>, rule: PriceRule, now: number) {
  const configuration = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
  const { pricing } = configuration.root
  const rows = await readSampledInputs(c.env.DB, rule.productIds, PREVIEWED_DECISIONS)
  const productIds = [...new Set(rows.map(({ productId }) => productId))]
  const [slices, signals, { exchangeRates = {} }] = await Promise.all([
    slicesOf(configuration, productIds),
    readSignalsOf(c.env.DB, [...productIds, '']),
    readSettings(c.env.DB),
  ])
  const market = {
    signals: signalsByProduct(signals),
    exchangeRates: ratesOf(exchangeRates as Record<string, string>, pricing.defaultCurrency),
  }
  return previewRule(rows, (id) => slices.get(id) ?? null, pricing, market, rule, now)
}

export const priceRules = router()
  .openapi(listRules, async (c) => c.json({ success: true as const, rules: (await readRules(c.env.DB)).map(ruleOf) }, 200))
  .openapi(preview, async (c) => {
    const { id = '', ...input } = c.req.valid('json')
    const rule = priceRule({ id, ...input })
    await refuseUnfit(c.env.DB, rule)
    return c.json({ success: true as const, preview: await effectOf(c, rule, Date.now()) }, 200)
  })
  .openapi(putRule, async (c) => {
    const { id } = c.req.valid('param')
    const rule = priceRule({ id, ...c.req.valid('json') })
    await refuseUnfit(c.env.DB, rule)
    const now = Date.now()
    const before = await readRule(c.env.DB, id)
    const effect = await effectOf(c, rule, now)
    const line = {
      at: now,
      actor: actorOf(c),
      action: 'price_rule.saved',
      subject: id,
      before: before && ruleOf(before),
      after: ruleOf(rule),
    }
    await saveRule(c.env.DB, rule, now, line)
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, rule: ruleOf(rule), preview: effect }, 200)
  })
  .openapi(deleteRule, async (c) => {
    const { id } = c.req.valid('param')
    const before = await readRule(c.env.DB, id)
    if (!before) throw new DomainError('not_found', `price rule ${id} does not exist`)
    const now = Date.now()
    await removeRule(c.env.DB, id, { at: now, actor: actorOf(c), action: 'price_rule.removed', subject: id, before: ruleOf(before) })
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: `price rule ${id} is removed` }, 200)
  })
