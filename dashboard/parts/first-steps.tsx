import type { SdkManifest } from '../../worker/contract/sdk.ts'
import { withQuery } from '../address.ts'
import { status } from '../status.ts'
import { Snippet } from './snippet.tsx'

export const embedCode = (key: string): string => `<script async src="${location.origin}/sdk.js" data-key="${key}"></script>
<span data-fl-price="pro_bundle">$499</span>`

/** The tag of one file that never changes: a browser runs it only as it was when the tag was copied. */
export const pinnedCode = (key: string, { file, integrity }: SdkManifest): string => `<script async src="${location.origin}/${file}"
  integrity="${integrity}" crossorigin
  data-key="${key}"></script>`

export const importCode =
  'npm run import -- orders.csv --map customerId=customer,timestamp=date,amount=amount --currency USD --date-format YYYYMMDD'

/** What stands on the page while a local database may be about to be filled. */
export const AwaitingDemo = () => (
  <p class="starting" role="status">
    Nothing here yet. A new local database is filled with a demo shop: waiting for it…
  </p>
)

/** What an empty page shows instead: how the first figure gets here. */
export function FirstSteps({ title, children }: { title: string; children: string }) {
  const key = status.value?.demo?.publishableKey
  return (
    <section class="panel teach" aria-labelledby="teach-title">
      <h2 id="teach-title">{title}</h2>
      <p>{children}</p>
      {key ? (
        <>
          <p>Put this on a page of your shop. Its key is real: the page listens, and the first event shows here by itself.</p>
          <Snippet code={embedCode(key)} name="Script tag" />
        </>
      ) : (
        <p>
          <a href={withQuery({}, '/setup')}>Set-up</a> has the script tag for your shop.
        </p>
      )}
      <p>Or bring the past with you:</p>
      <Snippet code={importCode} name="Import command" />
      <p class="actions">
        {status.value?.environment === 'development' && (
          <a class="primary" href="/demo">
            Open the demo storefront
          </a>
        )}
        <a href={withQuery({}, '/setup')}>Go to set-up</a>
      </p>
    </section>
  )
}
