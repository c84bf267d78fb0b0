import { DomainError } from '../../error.ts'
import { Crossing } from '../../statistics/crossing.ts'
import { normalCumulative } from '../../statistics/normal.ts'
import { normalQuantile } from '../../statistics/normal-quantile.ts'
import { rootOf } from '../../statistics/root.ts'

/** obrien_fleming: hard to cross early, hardly dearer at the end. pocock: about as hard at every look. */
export type Spending = 'obrien_fleming' | 'pocock'

export interface Look {
  /** Share of the planned information, 0–1. */
  fraction: number
  /** Standard errors from zero at which the test stops. */
  z: number
  /** The p value, of as many sides as the test, that crosses. */
  nominalAlpha: number
  /** How much of alpha may have been used up to here. */
  alphaSpent: number
}

interface Plan {
  /** Shares of the planned information at which is looked, rising, the last usually 1. */
  fractions: readonly number[]
  alpha?: number
  spending?: Spending
  sides?: 1 | 2
}

const MAXIMUM_LOOKS = 50
/** Share of the information between looks; nearer ones are one look. */
const CLOSEST = 0.001
const ROUNDING = 1e-12
/** Of a constant, as a share of it. */
const TOLERANCE = 1e-8
/** A bound no path reaches: what is spent so early is not worth a number. */
const UNREACHABLE = 8

function check(fractions: readonly number[], alpha: number): void {
  if (!(alpha > 0 && alpha < 0.5))
    throw new DomainError('invalid_field', 'group-sequential boundaries require an alpha between 0 and 0.5', 'alpha')
  if (fractions.length === 0 || fractions.length > MAXIMUM_LOOKS)
    throw new DomainError('invalid_field', `group-sequential boundaries require one to ${MAXIMUM_LOOKS} looks`, 'fractions')
  let before = 0
  for (const [at, fraction] of fractions.entries()) {
    if (!(fraction > (at === 0 ? 0 : before + CLOSEST - ROUNDING) && fraction <= 1))
      throw new DomainError(
        'invalid_field',
        `looks are at rising shares of the information, up to 1 and at least ${CLOSEST} apart`,
        `fractions.${at}`,
      )
    before = fraction
  }
}

/** Alpha of one side that may be spent up to a share of the information. */
const SPENDING: Record<Spending, (alpha: number, fraction: number) => number> = {
  obrien_fleming: (alpha, fraction) => 2 * normalCumulative(-normalQuantile(1 - alpha / 2) / Math.sqrt(fraction)),
  pocock: (alpha, fraction) => alpha * Math.log1p((Math.E - 1) * fraction),
}

/**
 * Boundaries of a test that is looked at at planned times, by spending alpha: looks need not be equally spaced nor their
 * times be known in advance. With two sides each spends half.
 *
 * Source: Lan and DeMets (1983), Biometrika 70:659–663.
 *
 * @throws DomainError invalid_field  no or too many looks, fractions that do not rise, or too little, or above 1, alpha outside (0, 0.5)
 * @example groupSequentialBoundaries({ fractions: [0.5, 1] }).map((look) => look.z) // => [2.963, 1.969]
 */
export function groupSequentialBoundaries({ fractions, alpha = 0.05, spending = 'obrien_fleming', sides = 2 }: Plan): Look[] {
  check(fractions, alpha)
  const ofOneSide = alpha / sides
  const path = new Crossing(fractions)
  let spent = 0
  return fractions.map((fraction) => {
    const total = SPENDING[spending](ofOneSide, fraction)
    const now = Math.max(0, total - spent)
    const z = path.above(UNREACHABLE) >= now ? UNREACHABLE : rootOf((at) => now - path.above(at), -UNREACHABLE, UNREACHABLE)
    path.pass(sides === 2 ? -z : Number.NEGATIVE_INFINITY, z)
    spent = total
    return { fraction, z, nominalAlpha: sides * normalCumulative(-z), alphaSpent: sides * total }
  })
}

/**
 * The classic constants for equally spaced looks: at look k of K the test stops beyond c·√(K ÷ k) (O'Brien and Fleming) or
 * beyond c (Pocock).
 *
 * Source: O'Brien and Fleming (1979), Biometrics 35:549–556; Pocock (1977), Biometrika 64:191–199.
 *
 * @example classicConstant('pocock', 2) // => 2.178
 */
export function classicConstant(kind: Spending, looks: number, alpha = 0.05): number {
  const fractions = Array.from({ length: looks }, (_, at) => (at + 1) / looks)
  check(fractions, alpha)
  return rootOf((constant) => alpha - chanceToCross(scaledBy(kind, fractions, constant)), 0, UNREACHABLE, TOLERANCE)
}

const scaledBy = (kind: Spending, fractions: readonly number[], constant: number): { fraction: number; z: number }[] =>
  fractions.map((fraction) => ({ fraction, z: kind === 'pocock' ? constant : constant / Math.sqrt(fraction) }))

/** The boundaries of two sides that those constants make. */
export function classicBoundaries(kind: Spending, looks: number, alpha = 0.05): Look[] {
  const constant = classicConstant(kind, looks, alpha)
  const bare = scaledBy(
    kind,
    Array.from({ length: looks }, (_, at) => (at + 1) / looks),
    constant,
  )
  return bare.map((look, at) => ({
    ...look,
    nominalAlpha: 2 * normalCumulative(-look.z),
    alphaSpent: chanceToCross(bare.slice(0, at + 1)),
  }))
}

/**
 * Chance that a test crosses a bound at one of its looks: without an effect what it errs by, with one its power.
 *
 * @param drift expected z at full information: the effect over the standard error there
 * @example chanceToCross([0.25, 0.5, 0.75, 1].map((fraction) => ({ fraction, z: 1.96 }))) // => 0.126
 */
export function chanceToCross(looks: readonly Pick<Look, 'fraction' | 'z'>[], drift = 0, sides: 1 | 2 = 2): number {
  const path = new Crossing(
    looks.map(({ fraction }) => fraction),
    drift,
  )
  let crossed = 0
  for (const { z } of looks) {
    crossed += path.above(z) + (sides === 2 ? path.below(z) : 0)
    path.pass(sides === 2 ? -z : Number.NEGATIVE_INFINITY, z)
  }
  return crossed
}
