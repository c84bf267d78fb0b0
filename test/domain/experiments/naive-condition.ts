/**
 * A second reading of conditions, written from the specification to be plain and not to be fast: it walks the condition
 * for every person, and where JavaScript throws it says no. The compiled one must agree with it.
 */
type Groups = Record<string, unknown[]>

// biome-ignore lint/complexity/noBannedTypes: whatever has members, lists too
const isContainer = (value: unknown): value is {} => typeof value === 'object' && value !== null
const isMap = (value: unknown): value is Record<string, unknown> => isContainer(value) && !Array.isArray(value)

export function holds(attributes: unknown, condition: unknown, groups: Groups): boolean {
  if (!isMap(condition)) return false
  for (const [key, expected] of Object.entries(condition)) {
    if (key === '$not') {
      if (!isMap(expected) || holds(attributes, expected, groups)) return false
    } else if (key === '$and' || key === '$or' || key === '$nor') {
      if (!Array.isArray(expected) || expected.some((item) => !isMap(item))) return false
      const answers = expected.map((item) => holds(attributes, item, groups))
      const any = answers.length === 0 || answers.includes(true)
      if (key === '$and' ? answers.includes(false) : key === '$or' ? !any : any) return false
    } else if (!fits(valueAt(attributes, key), expected, groups)) return false
  }
  return true
}

function valueAt(attributes: unknown, path: string): unknown {
  let value = attributes
  for (const name of path.split('.')) {
    const own = isContainer(value) ? Object.getOwnPropertyDescriptor(value, name) : undefined
    value = own ? own.value : null
  }
  return value
}

const isOperators = (value: unknown): boolean =>
  isMap(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => key[0] === '$')

function attempt(answer: () => boolean): boolean {
  try {
    return answer()
  } catch {
    return false
  }
}

function fits(value: unknown, expected: unknown, groups: Groups, anyCase = false): boolean {
  // The coercions are the point here: a template literal and a unary plus are those of the specification.
  if (typeof expected === 'string') {
    return attempt(() => (anyCase ? `${value}`.toLowerCase() === expected.toLowerCase() : `${value}` === expected))
  }
  if (typeof expected === 'number') return attempt(() => +(value as number) === expected)
  if (typeof expected === 'boolean') return value !== null && !!value === expected
  if (expected === null) return value === null
  if (!isOperators(expected)) return JSON.stringify(value) === JSON.stringify(expected)
  return Object.entries(expected as object).every(([operator, operand]) => attempt(() => applies(operator, value, operand, groups)))
}

const lower = (value: unknown) => (typeof value === 'string' ? value.toLowerCase() : value)

function isAmong(value: unknown, list: unknown[], anyCase: boolean): boolean {
  if (Array.isArray(value)) return value.some((item) => !Array.isArray(item) && isAmong(item, list, anyCase))
  return list.some((item) => (anyCase ? lower(item) === lower(value) : item === value))
}

function applies(operator: string, value: unknown, operand: unknown, groups: Groups): boolean {
  const [a, b] = [value as number, operand as number]
  const isList = Array.isArray(operand)
  const group = () => (operand === 'g1' || operand === '__proto__' ? (Object.getOwnPropertyDescriptor(groups, operand)?.value ?? []) : [])
  switch (operator) {
    case '$eq':
      return value === operand
    case '$ne':
      return value !== operand
    case '$lt':
      return a < b
    case '$lte':
      return a <= b
    case '$gt':
      return a > b
    case '$gte':
      return a >= b
    case '$veq':
      return padded(value) === padded(operand)
    case '$vne':
      return padded(value) !== padded(operand)
    case '$vlt':
      return padded(value) < padded(operand)
    case '$vlte':
      return padded(value) <= padded(operand)
    case '$vgt':
      return padded(value) > padded(operand)
    case '$vgte':
      return padded(value) >= padded(operand)
    case '$in':
      return isList && isAmong(value, operand, false)
    case '$ini':
      return isList && isAmong(value, operand, true)
    case '$nin':
      return isList && !isAmong(value, operand, false)
    case '$nini':
      return isList && !isAmong(value, operand, true)
    case '$inGroup':
      return isAmong(value, group(), false)
    case '$notInGroup':
      return !isAmong(value, group(), false)
    case '$all':
    case '$alli': {
      if (!isList || !Array.isArray(value)) return false
      return operand.every((wanted) => value.some((item) => fits(item, wanted, groups, operator === '$alli')))
    }
    case '$elemMatch': {
      if (!Array.isArray(value)) return false
      return value.some((item) => !!item && (isOperators(operand) ? fits(item, operand, groups) : holds(item, operand, groups)))
    }
    case '$size':
      return Array.isArray(value) && fits(value.length, operand, groups)
    case '$exists':
      return operand ? value !== null : value === null
    case '$type':
      return (Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value) === operand
    case '$not':
      return !fits(value, operand, groups)
    case '$regex':
    case '$regexi':
      return typeof operand === 'string' && new RegExp(operand, operator === '$regexi' ? 'i' : '').test(`${value}`)
    default:
      return false
  }
}

function padded(version: unknown): string {
  const text = typeof version === 'number' ? `${version}` : version
  if (typeof text !== 'string' || text === '') return padded('0')
  const parts = (text.startsWith('v') ? text.slice(1) : text).split('+')[0]?.split(/[-.]/) ?? []
  const words = parts.map((part) => (part !== '' && [...part].every((letter) => letter >= '0' && letter <= '9') ? part.padStart(5) : part))
  return [...words, ...(parts.length === 3 ? ['~'] : [])].join('-')
}
