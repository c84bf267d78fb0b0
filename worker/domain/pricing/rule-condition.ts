import type { RuleAttribute } from '../../contract/lists.ts'
import { compileCondition, type Test } from '../experiments/condition.ts'
import { conditionFlaw } from '../experiments/condition-flaw.ts'
import { countryTierOf } from './country-tier.ts'
import { protectedAttributeIn } from './protected-attributes.ts'
import type { PricingContext, PricingFacts, PricingSettings, RuleCondition } from './types.ts'

/** Whether an attribute is of the person, and whether it changes as the clock goes on. */
interface AttributeTerms {
  personal?: true
  timed?: true
}

/** The closed list: whatever else a condition names is refused on save, and holds for nobody where it was stored. */
const ATTRIBUTES: Readonly<Record<RuleAttribute, AttributeTerms>> = {
  country: {},
  region: {},
  countryTier: {},
  currency: {},
  device: {},
  month: { timed: true },
  weekday: { timed: true },
  hour: { timed: true },
  behaviorFlags: { personal: true },
  newVisitor: { personal: true },
  orders: { personal: true },
  hasSubscription: { personal: true },
  plans: { personal: true },
  health: { personal: true },
}

const isAttribute = (name: string): name is RuleAttribute => Object.hasOwn(ATTRIBUTES, name)

export type RuleAttributes = Readonly<Record<RuleAttribute, unknown>>

/**
 * What conditions look at, of one decision. Times are UTC: month 1–12, weekday 1–7 from Monday, hour 0–23. Flags and plans
 * come sorted and once each, so that the order in which a page names them decides nothing.
 */
export function attributesOf(settings: PricingSettings, facts: PricingFacts, context: PricingContext, now: number): RuleAttributes {
  const time = new Date(now)
  const plans = Object.keys(facts.contracts).sort()
  return {
    country: context.country,
    region: context.region,
    countryTier: countryTierOf(settings, context.country),
    currency: context.currency,
    device: context.device,
    month: time.getUTCMonth() + 1,
    weekday: time.getUTCDay() || 7,
    hour: time.getUTCHours(),
    behaviorFlags: [...new Set(context.behaviorFlags)].sort(),
    newVisitor: facts.orders === 0,
    orders: facts.orders,
    hasSubscription: plans.length > 0,
    plans,
    health: facts.health ?? null,
  }
}

/** A condition as one function, with what it reads. */
export interface CompiledCondition {
  holds: Test
  reads: ReadonlySet<RuleAttribute>
  /** It reads something of the person. */
  personal: boolean
  /** It reads the clock: what it says holds until the hour is over. */
  timed: boolean
}

const EVERYBODY: CompiledCondition = { holds: () => true, reads: new Set(), personal: false, timed: false }
const compiled = new WeakMap<RuleCondition, CompiledCondition>()

/** The condition, made into a function once: rules of a snapshot are parsed once and then asked by thousands of decisions. */
export function compiledCondition(condition: RuleCondition): CompiledCondition {
  let known = compiled.get(condition)
  if (!known) {
    known = compile(condition)
    compiled.set(condition, known)
  }
  return known
}

function compile(stored: RuleCondition): CompiledCondition {
  const condition = fromLists(stored)
  const names = [...namesIn(condition)].map(({ name }) => name)
  if (names.length === 0 && Object.keys(condition).length === 0) return EVERYBODY
  const reads = new Set(names.filter(isAttribute))
  // A condition on what nobody knows must not hold because it is missing, as `$ne` and `$not` would have it.
  const test: Test = names.every(isAttribute) ? compileCondition(condition) : () => false
  const terms = [...reads].map((name) => ATTRIBUTES[name])
  return {
    holds: reads.has('health') ? (attributes) => (attributes as RuleAttributes).health !== null && test(attributes) : test,
    reads,
    personal: terms.some(({ personal }) => personal),
    timed: terms.some(({ timed }) => timed),
  }
}

