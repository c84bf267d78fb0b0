import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_PUBLISHABLE_KEY } from '../../client-sdk/cli/api.ts'
import { configure } from '../../client-sdk/cli/seed.ts'
import type { SdkManifest } from '../../worker/contract/sdk.ts'
import { launchChromium } from '../support/chromium.ts'
import { startServer, type TestServer } from '../support/server.ts'

let server: TestServer
let manifest: SdkManifest

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers })

describe('the served SDK', () => {
  beforeAll(async () => {
    server = await startServer()
    await configure(server.url)
    manifest = (await (await get('/sdk.json')).json()) as SdkManifest
  })
  afterAll(() => server?.stop())

  it('is open to every origin, and its pinned files may be kept for ever', async () => {
    for (const [path, integrity] of [
      [manifest.file, manifest.integrity],
      [manifest.module, manifest.moduleIntegrity],
    ]) {
      const answer = await get(`/${path}`, { origin: 'https://shop.example' })
      const { headers } = answer
      expect(
        Object.fromEntries(['cache-control', 'access-control-allow-origin', 'content-type'].map((name) => [name, headers.get(name)])),
      ).toEqual({
        'cache-control': 'public, max-age=31536000, immutable',
        'access-control-allow-origin': '*',
        'content-type': expect.stringContaining('text/javascript'),
      })
      const bytes = Buffer.from(await answer.arrayBuffer())
      expect(`sha384-${createHash('sha384').update(bytes).digest('base64')}`).toBe(integrity)
    }
  })

  it('lets nothing be kept whose name stays while its content changes', async () => {
    for (const path of ['/sdk.js', '/sdk.mjs', '/sdk.json', '/sdk.d.ts', '/sdk.d.mts']) {
      const { status, headers } = await get(path)
      expect([path, status, headers.get('access-control-allow-origin')]).toEqual([path, 200, '*'])
      expect(headers.get('cache-control')).not.toContain('immutable')
    }
    const { status, headers } = await get('/sdk-0.0.1.00000000.js')
    expect([status, headers.get('cache-control')?.includes('immutable') ?? false]).toEqual([404, false])
  })

  it('prices a shop of another origin that pins it', async () => {
    const tag = `<script async src="${server.url}/${manifest.file}" integrity="${manifest.integrity}" crossorigin data-key="${DEMO_PUBLISHABLE_KEY}" data-timeout-ms="5000"></script>`
    const shop = createServer((_, response) => void response.setHeader('content-type', 'text/html').end(`<!doctype html>${tag}`))
    await new Promise<void>((done) => shop.listen(0, '127.0.0.1', done))
    const browser = await launchChromium()
    try {
      const page = await browser.newPage()
      await page.goto(`http://127.0.0.1:${(shop.address() as AddressInfo).port}/`)
      await page.waitForFunction(() => typeof window.fairlead?.price === 'function', null, { timeout: 10_000 })
      const pricing = await page.evaluate(() => window.fairlead?.price('pro_bundle'))
      expect(pricing).toMatchObject({ productId: 'pro_bundle', fallback: false, listPrice: 499, quote: expect.any(String) })
    } finally {
      await browser.close()
      shop.close()
    }
  })
})
