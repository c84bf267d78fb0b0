import { analytics } from '../figures.ts'
import { country, money, time, words } from '../format.ts'
import { activeVisitors, feed, socketOpen } from '../live.ts'
import { ScrollBox } from './scroll-box.tsx'

/** The last lines of what is happening. Nobody is named in it. */
export function LiveFeed() {
  const visitors = activeVisitors.value
  const names = new Map(analytics.value?.products.map(({ productId, name }) => [productId, name]))
  return (
    <section class="panel feed" aria-labelledby="feed-title">
      <div class="panel-head">
        <h2 id="feed-title">Happening now</h2>
        <span class="small muted">{visitors === null ? (socketOpen.value ? '' : 'connecting…') : `${visitors} active in 5 min`}</span>
      </div>
      {feed.value.length > 0 && (
        <ScrollBox labelledBy="feed-title">
          <ol>
            {feed.value.map((event, at) => (
              <li key={`${event.at}-${at}`}>
                <time dateTime={new Date(event.at).toISOString()}>{time(event.at)}</time>
                <span class="what">
                  <b>{words(event.type)}</b>
                  {event.productId && <span class="cut"> {names.get(event.productId) ?? event.productId}</span>}
                  {!event.verified && event.amount !== null && <em title="Sent by a browser; not revenue">reported</em>}
                </span>
                <span class="where" title={event.country ? country(event.country) : undefined}>
                  {event.amount !== null && event.currency ? money(event.amount, event.currency) : (event.country ?? '')}
                </span>
              </li>
            ))}
          </ol>
        </ScrollBox>
      )}
      {feed.value.length === 0 && <p class="muted">Quiet just now. A view or purchase shows here within two seconds.</p>}
    </section>
  )
}
