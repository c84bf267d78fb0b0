import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { ExperimentAnswer } from '../../worker/contract/experiments.ts'
import { visit } from '../address.ts'
import { busy, type Refused, tellOn } from '../attempts.ts'
import { audienceOf, ConfigFlaw, type ExperimentDraft, experimentFrom, flawOf, placed } from '../experiment-form.ts'
import { funnels, metrics } from '../experiments.ts'
import { closed, experimentPath } from '../experiments-address.ts'
import { addExperiment, changeDraft } from '../experiments-changes.ts'
import { METHOD_WORDS } from '../experiments-words.ts'
import { fieldTime } from '../form-values.ts'
import { ConditionFields } from './condition-fields.tsx'
import { Choice, FormRefusal, goToRefused, Input, TextArea } from './form-field.tsx'
import { MetricRoles } from './metric-roles.tsx'
import { SampleSize } from './sample-size.tsx'
import { VariantFields } from './variant-fields.tsx'

const METHODS = Object.entries(METHOD_WORDS).map(([value, { name }]) => ({ value, label: name.toLowerCase() }))
const percents = (share: number): number => Number((share * 100).toFixed(4))
const instant = (at: number): string => new Date(at).toISOString()

/** An experiment in the making, or a draft that is changed. */
export function ExperimentEditor({ draft }: { draft: ExperimentAnswer | null }) {
  const form = useRef<HTMLFormElement>(null)
  const refused = useSignal<Refused | null>(null)
  const rows = useSignal<number[]>((draft?.variants ?? [0, 1]).map((_, at) => at))
  const plain = audienceOf(draft?.condition ?? {})
  const asJson = useSignal(plain === null)
  const method = useSignal<string>(draft?.method ?? 'sequential')
  /** Counts what is typed, for what is worked out from it. */
  const typed = useSignal(0)

  const refuse = (why: Refused) => {
    refused.value = why
    requestAnimationFrame(() => form.current && goToRefused(form.current))
  }
  const read = (): ExperimentDraft | null => {
    try {
      const input = experimentFrom(new FormData(form.current as HTMLFormElement), rows.value, metrics.value ?? [], asJson.value)
      const flaw = flawOf(input)
      if (flaw) refuse(flaw)
      return flaw ? null : input
    } catch (error) {
      const message = (error as Error).message
      refuse(
        error instanceof ConfigFlaw ? { field: error.field, message } : { field: 'condition', message: `This is no condition: ${message}` },
      )
      return null
    }
  }
  const save = async (event: SubmitEvent) => {
    event.preventDefault()
    refused.value = null
    const input = read()
    if (!input) return
    const isDraft = (event.submitter as HTMLButtonElement | null)?.value === 'draft'
    const { value, refused: why } = draft
      ? await changeDraft(draft.key, { ...input, condition: input.condition ?? null })
      : await addExperiment({ ...input, draft: isDraft })
    if (why) return refuse(placed(why, input, metrics.value ?? []))
    const page = experimentPath(value.testId)
    visit(page)
    tellOn(page, value.message)
  }
  const wrong = refused.value
  return (
    <section class="panel editor" aria-labelledby="editor-title">
      <h2 id="editor-title">{draft ? `Draft: ${draft.name}` : 'A new experiment'}</h2>
      <form
        ref={form}
        class="form-grid"
        onSubmit={save}
        onInput={() => {
          typed.value++
        }}
        noValidate
      >
        <FormRefusal refused={wrong} />
        <Input
          name="name"
          label="Name"
          required
          value={draft?.name ?? ''}
          refused={wrong}
          fields={['name', 'key']}
          placeholder="Checkout button"
          hint={draft ? `Code asks for it as ${draft.key}` : 'Code asks for it by a key made from this: checkout_button'}
        />
        <Steps draft={draft} refused={wrong} />
        <TextArea
          name="hypothesis"
          label="What you expect, and why"
          rows={2}
          prose
          value={draft?.hypothesis ?? ''}
          refused={wrong}
          wide
          hint="Written down before the figures come, so that they cannot write it for you"
        />

        <VariantFields draft={draft} rows={rows} refused={wrong} />
        <MetricRoles draft={draft} refused={wrong} />

        <fieldset>
          <legend>How long, and how sure</legend>
          <Choice
            name="method"
            label="When you look at it"
            value={method.value}
            options={METHODS}
            refused={wrong}
            hint={`With this, ${METHOD_WORDS[method.value as keyof typeof METHOD_WORDS].says}`}
            onChange={(value) => {
              method.value = value
            }}
          />
          {method.value === 'group_sequential' && (
            <Input name="looks" label="Planned looks" type="number" value={draft?.looks ?? 5} min="2" max="10" refused={wrong} />
          )}
          <Input
            name="minimumDetectableEffect"
            label="Smallest change that matters, %"
            type="number"
            required
            value={percents(draft?.minimumDetectableEffect ?? 0.1)}
            refused={wrong}
            hint="Of the goal, relative to the control. The smaller, the more people it takes"
          />
          <Input
            name="duration"
            label="Days"
            type="number"
            required
            value={draft ? Number(((draft.endsAt - draft.startsAt) / 86_400_000).toFixed(2)) : 14}
            min="1"
            max="365"
            refused={wrong}
            fields={['duration', 'endsAt']}
            hint="Whole weeks, so that each weekday counts alike"
          />
          <SampleSize form={form} typed={typed} planned={draft?.plannedSample ?? null} refused={wrong} />
        </fieldset>

        <fieldset>
          <legend>Whom it is for</legend>
          <ConditionFields
            condition={draft?.condition ?? {}}
            plain={plain}
            asJson={asJson}
            refused={wrong}
            attributes="Attributes: country, device, and whatever else your code says of a visitor, as plan or language."
          />
          <Input
            name="coverage"
            label="Share of them who are in it, %"
            type="number"
            value={percents(draft?.coverage ?? 1)}
            min="0"
            max="100"
            refused={wrong}
            hint="The others see what they see today, and are not counted"
          />
        </fieldset>

        <details class="wide-field more">
          <summary>More choices</summary>
          <div class="form-grid">
            <Input
              name="startsAt"
              label="From (UTC)"
              type="datetime-local"
              value={draft && draft.startsAt > Date.now() ? fieldTime(instant(draft.startsAt)) : undefined}
              refused={wrong}
              hint="Empty: as soon as it is started"
            />
            <Input
              name="power"
              label="Chance to find it, %"
              type="number"
              value={percents(draft?.power ?? 0.8)}
              refused={wrong}
              hint="If the change is as large as that which matters"
            />
            <Input
              name="currency"
              label="Currency"
              value={draft?.currency ?? ''}
              refused={wrong}
              placeholder="the shop’s own"
              hint="In which money is counted"
            />
            <Input
              name="outlierPercentile"
              label="Buyers who are not cut, %"
              type="number"
              value={percents(draft?.outlierPercentile ?? 0.999)}
              refused={wrong}
              hint="Above what this share of buyers paid before, one person counts for no more. 100: no limit"
            />
            <Choice
              name="autoShip"
              label="At its end"
              value={draft?.autoShip ? 'yes' : ''}
              refused={wrong}
              options={[
                { value: '', label: 'everybody is on the control again' },
                { value: 'yes', label: 'ship the winner, if there is one' },
              ]}
            />
          </div>
        </details>

        <p class="actions wide-field">
          {draft ? (
            <button type="submit" class="primary" disabled={busy.value}>
              Save the draft
            </button>
          ) : (
            <>
              <button type="submit" class="primary" disabled={busy.value}>
                Start it now
              </button>
              <button type="submit" value="draft" disabled={busy.value}>
                Keep as a draft
              </button>
            </>
          )}
          <a href={closed()}>Cancel</a>
        </p>
      </form>
    </section>
  )
}

