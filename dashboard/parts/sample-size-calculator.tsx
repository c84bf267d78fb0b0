import { values } from '../calculator-inputs.ts'
import { effectWords, sampleSizeWords } from '../calculator-words.ts'
import { type ApiCall, type Results, refused } from '../calculators.ts'
import { count, days, decimal, percent } from '../format.ts'
import { CalculatorForm } from './calculator-form.tsx'
import { CalculatorResult, Facts } from './calculator-result.tsx'
import { Choice, Input } from './form-field.tsx'
import { LooksTable } from './looks-table.tsx'

export function SampleSizeForm() {
  const typed = values.value
  const isShare = typed.kind !== 'mean'
  const isRelative = typed.relative === 'yes'
  const field = { type: 'number', refused: refused.value } as const
  const effectUnit = isRelative ? '% of the baseline' : isShare ? 'percentage points' : 'in the unit of the metric'
  return (
    <CalculatorForm>
      <Choice
        name="find"
        label="What is to be found"
        value={typed.find}
        refused={refused.value}
        options={[
          { value: 'people', label: 'how many people it takes' },
          { value: 'effect', label: 'the smallest effect so many find' },
          { value: 'power', label: 'how likely so many find it' },
        ]}
      />
      <Choice
        name="kind"
        label="Metric"
        value={typed.kind}
        refused={refused.value}
        options={[
          { value: 'proportion', label: 'a share: who converts' },
          { value: 'mean', label: 'a mean: revenue a person' },
        ]}
      />
      <Input {...field} name="baseline" label={isShare ? 'Share that converts now, %' : 'Mean now, a person'} value={typed.baseline} />
      {!isShare && (
        <Input
          {...field}
          name="standardDeviation"
          label="Standard deviation"
          value={typed.standardDeviation}
          hint="From person to person, those who buy nothing among them"
        />
      )}
      {typed.find !== 'effect' && (
        <Input
          {...field}
          name="mde"
          label={`Smallest effect worth finding, ${effectUnit}`}
          value={typed.mde}
          hint="Below 0 for a decrease"
        />
      )}
      <Choice
        name="relative"
        label="Effects are"
        value={typed.relative}
        refused={refused.value}
        options={[
          { value: 'yes', label: 'relative to the baseline' },
          { value: 'no', label: 'absolute' },
        ]}
      />
      {typed.find !== 'people' && <Input {...field} name="total" label="People in all variants" value={typed.total} />}
      {typed.find !== 'power' && (
        <Input {...field} name="power" label="Power, %" value={typed.power} hint="Tests that find an effect that is there" />
      )}
      <Input {...field} name="alpha" label="Alpha, %" value={typed.alpha} hint="Tests that find one that is not" />
      <Input {...field} name="groups" fields={['groups', 'arms']} label="Variants" value={typed.groups} hint="The control is one" />
      <Choice
        name="method"
        label="How the result is read"
        value={typed.method}
        refused={refused.value}
        options={[
          { value: 'sequential', label: 'looked at on any day' },
          { value: 'group_sequential', label: 'looked at as planned' },
          { value: 'fixed', label: 'looked at once, at the end' },
        ]}
      />
      {typed.method === 'sequential' && (
        <Input
          {...field}
          name="tunedFor"
          label="Narrowest at, people"
          value={typed.tunedFor}
          placeholder="5000"
          hint="Where the interval is to be the tightest; experiments leave it at 5000"
        />
      )}
      {typed.method === 'group_sequential' && <Input {...field} name="looks" label="Planned looks" value={typed.looks} />}
      {Number(typed.groups) > 2 && (
        <Choice
          name="correction"
          label="Several treatments"
          value={typed.correction}
          refused={refused.value}
          options={[
            { value: 'none', label: 'alpha is for each of them' },
            { value: 'bonferroni', label: 'alpha is for all together' },
          ]}
        />
      )}
      <Input
        {...field}
        name="perDay"
        fields={['perDay', 'peoplePerDay']}
        label="People a day"
        value={typed.perDay}
        placeholder="to tell the days"
      />
    </CalculatorForm>
  )
}

export function SampleSizeResult({ size, calls }: { size: Results['sample-size']; calls: readonly ApiCall[] }) {
  const typed = values.value
  const unit = { isRelative: typed.relative === 'yes', isShare: typed.kind !== 'mean' }
  const { total, perArm, days: length, mde, power, formula, looks } = size
  return (
    <CalculatorResult says={[sampleSizeWords(size, typed)]} calls={calls}>
      {total !== null && (
        <Facts
          facts={[
            ['People a variant', perArm === null ? '–' : [...new Set(perArm)].map(count).join(', ')],
            ['People in all', count(total)],
            length === null ? null : ['Days', days(length)],
            mde === null ? null : ['Effect', effectWords(mde, unit)],
            mde === null ? null : ['From, to', levels(mde, unit, Number(typed.baseline))],
            power === null ? null : ['Power', percent(power)],
            ['Formula', formula.replaceAll('_', ' ')],
          ]}
        />
      )}
      {looks && <LooksTable looks={looks} />}
    </CalculatorResult>
  )
}

/** The baseline, and what it becomes by the effect. @param baseline as typed: a share in per cent */
function levels(effect: number, { isRelative, isShare }: { isRelative: boolean; isShare: boolean }, baseline: number): string {
  const from = isShare ? baseline / 100 : baseline
  const to = isRelative ? from + Math.abs(from) * effect : from + effect
  return isShare ? `${share(from)} → ${share(to)}` : `${decimal(from)} → ${decimal(to)}`
}
const share = (value: number): string => `${decimal(value * 100)}%`
