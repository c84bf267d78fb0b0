import { values } from '../calculator-inputs.ts'
import { sequentialWords } from '../calculator-words.ts'
import { type ApiCall, type Results, refused } from '../calculators.ts'
import { decimal, signedDecimal, times } from '../format.ts'
import { pFigure } from '../funnel-words.ts'
import { CalculatorForm } from './calculator-form.tsx'
import { CalculatorResult, Facts } from './calculator-result.tsx'
import { Choice, Input } from './form-field.tsx'
import { LooksTable } from './looks-table.tsx'

export function SequentialForm() {
  const typed = values.value
  const field = { refused: refused.value, type: 'number' } as const
  return (
    <CalculatorForm>
      <Choice
        name="show"
        label="What is to be told"
        value={typed.show}
        refused={refused.value}
        options={[
          { value: 'looks', label: 'boundaries of planned looks' },
          { value: 'now', label: 'what one look says' },
        ]}
      />
      {typed.show === 'now' ? (
        <>
          <Input
            {...field}
            name="effect"
            fields={['look.effect']}
            label="Effect so far"
            value={typed.effect}
            hint="Treatment less control"
          />
          <Input {...field} name="standardError" fields={['look.standardError']} label="Its standard error" value={typed.standardError} />
          <Input {...field} name="n" fields={['look.n']} label="People so far" value={typed.n} hint="Of both sides together" />
          <Input
            {...field}
            name="tunedFor"
            fields={['look.tunedFor']}
            label="Narrowest at"
            value={typed.tunedFor}
            hint="People at which the interval is to be the tightest: about as many as are planned"
          />
        </>
      ) : (
        <>
          <Input
            name="looks"
            label="Looks"
            value={typed.looks}
            refused={refused.value}
            hint="How many, equally spaced, or their shares of the people, as 0.25, 0.5, 1"
          />
          <Choice
            name="spending"
            label="Alpha is spent"
            value={typed.spending}
            refused={refused.value}
            options={[
              { value: 'obrien_fleming', label: 'late: hard to stop early (O’Brien–Fleming)' },
              { value: 'pocock', label: 'evenly: about as hard at each look (Pocock)' },
            ]}
          />
        </>
      )}
      <Input {...field} name="alpha" label="Alpha, %" value={typed.alpha} />
    </CalculatorForm>
  )
}

export function SequentialResult({ value, calls }: { value: Results['sequential']; calls: readonly ApiCall[] }) {
  const { look, looks } = value
  return (
    <CalculatorResult says={[sequentialWords(value, values.value)]} calls={calls}>
      {look && (
        <Facts
          facts={[
            ['Interval, valid at every look', `${bound(look.low)} to ${bound(look.high)}`],
            ['p value, valid at every look', pFigure(look.pValue)],
            ['Standard errors it reaches', decimal(look.multiplier)],
            ['As wide as that of a single look', times(look.overFixed)],
          ]}
        />
      )}
      {looks && <LooksTable looks={looks} />}
    </CalculatorResult>
  )
}

const bound = (value: number | null): string => (value === null ? 'open' : signedDecimal(value))
