import { DomainError } from '../error.ts'

/**
 * Attributes no price may look at, under whatever name they arrive. Sources: NY GBL §349-a ("protected class data"),
 * US federal anti-discrimination law (Civil Rights Act, ADEA, ADA, GINA, USERRA, ECOA), GDPR article 9.
 * A deny-list catches honest mistakes and plain names; it cannot catch a flag that stands for one of these in code.
 */
const WORDS = new Set(
  `race racial ethnic ethnicity ancestry religion religious creed faith sex gender male female transgender nonbinary cisgender
   pregnant pregnancy maternity disability handicap handicapped veteran genetic genetics dna citizenship immigrant immigration
   nationality birthplace birthdate birthday dob age ages aged elderly marital married divorced widowed lgbt lgbtq lgbtqia lesbian
   bisexual homosexual heterosexual hispanic latino latina latinx muslim jewish hindu sikh buddhist atheist hiv diagnosis disease`.split(
    /\s+/,
  ),
)

/** Compared from the beginning of a word and without separators, so that `maritalstatus` and `marital_status` are one. */
const PHRASES =
  `sexualorientation sexualpreference nationalorigin countryoforigin skincolor skincolour maritalstatus civilstatus familialstatus
  familystatus militarystatus dateofbirth yearofbirth agegroup agerange agebracket ethnicgroup politicalopinion politicalparty tradeunion
  unionmember healthcondition healthstatus medicalcondition medicalhistory reproductivehealth biometric disabledperson isdisabled
  immigrationstatus`.split(/\s+/)

/** "age" after one of these is the age of a thing: `account_age` is tenure. */
const THINGS_WITH_AGE = new Set('account session cart subscription visit device order cookie cache page plan trial'.split(' '))

/** `isPregnant`, `AGE_GROUP`, `Géndér-2` → lower-case words without marks. */
const wordsOf = (name: string): string[] =>
  name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .replace(/(\p{L})(\d)/gu, '$1 $2')
    .replace(/(\d)(\p{L})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter(Boolean)

/** The protected attribute a name stands for, or null. @example protectedAttributeIn('ageGroup') // => 'age' */
export function protectedAttributeIn(name: string): string | null {
  const words = wordsOf(name)
  const found = words.find((word, at) => {
    if (/^ages?$/.test(word) && THINGS_WITH_AGE.has(words[at - 1] ?? '')) return false
    return WORDS.has(word) || (word.endsWith('s') && WORDS.has(word.slice(0, -1)))
  })
  if (found) return found
  const tails = words.map((_, at) => words.slice(at).join(''))
  return PHRASES.find((phrase) => tails.some((tail) => tail.startsWith(phrase))) ?? null
}

/**
 * Refuses names of protected attributes: behaviour flags of a request, conditions of a rule.
 *
 * @throws DomainError protected_attribute  at `field.<index>`
 * @example refuseProtected(['price_sensitive', 'sexual_orientation'], 'behaviorFlags') // throws at behaviorFlags.1
 */
export function refuseProtected(names: readonly string[], field: string): void {
  for (const [index, name] of names.entries()) {
    const attribute = protectedAttributeIn(name)
    if (attribute)
      throw new DomainError('protected_attribute', `no price may depend on ${attribute}, a protected attribute`, `${field}.${index}`)
  }
}

/**
 * Refuses a protected attribute as a name anywhere in what a caller says of a visit, at its path.
 *
 * @param known names that mean something here, at the top
 * @throws DomainError protected_attribute
 * @example refuseProtectedNames({ profile: { gender: 'f' } }, new Set()) // throws at profile.gender
 */
export function refuseProtectedNames(said: object, known: ReadonlySet<string>, path = ''): void {
  for (const [name, value] of Object.entries(said)) {
    const at = path === '' ? name : `${path}.${name}`
    const attribute = path === '' && known.has(name) ? null : Array.isArray(said) ? null : protectedAttributeIn(name)
    if (attribute) throw new DomainError('protected_attribute', `no price may depend on ${attribute}, a protected attribute`, at)
    if (typeof value === 'object' && value !== null) refuseProtectedNames(value, known, at)
  }
}
