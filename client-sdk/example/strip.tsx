import type { Pricing } from '../types.ts'
import { priceListing } from './asking.ts'
import { playAnother, playFrom, setConsent } from './play.ts'
import { money } from './price.tsx'
import { go, route } from './route.tsx'
import { consent, country, customer, decisions, device, refusedByBrowser, visitorId } from './state.ts'
import { traffic, variants } from './traffic.ts'
import { variantWords, whyOf } from './why.ts'

/** Each shows something: a test with a notice, euros, a list price of its own for plans, a market rule, a test without a lot. */
const COUNTRIES = { US: 'United States', DE: 'Germany', FR: 'France', IN: 'India', GB: 'United Kingdom' }
const DEVICES = ['desktop', 'mobile'] as const

/** The demo's back room: who you play, what was decided and why, and the events that leave. No part of a real shop. */
export function Strip() {
  const another = async () => {
    await playAnother()
    if (route.value === '/') await priceListing()
    else go('/')
  }
  return (
    <aside class="strip" aria-label="Demo controls">
      <details>
        <summary>
          <span>Behind the counter</span>
          <span class="who">{who()}</span>
        </summary>
        <div class="room">
          <div class="controls">
            <button type="button" onClick={another}>
              Play another visitor
            </button>
            <label>
              Country{' '}
              <select value={country} onChange={(event) => playFrom({ country: event.currentTarget.value })}>
                {Object.entries(COUNTRIES).map(([code, name]) => (
                  <option key={code} value={code}>
                    {name}
                  </option>
                ))}
              </select>
            </label>
            <label>
              Device{' '}
              <select value={device} onChange={(event) => playFrom({ device: DEVICES[event.currentTarget.selectedIndex] ?? 'desktop' })}>
                {DEVICES.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            <label class="check">
              <input
                type="checkbox"
                checked={consent.value === 'granted'}
                disabled={refusedByBrowser}
                onChange={(event) => setConsent(event.currentTarget.checked ? 'granted' : 'denied')}
              />{' '}
              Consent{refusedByBrowser.value && ', refused by your browser (Global Privacy Control)'}
            </label>
            <a class="dashboard" href="/" target="_blank" rel="noopener">
              Dashboard
            </a>
          </div>
          <section>
            <h2>Decisions</h2>
            {decisions.value.length === 0 && <p class="hint">None yet: the SDK has not answered</p>}
            {decisions.value.map((pricing) =>
              pricing.optimizedPrice === null ? (
                <p key={pricing.productId}>
                  <code>{pricing.productId}</code> list price, no decision: {pricing.reason}
                </p>
              ) : (
                <Decision key={pricing.productId} pricing={pricing} />
              ),
            )}
          </section>
          <div>
            <section>
              <h2>Variants</h2>
              {variants.value.length === 0 && <p class="hint">None yet: no page has asked</p>}
              {variants.value.map(({ key, variant, reason, metadata }) => (
                <p key={key}>
                  <code>{key}</code> {variant} <span class="status">{variantWords(reason, metadata.propensity)}</span>
                </p>
              ))}
            </section>
            <section>
              <h2>Events that left</h2>
              {traffic.value.length === 0 && <p class="hint">None yet</p>}
              <ul class="traffic">
                {traffic.value.map((line) => (
                  <li key={line.id}>
                    <code>{line.event}</code> {line.productId} <span class="status">{line.status}</span>
                  </li>
                ))}
              </ul>
            </section>
          </div>
        </div>
      </details>
    </aside>
  )
}

function who(): string {
  if (customer.value) return customer.value
  if (visitorId.value) return `visitor ${visitorId.value.slice(0, 8)}`
  return consent.value === 'denied' ? 'nobody, no consent' : 'no visitor yet'
}

function Decision({ pricing }: { pricing: Pricing }) {
  const amount = (value: number) => money(value, pricing.currency)
  return (
    <details class="decision">
      <summary>
        <code>{pricing.productId}</code> {amount(pricing.optimizedPrice)} <span class="status">{whyOf(pricing)}</span>
      </summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">Price</th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {pricing.explain.map((line) => (
            <tr key={line.step} class={line.outcome}>
              <th scope="row">{line.step.replaceAll('_', ' ')}</th>
              <td>{line.outcome === 'applied' ? amount(line.after) : line.outcome}</td>
              <td>{line.detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}
