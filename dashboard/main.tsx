import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import './style/base.css'
import './style/frame.css'
import './style/imports.css'
import './style/toolbar.css'
import './style/tiles.css'
import './style/panels.css'
import './style/feed.css'
import './style/bridge-and-funnel.css'
import './style/forecast.css'
import './style/cohorts.css'
import './style/revenue.css'
import './style/customers.css'
import './style/setup.css'
import './style/narrow.css'
import './style/motion.css'
import { followMoved, recallCompare } from './address.ts'
import { App } from './app.tsx'
import { startFigures } from './figures.ts'
import { startKeyboard } from './keyboard.ts'
import { startLive } from './live.ts'
import { startStatus } from './status.ts'

followMoved()
recallCompare()
render(<App />, document.getElementById('app') as HTMLElement)
startStatus()
startFigures()
startLive()
startKeyboard()
