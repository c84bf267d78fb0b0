import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash, placesUnder, stateAfter } from '../../../worker/domain/assignment.ts'
import { draftOf, type Experiment } from '../../../worker/domain/experiments/definition.ts'
import { FlagBook } from '../../../worker/domain/experiments/flag-book.ts'
import { DAY_MS } from '../../../worker/domain/time.ts'
import * as arbitrary from './arbitraries.ts'

const NOW = Date.UTC(2026, 10, 2)

const weights = fc.constantFrom([0.5, 0.5], [0.9, 0.1], [0.2, 0.3, 0.5], [1, 0])
/** What leaves most people out would else leave nobody to compare. */
const seldom = <T>(one: fc.Arbitrary<T>) => fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: one })

const experiment: fc.Arbitrary<Omit<Experiment, 'key'>> = fc
  .record({
    weights,
    seed: fc.string({ maxLength: 8 }),
    coverage: fc.constantFrom(1, 1, 1, 0.5, 0),
    condition: seldom(arbitrary.condition),
    namespace: seldom(fc.constant({ id: 'checkout', from: 0, to: 0.5 })),
    hashVersion: fc.constantFrom<1 | 2>(2, 2, 2, 1),
    hashAttribute: fc.constantFrom('id', 'id', 'id', 'a', 'team.id'),
    startsIn: fc.constantFrom(-10, -10, -10, 1),
    needs: seldom(fc.constant('e0')),
  })
  .map(({ weights, startsIn, needs, ...rest }) => {
    const variants = weights.map((weight, at) => ({ key: `v${at}`, name: `v${at}`, value: at, weight }))
    const startsAt = new Date(NOW + startsIn * DAY_MS).toISOString()
    const input = {
      name: 'law',
      hypothesis: '',
      variants: [{ name: 'a' }, { name: 'b' }],
      coverage: 1,
      hashVersion: 2,
      hashAttribute: 'id',
    }
    const made = draftOf({ ...input, prerequisites: [], duration: 30, startsAt } as never, 'law', 'USD', NOW)
    return { ...made, ...rest, status: 'running', variants, prerequisites: needs === null ? [] : [{ key: needs, condition: { value: 1 } }] }
  })

const context = fc.record(
  {
    attributes: fc.tuple(arbitrary.attributes, fc.string(), fc.string()).map(([all, id, team]) => ({ ...all, id, team: { id: team } })),
    url: fc.constantFrom('https://shop.example/', 'https://shop.example/?e1=1', 'https://shop.example/?q=shoes'),
    stickyAssignments: fc.constant({ 'id||x': { attributeName: 'id', attributeValue: 'x', assignments: { e1__0: 'v1' } } }),
  },
  { requiredKeys: ['attributes'] },
)

it('answers all flags at once as it answers each alone', () => {
  let drawn = 0
  fc.assert(
    fc.property(fc.array(experiment, { minLength: 1, maxLength: 12 }), context, (some, context) => {
      const experiments = some.map((one, at): Experiment => ({ ...one, key: `e${at}` }))
      const book = new FlagBook('law', experiments)
      const { results } = book.evaluateAll(context, NOW)
      drawn += results.filter((result) => result.drawn !== null).length
      expect(results.map(({ text }) => text)).toEqual(experiments.map(({ key }) => book.evaluate(key, context, NOW)?.text))
    }),
    { numRuns: 2_000 },
  )
  expect(drawn).toBeGreaterThan(2_000)
})

it('tells pages of no experiment that was put aside, unless something of it was shipped', () => {
  const draft = draftOf(
    {
      name: 'law',
      variants: [{ name: 'A' }, { name: 'B' }],
      hashVersion: 2,
      hashAttribute: 'id',
      coverage: 1,
      prerequisites: [],
      duration: 30,
    } as never,
    'law',
    'USD',
    NOW,
  )
  const book = new FlagBook('aside', [
    { ...draft, key: 'aside', status: 'archived' },
    { ...draft, key: 'kept', status: 'archived', shipped: 'b' },
    { ...draft, key: 'over', status: 'stopped' },
    { ...draft, key: 'runs', status: 'running' },
  ])
  const told = (context: { attributes: Record<string, string> } | null) =>
    book.evaluateAll(context, NOW + DAY_MS).results.map(({ text }) => JSON.parse(text).key)
  expect(told({ attributes: { id: 'somebody' } })).toEqual(['kept', 'over', 'runs'])
  expect(told(null)).toEqual(['kept', 'over', 'runs'])
  expect(JSON.parse(book.evaluate('aside', null, NOW)?.text ?? '')).toMatchObject({ variant: 'a', reason: 'DISABLED' })
  expect(JSON.parse(book.evaluate('kept', null, NOW)?.text ?? '')).toMatchObject({ variant: 'b' })
})

it('hashes a value under many seeds at once as under each alone', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 11 }), fc.string({ unit: 'binary' }), (seeds, value) => {
      const places = new Float64Array(seeds.length)
      placesUnder(Int32Array.from(seeds, stateAfter), value, places)
      expect([...places]).toEqual(seeds.map((seed) => hash(seed, value, 2)))
    }),
  )
})

describe('who is not drawn', () => {
  const input = { name: 'n', hypothesis: '', variants: [{ name: 'a' }, { name: 'b' }], coverage: 1, hashVersion: 2, hashAttribute: 'id' }
  const draft = draftOf({ ...input, prerequisites: [], duration: 30 } as never, 'e', 'USD', NOW)
  const answer = (over: Partial<Experiment>) => {
    const book = new FlagBook('one', [{ ...draft, ...over }])
    const result = book.evaluate('e', { attributes: { id: 'somebody' } }, NOW)
    return [JSON.parse(result?.text ?? '{}').variant, result?.drawn]
  }

  it.each(['draft', 'stopped', 'archived'] as const)('gets the control of one that is %s', (status) => {
    expect(answer({ status })).toEqual(['a', null])
  })

  it.each(['stopped', 'archived'] as const)('gets what was shipped of one that is %s', (status) => {
    expect(answer({ status, shipped: 'b' })).toEqual(['b', null])
  })
})
