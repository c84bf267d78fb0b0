import { describe, expect, it } from 'vitest'
import { api, open, page, storage, until, useShop } from './shop.ts'

useShop()

describe('consent', () => {
  const refusedPrice = async () => {
    await page.evaluate(async () => {
      await window.fairlead?.price('pro_bundle')
      window.fairlead?.track('view_item', { productId: 'pro_bundle' })
      await window.fairlead?.identify('cus_42', { token: 'jwt' })
    })
    expect(await storage()).toEqual([])
    expect(Object.fromEntries(api.to('/api/pricing')[0]?.query ?? [])).toEqual({ key: 'pk_test', consent: 'denied' })
    expect(api.seen.map((seen) => seen.path)).toEqual(['/api/pricing/pro_bundle'])
  }

  it('Global Privacy Control means list prices, no events and nothing stored', async () => {
    await open('', '', "Object.defineProperty(navigator,'globalPrivacyControl',{value:true})")
    await refusedPrice()
  })

  it.each([
    ['at a price', '<b data-fl-price="pro_bundle">$499</b>'],
    ['at an event', ''],
  ])('a refusal that only the Worker hears (Sec-GPC) means the same, heard %s', async (_, body) => {
    api.profilingRefused = true
    await open('', body)
    await until(() => expect(api.seen.length).toBeGreaterThan(0))
    await page.waitForTimeout(800)
    expect(await storage()).toEqual([])
    expect(api.batches()).toEqual([])
    expect(api.visitors).toBe(0)
    const asked = api.seen.length
    await page.evaluate(() => window.fairlead?.track('view_item', { productId: 'pro_bundle' }))
    await page.waitForTimeout(800)
    expect(api.seen).toHaveLength(asked)
  })

  it('a denial before the script came means the same', async () => {
    await open('', '', "fairlead('consent','denied')")
    await refusedPrice()
  })

  it('a denial later removes what was stored, and a grant starts afresh', async () => {
    await open('data-consent="denied"')
    await page.evaluate(() => window.fairlead?.consent('granted'))
    await until(() => expect(api.named('page_view')).toHaveLength(1))
    await page.evaluate(() => {
      window.fairlead?.track('waiting')
      window.fairlead?.consent('denied')
    })
    expect(await storage()).toEqual([])
    expect(api.named('waiting')).toEqual([])
  })

  const gtag = 'window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)};'
  const say = (...command: unknown[]) =>
    page.evaluate((command) => (window as unknown as { gtag: (...c: unknown[]) => void }).gtag(...command), command)

  it('hears a denial of Google’s Consent Mode that stood there before, and the grant that comes', async () => {
    api.flags.hero = { value: 'Sail bolder', variant: 'bold' }
    const early = `${gtag}gtag('consent','default',{ad_storage:'denied',analytics_storage:'denied',wait_for_update:500})`
    await open('', '', early)
    await refusedPrice()
    expect(await page.evaluate(() => window.fairlead?.variant('hero', 'Control'))).toBe('Control')
    await say('consent', 'update', { ad_storage: 'granted' })
    await say('event', 'page_view')
    await page.waitForTimeout(500)
    expect(api.batches()).toEqual([])
    await say('consent', 'update', { analytics_storage: 'granted' })
    await until(() => expect(api.named('page_view')).toHaveLength(1))
    expect(await page.evaluate(() => window.fairlead?.variant('hero', 'Control'))).toBe('Sail bolder')
    await say('consent', 'update', { personalization_storage: 'denied' })
    expect(await storage()).toEqual([])
  })

  it.each([
    [
      'a default that grants elsewhere',
      `gtag('consent','default',{analytics_storage:'denied',region:['DE']});gtag('consent','default',{analytics_storage:'granted'})`,
    ],
    [
      'one signal granted while the other is denied',
      `gtag('consent','default',{personalization_storage:'denied'});gtag('consent','update',{analytics_storage:'granted'})`,
    ],
  ])('stays denied by Consent Mode for %s', async (_, commands) => {
    await open('', '', gtag + commands)
    await refusedPrice()
  })

  it('lets no word about advertising undo what the page itself has said', async () => {
    await open('', '', `${gtag}gtag('consent','update',{analytics_storage:'granted',ad_storage:'denied'})`)
    await until(() => expect(api.named('page_view')).toHaveLength(1))
    await page.evaluate(() => window.fairlead?.consent('denied'))
    await say('consent', 'update', { ad_storage: 'granted' })
    await page.evaluate(() => window.fairlead?.track('view_item'))
    await page.waitForTimeout(500)
    expect(await storage()).toEqual([])
    expect(api.named('view_item')).toEqual([])
  })

  it('lets Global Privacy Control outrank a grant', async () => {
    const control = "Object.defineProperty(navigator,'globalPrivacyControl',{value:true});"
    await open('data-consent="granted"', '', `${control}${gtag}gtag('consent','update',{analytics_storage:'granted'})`)
    await page.evaluate(() => window.fairlead?.consent('granted'))
    await refusedPrice()
  })

  it('leaves what the page pushes to others as it was', async () => {
    await open('', '', 'window.dataLayer=[{event:"early"},null]')
    const pushed = await page.evaluate(() => {
      const { dataLayer } = window as unknown as { dataLayer: unknown[] }
      return [dataLayer.push({ event: 'late' }, 'text'), dataLayer]
    })
    expect(pushed).toEqual([4, [{ event: 'early' }, null, { event: 'late' }, 'text']])
  })
})
