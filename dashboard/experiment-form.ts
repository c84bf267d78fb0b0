import type * as z from 'zod'
import type { ExperimentAnswer, ExperimentInput } from '../worker/contract/experiments.ts'
import type { MetricRole } from '../worker/contract/lists.ts'
import type { MetricAnswer } from '../worker/contract/metrics.ts'
import type { Refused } from './attempts.ts'
import { plainOf, readAudience } from './condition-form.ts'
import { instantOf, numberOf, textOf } from './form-values.ts'

/** What was typed as an experiment. */

export type ExperimentDraft = z.input<typeof ExperimentInput>

/** A choice that leaves the server's default where nothing is said. */
const chosen = <T extends string>(form: FormData, name: string): T | undefined => (textOf(form, name) || undefined) as T | undefined
const typed = (form: FormData, name: string): number | undefined => numberOf(form, name) ?? undefined
const shareOf = (percents: number | null): number | undefined => (percents === null ? undefined : Number((percents / 100).toFixed(6)))

/** A configuration that was typed wrongly; `field` is that of its variant. */
export class ConfigFlaw extends Error {
  readonly field: string
  constructor(field: string, message: string) {
    super(message)
    this.field = field
  }
}

/**
 * What a variant answers: JSON, or a plain text as it stands.
 *
 * @throws SyntaxError  it begins as JSON does, and is none
 * @example configOf('Buy now') // => 'Buy now'
 * @example configOf('{"color":"green"}') // => { color: 'green' }
 */
export function configOf(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    if (/^[[{"]/.test(text)) throw error
    return text
  }
}

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
/** Whether a text can stand in a field as it is, and be read from there as the same text. */
const isPlain = (text: string): boolean => text !== '' && text.trim() === text && !/^[[{"]|[\r\n]/.test(text) && !isJson(text)

/** What stands in the field of a configuration: nothing where it is the key of its variant. */
export function configText({ key, config }: { key: string; config: unknown }): string {
  if (config === undefined || config === key) return ''
  return typeof config === 'string' && isPlain(config) ? config : JSON.stringify(config)
}

/** @throws ConfigFlaw  a configuration is no JSON */
function variantsFrom(form: FormData, rows: readonly number[]): ExperimentDraft['variants'] {
  return rows.map((_, at) => {
    const text = (name: string) => textOf(form, `variants.${at}.${name}`)
    try {
      return {
        name: text('name'),
        key: text('key') || undefined,
        config: configOf(text('config')),
        weight: shareOf(numberOf(form, `variants.${at}.weight`)),
      }
    } catch (error) {
      throw new ConfigFlaw(`variants.${at}.config`, `This is no JSON: ${(error as Error).message}`)
    }
  })
}

/** The metrics of each role, the first goal first; none where the usual ones are to be taken. */
function metricsFrom(form: FormData, metrics: readonly MetricAnswer[]): Pick<ExperimentDraft, 'goals' | 'secondary' | 'guardrails'> {
  const goal = textOf(form, 'goals')
  if (textOf(form, 'further') !== 'chosen') return { goals: goal === '' ? undefined : [goal] }
  const of = (role: MetricRole) =>
    metrics.filter((each) => each.metric !== goal && form.get(`role.${each.id}`) === role).map(({ metric }) => metric)
  return { goals: [goal, ...of('goal')], secondary: of('secondary'), guardrails: of('guardrail') }
}

/**
 * What was typed.
 *
 * @param rows  of variants, in their order
 * @throws ConfigFlaw   a configuration is no JSON
 * @throws SyntaxError  the condition is none
 */
export function experimentFrom(
  form: FormData,
  rows: readonly number[],
  metrics: readonly MetricAnswer[],
  asJson: boolean,
): ExperimentDraft {
  const condition = readAudience(form, asJson)
  const method = chosen<NonNullable<ExperimentDraft['method']>>(form, 'method')
  const startsAt = instantOf(textOf(form, 'startsAt')) ?? undefined
  return {
    name: textOf(form, 'name'),
    hypothesis: chosen(form, 'hypothesis'),
    funnel: chosen(form, 'funnel'),
    funnelStep: chosen(form, 'funnelStep'),
    variants: variantsFrom(form, rows),
    ...metricsFrom(form, metrics),
    method,
    looks: method === 'group_sequential' ? typed(form, 'looks') : undefined,
    minimumDetectableEffect: shareOf(numberOf(form, 'minimumDetectableEffect')),
    power: shareOf(numberOf(form, 'power')),
    plannedSample: typed(form, 'plannedSample'),
    duration: typed(form, 'duration'),
    startsAt,
    coverage: shareOf(numberOf(form, 'coverage')),
    condition: Object.keys(condition).length > 0 ? condition : undefined,
    currency: chosen<string>(form, 'currency')?.toUpperCase(),
    outlierPercentile: shareOf(numberOf(form, 'outlierPercentile')),
    autoShip: textOf(form, 'autoShip') === 'yes' || undefined,
  }
}

/** What the server would refuse with less help than can be given here. */
export function flawOf({ name, variants, duration, minimumDetectableEffect }: ExperimentDraft): Refused | null {
  if (name === '') return { field: 'name', message: 'Give it a name' }
  const nameless = variants.findIndex((variant) => variant.name === '')
  if (nameless >= 0) return { field: `variants.${nameless}.name`, message: 'Name the variant' }
  if (duration === undefined || !(duration > 0)) return { field: 'duration', message: 'Give the days it runs' }
  if (minimumDetectableEffect === undefined || !(minimumDetectableEffect > 0))
    return { field: 'minimumDetectableEffect', message: 'Give the smallest change that would matter, in per cent' }
  return null
}

/**
 * The field of the form that a refusal belongs to, where the server names another: the weights as a whole, or a metric by its
 * place among those of its role.
 */
export function placed(refused: Refused, sent: ExperimentDraft, metrics: readonly MetricAnswer[]): Refused {
  const { field, message } = refused
  if (field === null) return refused
  if (field === 'variants' || field === 'variants.0' || field === 'weights') return { field: 'variants.0.weight', message }
  const [, list = '', place = ''] = /^(goals|secondary|guardrails)\.(\d+)$/.exec(field) ?? []
  const reference = sent[list as 'goals' | 'secondary' | 'guardrails']?.[Number(place)]
  const found = metrics.find(({ metric }) => metric === reference)
  if (!found || (list === 'goals' && place === '0')) return { field: list || field, message }
  return { field: `role.${found.id}`, message }
}

/** Whether all that is said of whom it is for are places and devices, which the form has fields for. */
export function audienceOf(condition: Record<string, unknown>): ReturnType<typeof plainOf> {
  const plain = plainOf(condition)
  return plain && plain.currency === '' && plain.flags.length === 0 && plain.newVisitor === null && plain.hasSubscription === null
    ? plain
    : null
}

/** Role of each metric of a draft, by the metric's id. */
export const rolesOf = ({ metrics }: Pick<ExperimentAnswer, 'metrics'>): Record<string, MetricRole> =>
  Object.fromEntries(metrics.map(({ metric, role }) => [metric.split('@')[0] ?? metric, role]))
