import { computed } from '@preact/signals'
import { CALCULATOR_INPUTS, pageAt, path, query, withQuery } from './address.ts'

/** What the address says of the calculators: everything that was typed, so that a link makes the same calculation. */

export const CALCULATORS = ['sample-size', 'compare', 'sample-ratio', 'sequential'] as const
export type Calculator = (typeof CALCULATORS)[number]

export type InputName = (typeof CALCULATOR_INPUTS)[number]
export type Values = Readonly<Record<InputName, string>>

const EMPTY = Object.fromEntries(CALCULATOR_INPUTS.map((name) => [name, ''])) as Record<InputName, string>

/** What stands in the fields before anything is typed: an example whose result teaches. Percentages as they are typed. */
const DEFAULTS: Record<Calculator, Partial<Values>> = {
  'sample-size': {
    find: 'people',
    kind: 'proportion',
    baseline: '5',
    standardDeviation: '40',
    mde: '10',
    relative: 'yes',
    total: '20000',
    power: '80',
    alpha: '5',
    groups: '2',
    method: 'sequential',
    looks: '5',
    perDay: '1000',
    correction: 'none',
  },
  compare: { of: 'counts', relative: 'yes', better: 'higher', alpha: '5' },
  'sample-ratio': { counts: '50123, 49512', weights: '50, 50' },
  sequential: {
    show: 'looks',
    looks: '5',
    spending: 'obrien_fleming',
    alpha: '5',
    effect: '0.012',
    standardError: '0.004',
    n: '9200',
    tunedFor: '5000',
  },
}

/** Of a comparison, by what is known of its variants. */
const ARMS: Record<string, string> = {
  counts: 'control,17293,3785;new_checkout,17260,3423',
  means: 'control,4000,12.4,41;new_checkout,4000,13.6,43',
  sums: 'control,4000,49600,7337600;new_checkout,4000,54400,8134400',
}
const MEAN_BASELINE = '12'

export const calculator = computed<Calculator>(() => CALCULATORS.find((word) => word === query.value.get('tab')) ?? 'sample-size')

/** What stands where nothing was typed; it depends on choices that were made. */
export function defaultOf(of: Calculator, name: InputName, chosen: (name: InputName) => string): string {
  if (of === 'compare' && name === 'arms') return ARMS[chosen('of')] ?? ''
  if (of === 'sample-size' && name === 'baseline' && chosen('kind') === 'mean') return MEAN_BASELINE
  return DEFAULTS[of][name] ?? ''
}

/** All that is typed, or stands there before. */
export const values = computed<Values>(() => {
  const of = calculator.value
  const plain = (name: InputName): string => query.value.get(name) ?? DEFAULTS[of][name] ?? ''
  const told = { ...EMPTY }
  for (const name of CALCULATOR_INPUTS) told[name] = query.value.get(name) ?? defaultOf(of, name, plain)
  return told
})

/** The address with what was typed (null: what stands there anyhow); what stood there before anything was typed is left out. */
export function calculationAt(typed: Partial<Record<InputName, string | null>>): string {
  const of = calculator.value
  const chosen = (name: InputName): string => typed[name] ?? values.value[name]
  const changes = (Object.entries(typed) as [InputName, string | null][]).map(([name, value]): [string, string | null] => {
    const isUntouched = value === values.value[name] && !query.value.has(name)
    return [name, isUntouched || value === defaultOf(of, name, chosen) ? null : value]
  })
  return withQuery(Object.fromEntries(changes), path.value)
}

/** One of the calculators, as it stands before anything is typed. */
export const calculatorAt = (of: Calculator): string => {
  const [at, rest = ''] = pageAt('/calculators').split('?')
  const next = new URLSearchParams(rest)
  next.delete('tab')
  if (of !== 'sample-size') next.set('tab', of)
  const text = next.toString()
  return text ? `${at}?${text}` : `${at}`
}

/** Variants of a comparison, a text a cell: name, people, and what is known of them. */
export const rowsOf = (arms: string): string[][] => arms.split(';').map((row) => row.split(','))
export const armsOf = (rows: readonly (readonly string[])[]): string =>
  rows.map((row) => row.map((cell) => cell.replaceAll(/[,;\s]+/g, ' ').trim()).join(',')).join(';')
