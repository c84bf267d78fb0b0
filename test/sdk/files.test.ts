import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeEach, describe, expect, it } from 'vitest'
import { ROOT } from '../../client-sdk/cli/child.ts'
import { declarations } from '../../client-sdk/cli/declarations.ts'
import type { SdkManifest } from '../../worker/contract/sdk.ts'
import { bundleSdk } from './bundle.ts'
import { api, apiOrigin, open, page, sdk, shop, shopOrigin, until, useShop } from './shop.ts'

useShop()

const manifest = () => JSON.parse(sdk['sdk.json'] as string) as SdkManifest
const hashOf = (name: string) =>
  `sha384-${createHash('sha384')
    .update(sdk[name] as string)
    .digest('base64')}`

describe('the pinned files', () => {
  beforeEach(() => {
    api.headers['access-control-allow-origin'] = '*'
  })

  it('are the script and the module, under names that hold version and hash, as the manifest tells', () => {
    const { version, file, integrity, module, moduleIntegrity } = manifest()
    expect(version).toMatch(/^\d+\.\d+\.\d+$/)
    expect([integrity, moduleIntegrity]).toEqual([hashOf(file), hashOf(module)])
    const inName = (integrity: string) => Buffer.from(integrity.slice('sha384-'.length), 'base64').toString('hex').slice(0, 8)
    expect([file, module]).toEqual([`sdk-${version}.${inName(integrity)}.js`, `sdk-${version}.${inName(moduleIntegrity)}.mjs`])
    expect([sdk[file], sdk[module]]).toEqual([sdk['sdk.js'], sdk['sdk.mjs']])
  })

  it('keep their names when the same sources are built again, so that a page outlives the next deployment', async () => {
    expect((await bundleSdk())['sdk.json']).toBe(sdk['sdk.json'])
  })

  it('run with integrity and crossorigin on a page of another origin', async () => {
    const { file, integrity } = manifest()
    await open(`integrity="${integrity}" crossorigin`, '', '', file)
    await until(() => expect(api.named('page_view')).toHaveLength(1))
  })

  it('are blocked by the browser when they were changed, which costs the page its prices and nothing else', async () => {
    const { file, integrity } = manifest()
    const changed = api.files[`/${file}`] as { type: string; text: string }
    api.files[`/${file}`] = { ...changed, text: `${changed.text} ` }
    const tag = `<script async src="${apiOrigin}/${file}" integrity="${integrity}" crossorigin data-key="pk_test" onerror="this.remove()"></script>`
    shop.files['/home'] = { type: 'text/html', text: `<!doctype html>${tag}<b data-fl-price="pro_bundle">$499</b>` }
    await page.goto(`${shopOrigin}/home`)
    await page.waitForFunction(() => !document.querySelector('script'))
    expect(await page.locator('b').evaluate(({ textContent, style }) => [textContent, style.visibility])).toEqual(['$499', ''])
    expect(await page.evaluate(() => typeof window.fairlead)).toBe('undefined')
  })
})

const SAMPLE = `
import { createClient, type Client, type Consent, type EventFields, type Offer, type Pricing } from './sdk.mjs'
import type { Fairlead, ShownPricing, Unpriced } from './sdk.js'

const client: Client = createClient({ key: 'pk_…', host: 'https://prices.example', consent: 'denied', pageViews: false })
export async function sample(): Promise<string> {
  const pricing: ShownPricing = await client.price('pro_bundle', { device: 'mobile', behaviorFlags: ['returning'] })
  // @ts-expect-error The list price may be all there is.
  pricing.optimizedPrice.toFixed(2)
  if (pricing.optimizedPrice === null) return (pricing satisfies Unpriced).reason
  const decided: Pricing = pricing
  const variant: string = await client.variant('hero', 'Control')
  // @ts-expect-error A variant is of its fallback's type.
  const wrong: number = await client.variant('hero', 'Control')
  const offers: Offer[] = await client.offers()
  const fields: EventFields = { productId: 'pro_bundle', items: [{ item_id: 'pro_bundle', price: 499 }], colour: 'red' }
  client.track('add_to_cart', fields)
  // @ts-expect-error A price is a number.
  client.track('purchase', { amount: '499' })
  client.attributes({ plan: 'pro' })
  const state: Consent = 'granted'
  client.consent(state)
  // @ts-expect-error Nothing else can be said.
  client.consent('perhaps')
  const identified = await client.identify('cus_42', { token: 'jwt' })
  const fairlead: Fairlead | undefined = window.fairlead
  fairlead?.('track', 'view_item', fields)
  return [decided.test?.variant, variant, wrong, offers.length, identified?.subject].join()
}
`

describe('the types', () => {
  it('compile in a shop that has neither our sources nor zod', async () => {
    const text = declarations()
    expect(text).not.toMatch(/\bimport\b|zod/)
    const directory = await mkdtemp(join(tmpdir(), 'fairlead-types-'))
    try {
      for (const [name, content] of Object.entries({ 'sdk.d.ts': text, 'sdk.d.mts': text, 'sample.ts': SAMPLE }))
        await writeFile(join(directory, name), content)
      const flags = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'esnext', '--moduleResolution', 'bundler', '--types', '']
      const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
      const compile = promisify(execFile)(process.execPath, [compiler, ...flags, 'sample.ts'], { cwd: directory })
      expect(
        await compile.then(
          () => '',
          ({ stdout }: { stdout: string }) => stdout,
        ),
      ).toBe('')
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
