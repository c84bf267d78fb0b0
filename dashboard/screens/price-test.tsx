import type { PriceTestResults } from '../../worker/contract/price-tests.ts'
import { busy } from '../attempts.ts'
import { count, dateTime, duration, plainMoney } from '../format.ts'
import { Weights } from '../parts/bandit-weights.tsx'
import { confirmed } from '../parts/confirm.tsx'
import { Judgement, withoutVerdict } from '../parts/judgement.tsx'
import { LiftForest } from '../parts/lift-forest.tsx'
import { LiftHistory } from '../parts/lift-history.tsx'
import { Arms, Blocks, Safety, SampleRatio, Segments } from '../parts/test-tables.tsx'
import { testPage } from '../pricing.ts'
import { listAt, productPath } from '../pricing-address.ts'
import { rollBack, shipArm, stopTest } from '../pricing-changes.ts'
import { armName, howWords, isLive, METRIC_WORDS, STATUS_WORDS, stateWords } from '../pricing-words.ts'
import { VERDICT_WORDS } from '../verdict-words.ts'

type Page = NonNullable<typeof testPage.value>

/** Figures that cannot be trusted name no winner, however clear they look. */
const isTrusted = ({ sampleRatio, verdict }: PriceTestResults): boolean => !sampleRatio?.mismatch && verdict !== 'invalid'

/** What a price test says: the verdict first, then that from which it follows. */
export function TestPage({ id }: { id: string }) {
  const page = testPage.value?.of === id ? testPage.value : null
  if (!page) {
    return (
      <>
        <h1>Price test</h1>
        <section class="panel" aria-hidden="true">
          <span class="ghost" />
          <span class="ghost" />
        </section>
      </>
    )
  }
  const { test, results } = page
  const trusted = isTrusted(results)
  return (
    <div class="test-page">
      <div class="toolbar">
        <div class="title">
          <h1>{test.name}</h1>
          <p class="range">
            <a href={productPath(test.productId)}>{test.productId}</a> · {stateWords(test).toLowerCase()}
          </p>
        </div>
      </div>
      <Verdict page={page} />
      <SampleRatio page={page} />
      <Actions page={page} trusted={trusted} />
      <Facts page={page} />
      <Arms page={page} trusted={trusted} />
      {results.method === 'blocks' && <Blocks page={page} />}
      <div class="two-columns">
        <div>
          {trusted && <Forest page={page} />}
          <Safety page={page} />
        </div>
        {trusted && <History page={page} />}
      </div>
      {test.allocation === 'thompson' && <Weights page={page} />}
      <Segments page={page} />
    </div>
  )
}

/** The prices that are compared with the control's. */
const othersOf = ({ results }: Page) => results.arms.slice(1).map((arm) => ({ ...arm, name: armName(arm, results.currency) }))

const Forest = ({ page }: { page: Page }) => (
  <LiftForest
    title="Lift over the control"
    note={`${METRIC_WORDS[page.test.metric].toLowerCase()} a visitor, valid at every look`}
    of="Price"
    rows={othersOf(page)}
    empty="Too few people have been shown these prices to say anything of a difference."
  />
)

const History = ({ page }: { page: Page }) => (
  <LiftHistory
    history={page.results.history}
    others={othersOf(page)}
    empty={page.results.daysLeft > 0 ? 'The first line comes when the first day is over.' : 'No day of it has been looked at while it ran.'}
  />
)

function Verdict({ page: { test, results } }: { page: Page }) {
  const verdict = isTrusted(results) ? results.verdict : 'invalid'
  // Nobody can keep running what has ended.
  const isCutShort = test.status !== 'running' && verdict === 'keep_running'
  const { name, mark } = isCutShort ? { name: STATUS_WORDS[test.status], mark: '■' } : VERDICT_WORDS[verdict]
  const sentence = isCutShort ? 'It was ended before it could say which price earns more.' : sentenceOf(results, name)
  const isAbout = isTrusted(results) && results.arm !== null
  return (
    <Judgement
      verdict={verdict}
      name={name}
      mark={mark}
      about={isAbout && <Which page={{ test, results }} arm={results.arm ?? ''} />}
      sentence={sentence}
      reasons={results.reasons}
    />
  )
}

const Which = ({ page: { test }, arm }: { page: Pick<Page, 'test' | 'results'>; arm: string }) => {
  const found = test.arms.find(({ key }) => key === arm)
  return found ? <>: {armName(found, test.currency)}</> : null
}

