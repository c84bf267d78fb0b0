import { useEffect } from 'preact/hooks'
import { deadLetters, keys, priceTests, products, readConfiguration, sdk, setOptimization, settings, trouble } from '../configuration.ts'
import { dateTime, day, duration, percent, plainMoney } from '../format.ts'
import { AuditLog } from '../parts/audit-log.tsx'
import { embedCode, importCode, pinnedCode } from '../parts/first-steps.tsx'
import { ScrollBox } from '../parts/scroll-box.tsx'
import { Snippet } from '../parts/snippet.tsx'
import { status } from '../status.ts'

export function Setup() {
  useEffect(() => {
    void readConfiguration()
  }, [])
  return (
    <>
      <div class="toolbar">
        <div class="title">
          <h1>Set-up</h1>
          <p class="range">
            {status.value
              ? `Version ${status.value.version} · configuration ${status.value.configVersion} · ${status.value.environment}`
              : '\u00a0'}
          </p>
        </div>
      </div>
      {trouble.value && (
        <p class="notice" role="alert">
          {trouble}
        </p>
      )}
      <div class="grid setup">
        <Embed />
        <KillSwitch />
        <Keys />
        <Catalogue />
        <DeadLetters />
        <AuditLog />
      </div>
    </>
  )
}

/** Only the first signs of a key are kept, so a real snippet needs the demo's key or the one its owner wrote down. */
function Embed() {
  const demo = status.value?.demo
  const key = demo?.publishableKey ?? 'pk_…'
  return (
    <section class="panel embed" aria-labelledby="embed-title">
      <h2 id="embed-title">Put it on your shop</h2>
      <p>One tag in the head, and each price marked with its product.</p>
      <Snippet code={embedCode(key)} name="Script tag" />
      {demo ? (
        <p class="muted small">This is the working key of the local demo.</p>
      ) : (
        <p class="muted small">
          Put your publishable key in place of pk_…. Keys are shown once, when they are made; only their digest is kept.
        </p>
      )}
      {sdk.value && (
        <>
          <p>Or pinned to version {sdk.value.version}: browsers run this file unchanged or not at all, and it never updates by itself.</p>
          <Snippet code={pinnedCode(key, sdk.value)} name="Pinned script tag" />
        </>
      )}
      <p>Orders of the past:</p>
      <Snippet code={importCode} name="Import command" />
      <p class="actions">
        {status.value?.environment === 'development' && (
          <a class="primary" href="/demo">
            Open the demo storefront
          </a>
        )}
        <a href="/docs">API documentation</a>
        <a href="/openapi.json">openapi.json</a>
      </p>
    </section>
  )
}

function KillSwitch() {
  const on = settings.value?.optimizationEnabled
  return (
    <section class="panel" aria-labelledby="switch-title">
      <h2 id="switch-title">Price optimisation</h2>
      <p class="switch-line">
        <button
          type="button"
          role="switch"
          class="switch"
          aria-checked={on ?? false}
          aria-labelledby="switch-title"
          disabled={on === undefined}
          onClick={() => setOptimization(!on)}
        />
        <b>{on === undefined ? '\u00a0' : on ? 'On' : 'Off: list and contract prices only'}</b>
      </p>
      <p class="muted small">
        Off takes effect everywhere within 60 seconds. Quotes already given are honoured. The change is written to the audit log.
      </p>
      {settings.value && (
        <dl class="facts">
          <div>
            <dt>Holdout</dt>
            <dd>{percent(settings.value.holdoutShare)} of customers get no test and no rule, to compare with</dd>
          </div>
          <div>
            <dt>Default currency</dt>
            <dd>{settings.value.defaultCurrency}</dd>
          </div>
          <div>
            <dt>A quoted price holds for</dt>
            <dd>{duration(settings.value.quoteLifetimeSeconds)}</dd>
          </div>
        </dl>
      )}
    </section>
  )
}

function Keys() {
  return (
    <section class="panel" aria-labelledby="keys-title">
      <h2 id="keys-title">Keys</h2>
      <ScrollBox labelledBy="keys-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Kind</th>
              <th scope="col">May do</th>
              <th scope="col">State</th>
            </tr>
          </thead>
          <tbody>
            {keys.value?.map((key) => (
              <tr key={key.id}>
                <th scope="row">{key.name}</th>
                <td>{key.kind}</td>
                <td>{key.scopes.join(', ')}</td>
                <td>
                  {key.revokedAt ? `revoked ${dateTime(key.revokedAt)}` : key.lastUsedDay ? `used ${day(key.lastUsedDay)}` : 'not used yet'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {keys.value?.length === 0 && (
          <p class="muted">
            No key yet. <code>POST /api/keys</code> with a name and a kind makes one; <a href="/docs">the documentation</a> shows how.
          </p>
        )}
      </ScrollBox>
    </section>
  )
}

function Catalogue() {
  const tests = priceTests.value?.filter((test) => test.status === 'running') ?? []
  return (
    <section class="panel" aria-labelledby="catalogue-title">
      <h2 id="catalogue-title">Products and price tests</h2>
      <ScrollBox labelledBy="catalogue-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">Product</th>
              <th scope="col">List price</th>
              <th scope="col">Running test</th>
            </tr>
          </thead>
          <tbody>
            {products.value?.map((product) => (
              <tr key={product.id}>
                <th scope="row">
                  {product.name} <span class="muted">{product.id}</span>
                </th>
                <td>{product.prices.map(({ amount, currency }) => plainMoney(amount, currency)).join(', ')}</td>
                <td>
                  {tests
                    .filter(({ productId }) => productId === product.id)
                    .map((test) => test.arms.map(({ amount }) => plainMoney(amount, test.currency)).join(' · '))
                    .join(', ') || '–'}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {products.value?.length === 0 && (
          <p class="muted">
            No product yet. <code>PUT /api/products/pro_bundle</code> with its list price makes one; <a href="/docs">the documentation</a>{' '}
            shows how.
          </p>
        )}
      </ScrollBox>
    </section>
  )
}

/** Shown only when there are some: an empty list here is how it should be. */
function DeadLetters() {
  if (!deadLetters.value?.length) return null
  return (
    <section class="panel audit" aria-labelledby="dead-title">
      <h2 id="dead-title">Dead letters</h2>
      <p>
        These changes could not be added to the figures. After the cause is mended, <code>npm run dead-letters -- --replay-all</code> sends
        them again; nothing is counted twice.
      </p>
      <ScrollBox labelledBy="dead-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">Parked</th>
              <th scope="col">Object and sequence</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {deadLetters.value.map((letter) => (
              <tr key={`${letter.object}:${letter.seq}`}>
                <th scope="row">{dateTime(letter.parkedAt)}</th>
                <td>
                  <code>
                    {letter.object}:{letter.seq}
                  </code>
                </td>
                <td>{letter.reason}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
