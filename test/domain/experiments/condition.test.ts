import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition } from '../../../worker/domain/experiments/condition.ts'
import * as arbitrary from './arbitraries.ts'
import { holds } from './naive-condition.ts'

describe('a compiled condition', () => {
  it('agrees with a naive reading of it, for whatever is asked of whomever', () => {
    const answers = { true: 0, false: 0 }
    fc.assert(
      fc.property(arbitrary.condition, arbitrary.attributes, arbitrary.groups, (condition, attributes, groups) => {
        const expected = holds(attributes, condition, groups)
        answers[`${expected}`]++
        return compileCondition(condition, groups)(attributes) === expected
      }),
      { numRuns: 20_000 },
    )
    // Both answers must occur, or agreeing would be easy.
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(2_000)
  })

  it('changes neither the condition nor the attributes', () => {
    fc.assert(
      fc.property(arbitrary.condition, arbitrary.attributes, arbitrary.groups, (condition, attributes, groups) => {
        const before = JSON.stringify([condition, attributes, groups])
        compileCondition(condition, groups)(attributes)
        expect(JSON.stringify([condition, attributes, groups])).toBe(before)
      }),
    )
  })
})

describe('what is missing', () => {
  const person = { age: null, tags: [] }

  it.each([
    ['equals null', { country: null }, true],
    ['is not false', { country: false }, false],
    ['does not exist', { country: { $exists: false } }, true],
    ['is of type null', { country: { $type: 'null' } }, true],
    ['is different from everything', { country: { $ne: 'US' } }, true],
    ['is in no list', { country: { $in: ['US'] } }, false],
    ['is outside every list', { country: { $nin: ['US'] } }, true],
    ['is in a list with null', { country: { $in: [null] } }, true],
    ['counts as 0 in an order, as in the reference SDK', { age: { $lt: 18 } }, true],
    ['counts as version 0', { app: { $vlt: '1.0.0' } }, true],
    ['has no size', { country: { $size: 0 } }, false],
    ['has no items', { country: { $elemMatch: { $eq: 1 } } }, false],
  ])('%s', (_name, condition, expected) => {
    expect(compileCondition(condition)(person)).toBe(expected)
  })
})

describe('coercion', () => {
  it.each([
    ['a number is its text', { seats: '10' }, { seats: 10 }, true],
    ['a text is its number', { seats: 10 }, { seats: '10' }, true],
    ['a text that is no number is none', { seats: { $gt: 5 } }, { seats: 'many' }, false],
    ['texts are ordered as texts', { seats: { $lt: '9' } }, { seats: '10' }, true],
    ['$eq coerces nothing', { seats: { $eq: 10 } }, { seats: '10' }, false],
    ['$in coerces nothing', { seats: { $in: [10] } }, { seats: '10' }, false],
    ['a group coerces nothing', { id: { $inGroup: 'beta' } }, { id: '1' }, false],
    ['zero is false', { paying: false }, { paying: 0 }, true],
    ['an empty list is true', { paying: true }, { paying: [] }, true],
    ['lists are equal item by item', { tags: ['a', 1] }, { tags: ['a', 1] }, true],
    ['an object with other members too is not equal', { at: { x: 1 } }, { at: { x: 1, y: 2 } }, false],
  ])('%s', (_name, condition, attributes, expected) => {
    expect(compileCondition(condition, { beta: [1] })(attributes)).toBe(expected)
  })
})

describe('an item of a list', () => {
  it('fits nothing when it is 0, false, null or empty, as in the reference SDK', () => {
    for (const item of [0, false, null, '']) {
      expect(compileCondition({ list: { $elemMatch: { $eq: item } } })({ list: [item] })).toBe(false)
      expect(compileCondition({ list: { $in: [item] } })({ list: [item] })).toBe(true)
    }
  })
})

describe('a condition that is none', () => {
  it.each([
    ['a list', []],
    ['a text', 'country'],
    ['nothing', null],
    ['$and of no list', { $and: { country: 'US' } }],
    ['$or of no list', { $or: 'country' }],
    ['$nor of something that is no condition', { $nor: ['country'] }],
    ['$not of no condition', { $not: 'US' }],
    ['an unknown operator', { country: { $near: 'US' } }],
    ['$in of no list', { country: { $in: 'US' } }],
    ['$nin of no list', { country: { $nin: 'US' } }],
    ['$regex of no text', { country: { $regex: 5 } }],
  ])('holds for nobody: %s', (_name, condition) => {
    expect(compileCondition(condition)({ country: 'US' })).toBe(false)
    expect(compileCondition(condition)({})).toBe(false)
  })
})

describe('members of every object', () => {
  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty', '__proto__.constructor.name', 'constructor.name'])(
    'are missing where nobody sent them: %s',
    (path) => {
      expect(compileCondition({ [path]: { $exists: true } })({})).toBe(false)
      expect(compileCondition({ [path]: null })({ nested: [] })).toBe(true)
    },
  )

  it('are attributes like others where somebody sent them', () => {
    const attributes = JSON.parse('{"__proto__": {"admin": true}, "constructor": "US"}')
    expect(compileCondition({ '__proto__.admin': true, constructor: 'US' })(attributes)).toBe(true)
    expect(compileCondition({ admin: { $exists: false } })(attributes)).toBe(true)
  })

  it('name no group', () => {
    expect(compileCondition({ id: { $inGroup: 'constructor' } }, { beta: [1] })({ id: 1 })).toBe(false)
    expect(compileCondition({ id: { $inGroup: '__proto__' } }, JSON.parse('{"__proto__": [1]}'))({ id: 1 })).toBe(true)
  })
})

describe('hostile attributes', () => {
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)
  const textless = { toString: 1, valueOf: 2 }

  it.each([
    ['equality with a text', { it: 'a' }],
    ['equality with the empty text', { it: '' }],
    ['equality with a number', { it: 1 }],
    ['equality with a list', { it: [1] }],
    ['order', { it: { $lt: 5 } }],
    ['a pattern', { it: { $regex: '.' } }],
    ['a version', { it: { $vgt: '1' } }],
    ['all of', { it: { $all: ['a'] } }],
    ['an item', { it: { $elemMatch: { $in: ['a'] } } }],
    ['an item that fits a condition', { it: { $elemMatch: { a: 'b' } } }],
  ])('throw nothing and fit nothing: %s', (_name, condition) => {
    for (const it of [deep, textless, [textless, 1], [deep, 1]]) expect(compileCondition(condition)({ it })).toBe(false)
  })

  it('are not searched with a pattern when they are longer than any text worth it', () => {
    const starts = compileCondition({ agent: { $regex: '^a' } })
    expect(starts({ agent: 'a'.repeat(4_096) })).toBe(true)
    expect(starts({ agent: 'a'.repeat(4_097) })).toBe(false)
  })

  it('are not searched with a pattern longer than anybody writes', () => {
    expect(compileCondition({ agent: { $regex: `a|${'b'.repeat(998)}` } })({ agent: 'a' })).toBe(true)
    expect(compileCondition({ agent: { $regex: `a|${'b'.repeat(999)}` } })({ agent: 'a' })).toBe(false)
  })
})
