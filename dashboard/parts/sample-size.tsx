import { type Signal, useSignal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useEffect } from 'preact/hooks'
import type { SampleSizeAnswer } from '../../worker/contract/experiment-planning.ts'
import type { FunnelAnswer } from '../../worker/contract/funnels.ts'
import type { MetricAnswer } from '../../worker/contract/metrics.ts'
import { ask, inWords } from '../api.ts'
import type { Refused } from '../attempts.ts'
import { experimentFrom } from '../experiment-form.ts'
import { type Baseline, baselineOf, type History, historyOf, isAmount, peopleADay, sampleSizeQuestion } from '../experiment-plan.ts'
import { metrics } from '../experiments.ts'
import { numberOf, textOf } from '../form-values.ts'
import { count, days, decimal, percent } from '../format.ts'
import { Input } from './form-field.tsx'

const DEBOUNCE_MS = 300
const NOTHING: History = { days: 0, entered: 0, bought: 0, revenue: 0, reached: {} }

interface SampleSizeProps {
  form: RefObject<HTMLFormElement | null>
  /** Changes with whatever is typed into the form. */
  typed: Signal<number>
  planned: number | null
  refused: Refused | null
}

interface Plan {
  goal: MetricAnswer
  baseline: Baseline
  perDay: number | null
  /** Days it is to run. */
  duration: number | null
  size: SampleSizeAnswer['sampleSize'] | null
  trouble: string | null
}

async function readHistory(abort: AbortSignal): Promise<History> {
  return historyOf(await ask<FunnelAnswer>('/api/funnel?timeframe=30d', { signal: abort }))
}

/** How many people it takes, and how long that is: worked out from the form as it is typed, and from the last thirty days. */
export function SampleSize({ form, typed, planned, refused }: SampleSizeProps) {
  const history = useSignal<History>(NOTHING)
  const plan = useSignal<Plan | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    readHistory(abort.signal).then(
      (found) => {
        history.value = found
      },
      // Without history the fields below ask for it.
      () => {},
    )
    return () => abort.abort()
  }, [])
  const known = history.value
  const at = typed.value
  const all = metrics.value ?? []
  useEffect(() => {
    const abort = new AbortController()
    const timer = setTimeout(async () => {
      const found = form.current && (await planOf(form.current, known, all, abort.signal))
      if (!abort.signal.aborted && found) plan.value = found
    }, DEBOUNCE_MS)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [known, at, all])
  const shown = plan.value
  const total = shown?.size?.total ?? null
  const adopt = (people: number) => {
    const field = form.current?.elements.namedItem('plannedSample')
    if (field instanceof HTMLInputElement) field.value = String(people)
  }
  return (
    <section class="wide-field sample-size" aria-labelledby="size-title">
      <h3 id="size-title">How many people it takes</h3>
      <p role="status" data-testid="sample-size">
        {shown && <Said plan={shown} />}
      </p>
      {total !== null && (
        <p>
          <button type="button" class="link-button" onClick={() => adopt(total)}>
            Plan for {count(total)} people
          </button>
        </p>
      )}
      <div class="form-grid">
        <Input
          name="baseline"
          label={shown && isAmount(shown.goal) ? 'The goal today, a person' : 'The goal today, % of people'}
          type="number"
          refused={null}
          placeholder={shown ? placeholderOf(shown.goal, shown.baseline.value) : ''}
          hint="Empty: as in the last 30 days"
        />
        {shown && isAmount(shown.goal) && (
          <Input
            name="spread"
            label="Its spread from person to person"
            type="number"
            refused={null}
            placeholder={shown.baseline.spread === null ? '' : decimal(shown.baseline.spread)}
            hint="Standard deviation. Empty: as if orders varied as much as their average"
          />
        )}
        <Input
          name="plannedSample"
          label="Planned people"
          type="number"
          value={planned ?? ''}
          min="2"
          refused={refused}
          placeholder={total === null ? '' : String(total)}
          hint="In all variants. Empty: worked out from history as it starts"
        />
      </div>
    </section>
  )
}

const placeholderOf = (goal: MetricAnswer, value: number | null): string =>
  value === null ? 'not known' : isAmount(goal) ? decimal(value) : decimal(value * 100)

/** @returns null while the form cannot be read */
async function planOf(form: HTMLFormElement, history: History, all: readonly MetricAnswer[], abort: AbortSignal): Promise<Plan | null> {
  const data = new FormData(form)
  const rows = [...form.querySelectorAll('.variant-row')].map((_, at) => at)
  const goal = all.find(({ metric }) => metric === textOf(data, 'goals'))
  if (!goal) return null
  const told = baselineOf(goal, history)
  const typedValue = numberOf(data, 'baseline')
  const baseline: Baseline = {
    value: typedValue === null ? told.value : isAmount(goal) ? typedValue : typedValue / 100,
    spread: numberOf(data, 'spread') ?? told.spread,
  }
  const perDay = peopleADay(history)
  const plan = { goal, baseline: told, perDay, duration: numberOf(data, 'duration'), size: null, trouble: null }
  try {
    const draft = experimentFrom(data, rows, all, textOf(data, 'condition') !== '')
    const question = sampleSizeQuestion(draft, goal, baseline, perDay)
    if (!question)
      return { ...plan, trouble: 'Say how the goal is today, and the smallest change that matters, to see how many people it takes' }
    const { sampleSize } = await ask<SampleSizeAnswer>('/api/analysis/sample-size', { method: 'POST', body: question, signal: abort })
    return { ...plan, perDay: question.peoplePerDay ?? null, size: sampleSize }
  } catch (error) {
    return abort.aborted ? null : { ...plan, trouble: inWords(error) }
  }
}

function Said({ plan: { size, trouble, perDay, duration } }: { plan: Plan }) {
  if (size === null) return <span class="muted">{trouble}</span>
  if (size.total === null) return <span class="muted">{size.reason ?? 'Nothing can be said of that'}</span>
  const coming = perDay === null || duration === null ? null : perDay * duration
  return (
    <>
      <b>{count(size.total)} people</b>
      {size.perArm && size.perArm.length > 0 && `, ${count(Math.max(...size.perArm))} a variant`}
      {size.days !== null && perDay !== null && (
        <>
          : <b>{days(size.days)}</b> at the {count(perDay)} who come a day
        </>
      )}
      {'. '}
      {size.days !== null && duration !== null && coming !== null && size.days > duration && (
        <span class="caution">
          In {days(duration)} about {count(coming)} come, {percent(coming / size.total)} of them: let it run longer, look for a larger
          change, or choose a goal that more people reach.
        </span>
      )}
    </>
  )
}
