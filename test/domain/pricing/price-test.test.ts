import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../worker/domain/pricing/decide.ts'
import type { PriceTest } from '../../../worker/domain/pricing/types.ts'
import { epochAt, nextTurn, withoutPastEpochs } from '../../../worker/domain/pricing/weight-epochs.ts'
import { startOfDay } from '../../../worker/domain/time.ts'
import * as arbitrary from './arbitraries.ts'
import { book, context, facts, HOUR, NOW, priceTest, settings, slice } from './fixtures.ts'

/** NOW is noon of 2027-01-15. */
const TODAY = '2027-01-15'
const MIDNIGHT = NOW + 12 * HOUR
const only = (key: string) => ({ control: 0, variant_1: 0, variant_2: 0, [key]: 1 })
const epoch = (day: string, key: string, bySegment = {}) => ({ day, weights: only(key), bySegment })

const decided = (test: PriceTest, known = {}, asked = {}, now = NOW) =>
  decide(slice({ test }), settings(), facts(known), context(asked), 'd', now)
const testLine = (decision: ReturnType<typeof decide>) => decision.explain.find(({ step }) => step === 'test')

describe('the weights of a test', () => {
  const test = priceTest({
    epochs: [epoch('2027-01-08', 'control'), epoch(TODAY, 'variant_1'), epoch('2027-01-16', 'variant_2')],
  })

  it('turn at midnight, everywhere, and are written into the decision with the propensity', () => {
    const arms = [NOW - 12 * HOUR - 1, NOW - 12 * HOUR, MIDNIGHT - 1, MIDNIGHT].map((now) => decided(test, {}, {}, now).test)
    expect(arms.map((each) => [each?.arm, each?.epoch, each?.propensity])).toEqual([
      ['control', '2027-01-08', 1],
      ['variant_1', TODAY, 1],
      ['variant_1', TODAY, 1],
      ['variant_2', '2027-01-16', 1],
    ])
    expect(arms[1]?.weights).toEqual(only('variant_1'))
  })

  it('are those a test began with where it was stored before there were epochs', () => {
    const { epochs: _, ...old } = priceTest()
    expect(epochAt(old as PriceTest, NOW)).toMatchObject({ day: '2027-01-08', weights: { control: 1 / 3 } })
    expect(decided(old as PriceTest).reason).toBe('test')
  })

  it('differ by segment where the epoch says so, and are those of all where it does not', () => {
    const apart = priceTest({
      segments: 'device',
      epochs: [epoch(TODAY, 'control', { mobile: only('variant_1'), other: only('variant_2') })],
    })
    const of = (device: 'mobile' | 'desktop' | null) => decided(apart, {}, { device }).test
    expect(of('mobile')).toMatchObject({ arm: 'variant_1', segment: 'mobile', weights: only('variant_1') })
    expect(of(null)).toMatchObject({ arm: 'variant_2', segment: 'other' })
    expect(of('desktop')).toMatchObject({ arm: 'control', segment: 'desktop' })
    const byCountry = priceTest({ segments: 'country', epochs: [epoch(TODAY, 'control', { GB: only('variant_2') })] })
    expect(decided(byCountry).test).toMatchObject({ arm: 'variant_2', segment: 'GB' })
  })

  it('do not move whoever has an arm, who keeps the propensity it was drawn with', () => {
    const arms = { test_1: { arm: 'control', version: 1, propensity: 0.25, epoch: '2027-01-08', segment: null } }
    expect(decided(test, { arms }).test).toMatchObject({
      arm: 'control',
      propensity: 0.25,
      epoch: '2027-01-08',
      weights: only('variant_1'),
    })
  })

  it('are the shares in which people are drawn, apart by segment', () => {
    const weights = { control: 0.2, variant_1: 0.3, variant_2: 0.5 }
    const mobile = { control: 0.9, variant_1: 0.09, variant_2: 0.01 }
    const apart = priceTest({ segments: 'device', epochs: [{ day: TODAY, weights, bySegment: { mobile } }] })
    for (const [device, shares] of [
      ['desktop', weights],
      ['mobile', mobile],
    ] as const) {
      const counts: Record<string, number> = {}
      for (let at = 0; at < 4_000; at++) {
        const { test: drawn } = decided(apart, { subject: `v${at}` }, { device })
        if (!drawn) throw new Error('nobody is outside the test')
        expect(drawn.propensity).toBe(shares[drawn.arm as keyof typeof shares])
        counts[drawn.arm] = (counts[drawn.arm] ?? 0) + 1
      }
      // Four standard deviations of a share among 4,000 are at most 3.2 points.
      for (const [arm, share] of Object.entries(shares)) expect(Math.abs((counts[arm] ?? 0) / 4_000 - share)).toBeLessThan(0.032)
    }
  })

  it('leave out of a snapshot what is over, and keep what follows', () => {
    expect(withoutPastEpochs(test, NOW).epochs.map(({ day }) => day)).toEqual([TODAY, '2027-01-16'])
    expect(withoutPastEpochs(test, MIDNIGHT).epochs.map(({ day }) => day)).toEqual(['2027-01-16'])
    expect(withoutPastEpochs(test, startOfDay('2027-01-01')).epochs).toHaveLength(3)
  })

  it('are the same in a snapshot as in the whole test, from its making on', () => {
    fc.assert(
      fc.property(arbitrary.priceTest, arbitrary.now, fc.integer({ min: 0, max: 100 }), (any, now, hours) => {
        const later = now + hours * HOUR
        expect(epochAt(withoutPastEpochs(any, now), later)).toEqual(epochAt(any, later))
        expect(nextTurn(withoutPastEpochs(any, now), later)).toBe(nextTurn(any, later))
      }),
    )
  })

  it('do not move the windows of a switchback, which may lie across midnight', () => {
    const turned = { ...test, mode: 'switchback' as const, windowMs: 36 * HOUR }
    const [before, after] = [decided(turned, {}, {}, MIDNIGHT - 1).test, decided(turned, {}, {}, MIDNIGHT).test]
    expect(after?.arm).toBe(before?.arm)
    expect(before).toMatchObject({ propensity: 1 / 3, epoch: '2027-01-08' })
  })
})

