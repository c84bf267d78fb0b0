import { areaBetween, roundAxis, timeAxis } from '../axis.ts'
import { startOf } from '../calendar.ts'
import type { ExperimentPageOf } from '../experiments.ts'
import { chanceWords, DIMENSION_WORDS, segmentWords, variantName } from '../experiments-words.ts'
import { count, day, percent } from '../format.ts'
import { Field } from './field.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { oneIn, SplitTable } from './split-table.tsx'

const splitOf = ({ experiment, results }: ExperimentPageOf) =>
  results.exposures.variants.map((each) => ({ ...each, name: variantName(experiment.variants, each.key) }))

/** A split that chance does not explain: said before any figure, with where it is the oddest. */
export function Mismatch({ page }: { page: ExperimentPageOf }) {
  const { experiment, results } = page
  const ratio = results.sampleRatio
  if (!ratio?.mismatch) return null
  return (
    <section class="panel warning" aria-labelledby="ratio-title" role="alert">
      <h2 id="ratio-title">
        <span aria-hidden="true">⚠ </span>Some variants were seen by too many or too few people
      </h2>
      <p>
        Chance alone would do this about once in {oneIn(ratio.pValue)} experiments, so somebody or something chose who is counted, and no
        variant can be called better. Usual causes: a redirect or an error in one variant, pages kept in a cache, bots, exposures sent
        before the variant is shown. Mend it, and start again under another key.
      </p>
      <SplitTable of="Variant" rows={splitOf(page)} />
      {ratio.causes.length > 0 && (
        <>
          <h3 id="causes-title">Where the split is the oddest</h3>
          <ScrollBox labelledBy="causes-title">
            <table class="numbers text">
              <thead>
                <tr>
                  <th scope="col">Among</th>
                  {experiment.variants.map(({ key, name }) => (
                    <th key={key} scope="col" class="amounts">
                      {name}
                    </th>
                  ))}
                  <th scope="col" class="amounts">
                    p
                  </th>
                </tr>
              </thead>
              <tbody>
                {ratio.causes.map(({ dimension, value, pValue, exposed }) => (
                  <tr key={`${dimension} ${value}`} data-cause={value}>
                    <th scope="row">
                      {segmentWords(dimension, value)} <span class="muted">{DIMENSION_WORDS[dimension].toLowerCase()}</span>
                    </th>
                    {experiment.variants.map(({ key }) => (
                      <td key={key} class="amounts">
                        {count(exposed[key] ?? 0)}
                      </td>
                    ))}
                    <td class="amounts">{chanceWords(pValue)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        </>
      )}
    </section>
  )
}

/** Who saw what, in all and by day. */
export function Exposures({ page }: { page: ExperimentPageOf }) {
  const { experiment, results } = page
  const { total, excluded, excludedShare, days: daily } = results.exposures
  const x = timeAxis(startOf(daily[0]?.day ?? '1970-01-01'), startOf(daily.at(-1)?.day ?? '1970-01-01'))
  const y = roundAxis(
    daily.flatMap(({ exposed }) => Object.values(exposed)),
    count,
    [0],
  )
  return (
    <section class="panel" aria-labelledby="exposures-title">
      <h2 id="exposures-title">
        People who saw it <span class="muted">{count(total)} in all, each counted once, on the day they first did</span>
      </h2>
      {!results.sampleRatio?.mismatch && <SplitTable of="Variant" rows={splitOf(page)} />}
      <p class="small muted">
        {results.sampleRatio && !results.sampleRatio.mismatch && `The split is as drawn (p ${chanceWords(results.sampleRatio.pValue)}). `}
        {excluded > 0
          ? `${count(excluded)} more saw two variants, or none that counts, and are in no figure${excludedShare === null ? '' : ` (${percent(excludedShare)})`}.`
          : 'Nobody saw two variants.'}
      </p>
      {daily.length > 0 && (
        <>
          {/* One day is a line of the table, and no curve. */}
          {daily.length > 1 && (
            <div class="multiples">
              {experiment.variants.map(({ key, name }) => (
                <figure key={key}>
                  <figcaption>{name}</figcaption>
                  <Field label={`People a day who first saw ${name}; the table below has the numbers`} x={x} y={y}>
                    <path
                      class="share"
                      d={areaBetween(
                        daily.map(({ day: at, exposed }) => ({ x: startOf(at), low: 0, high: exposed[key] ?? 0 })),
                        x,
                        y,
                      )}
                    />
                  </Field>
                </figure>
              ))}
            </div>
          )}
          <ScrollBox label="People by day of first exposure" class="short">
            <table class="numbers">
              <thead>
                <tr>
                  <th scope="col">Day</th>
                  {experiment.variants.map(({ key, name }) => (
                    <th key={key} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {[...daily].reverse().map(({ day: at, exposed }) => (
                  <tr key={at}>
                    <th scope="row">{day(at)}</th>
                    {experiment.variants.map(({ key }) => (
                      <td key={key}>{count(exposed[key] ?? 0)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </ScrollBox>
        </>
      )}
    </section>
  )
}
