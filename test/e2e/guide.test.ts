import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { configure } from '../../client-sdk/cli/seed.ts'
import { launchChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let browser: Browser
let page: Page
const pieces = new Map<string, string>()
const complaints: string[] = []
/** A shop's page on an origin of its own: what it holds, and its content policy. */
const shop = { body: '', policy: '' }
const site = createServer((_, response) => {
  response.setHeader('content-type', 'text/html')
  if (shop.policy) response.setHeader('content-security-policy', shop.policy)
  response.end(`<!doctype html><html lang="en"><title>Shop</title>${shop.body}`)
})
const piece = (id: string) => pieces.get(id) as string

async function open(body: string, policy = ''): Promise<void> {
  Object.assign(shop, { body, policy })
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
}
const state = (marked: string) => page.locator(`[data-fl-${marked}]`).first().getAttribute('data-fl-state')
/**
 * Marked elements wait 300 ms and then show what the page held, as they should. How fast this machine answers is not what
 * is asked here, so that the page's clock is slow in this one wait.
 */
const slowReveal = () => {
  const { setTimeout } = window
  Object.assign(window, {
    setTimeout: (call: TimerHandler, ms = 0, ...rest: unknown[]) => setTimeout(call, ms === 300 ? 20_000 : ms, ...rest),
  })
}

beforeAll(async () => {
  server = await startServer({ variables: { PRICE_BUDGET: '10000', FIRST_PRICE_BUDGET: '10000' } })
  await configure(server.url)
  browser = await launchChromium()
  await new Promise<void>((done) => site.listen(0, '127.0.0.1', done))
  const guide = await browser.newPage()
  await guide.goto(`${server.url}/docs/embed`)
  for (const { id, text } of await guide.locator('pre').evaluateAll((all) => all.map(({ id, textContent }) => ({ id, text: textContent }))))
    pieces.set(id.replace('piece-', ''), text?.replaceAll('data-key=', 'data-timeout-ms="10000" data-key=') ?? '')
  await guide.close()
})
beforeEach(async () => {
  complaints.splice(0)
  page = await (await browser.newContext()).newPage()
  await page.addInitScript(slowReveal)
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && !/favicon/.test(message.location().url) && complaints.push(message.text()))
})
afterAll(async () => {
  await browser?.close()
  site.close()
  await server?.stop()
})

describe('the embedding guide', () => {
  it('has a tag that fills prices and variants on a page of another origin', async () => {
    await open(piece('tag'))
    await expect.poll(() => state('variant'), { timeout: 15_000 }).toMatch(/^(calm|soon)$/)
    await expect.poll(() => state('price'), { timeout: 15_000 }).toBe('priced')
    expect(complaints).toEqual([])
  })

  it('has code that waits for the script in the stub', async () => {
    await open(piece('tag') + piece('stub') + piece('variants').replace('<script>', `<script>${piece('events')};`))
    await expect.poll(() => page.title(), { timeout: 15_000 }).toMatch(/^\d+ USD$/)
    await expect.poll(() => state('price'), { timeout: 15_000 }).toBe('priced')
    expect(complaints).toEqual([])
  })

  it('has a content policy and a pinned file that work together', async () => {
    await open(
      `${piece('pinned')}<p data-fl-price="pro_bundle">$499</p>`,
      `default-src 'none'; style-src 'unsafe-inline'; ${piece('policy')}`,
    )
    await expect.poll(() => state('price'), { timeout: 15_000 }).toBe('priced')
    expect(complaints).toEqual([])
    // Another hash than the file's, and the browser does not run it.
    await open(`${piece('pinned').replace(/integrity="[^"]{20}/, 'integrity="sha384-0000000000000')}<p data-fl-price="pro_bundle">$499</p>`)
    await expect.poll(() => complaints.join(), { timeout: 15_000 }).toContain('integrity')
    expect(await state('price')).toBeNull()
  })

  it('has every piece it speaks of', () => {
    expect([...pieces.keys()]).toEqual(['tag', 'stub', 'variants', 'events', 'identity', 'consent', 'policy', 'pinned'])
  })
})
