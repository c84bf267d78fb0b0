/** Names of behaviour we know; everything else is counted as one, so that names sent by strangers stay out of the keys. */
export const KNOWN_BEHAVIOUR: ReadonlySet<string> = new Set([
  'page_view',
  'view_item_list',
  'view_item',
  'select_item',
  'add_to_cart',
  'remove_from_cart',
  'view_cart',
  'begin_checkout',
  'add_shipping_info',
  'add_payment_info',
  'sign_up',
  'login',
  'search',
  'experiment_viewed',
])
