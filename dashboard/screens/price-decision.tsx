import { withQuery } from '../address.ts'
import { reading } from '../figures.ts'
import { minorDigits } from '../fine-money.ts'
import { dateTime, day, money, percent, words } from '../format.ts'
import { ExplainSteps } from '../parts/explain-steps.tsx'
import { decisionPage } from '../pricing.ts'
import { productPath, replaying, testPath } from '../pricing-address.ts'
import { LAW_WORDS, reasonWords } from '../pricing-words.ts'

type Page = NonNullable<typeof decisionPage.value>

/** The record of a decision, as far as this page reads it; amounts in minor units. */
interface Recorded {
  currency: string
  listMinor: number
  priceMinor: number
  priceClass: string
  disclosure: string | null
  decidedAt: number
  propensity: number
  test: { testId: string; version: number; arm: string; propensity: number; epoch: string; mode: string; clamped: boolean } | null
  facts: Record<string, unknown>
  context: Record<string, unknown>
}

const recordOf = ({ decision }: Page) => decision as Page['decision'] & Partial<Recorded>

/** Why somebody was shown this price: each step, what it went by, and the same decision made again. */
export function DecisionPage({ id }: { id: string }) {
  const page = decisionPage.value?.of === id ? decisionPage.value : null
  if (!page) {
    return (
      <>
        <h1>Decision</h1>
        <section class="panel" aria-hidden="true">
          <span class="ghost" />
          <span class="ghost" />
          <span class="ghost" />
        </section>
      </>
    )
  }
  const record = recordOf(page)
  const currency = record.currency ?? 'USD'
  const price = page.explain.at(-1)?.after
  return (
    <>
      <div class="toolbar">
        <div class="title">
          <h1>
            {price === undefined ? 'A price' : money(price, currency)} for <a href={productPath(record.productId)}>{record.productId}</a>
          </h1>
          <p class="range">{record.decidedAt === undefined ? '\u00a0' : `decided ${dateTime(record.decidedAt)}`}</p>
        </div>
      </div>
      <div class="two-columns decision">
        <section class="panel steps-panel" aria-labelledby="steps-title">
          <h2 id="steps-title">
            Step by step <span class="muted">the price before and after each</span>
          </h2>
          <div class="why">
            <ExplainSteps steps={page.explain} currency={currency} />
          </div>
        </section>
        <div>
          <Replay page={page} />
          <About page={page} />
        </div>
      </div>
      <Inputs page={page} />
    </>
  )
}

function Replay({ page }: { page: Page }) {
  const asked = replaying.value
  return (
    <section class="panel" aria-labelledby="replay-title">
      <h2 id="replay-title">Replay</h2>
      <p class="small muted">Decides again from the record and from configuration {page.configVersion}, as it was stored then.</p>
      <p class="actions">
        <a class={asked ? 'button' : 'primary'} href={withQuery({ replay: '1' })} data-testid="replay">
          {asked ? 'Replayed' : 'Replay'}
        </a>
      </p>
      <div role="status" data-testid="replayed">
        {asked && (page.replayed ? <Replayed page={page} /> : reading.value && <p class="muted">Deciding again…</p>)}
      </div>
    </section>
  )
}

function Replayed({ page: { replay, configVersion } }: { page: Page }) {
  if (replay === null) return <p>Configuration {configVersion} is not kept any more, so this cannot be decided again.</p>
  if (replay.identical) {
    return (
      <p class="good">
        <span aria-hidden="true">✓ </span>Identical: every step, the price and its reason
      </p>
    )
  }
  return (
    <>
      <p class="bad">
        <span aria-hidden="true">✕ </span>Different in{' '}
        {replay.differences.length === 1 ? 'one field' : `${replay.differences.length} fields`}:
      </p>
      <ul>
        {replay.differences.map((field) => (
          <li key={field}>
            <code>{field}</code>
          </li>
        ))}
      </ul>
    </>
  )
}

function About({ page }: { page: Page }) {
  const { test, priceClass, disclosure, propensity, reason, listMinor, currency = 'USD' } = recordOf(page)
  return (
    <section class="panel" aria-labelledby="about-title">
      <h2 id="about-title">What was decided</h2>
      <dl class="facts">
        <Fact name="Reason">{reasonWords(reason)}</Fact>
        {listMinor !== undefined && <Fact name="List price">{money(listMinor / 10 ** minorDigits(currency), currency)}</Fact>}
        {test && (
          <>
            <Fact name="Price test">
              <a href={testPath(test.testId)}>{test.testId}</a>, version {test.version}
            </Fact>
            <Fact name="Arm">
              {words(test.arm)}
              {test.clamped && ', moved by a guardrail and left out of the results'}
            </Fact>
            <Fact name="Weights since">{day(test.epoch)}</Fact>
          </>
        )}
        {propensity !== undefined && <Fact name="Propensity">{percent(propensity)}</Fact>}
        {priceClass && <Fact name="In law">{LAW_WORDS[priceClass] ?? words(priceClass)}</Fact>}
        <Fact name="Disclosure">{disclosure ?? 'none is owed'}</Fact>
        <Fact name="Configuration">version {page.configVersion}</Fact>
        <Fact name="Decision">
          <code class="id">{page.of}</code>
        </Fact>
      </dl>
    </section>
  )
}

const Fact = ({ name, children }: { name: string; children: preact.ComponentChildren }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
)

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Every value under its path: `lastQuote.amountMinor`. */
export function flat(value: Record<string, unknown>, path = ''): [string, unknown][] {
  return Object.entries(value).flatMap(([key, each]): [string, unknown][] => {
    const at = path === '' ? key : `${path}.${key}`
    return isRecord(each) && Object.keys(each).length > 0 ? flat(each, at) : [[at, each]]
  })
}

/** `behaviorFlags` → `Behavior flags`. */
const nameOf = (path: string): string =>
  words(path.replaceAll(/([a-z])([A-Z])/g, (_, left, right) => `${left} ${right.toLowerCase()}`).replaceAll('.', ': '))

function told(path: string, value: unknown, currency: string): string {
  if (value === null || value === undefined) return '–'
  if (typeof value === 'number' && /Minor$/.test(path)) return money(value / 10 ** minorDigits(currency), currency)
  if (typeof value === 'number' && /At$/.test(path)) return dateTime(value)
  if (value === true) return 'yes'
  if (value === false) return 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(', ')
  if (isRecord(value)) return 'none'
  return String(value)
}

/** Everything the decision was given of the request and the person. */
function Inputs({ page }: { page: Page }) {
  const { facts = {}, context = {}, currency = 'USD' } = recordOf(page)
  const groups = [
    { name: 'Of the request', values: flat(context) },
    { name: 'Of the person', values: flat(facts) },
  ].filter(({ values }) => values.length > 0)
  return (
    <section class="panel inputs" aria-labelledby="inputs-title">
      <h2 id="inputs-title">
        Inputs <span class="muted">all that it was given beside the configuration</span>
      </h2>
      {groups.length === 0 && <p class="lesson">The record keeps none: it was imported.</p>}
      <div class="columns-2">
        {groups.map(({ name, values }) => (
          <div key={name}>
            <h3>{name}</h3>
            <dl class="facts">
              {values.map(([path, value]) => (
                <Fact key={path} name={nameOf(path.replace(/Minor$|At$/, ''))}>
                  {told(path, value, currency)}
                </Fact>
              ))}
            </dl>
          </div>
        ))}
      </div>
    </section>
  )
}
