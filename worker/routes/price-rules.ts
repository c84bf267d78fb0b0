import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { Done, ItemRef, RuleAnswer, RuleInput, RulesAnswer } from '../contract/admin.ts'
import { readRule, readRules, removeRule, saveRule } from '../db/configuration.ts'
import { DomainError } from '../domain/error.ts'
import { validateRule } from '../domain/pricing/validate.ts'
import { priceRule, ruleOf } from '../domain/wire.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'

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

const putRule = createRoute({
  method: 'put',
  path: '/{id}',
  tags,
  summary: 'Create a price rule, or replace it whole',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ItemRef, body: jsonBody(RuleInput) },
  responses: { 200: answers('The rule as saved', RuleAnswer), ...refusals },
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

export const priceRules = router()
  .openapi(listRules, async (c) => c.json({ success: true as const, rules: (await readRules(c.env.DB)).map(ruleOf) }, 200))
  .openapi(putRule, async (c) => {
    const { id } = c.req.valid('param')
    const rule = priceRule({ id, ...c.req.valid('json') })
    validateRule(rule)
    const before = await readRule(c.env.DB, id)
    const now = Date.now()
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
    return c.json({ success: true as const, rule: ruleOf(rule) }, 200)
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
