import type { FunnelAnswer, FunnelDriver } from '../../worker/contract/funnels.ts'
import { roundAxis } from '../axis.ts'
import { count, percent, points } from '../format.ts'
import { chanceWords, driverName } from '../funnel-words.ts'
import { CsvFile } from './csv-file.tsx'
import { IntervalTrack } from './interval-track.tsx'

const COLUMNS = [
  'step',
  'feature',
  'value',
  'people',
  'rate',
  'other_rate',
  'difference',
  'low',
  'high',
  'p_value',
  'adjusted_p_value',
  'at_stake',
]

/** What goes along with being lost, most people at stake first. */
export function FunnelDrivers({ answer: { drivers, steps, funnel } }: { answer: FunnelAnswer }) {
  const axis = roundAxis(
    drivers.flatMap(({ difference: { low, high } }) => [low, high]),
    points,
    [0],
  )
  const labelOf = (step: string) => steps.find((each) => each.step === step)?.label ?? step
  return (
    <section class="panel forest drivers" aria-labelledby="drivers-title">
      <div class="panel-head wrap">
        <h2 id="drivers-title">
          What goes along with being lost <span class="muted">most people at stake first</span>
        </h2>
        {drivers.length > 0 && (
          <CsvFile
            file={`funnel-${funnel.id}-drivers`}
            of="what goes along with being lost"
            columns={COLUMNS}
            rows={drivers.map(({ difference, ...each }) => [
              each.step,
              each.feature,
              each.value,
              each.people,
              each.rate,
              each.otherRate,
              difference.value,
              difference.low,
              difference.high,
              each.pValue,
              each.adjustedPValue,
              each.atStake,
            ])}
          />
        )}
      </div>
      {drivers.length === 0 ? (
        <p class="lesson">
          Nothing that people did, saw, or come with goes along with leaving any more than chance explains. Either it makes no difference,
          or too few people have entered to tell.
        </p>
      ) : (
        <>
          <p class="sentence">
            These people do not go on as often as the others at the same step, or the others not as often as they.{' '}
            <b>That need not be the cause</b>: something else may lie behind both. An experiment shows whether changing it helps.
          </p>
          <table aria-labelledby="drivers-title">
            <thead class="hidden">
              <tr>
                <th scope="col">Who, and where</th>
                <th scope="col">Interval</th>
                <th scope="col">Difference</th>
              </tr>
            </thead>
            <tbody>
              {drivers.map((driver) => (
                <Driver key={`${driver.step} ${driver.feature} ${driver.value}`} driver={driver} label={labelOf(driver.step)} axis={axis} />
              ))}
            </tbody>
          </table>
          <p class="small muted">
            Bars: how many percentage points fewer or more of them go on, with the 95 % interval; the line is no difference. p is adjusted
            for everything that was looked at (Benjamini–Hochberg).
          </p>
        </>
      )}
    </section>
  )
}

const Driver = ({ driver, label, axis }: { driver: FunnelDriver; label: string; axis: Parameters<typeof IntervalTrack>[0]['axis'] }) => (
  <tr class={driver.difference.value < 0 ? 'worse' : 'better'} data-driver={driver.value}>
    <th scope="row">
      {driverName(driver)}
      <span class="drop">
        at “{label}”, {count(driver.people)} people
      </span>
    </th>
    <IntervalTrack axis={axis} interval={driver.difference} />
    <td>
      <p>{driver.recommendation}</p>
      <b>{points(driver.difference.value)}</b>{' '}
      <span class="muted">
        ({points(driver.difference.low)} to {points(driver.difference.high)}): {percent(driver.rate)} go on, of the others{' '}
        {percent(driver.otherRate)}; {chanceWords(driver.adjustedPValue)}
      </span>
      <br />
      <b>{count(driver.atStake)}</b> people at stake
    </td>
  </tr>
)
