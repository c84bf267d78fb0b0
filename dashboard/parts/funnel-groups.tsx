import type { FunnelAnswer } from '../../worker/contract/funnels.ts'
import { fineMoney } from '../fine-money.ts'
import { count, money, percent } from '../format.ts'
import { apartTrouble, experiments } from '../funnel.ts'
import { BREAKDOWNS, type Breakdown, breakdown, chosenExperiment } from '../funnel-address.ts'
import { valueName } from '../funnel-words.ts'
import { CsvFile } from './csv-file.tsx'
import { ScrollBox } from './scroll-box.tsx'

type Group = NonNullable<FunnelAnswer['groups']>[number]

/** More than these do not fit side by side. */
const MOST_COLUMNS = 5

const shareOr = (share: number | null): string => (share === null ? '–' : percent(share))

/** People told apart: what each group does at each step, and what it brings in the end. */
export function FunnelGroups({ answer }: { answer: FunnelAnswer }) {
  const by = breakdown.value
  if (by === null) return null
  const { groups, funnel } = answer
  return (
    <section class="panel groups" aria-labelledby="groups-title">
      <div class="panel-head wrap">
        <h2 id="groups-title">
          By {BREAKDOWNS.find(({ id }) => id === by)?.name} <span class="muted">of all people who entered</span>
        </h2>
        {groups && groups.length > 0 && (
          <CsvFile file={`funnel-${funnel.id}-by-${by}`} of="the groups" columns={COLUMNS} rows={rowsOf(answer, groups)} />
        )}
      </div>
      {groups && groups.length > 0 ? <Table answer={answer} groups={groups} by={by} /> : <Nothing by={by} />}
      {by === 'variant' && groups && groups.length > 0 && (
        <p class="small muted">
          Whether a difference is more than chance,{' '}
          <a href={`/experiments/${encodeURIComponent(chosenExperiment.value ?? '')}`}>the experiment</a> says. Here it is only counted.
        </p>
      )}
    </section>
  )
}

function Nothing({ by }: { by: Breakdown }) {
  if (apartTrouble.value !== null) return <p class="lesson">They cannot be told apart: {apartTrouble}.</p>
  if (by === 'variant' && chosenExperiment.value === null)
    return <p class="lesson">Choose an experiment above to see its variants side by side, step by step.</p>
  return <p class="lesson">Nobody in this period can be told apart by it.</p>
}

/** Of an experiment the names of its variants. */
function nameOf(by: Breakdown, value: string): string {
  if (by !== 'variant') return valueName(by, value)
  const known = experiments.value?.find(({ key }) => key === chosenExperiment.value)?.variants
  return known?.find(({ key }) => key === value)?.name || valueName(by, value)
}

const Table = ({ by, ...props }: { answer: FunnelAnswer; groups: readonly Group[]; by: Breakdown }) => (
  <ScrollBox labelledBy="groups-title">
    {props.groups.length <= MOST_COLUMNS ? <SideBySide by={by} {...props} /> : <Rows by={by} {...props} />}
  </ScrollBox>
)

/** A column a group: steps from above to below, as on the whole funnel. */
const SideBySide = ({ answer: { steps, currency }, groups, by }: { answer: FunnelAnswer; groups: readonly Group[]; by: Breakdown }) => (
  <table class="numbers side-by-side">
    <thead>
      <tr>
        <th scope="col">Step</th>
        {groups.map(({ value }) => (
          <th key={value} scope="col">
            {nameOf(by, value)}
          </th>
        ))}
      </tr>
    </thead>
    <tbody>
      {steps.map(({ step, label }, at) => (
        <tr key={step}>
          <th scope="row">{label}</th>
          {groups.map((group) => (
            <Cell key={group.value} step={group.steps.find((each) => each.step === step)} isFirst={at === 0} />
          ))}
        </tr>
      ))}
    </tbody>
    <tfoot>
      <tr>
        <th scope="row">Revenue</th>
        {groups.map(({ value, revenue }) => (
          <td key={value}>{money(revenue, currency)}</td>
        ))}
      </tr>
      <tr>
        <th scope="row">Revenue per entry</th>
        {groups.map(({ value, revenuePerEntry }) => (
          <td key={value}>{revenuePerEntry === null ? '–' : fineMoney(revenuePerEntry, currency)}</td>
        ))}
      </tr>
    </tfoot>
  </table>
)

function Cell({ step, isFirst }: { step: Group['steps'][number] | undefined; isFirst: boolean }) {
  if (!step) return <td>–</td>
  return (
    <td>
      <span class="track" aria-hidden="true">
        {step.entered > 0 && <i style={{ width: `${(step.ofFirst ?? 0) * 100}%` }} />}
      </span>
      <b>{count(step.entered)}</b>
      {!isFirst && (
        <span class="drop">
          {shareOr(step.ofPrevious)} of step before
          <br />
          {shareOr(step.ofFirst)} of all who entered
        </span>
      )}
    </td>
  )
}

/** A row a group: many countries, many sources. */
const Rows = ({ answer: { steps, currency }, groups, by }: { answer: FunnelAnswer; groups: readonly Group[]; by: Breakdown }) => (
  <table class="numbers">
    <thead>
      <tr>
        <th scope="col">Who</th>
        {steps.map(({ step, label }, at) => (
          <th key={step} scope="col">
            {label}
            {at > 0 && <span class="drop">people, of step before</span>}
          </th>
        ))}
        <th scope="col">Of all who entered</th>
        <th scope="col">Revenue</th>
        <th scope="col">Per entry</th>
      </tr>
    </thead>
    <tbody>
      {groups.map((group) => (
        <tr key={group.value} data-group={group.value}>
          <th scope="row">{nameOf(by, group.value)}</th>
          {steps.map(({ step }, at) => {
            const reached = group.steps.find((each) => each.step === step)
            return (
              <td key={step}>
                {count(reached?.entered ?? 0)}
                {at > 0 && <span class="drop">{shareOr(reached?.ofPrevious ?? null)}</span>}
              </td>
            )
          })}
          <td>{shareOr(group.steps.at(-1)?.ofFirst ?? null)}</td>
          <td>{money(group.revenue, currency)}</td>
          <td>{group.revenuePerEntry === null ? '–' : fineMoney(group.revenuePerEntry, currency)}</td>
        </tr>
      ))}
    </tbody>
  </table>
)

const COLUMNS = ['value', 'step', 'entered', 'of_previous', 'of_first', 'dropped_off', 'revenue', 'revenue_per_entry', 'currency']

/** A row a group and step; what the whole group brings stands on its last step, so that it adds up. */
const rowsOf = ({ currency }: FunnelAnswer, groups: readonly Group[]) =>
  groups.flatMap(({ value, steps, revenue, revenuePerEntry }) =>
    steps.map(({ step, entered, ofPrevious, ofFirst, droppedOff }, at) => {
      const isLast = at === steps.length - 1
      return [value, step, entered, ofPrevious, ofFirst, droppedOff, isLast ? revenue : null, isLast ? revenuePerEntry : null, currency]
    }),
  )
