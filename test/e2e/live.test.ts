import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { StatusAnswer } from '../../worker/contract/analytics.ts'
import { launchChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'
import { until } from '../support/until.ts'

/** Time a click may take from the storefront to an open dashboard. */
const PROMISE_MS = 2_000

let server: TestServer
let browser: Browser
const problems: string[] = []

async function open(path: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  page.on('pageerror', (error) => problems.push(`${path}: ${error.message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`${path}: ${message.text()}`)
  })
  await page.goto(server.url + path)
  return page
}

const status = () => call<StatusAnswer>({ url: server.url }, 'GET', '/api/status')

describe('the live feed', () => {
  beforeAll(async () => {
    server = await startServer()
    await configure(server.url)
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  it('shows a click in the storefront within two seconds', async () => {
    const shop = await open('/demo/product/pro_bundle')
    await shop.locator('.price[data-product="pro_bundle"]:not([data-state="asked"])').first().waitFor()
    // Before anything has happened the dashboard teaches instead of showing figures.
    await until(status, ({ events }) => events > 0)
    const dashboard = await open('/')
    await dashboard.locator('.feed li', { hasText: 'View item' }).first().waitFor()
    const times: number[] = []
    for (const [button, line] of [
      ['Add to cart', 'Add to cart'],
      ['Check out', 'Begin checkout'],
      ['Pay', 'Add payment info'],
    ] as const) {
      expect(await dashboard.locator('.feed li', { hasText: line }).count()).toBe(0)
      const clickedAt = performance.now()
      await shop.getByRole('button', { name: button }).click()
      await dashboard.locator('.feed li', { hasText: line }).first().waitFor()
      times.push(performance.now() - clickedAt)
    }
    // One of three may meet a busy machine; the promise is about the usual click.
    console.info(`clicks took ${times.map((time) => Math.round(time)).join(', ')} ms`)
    const [, median] = times.sort((a, b) => a - b)
    expect(median).toBeLessThan(PROMISE_MS)
  })

  it('leaves no error in either page', () => {
    expect(problems).toEqual([])
  })

  it('knows who was here a moment ago after its object has left memory', async () => {
    await server.restart()
    const dashboard = await open('/')
    await dashboard.locator('.feed li', { hasText: 'Begin checkout' }).first().waitFor()
    await dashboard.getByText('1 active in 5 min').waitFor()
  })
})
