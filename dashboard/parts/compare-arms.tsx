import { visit } from '../address.ts'
import { roundAxis } from '../axis.ts'
import { armsOf, calculationAt, rowsOf, values } from '../calculator-inputs.ts'
import { compareWords, effectWords, findingOf } from '../calculator-words.ts'
import { type ApiCall, type Comparison, type Results, refused } from '../calculators.ts'
import { textOf } from '../form-values.ts'
import { count, decimal, percent } from '../format.ts'
import { chanceWords } from '../funnel-words.ts'
import { CalculatorForm } from './calculator-form.tsx'
import { CalculatorResult } from './calculator-result.tsx'
import { Choice, Input } from './form-field.tsx'
import { IntervalTrack } from './interval-track.tsx'
import { sideOf } from './lift.tsx'
import { ScrollBox } from './scroll-box.tsx'

const MOST_ARMS = 10

/** What is known of a variant besides its name and people, and the server's name for it. */
const COLUMNS: Record<string, readonly { label: string; fields: readonly string[] }[]> = {
  counts: [{ label: 'Converted', fields: ['conversions'] }],
  means: [
    { label: 'Mean a person', fields: ['sum'] },
    { label: 'Standard deviation', fields: ['squares'] },
  ],
  sums: [
    { label: 'Sum', fields: ['sum'] },
    { label: 'Sum of squares', fields: ['squares'] },
  ],
}

export function CompareForm() {
  const typed = values.value
  const rows = rowsOf(typed.arms)
  const known = COLUMNS[typed.of] ?? []
  const cells = ['name', 'n', ...known.map((_, index) => `cell${index}`)]
  const read = (form: FormData): string[][] => rows.map((_, at) => cells.map((cell) => textOf(form, `row.${at}.${cell}`)))
  const to = (next: readonly (readonly string[])[]) => visit(calculationAt({ arms: armsOf(next) }))
  return (
    <CalculatorForm
      // What was typed into the rows of one kind says nothing in those of another.
      also={(form) => ({ arms: form.get('of') === typed.of ? armsOf(read(form)) : null })}
      cells={Object.fromEntries(rows.flatMap((row, at) => cells.map((cell, index) => [`row.${at}.${cell}`, row[index] ?? ''])))}
    >
      <Choice
        name="of"
        label="What is known"
        value={typed.of}
        refused={refused.value}
        options={[
          { value: 'counts', label: 'how many converted' },
          { value: 'means', label: 'means and standard deviations' },
          { value: 'sums', label: 'sums and sums of squares' },
        ]}
      />
      <Choice
        name="relative"
        label="Effects are told"
        value={typed.relative}
        refused={refused.value}
        options={[
          { value: 'yes', label: 'relative to the control' },
          { value: 'no', label: 'absolute' },
        ]}
      />
      <Choice
        name="better"
        label="Better is"
        value={typed.better}
        refused={refused.value}
        options={[
          { value: 'higher', label: 'higher' },
          { value: 'lower', label: 'lower' },
        ]}
      />
      <Input type="number" name="alpha" label="Alpha, %" value={typed.alpha} refused={refused.value} />
      {rows.map((row, at) => (
        <fieldset class="arm-fields" key={`${typed.of} ${at}`}>
          <legend>{at === 0 ? 'Control' : `Treatment ${at}`}</legend>
          <Input name={`row.${at}.name`} fields={[`arms.${at}.name`]} label="Name" value={row[0]} refused={refused.value} />
          <Input type="number" name={`row.${at}.n`} fields={[`arms.${at}.n`]} label="People" value={row[1]} refused={refused.value} />
          {known.map(({ label, fields }, index) => (
            <Input
              key={label}
              type="number"
              name={`row.${at}.cell${index}`}
              fields={fields.map((each) => `arms.${at}.${each}`)}
              label={label}
              value={row[index + 2]}
              refused={refused.value}
            />
          ))}
          {rows.length > 2 && (
            <p class="row-tools">
              <button
                type="button"
                aria-label={`Remove ${row[0] || `variant ${at + 1}`}`}
                onClick={() => to(rows.filter((_, other) => other !== at))}
              >
                Remove
              </button>
            </p>
          )}
        </fieldset>
      ))}
      <p class="row-tools wide-field">
        <button
          type="button"
          disabled={rows.length >= MOST_ARMS}
          onClick={() => to([...rows, [`variant_${rows.length}`, ...(rows.at(-1) ?? []).slice(1)]])}
        >
          Add a variant
        </button>
      </p>
    </CalculatorForm>
  )
}

