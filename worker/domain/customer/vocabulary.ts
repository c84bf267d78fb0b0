/**
 * Canonical names and their aliases. Behaviour follows Google Analytics 4's recommended events; aliases come from
 * Segment's e-commerce spec, Shopify's customer events and our own first API. An alias loses nothing: the name as
 * sent stays in the metadata.
 */
export const MONEY_EVENTS = [
  'purchase',
  'refund',
  'dispute_opened',
  'dispute_closed',
  'subscription_started',
  'subscription_renewed',
  'subscription_changed',
  'subscription_cancelled',
  'subscription_ended',
  'payment_failed',
  'payment_succeeded',
  'payment_action_required',
  'trial_started',
  'trial_ended',
] as const
export type MoneyEvent = (typeof MONEY_EVENTS)[number]

const ALIASES: Record<string, string> = {
  // our own
  purchase_completed: 'purchase',
  checkout_initiated: 'begin_checkout',
  landing: 'page_view',
  product_view: 'view_item',
  subscription_created: 'subscription_started',
  subscription_updated: 'subscription_changed',
  subscription_reactivated: 'subscription_renewed',
  subscription_canceled: 'subscription_cancelled',
  // Segment
  'page viewed': 'page_view',
  'product viewed': 'view_item',
  'product clicked': 'select_item',
  'product list viewed': 'view_item_list',
  'product added': 'add_to_cart',
  'product removed': 'remove_from_cart',
  'products searched': 'search',
  'cart viewed': 'view_cart',
  'checkout started': 'begin_checkout',
  'payment info entered': 'add_payment_info',
  'order completed': 'purchase',
  'order refunded': 'refund',
  'signed up': 'sign_up',
  'signed in': 'login',
  // Shopify
  page_viewed: 'page_view',
  product_viewed: 'view_item',
  collection_viewed: 'view_item_list',
  product_added_to_cart: 'add_to_cart',
  product_removed_from_cart: 'remove_from_cart',
  cart_viewed: 'view_cart',
  checkout_started: 'begin_checkout',
  checkout_shipping_info_submitted: 'add_shipping_info',
  payment_info_submitted: 'add_payment_info',
  checkout_completed: 'purchase',
  search_submitted: 'search',
}

/** Names only we may write into a log. */
const RESERVED = new Set(['price_decided', 'decision_viewed', 'decision_voided', 'quote_redeemed', 'checkout_abandoned'])

const MONEY = new Set<string>(MONEY_EVENTS)

export function canonicalName(name: string): string {
  const lower = name.toLowerCase()
  return Object.hasOwn(ALIASES, lower) ? (ALIASES[lower] as string) : name
}
export const isReserved = (name: string): boolean => RESERVED.has(name)
export const isMoneyEvent = (name: string): name is MoneyEvent => MONEY.has(name)