describe('a closed arm', () => {
  const arms = priceTest().arms.map((arm) => (arm.key === 'variant_1' ? { ...arm, closedAt: NOW } : arm))
  const test = priceTest({ arms, epochs: [epoch(TODAY, 'variant_1')] })

  it('is drawn for nobody and taken from whoever had it, both with the reason', () => {
    const had = { arms: { test_1: { arm: 'variant_1', version: 1 } } }
    expect(decided(test, {}, {}, NOW - 1).test?.arm).toBe('variant_1')
    for (const known of [{}, had]) {
      const decision = decided(test, known)
      expect(decision).toMatchObject({ reason: 'list', priceMinor: 49_900, test: null })
      expect(testLine(decision)).toMatchObject({ outcome: 'skipped', detail: expect.stringContaining('did harm') })
    }
  })

  it('leaves the others theirs', () => {
    const open = { ...test, epochs: [] }
    const drawn = Array.from({ length: 300 }, (_, at) => [
      decided(open, { subject: `v${at}` }, {}, NOW - 1),
      decided(open, { subject: `v${at}` }),
    ])
    for (const [before, after] of drawn) {
      if (before?.test?.arm === 'variant_1') expect(after?.test).toBeNull()
      else expect(after?.test).toMatchObject({ arm: before?.test?.arm, propensity: 1 / 3 })
    }
  })

  it('ends the windows of a switchback that had it', () => {
    const turned = { ...test, mode: 'switchback' as const, windowMs: HOUR }
    const seen = new Set(Array.from({ length: 60 }, (_, hour) => decided(turned, {}, {}, NOW + hour * HOUR).test?.arm ?? 'none'))
    expect(seen).toEqual(new Set(['none', 'control', 'variant_2']))
  })
})

describe('what a decision writes down for the analysis', () => {
  it('is the window, and the unit cost where the test counts margin', () => {
    const margin = priceTest({ metric: 'margin', conversionWindowMs: 3 * 24 * HOUR })
    expect(decided(margin).test).toMatchObject({ conversionWindowMs: 3 * 24 * HOUR, unitCostMinor: 4_000, block: null })
    expect(decided(priceTest()).test?.unitCostMinor).toBeNull()
    const free = decide(
      slice({ test: margin, product: { prices: { USD: book({ unitCostMinor: null }) } } }),
      settings(),
      facts(),
      context(),
      'd',
      NOW,
    )
    expect(free.test?.unitCostMinor).toBeNull()
  })

  it('is the block of a switchback, which ends with its window or with the test', () => {
    const turned = priceTest({ mode: 'switchback' })
    const window = Math.floor(NOW / (6 * HOUR))
    expect(decided(turned).test?.block).toEqual({ window, place: 'GB', endsAt: (window + 1) * 6 * HOUR })
    expect(decided({ ...turned, endsAt: NOW + HOUR }).test?.block?.endsAt).toBe(NOW + HOUR)
    expect(decided(turned, {}, { country: 'US', region: 'US-NY' }).test?.block?.place).toBe('US-NY')
    expect(decided(turned, {}, { country: null }).test?.block?.place).toBe('')
  })
})
