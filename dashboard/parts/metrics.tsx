import { metrics } from '../experiments.ts'
import { creating, experimentsAt } from '../experiments-address.ts'
import { metricWords } from '../experiments-words.ts'
import { MetricForm } from './metric-form.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { Ghosts } from './teaching.tsx'

const KINDS = { proportion: 'share of people', mean: 'per visitor', ratio: 'one sum over another' }

/** What experiments can be judged by, each with what it counts. */
export function Metrics() {
  const all = metrics.value
  if (creating.value === 'metric') return <MetricForm taken={all ?? []} />
  return (
    <section class="panel" aria-labelledby="metric-list-title">
      <div class="panel-head wrap">
        <h2 id="metric-list-title">
          Metrics <span class="muted">never edited: another definition is another version, with figures of its own</span>
        </h2>
        <a class="primary button" href={experimentsAt('metrics', { new: 'metric' })}>
          New metric
        </a>
      </div>
      <ScrollBox labelledBy="metric-list-title">
        <table class="numbers text">
          <thead>
            <tr>
              <th scope="col">Metric</th>
              <th scope="col">What it counts</th>
              <th scope="col">Kind</th>
              <th scope="col">Better</th>
              <th scope="col">Made by</th>
            </tr>
          </thead>
          {all ? (
            <tbody>
              {all.map((metric) => (
                <tr key={metric.metric} data-metric={metric.metric}>
                  <th scope="row">
                    {metric.name}
                    <span class="id muted">{metric.metric}</span>
                  </th>
                  <td class="words">{metricWords(metric)}</td>
                  <td>{KINDS[metric.kind]}</td>
                  <td>{metric.direction === 'up' ? 'more' : 'less'}</td>
                  <td>{metric.builtIn ? 'built in' : 'you'}</td>
                </tr>
              ))}
            </tbody>
          ) : (
            <Ghosts rows={6} columns={5} />
          )}
        </table>
      </ScrollBox>
    </section>
  )
}
