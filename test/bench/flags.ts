/**
 * What one decision of the experiment engine costs, in nanoseconds on this machine. `npm run bench:flags`.
 * Each figure is the median of nine rounds over 2,000 people, made beforehand, after a warm-up.
 */
import { compileFlags, evaluateFlag, flagKeys } from '../../worker/domain/experiments/flags.ts'
import type { EvaluationContext, FeatureRule, FlagSet } from '../../worker/domain/experiments/types.ts'

const ROUNDS = 9
const DECISIONS_A_ROUND = 1_000_000

const people: EvaluationContext[] = Array.from({ length: 2_000 }, (_, at) => ({
  attributes: {
    id: `${(at * 2_654_435_761).toString(16).padStart(12, '0')}-4b1e-9c2a`,
    country: ['US', 'CA', 'DE', 'FR'][at % 4],
    age: 18 + (at % 60),
    device: at % 3 === 0 ? 'mobile' : 'desktop',
  },
}))

const half: FeatureRule = {
  key: 'checkout-layout',
  variations: ['control', 'treatment'],
  hashVersion: 2,
  meta: [{ key: '0' }, { key: '1' }],
}
const targeted: FeatureRule = { ...half, condition: { country: { $in: ['US', 'CA', 'DE'] }, age: { $gte: 21 }, device: 'desktop' } }
const fifty = Array.from({ length: 50 }, (_, at): [string, FeatureRule] => [
  `flag-${at}`,
  { ...(at % 5 === 0 ? targeted : half), key: `experiment-${at}` },
])

const setOf = (rules: [string, FeatureRule][]): FlagSet => ({
  features: Object.fromEntries(rules.map(([key, rule]) => [key, { defaultValue: 'control', rules: [rule] }])),
})

/** Nanoseconds of one decision. The counted values keep the work from being optimised away. */
function measure(name: string, set: FlagSet, url?: string): void {
  const flags = compileFlags(set)
  const keys = flagKeys(flags)
  const visits = people.map((person) => ({ ...person, ...(url && { url }) }))
  const turns = Math.ceil(DECISIONS_A_ROUND / keys.length)
  const times: number[] = []
  let treated = 0
  for (let round = -2; round < ROUNDS; round++) {
    const startedAt = performance.now()
    for (let turn = 0; turn < turns; turn++) {
      const person = visits[turn % visits.length] as EvaluationContext
      for (const key of keys) if (evaluateFlag(flags, key, person).value === 'treatment') treated++
    }
    if (round >= 0) times.push(((performance.now() - startedAt) * 1e6) / (turns * keys.length))
  }
  const median = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] as number
  const whole = keys.length === 1 ? '' : `, ${((median * keys.length) / 1_000).toFixed(1)} µs for all ${keys.length}`
  console.log(`${name}: ${median.toFixed(0)} ns a decision${whole} (${treated} treated)`)
}

measure('no rule', { features: { plain: { defaultValue: 1 } } })
measure('plain 50/50', setOf([['plain', half]]))
measure('plain 50/50, hash version 1', setOf([['plain', { ...half, hashVersion: 1 }]]))
measure(
  'plain 50/50, at a URL of three parameters',
  setOf([['plain', half]]),
  'https://shop.example/cart?utm_source=mail&utm_medium=news&page=2',
)
measure('with a condition of three clauses', setOf([['targeted', targeted]]))
measure('50 flags at once', setOf(fifty))
