import type { TestStatus } from '../../contract/lists.ts'
import { DomainError } from '../error.ts'
import { describeAmount } from './draft.ts'
import { hardRange } from './guardrails.ts'
import type { PriceArm, PriceTest, ProductTerms } from './types.ts'

/** A price test as it is kept. */
export interface StoredTest {
  test: PriceTest
  name: string
  status: TestStatus
}

/** A list price that a test moves: only from what it was when that was decided. */
export interface PriceMove {
  productId: string
  currency: string
  fromMinor: number
  toMinor: number
  /** Of the price ledger. */
  reason: string
}

const MINIMUM_OPEN_ARMS = 2

/** Ended, and as what. Whatever was said before of its end stays. */
export const ended = ({ test, name, status }: StoredTest, as: Exclude<TestStatus, 'running'>, now: number): StoredTest => ({
  name,
  status: as,
  test: status === 'running' ? { ...test, endedAt: Math.min(now, test.endsAt) } : test,
})

/** Whether too few arms are open to compare. */
export const isDecided = ({ arms }: PriceTest): boolean => arms.filter(({ closedAt }) => closedAt === undefined).length < MINIMUM_OPEN_ARMS

function listMinorOf(test: PriceTest, product: ProductTerms | null): number {
  const book = product && Object.hasOwn(product.prices, test.currency) ? product.prices[test.currency] : undefined
  if (!book) throw new DomainError('conflict', `${test.productId} has no price in ${test.currency} any more`)
  return book.listMinor
}

/** @throws DomainError price_out_of_bounds  floor, ceiling or margin have changed since */
function checkBounds(amountMinor: number, test: PriceTest, product: ProductTerms, field?: string): void {
  const book = product.prices[test.currency]
  const range = book && hardRange(product, book)
  if (range && (amountMinor < range.lowMinor || amountMinor > range.highMinor)) {
    const price = describeAmount(amountMinor, test.currency)
    throw new DomainError('price_out_of_bounds', `${price} is not within the floor, ceiling and margin of today`, field)
  }
}

/**
 * An arm's price becomes the list price.
 *
 * @returns null where this arm was shipped before
 * @throws DomainError invalid_arm          the test has no such arm
 * @throws DomainError conflict             another arm was shipped, the test was rolled back, or the arm closed for harm
 * @throws DomainError price_out_of_bounds  the product's bounds have changed since
 */
export function ship(
  stored: StoredTest,
  product: ProductTerms | null,
  key: string,
  now: number,
): { after: StoredTest; move: PriceMove } | null {
  const { test, status } = stored
  const arm = test.arms.find((each) => each.key === key)
  if (!arm) throw new DomainError('invalid_arm', `the test has no arm ${key}: ${test.arms.map((each) => each.key).join(', ')}`, 'arm')
  if (status === 'shipped' && test.shipped?.arm === key) return null
  refuseShipping(stored, arm)
  const fromMinor = listMinorOf(test, product)
  checkBounds(arm.amountMinor, test, product as ProductTerms, 'arm')
  const after = ended(stored, 'shipped', now)
  return {
    after: { ...after, test: { ...after.test, shipped: { arm: key, beforeMinor: fromMinor, at: now } } },
    move: moveOf(test, fromMinor, arm.amountMinor, `arm ${key} of price test ${test.id} shipped`),
  }
}

function refuseShipping({ test, status }: StoredTest, { key, closedAt }: PriceArm): void {
  if (status === 'shipped') throw new DomainError('conflict', `arm ${test.shipped?.arm} was shipped; roll that back first`)
  if (status === 'rolled_back') throw new DomainError('conflict', 'the test was rolled back: none of its prices is shipped any more')
  if (closedAt !== undefined) throw new DomainError('conflict', `arm ${key} was closed because it did harm`)
}

/**
 * The test is over, and what it had shipped is taken back.
 *
 * @returns null where it was rolled back before; without a move where nothing had been shipped
 * @throws DomainError conflict             the list price has changed since it was shipped
 * @throws DomainError price_out_of_bounds  the price from before is no longer within the product's bounds
 */
export function rollBack(
  stored: StoredTest,
  product: ProductTerms | null,
  now: number,
): { after: StoredTest; move: PriceMove | null } | null {
  const { test, status } = stored
  if (status === 'rolled_back') return null
  const after = ended(stored, 'rolled_back', now)
  const { shipped } = test
  if (status !== 'shipped' || !shipped) return { after, move: null }
  const arm = test.arms.find(({ key }) => key === shipped.arm) as PriceArm
  const fromMinor = listMinorOf(test, product)
  if (fromMinor !== arm.amountMinor) {
    const [now, then] = [fromMinor, arm.amountMinor].map((amountMinor) => describeAmount(amountMinor, test.currency))
    throw new DomainError('conflict', `the list price is ${now} by now, not the ${then} that was shipped: it stays`)
  }
  checkBounds(shipped.beforeMinor, test, product as ProductTerms)
  return { after, move: moveOf(test, fromMinor, shipped.beforeMinor, `arm ${shipped.arm} of price test ${test.id} rolled back`) }
}

const moveOf = ({ productId, currency }: PriceTest, fromMinor: number, toMinor: number, reason: string): PriceMove => ({
  productId,
  currency,
  fromMinor,
  toMinor,
  reason,
})
