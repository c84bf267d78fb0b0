import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { type FakeApi, type FakeState, startFakeApi } from './fake-api.ts'

/** A page on a fake API; both end with the test. `problems` holds what the browser complained of. */
export interface Visit {
  page: Page
  api: FakeApi
  problems: string[]
}

interface VisitOptions extends BrowserContextOptions {
  state?: (state: FakeState) => void
  /** The page's clock can be put forward (`page.clock`), for what it does only after a while. */
  clock?: boolean
}

export type Open = (path: string, options?: VisitOptions) => Promise<Visit>

/** Builds the dashboard once a file and opens pages of it, each in a fresh profile. */
export function useDashboard(): Open {
  let browser: Browser
  const open: (() => Promise<void>)[] = []

  beforeAll(async () => {
    await promisify(execFile)('npx', ['vite', 'build', '--config', 'dashboard/vite.config.ts', '--logLevel', 'error'], {
      // Vitest says `test`, which would build the debugging version.
      env: { ...process.env, NODE_ENV: 'production' },
    })
    browser = await launchChromium()
  })
  afterEach(async () => {
    for (const close of open.splice(0)) await close()
  })
  afterAll(() => browser?.close())

  return async (path, { state, clock, ...options } = {}) => {
    const api = await startFakeApi(state)
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    open.push(async () => {
      await context.close()
      await api.close()
    })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text())
    })
    if (clock) await page.clock.install()
    await page.goto(api.url + path)
    return { page, api, problems }
  }
}

/** Where the focus goes, key by key, until it leaves the page: names of elements, or `invisible: …` where nobody can see the stop. */
export async function tabStops(page: Page, most: number): Promise<string[]> {
  const stops: string[] = []
  for (let at = 0; at < most; at++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const element = document.activeElement
      if (!element || element === document.body) return null
      const style = getComputedStyle(element)
      return style.outlineStyle === 'none' || element.getBoundingClientRect().width === 0
        ? `invisible: ${element.outerHTML}`
        : element.tagName
    })
    if (stop === null) break
    stops.push(stop)
  }
  return stops
}

/** What axe finds on a page as it is: `impact rule: element`. */
export async function axeFinds(page: Page, skip: string[] = []): Promise<string[]> {
  // Pages here have no frames, for which axe would open a page of its own each time, and of what is right nothing is read.
  const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] })
  const { violations } = await axe.disableRules(skip).analyze()
  return violations.map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes[0]?.html}`)
}

/** What axe finds in either theme. One visit: the colours follow the system's theme at once. */
export async function themeProblems(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    found.push(...(await axeFinds(page)).map((problem) => `${colorScheme}: ${problem}`))
  }
  return found
}

/** The same, and what it finds on a telephone, where the page must not scroll sideways either. */
export async function accessProblems(page: Page): Promise<string[]> {
  const found = await themeProblems(page)
  await page.setViewportSize({ width: 360, height: 740 })
  // Colours are the same there, and reckoning with them is what takes axe its time.
  found.push(...(await axeFinds(page, ['color-contrast'])).map((problem) => `360 pixels: ${problem}`))
  const width = await page.evaluate(() => document.documentElement.scrollWidth)
  return width > 360 ? [...found, `360 pixels: ${width} wide`] : found
}
