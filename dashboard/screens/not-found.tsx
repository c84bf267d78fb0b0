import { withQuery } from '../address.ts'

export const NotFound = () => (
  <section class="panel teach">
    <h1>There is no such page</h1>
    <p>
      <a href={withQuery({}, '/')}>Go to the overview</a>
    </p>
  </section>
)
