import { withQuery } from '../address.ts'
import { dayOf } from '../calendar.ts'
import { analytics } from '../figures.ts'
import { day } from '../format.ts'
import { unfinished } from '../status.ts'

/** A period without orders says where there are some: after an import of old orders nothing else would. */
export function Elsewhere() {
  const shown = analytics.value
  // While an import runs, more is on its way.
  if (!shown || unfinished.value.length > 0) return null
  const own = shown.currencies.find(({ currency }) => currency === shown.currency)
  const sold = own ?? shown.currencies[0]
  if (!sold || (own && own.firstDay <= shown.period.to && own.lastDay >= shown.period.from)) return null
  const everything = withQuery({
    period: 'all',
    to: sold.lastDay < dayOf(Date.now()) ? sold.lastDay : null,
    currency: own ? shown.currency : sold.currency,
  })
  return (
    <p class="notice" role="status">
      No orders in {shown.currency} {own ? 'in this period' : 'yet'}. There are some{own ? '' : ` in ${sold.currency}`} from{' '}
      {day(sold.firstDay)} to {day(sold.lastDay)}: <a href={everything}>show them</a>
    </p>
  )
}
