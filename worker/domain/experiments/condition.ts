import { inOrder, isObject, jsonOf, numberOf, textOf } from './coercion.ts'
import { amongst, everyOneFound, groupNamed } from './membership.ts'
import { compilePath } from './paths.ts'
import { compilePattern } from './patterns.ts'
import type { Condition } from './types.ts'
import { paddedVersion, VERSION_ORDERS } from './versions.ts'

export type Test = (value: unknown) => boolean
export type SavedGroups = Readonly<Record<string, unknown[]>>

const always: Test = () => true
const never: Test = () => false
const not =
  (test: Test): Test =>
  (value) =>
    !test(value)

function allOf(tests: readonly Test[]): Test {
  if (tests.length < 2) return tests[0] ?? always
  return (value) => {
    for (const test of tests) if (!test(value)) return false
    return true
  }
}

/** An empty `$or` holds, as in the reference SDK. */
const anyOf = (tests: readonly Test[]): Test => (tests.length === 0 ? always : (value) => tests.some((test) => test(value)))

/**
 * A targeting condition as one function of the attributes, made once. What is no condition, or names an operator nobody
 * knows, holds for nobody. Attributes that are missing are null, and coercions are those of JavaScript: `{"$lt": 5}` holds
 * for somebody of unknown age, so write `$exists` beside it where that matters.
 *
 * Source: GrowthBook, "Build your own SDK" (evaluating conditions), spec 0.8.0.
 * @example compileCondition({ country: { $in: ['US', 'CA'] } })({ country: 'US' }) // => true
 */
export function compileCondition(condition: unknown, groups: SavedGroups = {}): Test {
  if (!isCondition(condition)) return never
  return allOf(Object.entries(condition).map(([key, expected]) => compileClause(key, expected, groups)))
}

const isCondition = (value: unknown): value is Condition => isObject(value) && !Array.isArray(value)

function compileClause(key: string, expected: unknown, groups: SavedGroups): Test {
  if (key === '$not') return isCondition(expected) ? not(compileCondition(expected, groups)) : never
  const combine = COMBINATIONS.get(key)
  if (combine) {
    if (!Array.isArray(expected) || !expected.every(isCondition)) return never
    return combine(expected.map((condition) => compileCondition(condition, groups)))
  }
  const read = compilePath(key)
  const test = compileExpectation(expected, groups)
  return (attributes) => test(read(attributes))
}

const COMBINATIONS: ReadonlyMap<string, (tests: readonly Test[]) => Test> = new Map([
  ['$and', allOf],
  ['$or', anyOf],
  ['$nor', (tests: readonly Test[]) => not(anyOf(tests))],
])

/** What is expected of one value: a plain value, or an object of operators that must all hold. */
function compileExpectation(expected: unknown, groups: SavedGroups, foldCase = false): Test {
  if (typeof expected === 'string') {
    if (!foldCase) return (value) => textOf(value) === expected
    const wanted = expected.toLowerCase()
    return (value) => textOf(value)?.toLowerCase() === wanted
  }
  if (typeof expected === 'number') return (value) => numberOf(value) === expected
  if (typeof expected === 'boolean') return (value) => value !== null && Boolean(value) === expected
  if (expected === null) return (value) => value === null
  if (isOperators(expected)) {
    return allOf(Object.entries(expected).map(([name, operand]) => OPERATORS.get(name)?.(operand, groups) ?? never))
  }
  const wanted = jsonOf(expected)
  return wanted === null ? never : (value) => jsonOf(value) === wanted
}

function isOperators(value: unknown): value is Record<string, unknown> {
  if (!isCondition(value)) return false
  const names = Object.keys(value)
  return names.length > 0 && names.every((name) => name.startsWith('$'))
}

type Operator = (expected: unknown, groups: SavedGroups) => Test

const ofList =
  (compile: (wanted: readonly unknown[], groups: SavedGroups) => Test): Operator =>
  (expected, groups) =>
    Array.isArray(expected) ? compile(expected, groups) : never

const ordered =
  (order: (a: number, b: number) => boolean): Operator =>
  (expected) =>
  (value) =>
    inOrder(order, value, expected)

const typeName = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)

/** An item that is null, false, 0 or empty fits nothing, as in the reference SDK. */
const compileElement: Operator = (expected, groups) => {
  const test = isOperators(expected) ? compileExpectation(expected, groups) : compileCondition(expected, groups)
  return (value) => Array.isArray(value) && value.some((item) => Boolean(item) && test(item))
}

const compileSize: Operator = (expected, groups) => {
  const test = compileExpectation(expected, groups)
  return (value) => Array.isArray(value) && test(value.length)
}

const compileVersionOrder =
  (order: (version: string, wanted: string) => boolean): Operator =>
  (expected) => {
    const wanted = paddedVersion(expected)
    return (value) => order(paddedVersion(value), wanted)
  }

const OPERATORS: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['$eq', (expected) => (value) => value === expected],
  ['$ne', (expected) => (value) => value !== expected],
  ['$lt', ordered((a, b) => a < b)],
  ['$lte', ordered((a, b) => a <= b)],
  ['$gt', ordered((a, b) => a > b)],
  ['$gte', ordered((a, b) => a >= b)],
  ['$exists', (expected) => (expected ? (value) => value !== null : (value) => value === null)],
  ['$type', (expected) => (value) => typeName(value) === expected],
  ['$in', ofList((wanted) => amongst(wanted))],
  ['$nin', ofList((wanted) => not(amongst(wanted)))],
  ['$ini', ofList((wanted) => amongst(wanted, true))],
  ['$nini', ofList((wanted) => not(amongst(wanted, true)))],
  ['$inGroup', (expected, groups) => amongst(groupNamed(groups, expected))],
  ['$notInGroup', (expected, groups) => not(amongst(groupNamed(groups, expected)))],
  ['$all', ofList((wanted, groups) => everyOneFound(wanted.map((item) => compileExpectation(item, groups))))],
  ['$alli', ofList((wanted, groups) => everyOneFound(wanted.map((item) => compileExpectation(item, groups, true))))],
  ['$elemMatch', compileElement],
  ['$size', compileSize],
  ['$not', (expected, groups) => not(compileExpectation(expected, groups))],
  ['$regex', (expected) => compilePattern(expected, '')],
  ['$regexi', (expected) => compilePattern(expected, 'i')],
  ...[...VERSION_ORDERS].map(([name, order]): [string, Operator] => [name, compileVersionOrder(order)]),
])
