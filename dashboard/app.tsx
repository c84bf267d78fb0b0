import { useLayoutEffect } from 'preact/hooks'
import { LocationProvider, Route, Router, useLocation } from 'preact-iso'
import { address } from './address.ts'
import { signedOut } from './api.ts'
import { Header, PAGES } from './parts/header.tsx'
import { Help } from './parts/help.tsx'
import { ImportProgress } from './parts/import-progress.tsx'
import { Cohorts } from './screens/cohorts.tsx'
import { Forecast } from './screens/forecast.tsx'
import { NotFound } from './screens/not-found.tsx'
import { Overview } from './screens/overview.tsx'
import { Setup } from './screens/setup.tsx'
import { SignIn } from './screens/sign-in.tsx'
import { offline, status } from './status.ts'

/** Links of other parts of the product (storefront, API documentation) are not ours to route. */
const OURS = /^\/(forecast|cohorts|setup)?\/?(\?|$)/

export const App = () => (
  <LocationProvider scope={OURS}>
    <Page />
  </LocationProvider>
)

function Page() {
  const { url, path } = useLocation()
  useLayoutEffect(() => {
    address.value = url
    document.title = `${PAGES.find(({ at }) => at === path)?.name ?? 'Not found'} · Fairlead`
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
            <Route path="/forecast" component={Forecast} />
            <Route path="/cohorts" component={Cohorts} />
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
