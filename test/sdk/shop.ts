import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest'
import { launchChromium } from '../support/chromium.ts'
import { bundleSdk } from './bundle.ts'
import { FakeApi } from './fake-api.ts'

const STUB = 'window.fairlead=window.fairlead||function(){(fairlead.q=fairlead.q||[]).push(arguments)}'

/** What each test of a file that calls `useShop` has anew. */
export let context: BrowserContext
export let page: Page
export let api: FakeApi
export let shop: FakeApi
export let apiOrigin: string
export let shopOrigin: string
/** The built files, by name. */
export let sdk: Record<string, string>
let browser: Browser
let errors: string[]

export const until = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 20 })

/** Marked elements always have 300 ms only, so tests of them may repeat. */
export const busyMachine = { retry: 3 }

/** A shop on an origin of its own, as shops are; every test asserts what reached the API. */
export function useShop(): void {
  beforeAll(async () => {
    sdk = await bundleSdk()
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  beforeEach(async () => {
    api = new FakeApi()
    shop = new FakeApi()
    for (const [name, text] of Object.entries({ ...sdk, 'again.js': sdk['sdk.js'] as string }))
      api.files[`/${name}`] = { type: 'text/javascript', text }
    apiOrigin = await api.start()
    shopOrigin = await shop.start()
    context = await browser.newContext()
    page = await context.newPage()
    errors = []
    page.on('pageerror', (error) => errors.push(String(error)))
  })
  afterEach(async () => {
    await context.close()
    await Promise.all([api.stop(), shop.stop()])
    expect(errors).toEqual([])
  })
}

/** A page of the shop with the script on it. Prices may take 5 s, so that a busy machine fails no test that is not about time. */
export async function open(attributes = '', body = '', early = '', file = 'sdk.js'): Promise<void> {
  const tag = `<script async src="${apiOrigin}/${file}" data-key="pk_test" ${attributes} data-flush-ms="100" data-timeout-ms="5000"></script>`
  const html = `<!doctype html><html lang="en"><title>Shop</title><script>${STUB};${early}</script>${tag}<body>${body}`
  for (const path of ['/home', '/next']) shop.files[path] = { type: 'text/html', text: html }
  await page.goto(`${shopOrigin}/home`)
  await loaded()
}

export const loaded = () => page.waitForFunction(() => typeof window.fairlead?.price === 'function', null, { timeout: 10_000 })

export const storage = () => page.evaluate(() => Object.keys(localStorage))
