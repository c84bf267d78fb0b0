import fc from 'fast-check'

/** Small pools, so that conditions and attributes meet; some names are those of every object's members. */
const NAMES = ['a', 'b', 'list', 'deep', 'constructor', '__proto__', 'toString', 'length', '0']
export const name = fc.constantFrom(...NAMES)
const path = fc.oneof(
  name,
  fc.tuple(name, name).map((names) => names.join('.')),
)

const TEXTS = ['', 'a', 'A', 'b', '2', '5.0', 'null', 'true', '1.2.3', 'v1.10.0', '1.2.3-beta+7', 'US', 'us']
export const scalar = fc.constantFrom<unknown>(...TEXTS, null, true, false, 0, 1, 2, 5, -3, 0.5)

/** Members become members also when they are called `__proto__`, as those of parsed JSON do. */
const objectOf = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<Record<string, T>> =>
  fc.array(fc.tuple(name, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))

export const json: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 4 }) },
    { weight: 1, arbitrary: objectOf(tie('value')) },
  ),
})).value

/** With a list as often as not: most operators of lists say no to anything else. */
export const attributes = fc
  .tuple(objectOf(json), fc.option(fc.array(json, { minLength: 1, maxLength: 4 })))
  .map(([sent, list]) => (list ? { ...sent, list } : sent))

export const groups = fc.record({ g1: fc.array(scalar, { maxLength: 4 }), ['__proto__']: fc.array(scalar, { maxLength: 4 }) })

const COMPARISONS = ['$eq', '$ne', '$lt', '$lte', '$gt', '$gte', '$veq', '$vne', '$vgt', '$vgte', '$vlt', '$vlte']
const LISTS = ['$in', '$nin', '$ini', '$nini', '$all', '$alli']
const PATTERNS = ['^a', 'B$', '.', '[', '\\d+', 'null', 'object']
const TYPES = ['string', 'number', 'boolean', 'null', 'array', 'object', 'undefined']

/** Conditions as people write them, and now and then as nobody should. */
export const condition: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{
  condition: Record<string, unknown>
  expectation: unknown
  operators: Record<string, unknown>
}>((tie) => ({
  condition: fc
    .array(
      fc.oneof(
        { depthSize: 'small' },
        { weight: 5, arbitrary: fc.tuple(path, tie('expectation')) },
        { weight: 2, arbitrary: fc.tuple(fc.constantFrom('$and', '$or', '$nor'), fc.array(tie('condition'), { maxLength: 3 })) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('$not'), tie('condition')) },
        { weight: 1, arbitrary: fc.tuple(fc.constantFrom('$and', '$or', '$nor', '$not'), json) },
      ),
      { maxLength: 3 },
    )
    .map((clauses) => Object.fromEntries(clauses)),
  expectation: fc.oneof({ depthSize: 'small' }, { weight: 2, arbitrary: json }, { weight: 3, arbitrary: tie('operators') }),
  operators: fc
    .array(
      fc.oneof(
        { depthSize: 'small' },
        { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...COMPARISONS), json) },
        { weight: 3, arbitrary: fc.tuple(fc.constantFrom(...LISTS), fc.oneof(fc.array(json, { maxLength: 4 }), json)) },
        { weight: 1, arbitrary: fc.tuple(fc.constantFrom('$regex', '$regexi'), fc.oneof(fc.constantFrom(...PATTERNS), json)) },
        {
          weight: 1,
          arbitrary: fc.tuple(fc.constantFrom('$inGroup', '$notInGroup'), fc.constantFrom('g1', 'g2', '__proto__', 'toString')),
        },
        { weight: 1, arbitrary: fc.tuple(fc.constant('$type'), fc.constantFrom(...TYPES)) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('$exists'), json) },
        { weight: 1, arbitrary: fc.tuple(fc.constantFrom('$size', '$not'), tie('expectation')) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('$elemMatch'), fc.oneof(tie('operators'), tie('condition'), json)) },
        { weight: 1, arbitrary: fc.tuple(fc.constant('$unheardOf'), json) },
      ),
      { minLength: 1, maxLength: 2 },
    )
    .map((operators) => Object.fromEntries(operators)),
})).condition
