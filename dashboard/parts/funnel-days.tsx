import type { FunnelAnswer } from '../../worker/contract/funnels.ts'
import { type Axis, lineThrough, placeOn, roundAxis, timeAxis } from '../axis.ts'
import { type Bucket, bucketOf, startOfBucket } from '../buckets.ts'
import { startOf } from '../calendar.ts'
import { count, day as dayName, percent } from '../format.ts'
import { CsvFile } from './csv-file.tsx'
import { Dot, Field } from './field.tsx'
import { ScrollBox } from './scroll-box.tsx'

interface Row {
  day: string
  /** Where its bar ends, epoch ms. */
  until: number
  entered: number
  converted: number
  /** Whether some of its people are still within the funnel's window. */
  open: boolean
}

const DAY_MS = 86_400_000

/** Days of entry as bars wide enough to see; whoever entered in one is in no other, so they are added up. */
function rowsOf(days: FunnelAnswer['days'], bucket: Bucket, closedBefore: number): Row[] {
  const rows: Row[] = []
  let current = ''
  for (const { day, entered, converted } of days) {
    const start = startOfBucket(day, bucket)
    const open = startOf(day) + DAY_MS > closedBefore
    const row = rows.at(-1)
    const until = startOf(day) + DAY_MS
    if (!row || start !== current) {
      rows.push({ day, until, entered, converted, open })
      current = start
      continue
    }
    row.entered += entered
    row.converted += converted
    row.open ||= open
    row.until = until
  }
  return rows
}

const shareOf = ({ entered, converted }: Row): number | null => (entered === 0 ? null : converted / entered)

/** People by the day they entered, and how many of them came through. @param windowMs of the funnel */
export function FunnelDays({ answer, windowMs, now }: { answer: FunnelAnswer; windowMs: number; now: number }) {
  const bucket = bucketOf(answer.days.length)
  const rows = rowsOf(answer.days, bucket, now - windowMs)
  const [first, last] = [rows[0], rows.at(-1)]
  if (!first || !last || answer.steps[0]?.entered === 0) return null
  const x = timeAxis(startOf(first.day), last.until)
  const through = answer.steps.at(-1)?.label ?? ''
  return (
    <section class="panel" aria-labelledby="days-title">
      <div class="panel-head">
        <h2 id="days-title">
          By {bucket} of entry <span class="muted">how many entered, and which share of them came to “{through}”</span>
        </h2>
        <CsvFile
          file="funnel-days"
          of="days of entry"
          columns={['day', 'entered', 'converted']}
          rows={answer.days.map(({ day, entered, converted }) => [day, entered, converted])}
        />
      </div>
      <div class="multiples">
        <figure>
          <figcaption>People who entered</figcaption>
          <Entered rows={rows} x={x} bucket={bucket} />
        </figure>
        <figure>
          <figcaption>Share of them who came through</figcaption>
          <Converted rows={rows} x={x} bucket={bucket} />
        </figure>
      </div>
      {rows.some(({ open }) => open) && (
        <p class="small muted">
          <i class="swatch dashed" aria-hidden="true" /> Dashed, and marked in the table: some of these people are still within the funnel’s
          time, and may yet come through.
        </p>
      )}
      <ScrollBox label={`People by ${bucket} of entry`} class="short">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Entered</th>
              <th scope="col">Came through</th>
              <th scope="col">Share</th>
            </tr>
          </thead>
          <tbody>
            {[...rows].reverse().map((row) => (
              <tr key={row.day}>
                <th scope="row">
                  {dayName(row.day)}
                  {row.open && <span class="muted"> so far</span>}
                </th>
                <td>{count(row.entered)}</td>
                <td>{count(row.converted)}</td>
                <td>{percentOr(shareOf(row))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}

const percentOr = (share: number | null): string => (share === null ? '–' : percent(share))

function Entered({ rows, x, bucket }: { rows: readonly Row[]; x: Axis; bucket: Bucket }) {
  const y = roundAxis(
    rows.map(({ entered }) => entered),
    count,
    [0],
  )
  const bars = rows.map(({ day, until, entered }) => {
    const [left, right] = [placeOn(x, startOf(day)), placeOn(x, until)]
    const room = (right - left) * 0.12
    return `M${left + room} 100V${100 - placeOn(y, entered)}H${right - room}V100Z`
  })
  return (
    <Field label={`People who entered by ${bucket}; the table below has the numbers`} x={x} y={y}>
      <path class="people" d={bars.join('')} />
    </Field>
  )
}

function Converted({ rows, x, bucket }: { rows: readonly Row[]; x: Axis; bucket: Bucket }) {
  const told = rows.flatMap((row) => {
    const share = shareOf(row)
    return share === null ? [] : [{ x: (startOf(row.day) + row.until) / 2, y: share, open: row.open }]
  })
  const y = roundAxis(
    told.map((point) => point.y),
    percent,
    [0],
  )
  const firstOpen = told.findIndex(({ open }) => open)
  const closed = firstOpen === -1 ? told : told.slice(0, firstOpen)
  // The dashed line goes on where the other one ends.
  const open = firstOpen === -1 ? [] : told.slice(Math.max(0, firstOpen - 1))
  return (
    <Field label={`Share who came through by ${bucket} of entry; the table below has the numbers`} x={x} y={y}>
      <path class="curve" d={lineThrough(closed, x, y)} />
      <path class="curve open" d={lineThrough(open, x, y)} />
      {told.length === 1 && told[0] && <Dot class="seen" x={placeOn(x, told[0].x)} y={placeOn(y, told[0].y)} />}
    </Field>
  )
}
