import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LoggedAction, offPolicyValue } from '../../../worker/domain/pricing/off-policy.ts'
import { readReference } from '../../support/reference.ts'

const what = 'the value of a policy from the Open Bandit logs'
const csv = readReference('bandit-obd-men.csv', what)
const json = readReference('bandit-reference.json', what)

describe.skipIf(csv === null || json === null)('the uniform policy, from the logs of the bandit', () => {
  const { reference } = JSON.parse(json ?? '{"openBandit":{"reference":{}}}').openBandit
  const lines = (csv ?? '')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
  const items = [...new Set(lines.map(([, item]) => item as string))]
  const uniform = new Map(items.map((item) => [item, 1 / items.length]))
  const logOf = (policy: string): LoggedAction[] =>
    lines.flatMap(([ran, item, , click, propensity]) =>
      ran === policy
        ? [{ action: item as string, reward: Number(click), propensity: Number(propensity), target: 1 / items.length, targets: uniform }]
        : [],
    )

  it('is valued as published, with the uncertainty that a small effective sample has', () => {
    const value = offPolicyValue(logOf('bts'))
    const expected = reference.uniformPolicyFromBtsLogs
    expect(value).toMatchObject({
      decisions: 10_000,
      ips: { value: expect.closeTo(expected.IPW.value, 9), standardError: expect.closeTo(expected.IPW.se, 9) },
      selfNormalised: { value: expect.closeTo(expected.SNIPW.value, 9), standardError: expect.closeTo(expected.SNIPW.se, 9) },
      doublyRobust: { value: expect.closeTo(expected.DR, 9) },
      directMethod: expect.closeTo(expected.DM, 9),
      effectiveSampleSize: expect.closeTo(expected.effectiveSampleSize, 6),
      maximumWeight: expect.closeTo(expected.maxWeight, 6),
      logged: { value: expect.closeTo(reference.onPolicyBts.ctr, 9) },
      unsupported: 0,
    })
    // What the policy really brought, as far as that is known, lies inside.
    const { value: seen, standardError } = offPolicyValue(logOf('random')).logged
    expect([seen, standardError]).toEqual([expect.closeTo(reference.onPolicyRandom.ctr, 9), expect.closeTo(reference.onPolicyRandom.se, 9)])
    const difference = Math.hypot(standardError, value.selfNormalised.standardError)
    expect(Math.abs(value.selfNormalised.value - seen)).toBeLessThan(1.96 * difference)
  })

  it('that ran itself is worth what it brought', () => {
    const value = offPolicyValue(logOf('random'))
    for (const estimate of [value.ips, value.selfNormalised]) expect(estimate.value).toBeCloseTo(value.logged.value, 6)
    expect(value.effectiveSampleSize).toBeCloseTo(10_000, 3)
  })
})

const ACTIONS = ['low', 'middle', 'high']
const chances = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).map((parts) => {
  const sum = parts.reduce((total, part) => total + part, 0)
  return new Map(ACTIONS.map((action, at) => [action, (parts[at] as number) / sum]))
})
const log = fc.record({ ran: chances, targets: chances }).chain(({ ran, targets }) =>
  fc
    .array(fc.record({ action: fc.constantFrom(...ACTIONS), reward: fc.integer({ min: -5, max: 50 }) }), { minLength: 500, maxLength: 700 })
    .map((rows): LoggedAction[] =>
      rows.map(({ action, reward }) => ({
        action,
        reward,
        propensity: ran.get(action) as number,
        target: targets.get(action) as number,
        targets,
      })),
    ),
)
const near = (one: number, other: number) => expect(Math.abs(one - other)).toBeLessThan(1e-9 * Math.max(1, Math.abs(other)))

