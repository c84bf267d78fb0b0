import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import {
  type MarketSignalsInput as Input,
  MarketSignalsAnswer,
  MarketSignalsInput,
  MarketSignalsQuery,
  MarketSignalsSaved,
} from '../contract/price-rules.ts'
import { readProductsNamed } from '../db/configuration.ts'
import { readSignals, readSignalsOf, saveSignals, shownSignal } from '../db/market-signals.ts'
import { ConfigurationError } from '../domain/error.ts'
import { refuseDuplicates } from '../domain/pricing/validate.ts'
import { answers, jsonBody, limitBody, needs, refusals, router } from '../http.ts'

const tags = ['configuration']
/** A thousand signals with long ids. */
const MAXIMUM_BODY_BYTES = 256 * 1024

const listSignals = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'What the business has told of the market, for rules to follow',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: MarketSignalsQuery },
  responses: { 200: answers('A page of signals, those of every product first', MarketSignalsAnswer), ...refusals },
})

const putSignals = createRoute({
  method: 'put',
  path: '/',
  tags,
  summary: 'Tell of the market: stock, and what competitors ask',
  description:
    'In force at once where a rule follows it. A value older than the one that is known changes nothing, so a feed may be sent again; one older than seven days moves no price.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_BODY_BYTES)] as const,
  request: { body: jsonBody(MarketSignalsInput) },
  responses: { 200: answers('The signals as they are now', MarketSignalsSaved), ...refusals },
})

type Told = { productId: string; signal: Input['signals'][number]['signal']; value: number | null; updatedAt: number }

/** @throws ConfigurationError duplicate_key, invalid_field, time_in_future, unknown_product */
async function refuseUnfit(db: D1Database, told: readonly Told[], now: number): Promise<void> {
  refuseDuplicates(
    told.map(({ productId, signal }) => `${signal} of ${productId || 'every product'}`),
    'signals',
  )
  for (const [index, { signal, value, updatedAt }] of told.entries()) {
    if (signal === 'competitor' && value === 0)
      throw new ConfigurationError('invalid_field', 'a competitor asks more than nothing', `signals.${index}.value`)
    if (updatedAt > now) throw new ConfigurationError('time_in_future', 'a signal is of now or before', `signals.${index}.updatedAt`)
  }
  const named = new Set(told.map(({ productId }) => productId).filter(Boolean))
  const known = new Set((await readProductsNamed(db, [...named])).map(({ id }) => id))
  const unknown = told.findIndex(({ productId, value }) => productId !== '' && value !== null && !known.has(productId))
  if (unknown >= 0)
    throw new ConfigurationError('unknown_product', `product ${told[unknown]?.productId} does not exist`, `signals.${unknown}.productId`)
}

export const marketSignals = router()
  .openapi(listSignals, async (c) => c.json({ success: true as const, ...(await readSignals(c.env.DB, c.req.valid('query'))) }, 200))
  .openapi(putSignals, async (c) => {
    const now = Date.now()
    const told = c.req
      .valid('json')
      .signals.map(({ productId, updatedAt = now, ...rest }) => ({ ...rest, productId: productId ?? '', updatedAt }))
    await refuseUnfit(c.env.DB, told, now)
    const ids = [...new Set(told.map(({ productId }) => productId))]
    const isNamed = new Set(told.map(({ productId, signal }) => `${signal} ${productId}`))
    const named = async () =>
      (await readSignalsOf(c.env.DB, ids)).filter(({ productId, signal }) => isNamed.has(`${signal} ${productId}`)).map(shownSignal)
    const before = await named()
    const line = { at: now, actor: actorOf(c), action: 'market_signals.saved', subject: 'market_signals', before, after: told }
    await saveSignals(c.env.DB, told, line)
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: `${told.length} signals are taken`, signals: await named() }, 200)
  })