export function CompareResult({ value: { fixed, sequential }, calls }: { value: Results['compare']; calls: readonly ApiCall[] }) {
  const isHigherBetter = values.value.better !== 'lower'
  const unit = { isRelative: fixed.relative, isShare: fixed.kind === 'proportion' }
  const pairs = fixed.comparisons.flatMap((once) => {
    const always = sequential.comparisons.find(({ treatment }) => treatment === once.treatment)
    return always ? [{ once, always }] : []
  })
  return (
    <CalculatorResult says={pairs.map(({ once, always }) => compareWords(once, always, unit, isHigherBetter))} calls={calls}>
      <ArmsTable comparison={fixed} />
      <Forest pairs={pairs} unit={unit} isHigherBetter={isHigherBetter} />
      {pairs.length > 1 && (
        <p class="small muted">
          p is adjusted for {pairs.length} treatments (Holm), and a bar has a colour where that leaves it below alpha; intervals are of each
          by itself.
        </p>
      )}
      {fixed.pooled && (
        <p class="small muted">
          The textbook’s z test of the two counts: z {decimal(fixed.pooled.z)}, {chanceWords(fixed.pooled.pValue)}.
        </p>
      )}
    </CalculatorResult>
  )
}

const ArmsTable = ({ comparison: { arms, kind } }: { comparison: Comparison }) => (
  <ScrollBox label="Variants">
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">Variant</th>
          <th scope="col">People</th>
          <th scope="col">{kind === 'proportion' ? 'Converted' : 'A person'}</th>
          <th scope="col">Standard error</th>
        </tr>
      </thead>
      <tbody>
        {arms.map(({ name, n, value, standardError, reason }) => {
          const tell = (figure: number | null) =>
            figure === null ? (
              <span title={reason ?? undefined}>–</span>
            ) : kind === 'proportion' ? (
              `${decimal(figure * 100)}%`
            ) : (
              decimal(figure)
            )
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{count(n)}</td>
              <td>{tell(value)}</td>
              <td>{tell(standardError)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  </ScrollBox>
)

type Treatment = Comparison['comparisons'][number]
interface ForestProps {
  pairs: readonly { once: Treatment; always: Treatment }[]
  unit: { isRelative: boolean; isShare: boolean }
  isHigherBetter: boolean
}

/** Both readings of each treatment on one scale: for the one look that was planned, and for as many as one likes. */
function Forest({ pairs, unit, isHigherBetter }: ForestProps) {
  const rows = pairs.flatMap(({ once, always }) => [
    { key: `${once.treatment} once`, name: once.treatment, note: 'looked at once', of: once, finding: findingOf(once) },
    { key: `${once.treatment} always`, name: once.treatment, note: 'looked at any day', of: always, finding: findingOf(always) },
  ])
  const tell = (value: number) => effectWords(value, unit)
  const axis = roundAxis(
    rows.flatMap(({ finding }) => (finding ? [finding.low, finding.high] : [])),
    tell,
    [0],
  )
  return (
    <div class="forest">
      <table aria-label="Effects against the control">
        <thead class="hidden">
          <tr>
            <th scope="col">Treatment</th>
            <th scope="col">Interval</th>
            <th scope="col">Effect</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, name, note, of, finding }) => (
            <tr key={key} class={finding && of.significant ? sideOf(finding, isHigherBetter ? 'up' : 'down') : 'either'}>
              <th scope="row">
                {name}
                <span class="drop">{note}</span>
              </th>
              <IntervalTrack axis={axis} interval={finding} />
              <td>
                {finding ? (
                  <>
                    <b>{tell(finding.value)}</b>{' '}
                    <span class="muted">
                      ({tell(finding.low)} to {tell(finding.high)}){of.adjustedPValue !== null && `, ${chanceWords(of.adjustedPValue)}`}
                      {of.chanceToWin !== null && `, chance to win ${percent(of.chanceToWin)}`}
                    </span>
                  </>
                ) : (
                  <span class="muted">{of.reason ?? 'nothing can be said'}</span>
                )}
                {of.warnings.map(({ code, message }) => (
                  <p class="small muted" key={code}>
                    ⚠ {message}
                  </p>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
