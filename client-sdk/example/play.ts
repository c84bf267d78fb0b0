import { batch } from '@preact/signals'
import type { Consent } from '../types.ts'
import { forgetPrices } from './asking.ts'
import { cart, country, customer, device, order, sdk, token, wish } from './state.ts'

/** Somebody else sits down at this browser. */
export async function playAnother(): Promise<void> {
  ;(await sdk)?.reset()
  batch(() => {
    cart.value = []
    customer.value = null
    token.value = ''
    order.value = null
    forgetPrices()
  })
}

/** Somebody elsewhere, or with another device: a new visitor, as no quote of the old one should hold there. A customer stays one. */
export async function playFrom(there: { country?: string; device?: (typeof device)['value'] }): Promise<void> {
  const client = await sdk
  if (!customer.value) client?.reset()
  batch(() => {
    country.value = there.country ?? country.value
    device.value = there.device ?? device.value
    forgetPrices()
  })
}

export async function setConsent(state: Consent): Promise<void> {
  ;(await sdk)?.consent(state)
  batch(() => {
    wish.value = state
    // Without consent the SDK forgets whom this browser speaks for.
    if (state === 'denied') {
      customer.value = null
      token.value = ''
    }
    forgetPrices()
  })
}
