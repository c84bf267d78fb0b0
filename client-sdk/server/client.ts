import { segment } from './address.ts'
import { FairleadError, unfit } from './errors.ts'
import { createEvents } from './events.ts'
import { createFlags } from './flags.ts'
import type { Runtime } from './runtime.ts'
import { signToken } from './token.ts'
import type { OnceOptions, PriceContext, ServerClient, ServerClientOptions } from './types.ts'
import { createWire, type Wire } from './wire.ts'

const TOKEN_SECONDS = 3600

/** The client over a clock, chance and patience of the caller's. */
export function createClient(options: ServerClientOptions, runtime: Runtime): ServerClient {
  const wire = createWire(options, runtime)
  const { recordRevenueEvent, track, trackOne } = createEvents(wire)
  const pricing = createPricing(wire)
  return {
    orchestrator: { processRevenueEvent: recordRevenueEvent, getOptimizedPricing: pricing.getOptimizedPrice },
    pricing,
    funnel: {
      trackFunnelEvent: trackOne,
      createFunnelTest: async (test, options) => wire.post('api/experiments', test, options, once(wire, options)),
      getFunnelTest: async (key, options) => wire.get(`api/experiments/${segment('key', key)}`, {}, options),
      listFunnelTests: (page, options) => wire.get('api/experiments', { ...page }, options),
      changeFunnelTest: async (key, changes, options) => wire.patch(`api/experiments/${segment('key', key)}`, changes, options),
      startFunnelTest: async (key, options) => wire.post(`api/experiments/${segment('key', key)}/start`, undefined, options),
      stopFunnelTest: async (key, options) => wire.post(`api/experiments/${segment('key', key)}/stop`, undefined, options),
      archiveFunnelTest: async (key, options) => wire.post(`api/experiments/${segment('key', key)}/archive`, undefined, options),
      shipFunnelTest: async (key, variant, options) => wire.post(`api/experiments/${segment('key', key)}/ship`, { variant }, options),
      getFunnel: (question, options) => wire.get('api/funnel', { ...question }, options),
    },
    analytics: {
      recordRevenueEvent,
      getDashboardData: (question, options) => wire.get('api/analytics', { ...question }, options),
      getHoldout: (question, options) => wire.get('api/holdout', { ...question }, options),
      recordCost: async (cost, options) => wire.post('api/costs', cost, options, once(wire, options)),
      getCosts: (question, options) => wire.get('api/costs', { ...question }, options),
      exportTable: async (table, question, options) => wire.file(`api/export/${segment('table', table)}`, { ...question }, options),
    },
    analysis: {
      elasticity: async (question, options) => wire.post('api/analysis/elasticity', question, options),
      offPolicy: async (question, options) => wire.post('api/analysis/off-policy', question, options),
      compare: async (question, options) => wire.post('api/analysis/compare', question, options),
      sampleRatio: async (question, options) => wire.post('api/analysis/sample-ratio', question, options),
      sampleSize: async (question, options) => wire.post('api/analysis/sample-size', question, options),
      sequential: async (question, options) => wire.post('api/analysis/sequential', question, options),
      uplift: async (question, options) => wire.post('api/analysis/uplift', question, options),
    },
    forecasting: {
      generateMRRForecast: (horizon = 12, question = {}, options) => wire.get('api/forecasts/mrr', { horizon, ...question }, options),
    },
    upsell: { trackBehaviorEvent: trackOne },
    success: { trackCustomerActivity: trackOne },
    flags: createFlags(wire),
    customers: {
      identify: (visitorId, customerId, options) => wire.post('api/identify', { visitorId, customerId }, options),
      getChain: async (customerId, page, options) =>
        wire.get(`api/customers/${segment('customerId', customerId)}/chain`, { ...page }, options),
      exportCustomer: async (customerId, options) => wire.get(`api/customers/${segment('customerId', customerId)}/export`, {}, options),
      eraseCustomer: async (customerId, options) => wire.delete(`api/customers/${segment('customerId', customerId)}`, options),
      signCustomerToken: (customerId, { expiresInSeconds = TOKEN_SECONDS } = {}) =>
        signToken(options.identitySecret, customerId, expiresInSeconds, runtime.now()),
    },
    track,
  }
}

const createPricing = (wire: Wire): ServerClient['pricing'] => ({
  async getOptimizedPrice(productId, context = {}, options) {
    const { behaviorFlags, ...asked } = wordsOf(context)
    const query = { ...asked, behaviorFlags: behaviorFlags?.join() || undefined }
    return wire.get(`api/pricing/${segment('productId', productId)}`, query, options)
  },
  getPrices: async (products, context = {}, options) => wire.post('api/pricing', { ...wordsOf(context), products }, options),
  verifyQuote: (question, options) => wire.post('api/quotes/verify', question, options),
  startPriceTest: async (test, options) => wire.post('api/price-tests', test, options, once(wire, options)),
  getPriceTest: async (testId, options) => wire.get(`api/price-tests/${segment('testId', testId)}`, {}, options),
  stopPriceTest: async (testId, options) => wire.post(`api/price-tests/${segment('testId', testId)}/stop`, undefined, options),
  shipPriceTest: async (testId, arm, options) => wire.post(`api/price-tests/${segment('testId', testId)}/ship`, { arm }, options),
  rollBackPriceTest: async (testId, options) => wire.post(`api/price-tests/${segment('testId', testId)}/rollback`, undefined, options),
  getDemand: async (productId, question, options) =>
    wire.get(`api/products/${segment('productId', productId)}/demand`, { ...question }, options),
  listRules: (options) => wire.get('api/price-rules', {}, options),
  previewRule: (rule, options) => wire.post('api/price-rules/preview', rule, options),
  saveRule: async (id, rule, options) => wire.put(`api/price-rules/${segment('id', id)}`, rule, options),
  removeRule: async (id, options) => wire.delete(`api/price-rules/${segment('id', id)}`, options),
  setMarketSignals: (signals, options) => wire.put('api/market-signals', { signals }, options),
})

/** The context in the Worker's words. Two people's names in one question would price for one of them by chance. */
function wordsOf({ userId, ...context }: PriceContext): Omit<PriceContext, 'userId'> {
  if (userId === undefined) return context
  if (context.customerId !== undefined && context.customerId !== userId)
    throw new FairleadError('invalid_id', 'customerId and userId name two people', { field: 'userId' })
  return { ...context, customerId: userId }
}

function once({ runtime }: Wire, { idempotencyKey = runtime.mintId() }: OnceOptions = {}): Record<string, string> {
  if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) throw unfit('idempotencyKey', '1 to 255 visible ASCII characters')
  return { 'idempotency-key': idempotencyKey }
}
