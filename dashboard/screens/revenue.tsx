import type { AnalyticsAnswer } from '../../worker/contract/analytics.ts'
import { REVENUE_TABS, type RevenueTab, tab, withQuery } from '../address.ts'
import { reading } from '../figures.ts'
import { month } from '../format.ts'
import { CohortTable } from '../parts/cohort-table.tsx'
import { CsvLink } from '../parts/csv-link.tsx'
import { Elsewhere } from '../parts/elsewhere.tsx'
import { Failure } from '../parts/failure.tsx'
import { type FigureTile, FigureTiles } from '../parts/figure-tiles.tsx'
import { AwaitingDemo, FirstSteps } from '../parts/first-steps.tsx'
import { MonthsTable } from '../parts/months-table.tsx'
import { Movements } from '../parts/movements.tsx'
import { MrrBridge } from '../parts/mrr-bridge.tsx'
import { Retention } from '../parts/retention.tsx'
import { Toolbar } from '../parts/toolbar.tsx'
import { Countries, Devices, ProductRevenue, Sources } from '../parts/top-lists.tsx'
import { UnitEconomics } from '../parts/unit-economics.tsx'
import { awaitingDemo, empty } from '../status.ts'

/** Months over which retention is told: the whole ones inside the period. */
function retentionMonths({ retentionMonths: told }: AnalyticsAnswer): string {
  return told.from === told.to ? month(told.from) : `${told.months} months`
}

const TILES: readonly FigureTile[] = [
  { figure: 'netRevenue', name: 'Net revenue' },
  { figure: 'averageOrderValue', name: 'Average order' },
  { figure: 'mrr', name: 'MRR', stands: true },
  { figure: 'arr', name: 'ARR', stands: true },
  { figure: 'mrrGrowth', name: 'MRR growth' },
  { figure: 'arpa', name: 'ARPA', stands: true },
  { figure: 'nrr', name: 'NRR', aside: retentionMonths },
  { figure: 'grr', name: 'GRR', aside: retentionMonths },
  { figure: 'grossMrrChurn', name: 'Gross MRR churn', cost: true },
  { figure: 'netMrrChurn', name: 'Net MRR churn', cost: true },
  { figure: 'quickRatio', name: 'Quick ratio' },
  { figure: 'abandonment', name: 'Abandonment', cost: true, aside: () => 'of checkouts' },
]

const TABS: Record<RevenueTab, string> = {
  retention: 'Retention',
  unit: 'Unit economics',
  cohorts: 'Cohorts',
  breakdowns: 'Breakdowns',
  months: 'Months',
}

export function Revenue() {
  if (awaitingDemo.value) return <AwaitingDemo />
  if (empty.value) {
    return (
      <>
        <h1>Revenue</h1>
        <FirstSteps title="Revenue begins with the first purchase that your server confirms">
          Net revenue, recurring revenue with all that moves it, churn, cohorts and unit economics follow from purchases, refunds and
          subscriptions. An import of past orders fills them at once.
        </FirstSteps>
      </>
    )
  }
  return (
    <div class={reading.value ? 'revenue reading' : 'revenue'}>
      <Toolbar title="Revenue" />
      <Failure />
      <Elsewhere />
      <FigureTiles tiles={TILES} label="Key figures" />
      <p class="files small muted">
        As files: <CsvLink table="figures" of="the figures" says="figures" /> <CsvLink table="days" of="the days" says="days" />{' '}
        <CsvLink table="ledger" of="the ledger" says="ledger" />
      </p>
      <div class="grid">
        <MrrBridge />
        <Movements />
      </div>
      <nav class="tabs" aria-label="Details">
        {REVENUE_TABS.map((id) => (
          <a key={id} href={withQuery({ tab: id === 'retention' ? null : id })} aria-current={tab.value === id ? 'true' : undefined}>
            {TABS[id]}
          </a>
        ))}
      </nav>
      <section class="details" aria-label={TABS[tab.value]}>
        <Details of={tab.value} />
      </section>
    </div>
  )
}

function Details({ of }: { of: RevenueTab }) {
  switch (of) {
    case 'retention':
      return <Retention />
    case 'unit':
      return <UnitEconomics />
    case 'cohorts':
      return <CohortTable />
    case 'months':
      return <MonthsTable />
    case 'breakdowns':
      return (
        <div class="grid">
          <ProductRevenue />
          <Countries />
          <Devices />
          <Sources />
        </div>
      )
  }
}
