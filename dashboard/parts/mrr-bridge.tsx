import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { analytics } from '../figures.ts'
import { money, shortMoney, signedMoney } from '../format.ts'
import { CsvLink } from './csv-link.tsx'

type Movements = AnalyticsAnswer['movements']

const STEPS = [
  { key: 'new', name: 'New' },
  { key: 'expansion', name: 'Expansion' },
  { key: 'reactivation', name: 'Reactivation' },
  { key: 'contraction', name: 'Contraction' },
  { key: 'churn', name: 'Churn' },
] as const

interface Row {
  name: string
  amount: number
  from: number
  until: number
  kind: 'level' | 'gain' | 'loss' | 'none'
}

/** Opening, each movement where the one before ended, closing. */
export function bridge(movements: Movements): { rows: Row[]; difference: number } {
  let level = movements.opening
  const rows: Row[] = [{ name: 'Opening', amount: level, from: level, until: level, kind: 'level' }]
  for (const { key, name } of STEPS) {
    const amount = movements[key]
    rows.push({ name, amount, from: level, until: level + amount, kind: amount > 0 ? 'gain' : amount < 0 ? 'loss' : 'none' })
    level += amount
  }
  rows.push({ name: 'Closing', amount: movements.closing, from: movements.closing, until: movements.closing, kind: 'level' })
  return { rows, difference: movements.closing - level }
}

/** No recurring revenue, and none that came or went. */
const isBare = (movements: Movements) => Object.values(movements).every((amount) => amount === 0)

const Lesson = ({ currency }: { currency: string }) => (
  <p class="lesson">
    No recurring revenue in {currency} in this period. It begins with the first <code>subscription_started</code> of your server, or of your
    payment provider: what is paid for a year counts a twelfth a month, a trial nothing. From then on this shows what MRR opened with, each
    thing that moved it, and what it closed with.
  </p>
)

export function MrrBridge() {
  const shown = analytics.value
  return (
    <section class="panel bridge" aria-labelledby="bridge-title">
      <div class="panel-head">
        <h2 id="bridge-title">MRR bridge</h2>
        <div class="tools-row">
          {shown && !isBare(shown.movements) && <Sum shown={shown} />}
          <CsvLink table="movements" of="every movement of the bridge" />
        </div>
      </div>
      {shown && (isBare(shown.movements) ? <Lesson currency={shown.currency} /> : <Rows shown={shown} />)}
    </section>
  )
}

function Sum({ shown }: { shown: AnalyticsAnswer }) {
  const { difference } = bridge(shown.movements)
  if (Math.abs(difference) < 0.0005) return <span class="good small">✓ movements add up</span>
  return <span class="bad small">does not add up by {money(difference, shown.currency)}</span>
}

function Rows({ shown }: { shown: AnalyticsAnswer }) {
  const { rows } = bridge(shown.movements)
  const levels = rows.flatMap(({ from, until }) => [from, until])
  const low = Math.min(...levels)
  const high = Math.max(...levels)
  // Positions, not lengths from zero: a month's movements would vanish beside a large opening. The axis says where it starts.
  const room = (high - low) * 0.08 || 1
  const start = Math.max(0, low - room)
  const span = high + room - start
  const at = (value: number) => ((value - start) / span) * 100
  return (
    <>
      <table class="bridge-rows">
        <thead class="hidden">
          <tr>
            <th scope="col">Movement</th>
            <th scope="col">Position</th>
            <th scope="col">Amount</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.name} class={row.kind}>
              <th scope="row">{row.name}</th>
              <td class="track">
                <i
                  style={{
                    left: `${at(Math.min(row.from, row.until))}%`,
                    width: row.kind === 'level' ? '4px' : `${(Math.abs(row.until - row.from) / span) * 100}%`,
                  }}
                />
              </td>
              <td>{row.kind === 'level' ? money(row.amount, shown.currency) : signedMoney(row.amount, shown.currency)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="axis muted" aria-hidden="true">
        <span>{shortMoney(start, shown.currency)}</span>
        <span>{shortMoney(high + room, shown.currency)}</span>
      </p>
    </>
  )
}
