import type { FunnelAnswer, FunnelDefinitionAnswer } from '../../worker/contract/funnels.ts'
import { fineMoney } from '../fine-money.ts'
import { count, money } from '../format.ts'
import { definitionOf, funnelBefore, funnelPage, missingFunnel } from '../funnel.ts'
import { funnelAt, funnelForm } from '../funnel-address.ts'
import { lossWords, roughly, throughWords } from '../funnel-words.ts'
import { CsvFile } from '../parts/csv-file.tsx'
import { AwaitingDemo, FirstSteps } from '../parts/first-steps.tsx'
import { Backfill, FunnelChoice } from '../parts/funnel-choice.tsx'
import { FunnelDays } from '../parts/funnel-days.tsx'
import { FunnelDrivers } from '../parts/funnel-drivers.tsx'
import { FunnelForm } from '../parts/funnel-form.tsx'
import { FunnelGroups } from '../parts/funnel-groups.tsx'
import { Steps } from '../parts/funnel-steps.tsx'
import { ScrollBox } from '../parts/scroll-box.tsx'
import { Lesson } from '../parts/teaching.tsx'
import { Toolbar } from '../parts/toolbar.tsx'
import { Workbench } from '../parts/workbench.tsx'
import { awaitingDemo, empty } from '../status.ts'
import '../style/funnel.css'

/** The way to a purchase, or to something else: who goes on, who is lost where, and what goes along with it. */
export function FunnelPage() {
  if (awaitingDemo.value) return <AwaitingDemo />
  if (empty.value) {
    return (
      <>
        <h1>Funnel</h1>
        <FirstSteps title="A funnel fills as visitors come">
          Who looks at a product, fills a cart, begins a checkout and buys, and who is lost on the way, follows from the events that the
          script tag sends by itself.
        </FirstSteps>
      </>
    )
  }
  const answer = funnelPage.value
  const definition = answer && definitionOf(answer)
  return (
    <Workbench class="funnel-page" head={<Toolbar title="Funnel" />}>
      <FunnelChoice shown={definition} />
      <Body answer={answer} definition={definition} />
    </Workbench>
  )
}

function Body({ answer, definition }: { answer: FunnelAnswer | null; definition: FunnelDefinitionAnswer | null }) {
  const form = funnelForm.value
  // The form takes what it begins with from the list, once that is here.
  if (form === 'funnel') return <FunnelForm key="new" from={null} />
  if (form === 'version' && definition) return <FunnelForm key={definition.funnel} from={definition} />
  if (missingFunnel.value !== null) return <Missing reference={missingFunnel.value} />
  if (!answer) {
    return (
      <section class="panel" aria-hidden="true">
        <span class="ghost" />
        <span class="ghost" />
      </section>
    )
  }
  return (
    <>
      {definition?.backfill && <Backfill backfill={definition.backfill} />}
      {answer.steps[0]?.entered === 0 ? <Nobody definition={definition} /> : <Shown answer={answer} definition={definition} />}
    </>
  )
}

const Missing = ({ reference }: { reference: string }) => (
  <section class="panel teach">
    <h2>There is no such funnel</h2>
    <p>
      None is known as <code>{reference}</code>. It may have been archived.
    </p>
    <p class="actions">
      <a href={funnelAt(null)}>The default funnel</a>
    </p>
  </section>
)

const HOUR_MS = 3_600_000
const DEFAULT_WINDOW_HOURS = 168

function Shown({ answer, definition }: { answer: FunnelAnswer; definition: FunnelDefinitionAnswer | null }) {
  const before = funnelBefore.value
  const loss = lossWords(answer)
  const { steps, currency, revenue, reportedPurchases } = answer
  const entered = steps[0]?.entered ?? 0
  return (
    <>
      <section class="panel whole" aria-labelledby="steps-title">
        <div class="panel-head wrap">
          <h2 id="steps-title">
            {answer.funnel.name} <span class="muted">by day of entry, version {answer.funnel.version}</span>
          </h2>
          <CsvFile file={`funnel-${answer.funnel.id}`} of="the steps" columns={COLUMNS} rows={rowsOf(answer)} />
        </div>
        <p class="sentence" data-testid="through">
          {throughWords(answer, before)} {loss}
        </p>
        <ScrollBox labelledBy="steps-title">
          <Steps steps={steps} before={before?.steps} timeWords={roughly} />
        </ScrollBox>
        <p class="small muted">
          Hatched: those who came no further. What their purchases brought, less refunds and disputes:{' '}
          <b data-testid="revenue">{money(revenue, currency)}</b>
          {entered > 0 && `, ${fineMoney(revenue / entered, currency)} an entry`}.
          {reportedPurchases > 0 && ` ${count(reportedPurchases)} purchases reported by browsers are not verified, so not counted.`}
        </p>
      </section>
      <FunnelGroups answer={answer} />
      <FunnelDrivers answer={answer} />
      <FunnelDays answer={answer} windowMs={(definition?.windowHours ?? DEFAULT_WINDOW_HOURS) * HOUR_MS} now={Date.now()} />
    </>
  )
}

function Nobody({ definition }: { definition: FunnelDefinitionAnswer | null }) {
  const event = definition?.steps[0]?.events[0] ?? 'page_view'
  return (
    <Lesson
      title="Nobody entered this funnel in the period"
      name="Event that enters it"
      request={{
        method: 'POST',
        at: '/api/events',
        body: { events: [{ event, customerId: 'cus_42' }] },
      }}
    >
      It begins with the event <code>{event}</code>. The script tag sends the usual ones by itself; any other you send by its name. Or look
      at a longer period above.
    </Lesson>
  )
}

const COLUMNS = ['step', 'label', 'optional', 'entered', 'of_previous', 'of_first', 'dropped_off', 'median_seconds']
const rowsOf = ({ steps }: FunnelAnswer) =>
  steps.map((each) => [
    each.step,
    each.label,
    String(each.optional),
    each.entered,
    each.ofPrevious,
    each.ofFirst,
    each.droppedOff,
    each.medianSeconds,
  ])
