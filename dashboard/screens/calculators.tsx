import { pageAt } from '../address.ts'
import { CALCULATORS, type Calculator, calculator, calculatorAt } from '../calculator-inputs.ts'
import { type Result, refused, result } from '../calculators.ts'
import { CompareForm, CompareResult } from '../parts/compare-arms.tsx'
import { SampleRatioForm, SampleRatioResult } from '../parts/sample-ratio.tsx'
import { SampleSizeForm, SampleSizeResult } from '../parts/sample-size-calculator.tsx'
import { SequentialForm, SequentialResult } from '../parts/sequential.tsx'
import { Workbench } from '../parts/workbench.tsx'
import '../style/calculators.css'

const NAMES: Record<Calculator, { name: string; says: string }> = {
  'sample-size': { name: 'Sample size', says: 'how many people a test takes, and what so many can find' },
  compare: { name: 'Compare', says: 'whether what two or more variants did is more than chance' },
  'sample-ratio': { name: 'Sample ratio', says: 'whether people were split as planned' },
  sequential: { name: 'Looks', says: 'when a test may be looked at, and what it must say to stop' },
}
const FORMS = { 'sample-size': SampleSizeForm, compare: CompareForm, 'sample-ratio': SampleRatioForm, sequential: SequentialForm }

/** What experiments are reckoned by, on anybody's numbers. */
export function Calculators() {
  const of = calculator.value
  const Form = FORMS[of]
  const found = result.value
  return (
    <Workbench class="calculators" head={<Head of={of} />}>
      <section class="panel" aria-labelledby="inputs-title">
        <h2 id="inputs-title" class="hidden">
          Numbers
        </h2>
        <Form key={of} />
      </section>
      {found?.of === of ? <Found result={found} /> : refused.value === null && <Ghost />}
      <p class="small muted">
        What is typed stands in the address: copy it to share the calculation. Nothing is kept. Experiments are judged by the same code.
      </p>
    </Workbench>
  )
}

const Head = ({ of }: { of: Calculator }) => (
  <>
    <div class="toolbar">
      <div class="title">
        <h1>Calculators</h1>
        <p class="range">{NAMES[of].says}</p>
      </div>
    </div>
    <nav class="tabs" aria-label="Calculators">
      {CALCULATORS.map((id) => (
        <a key={id} href={calculatorAt(id)} aria-current={id === of ? 'page' : undefined}>
          {NAMES[id].name}
        </a>
      ))}
      <a href={pageAt('/experiments')}>Experiments</a>
    </nav>
  </>
)

const Ghost = () => (
  <section class="panel" aria-hidden="true">
    <span class="ghost" />
    <span class="ghost" />
  </section>
)

function Found({ result: found }: { result: Result }) {
  switch (found.of) {
    case 'sample-size':
      return <SampleSizeResult size={found.value} calls={found.requests} />
    case 'compare':
      return <CompareResult value={found.value} calls={found.requests} />
    case 'sample-ratio':
      return <SampleRatioResult ratio={found.value} calls={found.requests} />
    case 'sequential':
      return <SequentialResult value={found.value} calls={found.requests} />
  }
}
