import { reading } from '../figures.ts'
import { Elsewhere } from '../parts/elsewhere.tsx'
import { Failure } from '../parts/failure.tsx'
import { AwaitingDemo, FirstSteps } from '../parts/first-steps.tsx'
import { Funnel } from '../parts/funnel.tsx'
import { LiveFeed } from '../parts/live-feed.tsx'
import { MrrBridge } from '../parts/mrr-bridge.tsx'
import { RevenueChart } from '../parts/revenue-chart.tsx'
import { Reported, Tiles } from '../parts/tiles.tsx'
import { Toolbar } from '../parts/toolbar.tsx'
import { Countries, Products } from '../parts/top-lists.tsx'
import { awaitingDemo, empty } from '../status.ts'

export function Overview() {
  if (awaitingDemo.value) return <AwaitingDemo />
  if (empty.value) {
    return (
      <>
        <h1>Overview</h1>
        <FirstSteps title="Nothing has happened yet, so let us make something happen">
          Revenue, conversion, the funnel and recurring revenue appear here as soon as the first event arrives.
        </FirstSteps>
      </>
    )
  }
  return (
    <div class={reading.value ? 'overview reading' : 'overview'}>
      <Toolbar />
      <Failure />
      <Elsewhere />
      <Tiles />
      <Reported />
      <div class="grid">
        <RevenueChart />
        <LiveFeed />
        <MrrBridge />
        <Funnel />
        <Products />
        <Countries />
      </div>
    </div>
  )
}