describe('offPolicyValue', () => {
  it('is IPS where the model of the doubly robust value knows nothing', () => {
    fc.assert(
      fc.property(log, (rows) => {
        const { ips, doublyRobust, directMethod } = offPolicyValue(rows, () => 0)
        near(doublyRobust?.value ?? 0, ips.value)
        near(doublyRobust?.standardError ?? 0, ips.standardError)
        expect(directMethod).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  it('does not depend on the order of rows, grows with the unit of rewards, and moves with them where it is normalised', () => {
    fc.assert(
      fc.property(log, (rows) => {
        const value = offPolicyValue(rows)
        const reversed = offPolicyValue([...rows].reverse())
        const hundredfold = offPolicyValue(rows.map((row) => ({ ...row, reward: row.reward * 100 })))
        const shifted = offPolicyValue(rows.map((row) => ({ ...row, reward: row.reward + 1000 })))
        for (const kind of ['ips', 'selfNormalised', 'doublyRobust'] as const) {
          near(reversed[kind]?.value ?? 0, value[kind]?.value ?? 0)
          near(hundredfold[kind]?.value ?? 0, 100 * (value[kind]?.value ?? 0))
          near(hundredfold[kind]?.standardError ?? 0, 100 * (value[kind]?.standardError ?? 0))
        }
        near(shifted.selfNormalised.value, value.selfNormalised.value + 1000)
        expect(value.selfNormalised.low).toBeLessThanOrEqual(value.selfNormalised.value)
      }),
      { numRuns: 30 },
    )
  })

  it('of the policy that ran is its mean', () => {
    fc.assert(
      fc.property(log, (rows) => {
        const { ips, selfNormalised, logged, effectiveSampleSize } = offPolicyValue(
          rows.map((row) => ({ ...row, target: row.propensity ?? 0 })),
        )
        near(ips.value, logged.value)
        near(selfNormalised.value, logged.value)
        near(effectiveSampleSize, rows.length)
      }),
      { numRuns: 20 },
    )
  })

  const row = (at: number, more: Partial<LoggedAction> = {}): LoggedAction => ({
    action: at % 2 ? 'a' : 'b',
    reward: at % 5 === 0 ? 1 : 0,
    propensity: 0.5,
    target: 0.5,
    targets: null,
    ...more,
  })
  const rows = (count: number, more: (at: number) => Partial<LoggedAction> = () => ({})) =>
    Array.from({ length: count }, (_, at) => row(at, more(at)))
  const refusal = (of: LoggedAction[]) => {
    try {
      return offPolicyValue(of)
    } catch (error) {
      const { code, field, message } = error as { code: string; field: string; message: string }
      return { code, field, message }
    }
  }

  it('knows no model without all chances of the policy', () => {
    expect(offPolicyValue(rows(200))).toMatchObject({ doublyRobust: null, directMethod: null, unsupported: null })
  })

  it('refuses a log that says too little of the policy, or nothing of its chances', () => {
    expect(refusal(rows(99))).toMatchObject({ code: 'insufficient_data', field: 'rows', message: expect.stringContaining('99 decisions') })
    expect(refusal(rows(2000, (at) => ({ target: at === 0 ? 1 : 0.001 })))).toMatchObject({ code: 'insufficient_data', field: 'rows' })
    expect(refusal(rows(5000, (at) => ({ propensity: at === 7 ? 0.00001 : 0.5 })))).toMatchObject({ code: 'insufficient_data' })
    expect(refusal(rows(200, (at) => ({ reward: at < 9 ? 1 : 0 })))).toMatchObject({
      code: 'insufficient_data',
      message: expect.stringContaining('only 9'),
    })
    for (const propensity of [0, null])
      expect(refusal(rows(200, (at) => (at === 3 ? { propensity } : {})))).toMatchObject({
        code: 'insufficient_data',
        field: 'rows.3.propensity',
      })
    expect(refusal(rows(200, () => ({ target: 0 })))).toMatchObject({ code: 'insufficient_data' })
    expect(refusal([])).toMatchObject({ code: 'insufficient_data' })
  })

  it('refuses chances that are none, and rewards that are no numbers', () => {
    expect(refusal(rows(200, (at) => (at === 1 ? { propensity: 1.5 } : {})))).toMatchObject({
      code: 'invalid_field',
      field: 'rows.1.propensity',
    })
    expect(refusal(rows(200, (at) => (at === 1 ? { target: -0.1 } : {})))).toMatchObject({ code: 'invalid_field', field: 'rows.1.target' })
    expect(refusal(rows(200, (at) => (at === 1 ? { reward: Number.NaN } : {})))).toMatchObject({
      code: 'invalid_field',
      field: 'rows.1.reward',
    })
  })

  it('warns of choices that were never logged, of weights that do not average 1, and of one decision that outweighs the others', () => {
    const targets = new Map([
      ['a', 0.3],
      ['c', 0.7],
    ])
    const { warnings, unsupported } = offPolicyValue(rows(400, (at) => ({ targets, target: at % 2 ? 0.3 : 0 })))
    expect(unsupported).toBeCloseTo(0.7, 12)
    expect(warnings).toEqual([expect.stringContaining('70 %'), expect.stringContaining('do not average 1')])
    const heavy = offPolicyValue(rows(1000, (at) => ({ propensity: at === 5 ? 0.006 : 0.5 })))
    expect(heavy.warnings).toEqual([expect.stringContaining('single decision')])
  })

  it('holds its intervals: of simulated logs, about ninety-five in a hundred hold the truth', () => {
    let state = 12345
    const random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    const bring: Record<string, number> = { low: 0.3, middle: 0.25, high: 0.1 }
    const ran: Record<string, number> = { low: 0.2, middle: 0.3, high: 0.5 }
    const targets = new Map([
      ['low', 0.6],
      ['middle', 0.3],
      ['high', 0.1],
    ])
    const truth = [...targets].reduce((sum, [action, chance]) => sum + chance * (bring[action] as number), 0)
    const held = { ips: 0, selfNormalised: 0, doublyRobust: 0 }
    for (let world = 0; world < 400; world++) {
      const simulated = Array.from({ length: 600 }, (): LoggedAction => {
        const drawn = random()
        const action = drawn < 0.2 ? 'low' : drawn < 0.5 ? 'middle' : 'high'
        const reward = random() < (bring[action] as number) ? 1 : 0
        return { action, reward, propensity: ran[action] as number, target: targets.get(action) as number, targets }
      })
      const value = offPolicyValue(simulated)
      for (const kind of ['ips', 'selfNormalised', 'doublyRobust'] as const) {
        const { low, high } = value[kind] as { low: number; high: number }
        if (low <= truth && truth <= high) held[kind]++
      }
    }
    for (const share of Object.values(held)) {
      expect(share / 400).toBeGreaterThan(0.92)
      expect(share / 400).toBeLessThan(0.98)
    }
  })
})
