import type { Provider } from '../provider.ts'
import { standard } from './standard.ts'
import { stripe } from './stripe.ts'

/** Every provider we read. */
export const PROVIDERS: readonly Provider[] = [stripe, standard]
