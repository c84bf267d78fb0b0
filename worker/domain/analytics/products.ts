/**
 * Orders a view of a product, 0–1, over all currencies, since views have none.
 *
 * Null where the quotient would be no chance of an order: a subscription renews without a view, a product that has left
 * the catalogue may have been one, and more orders than views came from elsewhere (imports, orders taken by a server).
 *
 * @example ordersPerView({ interval: null }, 12, 80)    // => 0.15
 * @example ordersPerView({ interval: 'month' }, 74, 55) // => null
 */
export function ordersPerView(product: { interval: string | null } | undefined, orders: number, views: number): number | null {
  if (product?.interval !== null || views === 0 || orders > views) return null
  return orders / views
}
