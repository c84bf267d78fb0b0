import { withQuery } from '../address.ts'

export const NotFound = () => (
  <section class="panel teach">
    <h1>There is no such page</h1>
    <p>
      <a href={withQuery({}, '/')}>Go to the overview</a>
    </p>
  </section>
)

/** A part of the dashboard that did not come: the network broke, or a newer version has taken its place. */
export const NotLoaded = () => (
  <section class="panel teach" role="alert">
    <h1>This page could not be loaded</h1>
    <p>The connection may have broken, or the dashboard may have been updated meanwhile.</p>
    <p class="actions">
      <button type="button" class="primary" onClick={() => location.reload()}>
        Load it again
      </button>
    </p>
  </section>
)