/** Where in a funnel it takes place. */
function Steps({ draft, refused }: { draft: ExperimentAnswer | null; refused: Refused | null }) {
  const all = funnels.value ?? []
  const chosen = useSignal(draft?.funnel ?? 'default')
  const steps = all.find(({ id }) => id === chosen.value)?.steps ?? []
  const known = draft?.funnelStep ?? ''
  const isUnknown = known !== '' && draft?.funnel === chosen.value && !steps.some(({ key }) => key === known)
  return (
    <>
      {all.length > 1 && (
        <Choice
          name="funnel"
          label="Funnel"
          value={chosen.value}
          options={all.map(({ id, name }) => ({ value: id, label: name }))}
          refused={refused}
          onChange={(value) => {
            chosen.value = value
          }}
        />
      )}
      <Choice
        key={`${chosen.value} ${steps.length}`}
        name="funnelStep"
        label="Step it takes place at"
        value={known}
        options={[
          { value: '', label: 'none in particular' },
          ...steps.map(({ key, name }, at) => ({ value: key, label: `${at + 1}. ${name}` })),
          // What the funnel has no step for by now, or names by its place.
          ...(isUnknown ? [{ value: known, label: known }] : []),
        ]}
        refused={refused}
        hint="Whether people reach the step after it is then looked at too"
      />
    </>
  )
}
