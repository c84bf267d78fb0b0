import { withQuery } from '../address.ts'
import type { ExperimentPageOf } from '../experiments.ts'
import { segmentBy } from '../experiments-address.ts'
import { chanceWords, DIMENSION_WORDS, DIMENSIONS, figureWords, segmentWords, variantName } from '../experiments-words.ts'
import { count } from '../format.ts'
import { Lift } from './lift.tsx'
import { LiftForest } from './lift-forest.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** The first goal by where, on what and from where people came, and whether they were new: one dimension at a time. */
export function Segments({ page, trusted }: { page: ExperimentPageOf; trusted: boolean }) {
  const { results } = page
  const there = DIMENSIONS.filter((dimension) => results.segments.some((each) => each.dimension === dimension))
  const dimension = there.find((each) => each === segmentBy.value) ?? there[0]
  return (
    <section class="panel" aria-labelledby="segments-title">
      <div class="panel-head wrap">
        <h2 id="segments-title">
          By segment <span class="muted">{results.metrics[0]?.name.toLowerCase() ?? 'the first goal'}</span>
        </h2>
        {there.length > 1 && (
          <nav class="segments" aria-label="Tell people apart by">
            {there.map((each) => (
              <a key={each} href={withQuery({ by: each })} aria-current={each === dimension ? 'true' : undefined}>
                {DIMENSION_WORDS[each]}
              </a>
            ))}
          </nav>
        )}
      </div>
      {dimension === undefined ? (
        <p class="lesson">Nothing can be said of any segment yet.</p>
      ) : (
        <Of page={page} dimension={dimension} trusted={trusted} />
      )}
    </section>
  )
}

function Of({
  page: { experiment, results },
  dimension,
  trusted,
}: {
  page: ExperimentPageOf
  dimension: (typeof DIMENSIONS)[number]
  trusted: boolean
}) {
  const goal = results.metrics[0]
  const own = results.segments.filter((each) => each.dimension === dimension)
  const several = experiment.variants.length > 2
  const rows = own.flatMap(({ value, variants }) =>
    variants.slice(1).map(({ key, lift }) => ({
      key: `${value} ${key}`,
      name: several ? `${segmentWords(dimension, value)}: ${variantName(experiment.variants, key)}` : segmentWords(dimension, value),
      lift,
      wanted: goal?.direction,
    })),
  )
  // Whose lift cannot be told is in the table.
  const told = rows.filter(({ lift }) => lift !== null)
  const differing = results.heterogeneity.filter((each) => each.dimension === dimension)
  return (
    <>
      {trusted &&
        differing.map(({ variant, adjustedPValue }) => (
          <p key={variant} class="sentence" data-heterogeneity={variant}>
            <b>{variantName(experiment.variants, variant)}</b>:{' '}
            {adjustedPValue < 0.05
              ? `its lift differs by ${DIMENSION_WORDS[dimension].toLowerCase()}, more than chance explains`
              : `nothing shows that its lift differs by ${DIMENSION_WORDS[dimension].toLowerCase()}: do not read too much into one row`}{' '}
            <span class="muted">(p {chanceWords(adjustedPValue)}, Cochran’s Q, adjusted)</span>
          </p>
        ))}
      {trusted && (
        <LiftForest
          id="segment-forest"
          title={`Lift by ${DIMENSION_WORDS[dimension].toLowerCase()}`}
          note="on one scale around zero"
          of="Segment"
          rows={told}
          empty="Too few people in any segment to say anything of a difference."
        />
      )}
      <ScrollBox label={`By ${DIMENSION_WORDS[dimension].toLowerCase()}`} class="short">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">{DIMENSION_WORDS[dimension]}</th>
              <th scope="col" class="name">
                Variant
              </th>
              <th scope="col">People</th>
              <th scope="col">Figure</th>
              {trusted && (
                <>
                  <th scope="col">Lift</th>
                  <th scope="col">p, adjusted</th>
                </>
              )}
            </tr>
          </thead>
          {own.map(({ value, variants }) => (
            <tbody key={value} data-segment={value}>
              {variants.map(({ key, exposed, value: figure, lift }, at) => (
                <tr key={key}>
                  {at === 0 && (
                    <th scope="rowgroup" rowSpan={variants.length}>
                      {segmentWords(dimension, value)}
                    </th>
                  )}
                  <td class="name">{variantName(experiment.variants, key)}</td>
                  <td>{count(exposed)}</td>
                  <td>{figure === null || !goal ? '–' : figureWords(figure, goal.unit, results.currency)}</td>
                  {trusted && (
                    <>
                      <td>{at === 0 ? 'control' : lift ? <Lift of={lift} /> : '–'}</td>
                      <td>{lift ? chanceWords(lift.adjustedPValue) : '–'}</td>
                    </>
                  )}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </ScrollBox>
    </>
  )
}