/**
 * A condition as snapshots before 0006 hold it, lists of countries, devices and flags, in the language of today: decisions
 * of then are still replayed. No rule can be saved like that, so nothing else is taken for it.
 */
function fromLists({ countries, devices, behaviorFlags, ...rest }: RuleCondition): RuleCondition {
  const some = (list: unknown, name: string, operator: string) =>
    Array.isArray(list) ? (list.length === 0 ? {} : { [name]: { [operator]: list } }) : list === undefined ? {} : { [name]: list }
  return {
    ...some(countries, Array.isArray(countries) ? 'country' : 'countries', '$in'),
    ...some(devices, Array.isArray(devices) ? 'device' : 'devices', '$in'),
    ...some(behaviorFlags, 'behaviorFlags', '$all'),
    ...rest,
  }
}

interface Named {
  name: string
  path: string[]
}

/** Every name a condition asks for, however deep: what is no operator. */
function* namesIn(condition: unknown, path: string[] = []): Generator<Named> {
  if (typeof condition !== 'object' || condition === null) return
  for (const [key, value] of Object.entries(condition)) {
    const at = [...path, key]
    if (!Array.isArray(condition) && !key.startsWith('$')) yield { name: key, path: at }
    yield* namesIn(value, at)
  }
}

/** Every text below a name: what flags are compared with. */
function* textsIn(value: unknown, path: string[]): Generator<{ text: string; path: string[] }> {
  if (typeof value === 'string') yield { text: value, path }
  else if (typeof value === 'object' && value !== null)
    for (const [key, member] of Object.entries(value)) yield* textsIn(member, [...path, key])
}

export interface RuleConditionFlaw {
  code: 'protected_attribute' | 'invalid_field'
  message: string
  /** Below the condition, as in `['$and', '0', 'country']`. */
  path: string[]
}

/**
 * What is wrong with the condition of a rule, or null. Protected attributes come first, whether as a name or as a flag.
 *
 * @example ruleConditionFlaw({ religion: 'none' })?.code // => 'protected_attribute'
 */
export function ruleConditionFlaw(condition: RuleCondition): RuleConditionFlaw | null {
  const named = [...namesIn(condition)]
  const words = named.flatMap(({ name, path }) => (isAttribute(name) ? [] : [{ text: name, path }]))
  const flags = named.filter(({ name }) => name === 'behaviorFlags').flatMap(({ path }) => [...textsIn(valueAt(condition, path), path)])
  for (const { text, path } of [...words, ...flags]) {
    const attribute = protectedAttributeIn(text)
    if (attribute) return { code: 'protected_attribute', message: `no price may depend on ${attribute}, a protected attribute`, path }
  }
  const unknown = words[0]
  if (unknown)
    return { code: 'invalid_field', message: `${JSON.stringify(unknown.text.slice(0, 64))} is no attribute of rules`, path: unknown.path }
  const list = named.find(({ path }) => Array.isArray(valueAt(condition, path)))
  if (list) return { code: 'invalid_field', message: `say whether $in, $all or $nin of the list is meant`, path: list.path }
  const flaw = conditionFlaw(condition)
  return flaw && { code: 'invalid_field', ...flaw }
}

const valueAt = (from: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, name) => (value as Record<string, unknown>)[name], from)

/** What a condition reads of the person, in its own order. */
export const personalPartsOf = (condition: RuleCondition): Named[] =>
  [...namesIn(condition)].filter(({ name }) => isAttribute(name) && ATTRIBUTES[name].personal)

/** The one currency a condition asks for at its top, or null. @example currencyOf({ currency: 'EUR', device: 'mobile' }) // => 'EUR' */
export function currencyOf({ currency }: RuleCondition): string | null {
  if (typeof currency === 'string') return currency
  if (typeof currency !== 'object' || currency === null) return null
  const { $eq, $in } = currency as { $eq?: unknown; $in?: unknown }
  const [only, ...others] = Array.isArray($in) ? $in : [$eq]
  return typeof only === 'string' && others.length === 0 ? only : null
}
