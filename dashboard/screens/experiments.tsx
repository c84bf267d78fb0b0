import { pageAt } from '../address.ts'
import { missing } from '../experiments.ts'
import { EXPERIMENT_TABS, type ExperimentTab, experimentKey, experimentsAt, experimentTab } from '../experiments-address.ts'
import { ExperimentList } from '../parts/experiment-list.tsx'
import { Metrics } from '../parts/metrics.tsx'
import { Workbench } from '../parts/workbench.tsx'
import '../style/experiments.css'
import { ExperimentPage } from './experiment.tsx'

const TABS: Record<ExperimentTab, { name: string; says: string }> = {
  experiments: { name: 'Experiments', says: 'which variant earns more, found out with real visitors' },
  metrics: { name: 'Metrics', says: 'what experiments are judged by' },
}

/** Experiments with the metrics that judge them: the lists, and the page of one. */
export function Experiments() {
  const key = experimentKey.value
  return (
    <Workbench class="experiments" head={<Head />}>
      {key !== null ? <One id={key} /> : experimentTab.value === 'metrics' ? <Metrics /> : <ExperimentList />}
    </Workbench>
  )
}

function Head() {
  const isPage = experimentKey.value !== null
  const present = isPage ? 'experiments' : experimentTab.value
  return (
    <>
      {!isPage && (
        <div class="toolbar">
          <div class="title">
            <h1>{TABS[present].name}</h1>
            <p class="range">{TABS[present].says}</p>
          </div>
        </div>
      )}
      <nav class={isPage ? 'tabs under' : 'tabs'} aria-label="Experiments and metrics">
        {EXPERIMENT_TABS.map((id) => (
          <a key={id} href={experimentsAt(id)} aria-current={id !== present ? undefined : isPage ? 'true' : 'page'}>
            {TABS[id].name}
          </a>
        ))}
        <a href={pageAt('/calculators')}>Calculators</a>
      </nav>
    </>
  )
}

function One({ id }: { id: string }) {
  if (missing.value !== id) return <ExperimentPage key={id} id={id} />
  return (
    <section class="panel teach">
      <h1>Nothing is known by this key</h1>
      <p>
        There is no experiment <code>{id}</code>. Keys are compared letter by letter.
      </p>
      <p class="actions">
        <a href={experimentsAt('experiments')}>All experiments</a>
      </p>
    </section>
  )
}
