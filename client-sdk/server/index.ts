import { createClient } from './client.ts'
import { PLATFORM } from './runtime.ts'
import type { ServerClient, ServerClientOptions } from './types.ts'

export { FairleadError } from './errors.ts'
export type * from './types.ts'
export type * from './words.ts'

/**
 * A client for a shop's server, in Node 20 or later and in Workers. It may be made while a module loads and kept for good.
 *
 * @throws FairleadError invalid_field  an address that is none, or a key that begins with neither sk_ nor pk_
 * @example const fairlead = createServerClient({ url: 'https://prices.example', key: 'sk_…' })
 *          const { pricing } = await fairlead.pricing.getOptimizedPrice('pro_bundle', { customerId: 'cus_42', country: 'US' })
 */
export function createServerClient(options: ServerClientOptions): ServerClient {
  return createClient(options, PLATFORM)
}