/** The verdict's sentence, without the word that stands above it. */
function sentenceOf({ sentence, sampleRatio, verdict }: PriceTestResults, name: string): string {
  // Whatever it says of a winner, nobody is to read it beside figures that cannot be trusted.
  if (sampleRatio?.mismatch && verdict !== 'invalid')
    return 'More or fewer people saw some of the prices than were drawn, so its figures cannot be trusted.'
  return withoutVerdict(sentence, name)
}

function Actions({ page: { test, results }, trusted }: { page: Page; trusted: boolean }) {
  const { currency } = test
  const isRunning = test.status === 'running'
  const said = VERDICT_WORDS[results.verdict].name.toLowerCase()
  const stop = async () => {
    const yes = await confirmed({
      title: `Stop “${test.name}”?`,
      consequences: [
        'Everybody sees the list price again within a minute. Quotes already given are honoured.',
        'What was found out stays here, and purchases of those who saw a price still count. A stopped test cannot be started again.',
      ],
      action: 'Stop the test',
    })
    if (yes) await stopTest(test.id)
  }
  const ship = async (key: string, amount: number) => {
    const yes = await confirmed({
      title: `Make ${plainMoney(amount, currency)} the list price?`,
      consequences: [
        `The test ends, and everybody is shown ${plainMoney(amount, currency)} for ${test.productId}.`,
        results.verdict === 'ship' && results.arm === key
          ? 'That is what the test says.'
          : `That is not what the test says: its verdict is “${said}”.`,
        'The price ladder keeps a line of it, and it can be rolled back.',
      ],
      action: `Ship ${plainMoney(amount, currency)}`,
    })
    if (yes) await shipArm(test.id, key)
  }
  const back = async () => {
    const control = test.arms[0]
    const price = control ? plainMoney(control.amount, currency) : 'the control’s price'
    const yes = await confirmed({
      title: `Roll back “${test.name}”?`,
      consequences: [
        isRunning
          ? `The test ends as harmful, and everybody sees ${price} again.`
          : `The list price of ${test.productId} from before comes back, unless somebody has changed it since.`,
        'Quotes already given are honoured. The audit log keeps a line of it.',
      ],
      action: 'Roll back',
    })
    if (yes) await rollBack(test.id)
  }
  const canShip = test.status === 'running' || test.status === 'stopped'
  const others = test.arms.slice(1).filter(({ closedAt }) => closedAt === null)
  return (
    <div class="actions test-actions">
      {isRunning && (
        <button type="button" disabled={busy.value} onClick={stop}>
          Stop
        </button>
      )}
      {canShip &&
        trusted &&
        others.map(({ key, amount }) => (
          <button
            key={key}
            type="button"
            class={results.verdict === 'ship' && results.arm === key ? 'primary' : ''}
            disabled={busy.value}
            onClick={() => ship(key, amount)}
          >
            Ship {plainMoney(amount, currency)}
          </button>
        ))}
      {(isRunning || test.status === 'shipped') && (
        <button type="button" class={results.verdict === 'roll_back' ? 'primary' : ''} disabled={busy.value} onClick={back}>
          Roll back
        </button>
      )}
      {!canShip && test.status !== 'shipped' && <span class="muted small">Nothing is left to decide here.</span>}
      {canShip && !trusted && <span class="muted small">No price can be shipped on figures that cannot be trusted.</span>}
      <a href={listAt('decisions', { test: test.id })}>Its decisions</a>
    </div>
  )
}

function Facts({ page: { test, results } }: { page: Page }) {
  const exposed = results.arms.reduce((sum, arm) => sum + arm.exposed, 0)
  const facts: [string, string][] = [
    ['Days left', stateWords(test) === 'Planned' ? 'not begun' : isLive(test) ? daysWords(results.daysLeft) : 'over'],
    ['From – until', `${dateTime(test.startsAt)} – ${dateTime(test.endsAt)}`],
    ['People shown a price', `${count(exposed)}${results.excluded > 0 ? `, and ${count(results.excluded)} left out` : ''}`],
    ['What it is to raise', `${METRIC_WORDS[test.metric].toLowerCase()} a visitor, in ${test.currency}`],
    ['Who sees which price', howWords(test).toLowerCase()],
    ['Whom it is for', test.eligibility === 'new' ? 'new visitors' : 'everybody without a contract'],
    ['Purchases count for', duration(test.conversionWindow * 86_400)],
    ['A price must have', `${count(test.minimumSample)} people`],
  ]
  return (
    <dl class="panel sums-line" aria-label="The test">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

const daysWords = (days: number): string => (days < 1 ? 'less than one' : `${Number(days.toFixed(1))}`)
