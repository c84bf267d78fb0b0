import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import type { RuleKind } from '../../worker/contract/lists.ts'
import type { RulePreview } from '../../worker/contract/price-rules.ts'
import { visit } from '../address.ts'
import { busy, outcome, type Refused } from '../attempts.ts'
import { plainOf } from '../condition-form.ts'
import { conditionWords } from '../condition-words.ts'
import { fieldTime } from '../form-values.ts'
import { closed } from '../pricing-address.ts'
import { previewRule, saveRule } from '../pricing-changes.ts'
import type { PriceRule, RuleDraft } from '../pricing-shapes.ts'
import { effectWords, isFollowing, needsReference, RULE_KIND_WORDS } from '../pricing-words.ts'
import { percentsOf, ruleFrom } from '../rule-form.ts'
import { ConditionFields } from './condition-fields.tsx'
import { Choice, FormRefusal, goToRefused, Input } from './form-field.tsx'
import { Preview } from './rule-preview.tsx'

const KINDS = Object.entries(RULE_KIND_WORDS).map(([value, { name }]) => ({ value, label: name }))

/** `Black Friday, DE` → `black-friday-de`. */
const slug = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')

/** A rule in the making: what it would have done is shown before it can be saved. */
export function RuleEditor({ rule, taken }: { rule: PriceRule | null; taken: readonly string[] }) {
  const form = useRef<HTMLFormElement>(null)
  const kind = useSignal<RuleKind>(rule?.kind ?? 'market')
  const plain = plainOf(rule?.condition ?? {})
  const asJson = useSignal(plain === null)
  const refused = useSignal<Refused | null>(null)
  /** What has been previewed, and what it said: any change of the form takes it back. */
  const seen = useSignal<{ draft: RuleDraft; preview: RulePreview } | null>(null)

  const goToWrong = () => requestAnimationFrame(() => form.current && goToRefused(form.current))
  const read = (): RuleDraft | null => {
    try {
      const draft = ruleFrom(new FormData(form.current as HTMLFormElement), asJson.value)
      if (!rule && draft.id === '') draft.id = slug(draft.name)
      if (!rule && taken.includes(draft.id)) {
        refused.value = { field: 'id', message: 'A rule of this id exists; saving would replace it' }
        return null
      }
      return draft
    } catch (error) {
      refused.value = { field: 'condition', message: `This is no condition: ${(error as Error).message}` }
      return null
    }
  }
  const preview = async (event: SubmitEvent) => {
    event.preventDefault()
    refused.value = null
    seen.value = null
    const draft = read()
    if (!draft) return goToWrong()
    const answer = await previewRule(draft)
    refused.value = answer.refused
    if (answer.value) seen.value = { draft, preview: answer.value }
    else goToWrong()
  }
  const save = async () => {
    const draft = seen.value?.draft
    if (!draft) return
    const answer = await saveRule(draft)
    refused.value = answer.refused
    if (answer.refused) return goToWrong()
    visit(closed())
    outcome.value = `Saved: ${draft.name}. It takes effect within a minute`
  }
  const touched = () => {
    seen.value = null
  }
  const wrong = refused.value
  const follows = isFollowing(kind.value)
  return (
    <section class="panel editor" aria-labelledby="editor-title">
      <h2 id="editor-title">{rule ? `Rule: ${rule.name}` : 'A new rule'}</h2>
      <form ref={form} class="form-grid" onSubmit={preview} onInput={touched} noValidate>
        <FormRefusal refused={wrong} />
        <Input name="name" label="Name" required value={rule?.name ?? ''} refused={wrong} placeholder="Summer in Germany" />
        <Input
          name="id"
          label="Id"
          value={rule?.id ?? ''}
          readOnly={rule !== null}
          refused={wrong}
          hint={rule ? 'An id stays as it is' : 'Left empty, it is made from the name'}
        />
        <Choice
          name="kind"
          label="Kind"
          value={kind.value}
          options={KINDS}
          refused={wrong}
          hint={RULE_KIND_WORDS[kind.value].does}
          onChange={(value) => {
            kind.value = value as RuleKind
          }}
        />
        <Input
          name="productIds"
          label="Products"
          value={rule?.productIds?.join(', ') ?? ''}
          refused={wrong}
          placeholder="all"
          hint="Ids with commas between them; empty means all"
        />

        <fieldset>
          <legend>When it holds</legend>
          <ConditionFields
            condition={rule?.condition ?? {}}
            plain={plain}
            asJson={asJson}
            refused={refused.value}
            attributes="Attributes: country, region, countryTier, currency, device, month, weekday, hour; for segment rules also behaviorFlags, newVisitor, orders, hasSubscription, plans, health."
            onSwitch={touched}
          >
            {plain && (
              <>
                <Input
                  name="currency"
                  label="Currency"
                  value={plain.currency}
                  refused={wrong}
                  fields={['condition.currency']}
                  placeholder={kind.value === 'exchange_rate' ? 'EUR' : 'any'}
                  hint={kind.value === 'exchange_rate' ? 'Whose rate it follows' : undefined}
                />
                {kind.value === 'segment' && (
                  <>
                    <Input
                      name="flags"
                      label="Behaviour flags"
                      value={plain.flags.join(', ')}
                      refused={wrong}
                      fields={['condition.behaviorFlags']}
                      placeholder="price_sensitive"
                      hint="All of them must be set"
                    />
                    <Choice
                      name="newVisitor"
                      label="Has bought before"
                      value={plain.newVisitor === null ? '' : plain.newVisitor ? 'yes' : 'no'}
                      refused={wrong}
                      fields={['condition.newVisitor']}
                      options={[
                        { value: '', label: 'does not matter' },
                        { value: 'yes', label: 'not yet' },
                        { value: 'no', label: 'yes' },
                      ]}
                    />
                    <Choice
                      name="hasSubscription"
                      label="Has a subscription"
                      value={plain.hasSubscription === null ? '' : plain.hasSubscription ? 'yes' : 'no'}
                      refused={wrong}
                      fields={['condition.hasSubscription']}
                      options={[
                        { value: '', label: 'does not matter' },
                        { value: 'yes', label: 'yes' },
                        { value: 'no', label: 'no' },
                      ]}
                    />
                  </>
                )}
              </>
            )}
          </ConditionFields>
          <Input
            name="startsAt"
            label="From (UTC)"
            type="datetime-local"
            value={fieldTime(rule?.startsAt ?? null)}
            refused={wrong}
            hint="Empty: at once"
          />
          <Input
            name="endsAt"
            label="Until (UTC)"
            type="datetime-local"
            value={fieldTime(rule?.endsAt ?? null)}
            refused={wrong}
            hint="Empty: no end"
          />
        </fieldset>

        <fieldset>
          <legend>What it does</legend>
          {follows ? (
            <>
              <Input
                name="sensitivity"
                label="Sensitivity"
                type="number"
                value={rule?.sensitivity ?? 0.5}
                refused={wrong}
                hint="0.5: a figure 10 % above usual moves the price by 5 %"
              />
              <Input
                name="minimum"
                label="Lowest change, %"
                type="number"
                value={percentsOf(rule?.minimum ?? 0.9)}
                refused={wrong}
                hint="−10: never more than 10 % cheaper"
              />
              <Input
                name="maximum"
                label="Highest change, %"
                type="number"
                value={percentsOf(rule?.maximum ?? 1.1)}
                refused={wrong}
                hint="10: never more than 10 % dearer"
              />
              {needsReference(kind.value) && (
                <Input
                  name="reference"
                  label={kind.value === 'inventory' ? 'Usual stock' : 'Usual rate'}
                  type="number"
                  value={rule?.reference ?? ''}
                  refused={wrong}
                  hint={kind.value === 'inventory' ? 'Units at which the price stays' : 'Units of the default currency that one is worth'}
                />
              )}
            </>
          ) : (
            <Input
              name="multiplier"
              label="Change of the price, %"
              type="number"
              value={percentsOf(rule?.multiplier ?? 0.95)}
              refused={wrong}
              hint="−5: five per cent cheaper"
            />
          )}
          <Input
            name="priority"
            label="Priority"
            type="number"
            value={rule?.priority ?? 0}
            refused={wrong}
            hint="Of its kind, the highest that holds is applied"
          />
        </fieldset>

        <p class="actions wide-field">
          <button type="submit" class={seen.value ? '' : 'primary'} disabled={busy.value}>
            Preview
          </button>
          <button
            type="button"
            class={seen.value ? 'primary' : ''}
            disabled={busy.value || seen.value === null}
            aria-describedby="save-hint"
            onClick={save}
          >
            Save
          </button>
          <a href={closed()}>Cancel</a>
          <span id="save-hint" class="muted small">
            {seen.value ? 'This is what will be saved' : 'A preview comes before saving'}
          </span>
        </p>
      </form>
      <div role="status">{seen.value && <Said draft={seen.value.draft} preview={seen.value.preview} />}</div>
    </section>
  )
}

const Said = ({ draft, preview }: { draft: RuleDraft; preview: RulePreview }) => (
  <>
    <p class="sentence">
      {RULE_KIND_WORDS[draft.kind].name} rule for {draft.productIds === null ? 'all products' : draft.productIds.join(', ')}, when:{' '}
      {conditionWords(draft.condition)}. Effect: {effectWords(draft)}.
    </p>
    <Preview of={preview} />
  </>
)
