import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROBLEM_CODES } from '../../worker/contract/problem.ts'
import { DOCS_STYLE, docsPage } from '../../worker/routes/docs.ts'
import { launchChromium } from '../support/chromium.ts'
import { FakeApi } from './fake-api.ts'

const reference = (name: string) => ({ content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } } })
const operation = {
  tags: ['events'],
  summary: 'Takes events, as in `purchase`',
  security: [{ key: ['behaviour'] }],
  parameters: [{ name: 'productId', in: 'path', required: true, schema: { $ref: '#/components/schemas/Identifier' } }],
  requestBody: reference('Event'),
  responses: { 200: { description: 'Taken' }, 400: { description: 'Malformed' }, 422: { description: 'Not possible' } },
}
const document = {
  info: { title: 'Fairlead', version: '1', description: 'Prices' },
  paths: { '/api/events/{productId}': { post: operation }, '/api/revenue/event': { post: { ...operation, tags: ['money'] } } },
  components: {
    schemas: {
      Identifier: { type: 'string' },
      Event: {
        type: 'object',
        required: ['id'],
        properties: { id: { $ref: '#/components/schemas/Identifier', description: 'Makes it safe to send again' } },
        example: { id: 'evt_1', note: 'x'.repeat(300) },
      },
    },
  },
}

let browser: Browser
const api = new FakeApi()
let origin: string

beforeAll(async () => {
  browser = await launchChromium()
  origin = await api.start()
  api.files['/docs'] = { type: 'text/html', text: docsPage(document, origin) }
  api.files['/docs.css'] = { type: 'text/css', text: DOCS_STYLE }
})
afterAll(async () => {
  await browser?.close()
  await api.stop()
})

describe('the documentation', () => {
  it.each(['light', 'dark'] as const)('has no serious accessibility fault and fits 360 px, in %s', async (colorScheme) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 360, height: 740 } })
    const page = await context.newPage()
    await page.goto(`${origin}/docs`)
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id }) => id)).toEqual([])
    expect(await page.evaluate(() => window.document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await context.close()
  })

  it('keeps the list of operations in view, each with an address of its own, and schemas folded', async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
    const page = await context.newPage()
    await page.goto(`${origin}/docs`)
    await page.getByRole('navigation').getByRole('link', { name: 'POST /api/revenue/event' }).click()
    expect(new URL(page.url()).hash).toBe('#op-post-api-revenue-event')
    await page.goto(`${origin}/docs#quote_expired`)
    await page.getByRole('navigation').getByText('events', { exact: true }).waitFor()
    expect(await page.locator('nav').evaluate((nav) => nav.getBoundingClientRect().top)).toBeGreaterThanOrEqual(0)
    expect(await page.locator('details[open]').count()).toBe(0)
    await context.close()
  })

  it('says of each problem what it means, and of each parameter its type', () => {
    const page = docsPage(document, origin)
    for (const code of PROBLEM_CODES) expect(page).toMatch(new RegExp(`id="${code}"><dt><code>${code}</code></dt><dd>[A-Z].{15,}?</dd>`))
    expect(page).toContain('<td>string</td><td>Id of the product, as in <code>pro_bundle</code></td>')
  })

  it('calls where it came from, and reuses no id, so that no example is a repetition of another', () => {
    const page = docsPage(document, 'https://prices.example')
    const ids = [...page.matchAll(/&#34;id&#34;:&#34;(evt_\w+)&#34;/g)].map(([, id]) => id)
    expect(ids).toHaveLength(2)
    expect(new Set(ids).size).toBe(2)
    expect(page).toContain('https://prices.example/api/revenue/event')
    expect(page).not.toContain('localhost')
    expect(page).not.toContain('sk_demo_server')
  })
})
