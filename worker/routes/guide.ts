import type { SdkManifest } from '../contract/sdk.ts'

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** A piece to take away; `id` is how a test finds it and tries it. */
const piece = (id: string, code: string): string => `<pre id="piece-${id}"><code>${escaped(code.trim())}</code></pre>`

const rows = (head: readonly string[], lines: readonly (readonly string[])[]): string =>
  `<table><thead><tr>${head.map((cell) => `<th scope="col">${cell}</th>`).join('')}</tr></thead><tbody>${lines
    .map(([first, ...rest]) => `<tr><th scope="row"><code>${first}</code></th>${rest.map((cell) => `<td>${cell}</td>`).join('')}</tr>`)
    .join('')}</tbody></table>`

/**
 * How a shop embeds the SDK, from the tag to a strict content policy, as one page without scripts. Its pieces name the origin
 * they are read from, and the pinned file it serves, so that each works as it stands.
 */
export function guidePage(origin: string, manifest: SdkManifest | null): string {
  const host = escaped(origin)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Embedding Fairlead</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs.css"></head>
<body><a class="skip" href="#content">Skip to the content</a>
<header><h1>Embedding Fairlead</h1><p>Prices and variants on a page, and what people then do and pay</p>
<p><a href="/docs">API reference</a> · <a href="/sdk.d.ts">types</a> · <a href="/">dashboard</a></p></header>
<nav aria-label="Sections"><ul>${SECTIONS.map(([id, title]) => `<li><a href="#${id}">${title}</a></li>`).join('')}</ul></nav>
<main id="content" tabindex="-1">
<section id="tag"><h2>The tag</h2>
<p>One script, a few kilobytes, loaded beside the page. Marked elements keep what stands in them until a decision comes, for 300 ms at
most; then, or when the Worker cannot be reached, they stay as they are. Nothing the SDK does throws into the page.</p>
${piece(
  'tag',
  `<script async src="${origin}/sdk.js" data-key="pk_demo_storefront"></script>
<h1 data-fl-variant="hero">A calm place to run a small company</h1>
<p data-fl-price="pro_bundle">$499</p>`,
)}
${rows(
  ['Attribute', 'Default', 'Meaning'],
  [
    ['data-key', 'required', 'Publishable key, <code>pk_…</code>'],
    ['data-host', 'where the script came from', 'Origin of the Worker'],
    ['data-consent', '<code>granted</code>', '<code>denied</code> until the page says <code>consent</code>'],
    ['data-timeout-ms', '300', 'What a price or a variant may take'],
    ['data-flush-ms', '5000', 'What an event of a burst waits for company; any other waits 250 at most'],
    ['data-page-views', 'on', '<code>off</code>: the page reports its views itself'],
    ['data-disclosure', 'on', '<code>off</code>: the page shows the disclosure text itself'],
  ],
)}</section>
<section id="prices"><h2>Prices</h2>
<p>A marked element needs no code. With code, calls made before the script has come wait in the stub. A price always resolves: without a
decision <code>fallback</code> is true and the page sells at its own list price. <code>disclosure</code>, where there is one, must stand
beside the price.</p>
${piece(
  'stub',
  `<script>window.fairlead = window.fairlead || function () { (fairlead.q = fairlead.q || []).push(arguments) }</script>
<script>
  fairlead('price', 'pro_bundle', function (pricing) {
    if (!pricing.fallback) document.title = pricing.optimizedPrice + ' ' + pricing.currency
  })
</script>`,
)}
<p>Send <code>pricing.quote</code> with the order. Your server passes it on with the purchase, which redeems it once; the amount is then
the quoted one, whatever the browser says.</p></section>
<section id="variants"><h2>Variants</h2>
<p>All variants of a page come in one request. Reading one counts it as seen, once. <code>data-fl-variant="hero"</code> takes the value as
its text; <code>hero:bold</code> shows an element in that variant alone, and the <code>control</code> stays whatever happens.</p>
${piece(
  'variants',
  `<div data-fl-variant="hero:control">The page as it is</div>
<div data-fl-variant="hero:bold" hidden>The page as it could be</div>
<script>
  fairlead('attributes', { plan: 'free' })
  fairlead('variant', 'hero', 'A calm place', function (value) { console.log(value) })
</script>`,
)}</section>
<section id="events"><h2>Events</h2>
<p>GA4’s names and shapes; Segment’s and Shopify’s are understood. Page views are reported by themselves, also in single-page apps and
after the back-forward cache. What a page says of money is kept as reported and is never revenue.</p>
${piece(
  'events',
  `fairlead('track', 'add_to_cart', { productId: 'pro_bundle', value: 499, currency: 'USD', quantity: 1 })
fairlead('track', 'begin_checkout', { items: [{ item_id: 'pro_bundle', quantity: 1 }] })`,
)}
<p>An event is stored until the server has settled it: it survives a reload and a lost network, and its id makes it count once.
<code>fairlead.onDropped = (event, reason) =&gt; …</code> hears of any that never will.</p></section>
<section id="identity"><h2>Identity</h2>
<p>A browser speaks for a customer only with a token your server signed (JWT, HS256 with the identity secret, <code>sub</code> and
<code>exp</code>). Price and variants stay what they were before the sign-in, and are the same on a second device.</p>
${piece(
  'identity',
  `fairlead('identify', 'cus_42', { token: tokenFromYourServer })
fairlead('reset')  // on sign-out: the next person is somebody else`,
)}</section>
<section id="consent"><h2>Consent</h2>
<p>Denied, nothing is stored or sent and everybody sees list prices and controls. Global Privacy Control always means denied. Google’s
Consent Mode is heard from <code>dataLayer</code>: <code>analytics_storage</code> or <code>personalization_storage</code> denied is
denied. Otherwise say it yourself:</p>
${piece('consent', `fairlead('consent', 'denied')\nfairlead('consent', 'granted')`)}</section>
<section id="policy"><h2>Content policy and integrity</h2>
<p>No inline code, no <code>eval</code>. A policy needs the Worker’s origin twice:</p>
${piece('policy', `script-src ${origin}; connect-src ${origin}`)}
<p>With nonces, give the tag yours and allow <code>'strict-dynamic'</code>; only <code>connect-src</code> then names the origin. A page
that pins its scripts loads the file whose name holds its hash. It never changes, and <a href="/sdk.json">sdk.json</a> names the newest:</p>
${
  manifest
    ? piece(
        'pinned',
        `<script async src="${origin}/${manifest.file}" integrity="${manifest.integrity}" crossorigin="anonymous" data-key="pk_demo_storefront"></script>`,
      )
    : '<p>This deployment was built without one.</p>'
}</section>
<section id="openfeature"><h2>OpenFeature</h2>
<p>Any OFREP provider works against <code>${host}</code> with the key as bearer token: experiments by their keys, prices as objects under
<code>price:&lt;productId&gt;</code>. The targeting key is the <code>subject</code> that <code>identify</code> answers, before that the
visitorId. Send <code>experiment_viewed</code> with the flag’s <code>experimentId</code> and <code>variantId</code> when a variant is
shown; a single flag evaluated on a server has been counted already.</p></section>
<section id="check"><h2>Check it</h2>
<p>Open the page and look at “Happening now” on the <a href="/">dashboard</a>: the view is there within two seconds. If not, the
browser’s console names a key that was refused; a blocked script or a policy shows there too.</p></section>
</main></body></html>`
}

const SECTIONS = [
  ['tag', 'The tag'],
  ['prices', 'Prices'],
  ['variants', 'Variants'],
  ['events', 'Events'],
  ['identity', 'Identity'],
  ['consent', 'Consent'],
  ['policy', 'Content policy and integrity'],
  ['openfeature', 'OpenFeature'],
  ['check', 'Check it'],
] as const
