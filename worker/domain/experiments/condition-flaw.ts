/** Where a targeting condition is wrong, and why. */
export interface ConditionFlaw {
  path: string[]
  message: string
}

const LOGICAL = new Set(['$and', '$or', '$nor'])
const LISTS = new Set(['$in', '$nin', '$ini', '$nini', '$all', '$alli'])
const ORDERED = new Set(['$lt', '$lte', '$gt', '$gte'])
const TEXTS = new Set(['$regex', '$regexi', '$notRegex', '$notRegexi', '$veq', '$vne', '$vlt', '$vlte', '$vgt', '$vgte'])
const REGEXES = new Set(['$regex', '$regexi', '$notRegex', '$notRegexi'])
const TYPES = ['string', 'number', 'boolean', 'array', 'object', 'null', 'undefined', 'unknown']

/**
 * What is wrong with a condition, or null. The language itself is lenient (an operator it does not know is false, for all
 * and for ever): on saving, whoever wrote it still sees it.
 */
export function conditionFlaw(condition: unknown, path: string[] = []): ConditionFlaw | null {
  if (!isRecord(condition)) return { path, message: 'a condition is an object' }
  for (const [name, value] of Object.entries(condition)) {
    const at = [...path, name]
    const flaw = LOGICAL.has(name)
      ? eachFlaw(value, at)
      : name === '$not'
        ? conditionFlaw(value, at)
        : name.startsWith('$')
          ? { path: at, message: `${name} cannot stand here: name an attribute first` }
          : valueFlaw(value, at)
    if (flaw) return flaw
  }
  return null
}

function eachFlaw(value: unknown, path: string[]): ConditionFlaw | null {
  if (!Array.isArray(value)) return { path, message: 'a list of conditions is needed' }
  for (const [index, one] of value.entries()) {
    const flaw = conditionFlaw(one, [...path, String(index)])
    if (flaw) return flaw
  }
  return null
}

/** What stands beside an attribute: a plain value, or operators. */
function valueFlaw(value: unknown, path: string[]): ConditionFlaw | null {
  if (!isRecord(value) || !Object.keys(value).some((name) => name.startsWith('$'))) return null
  for (const [operator, operand] of Object.entries(value)) {
    const flaw = operandFlaw(operator, operand, [...path, operator])
    if (flaw) return flaw
  }
  return null
}

function operandFlaw(operator: string, operand: unknown, path: string[]): ConditionFlaw | null {
  const unless = (holds: boolean, message: string) => (holds ? null : { path, message })
  if (LISTS.has(operator)) return unless(Array.isArray(operand), `${operator} takes a list`)
  if (ORDERED.has(operator))
    return unless(typeof operand === 'number' || typeof operand === 'string', `${operator} takes a number or a text`)
  if (REGEXES.has(operator)) return unless(isRegex(operand), `${operator} takes a regular expression of up to 500 characters`)
  if (TEXTS.has(operator)) return unless(typeof operand === 'string', `${operator} takes a text`)
  switch (operator) {
    case '$eq':
    case '$ne':
      return null
    case '$exists':
      return unless(typeof operand === 'boolean', '$exists takes true or false')
    case '$type':
      return unless(TYPES.includes(String(operand)), `$type takes one of ${TYPES.join(', ')}`)
    case '$not':
    case '$size':
      return typeof operand === 'number' && operator === '$size' ? null : valueFlaw(operand, path)
    case '$elemMatch':
      if (isRecord(operand) && Object.keys(operand).some((name) => name.startsWith('$') && !LOGICAL.has(name)))
        return valueFlaw(operand, path)
      return conditionFlaw(operand, path)
    default:
      return { path, message: `${operator} is no operator` }
  }
}

function isRegex(text: unknown): boolean {
  if (typeof text !== 'string' || text.length > 500) return false
  try {
    new RegExp(text)
    return true
  } catch {
    return false
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
