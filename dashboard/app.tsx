import { useLayoutEffect } from 'preact/hooks'
import { LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso'
import { address } from './address.ts'
import { signedOut } from './api.ts'
import { Header, pageOf } from './parts/header.tsx'
import { Help } from './parts/help.tsx'
import { ImportProgress } from './parts/import-progress.tsx'
import { NotFound, NotLoaded } from './screens/not-found.tsx'
import { Overview } from './screens/overview.tsx'
import { Setup } from './screens/setup.tsx'
import { SignIn } from './screens/sign-in.tsx'
import { offline, status } from './status.ts'

/** Pages that come when they are asked for; what cannot be loaded says so. */
const broken = () => NotLoaded
const Revenue = lazy(() => import('./screens/revenue.tsx').then((screen) => screen.Revenue, broken))
const Customers = lazy(() => import('./screens/customers.tsx').then((screen) => screen.Customers, broken))
const Customer = lazy(() => import('./screens/customer.tsx').then((screen) => screen.Customer, broken))
const Pricing = lazy(() => import('./screens/pricing.tsx').then((screen) => screen.Pricing, broken))
const FunnelPage = lazy(() => import('./screens/funnel.tsx').then((screen) => screen.FunnelPage, broken))
const Experiments = lazy(() => import('./screens/experiments.tsx').then((screen) => screen.Experiments, broken))
const Calculators = lazy(() => import('./screens/calculators.tsx').then((screen) => screen.Calculators, broken))
const Forecast = lazy(() => import('./screens/forecast.tsx').then((screen) => screen.Forecast, broken))
const PRELOADED: Readonly<Record<string, { preload(): unknown }>> = {
  revenue: Revenue,
  pricing: Pricing,
  funnel: FunnelPage,
  experiments: Experiments,
  calculators: Calculators,
  customers: Customers,
  forecast: Forecast,
}
// While the server is asked how it is, the page on the way comes too.
PRELOADED[location.pathname.split('/')[1] ?? '']?.preload()

/** Links of other parts of the product (storefront, API documentation) are not ours to route. */
const OURS =
  /^\/((revenue|funnel|calculators|forecast|cohorts|setup)?|(customers|experiments)(\/[^/?]+)?|pricing(\/(products|tests|decisions)\/[^/?]+)?)\/?(\?|$)/

export const App = () => (
  <LocationProvider scope={OURS}>
    <Page />
  </LocationProvider>
)

function Page() {
  const { url, path } = useLocation()
  useLayoutEffect(() => {
    address.value = url
    document.title = `${pageOf(path)?.name ?? 'Not found'} · Fairlead`
  }, [url])
  if (signedOut.value) return <SignIn />
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <Header />
      <ImportProgress />
      {/* Another key, another element: what comes is not counted as something that moved. */}
      <main id="main" tabIndex={-1} key={status.value || offline.value ? 'page' : 'opening'}>
        {offline.value && (
          <p class="notice" role="alert">
            The server cannot be reached. What you see may be old; trying again
          </p>
        )}
        {status.value || offline.value ? (
          <Router>
            <Route path="/" component={Overview} />
            <Route path="/revenue" component={Revenue} />
            <Route path="/pricing" component={Pricing} />
            <Route path="/pricing/:kind/:id" component={Pricing} />
            <Route path="/funnel" component={FunnelPage} />
            <Route path="/experiments" component={Experiments} />
            <Route path="/experiments/:key" component={Experiments} />
            <Route path="/customers" component={Customers} />
            <Route path="/customers/:id" component={Customer} />
            <Route path="/forecast" component={Forecast} />
            <Route path="/calculators" component={Calculators} />
            <Route path="/setup" component={Setup} />
            <Route default component={NotFound} />
          </Router>
        ) : (
          <p class="starting" role="status">
            Opening…
          </p>
        )}
      </main>
      <Help />
    </>
  )
}
