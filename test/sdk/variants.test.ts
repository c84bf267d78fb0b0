import { describe, expect, it } from 'vitest'
import { api, busyMachine, loaded, open, page, shopOrigin, storage, until, useShop } from './shop.ts'

useShop()

describe('variants', () => {
  const bold = { value: 'Sail bolder', variant: 'bold', metadata: { experimentId: 'hero@3', variantId: 'bold' } }
  const variant = (key: string, fallback = 'Control') =>
    page.evaluate(([key, fallback]) => window.fairlead?.variant(key, fallback), [key, fallback] as const)

  it('come in one request without a preflight, however often they are read, and count as seen once', async () => {
    api.flags.hero = bold
    api.flags.columns = { value: 3, variant: 'three' }
    await open()
    const values = await page.evaluate(async () => {
      const { fairlead } = window
      return [
        ...(await Promise.all([fairlead?.variant('hero', 'Control'), fairlead?.variant('columns', 2)])),
        await fairlead?.variant('hero', 'Control'),
      ]
    })
    expect(values).toEqual(['Sail bolder', 3, 'Sail bolder'])
    await until(() => expect(api.named('experiment_viewed')).toHaveLength(1))
    expect(api.named('experiment_viewed')[0]).toMatchObject({ experimentId: 'hero@3', variantId: 'bold' })
    const asked = api.seen.filter(({ path }) => path.startsWith('/ofrep/'))
    expect(asked).toMatchObject([{ method: 'POST', type: 'text/plain;charset=UTF-8' }])
    expect(asked[0]?.query.get('key')).toBe('pk_test')
    expect(api.contexts()).toEqual([{ targetingKey: 'visitor-1', url: '/home', sticky: '' }])
    await page.waitForTimeout(500)
    expect(api.named('experiment_viewed')).toHaveLength(1)
  })

  it('share the visitor that a price mints', async () => {
    api.flags.hero = bold
    await open('data-page-views="off"')
    await page.evaluate(() => Promise.all([window.fairlead?.price('pro_bundle'), window.fairlead?.variant('hero', '')]))
    expect(api.visitors).toBe(1)
    expect(api.to('/api/visitors')).toEqual([])
    expect(api.contexts()).toMatchObject([{ targetingKey: 'visitor-1' }])
  })

  it.each([
    ['an unknown flag', () => {}],
    ['an error of the server', () => api.flagAnswers.push({ status: 500, body: { code: 'internal' } })],
    ['a flag in error', () => Object.assign(api.flags, { hero: { errorCode: 'PARSE_ERROR' } })],
    ['an answer that is not JSON', () => api.flagAnswers.push({ status: 200, body: '<html>' })],
    ['an answer that holds no flags', () => api.flagAnswers.push({ status: 200, body: { flags: {} } })],
  ])('are their fallback for %s', async (_, fail) => {
    fail()
    await open()
    expect(await variant('hero')).toBe('Control')
    expect(api.contexts()).toHaveLength(1)
  })

  it('are asked again after an error', async () => {
    api.flags.hero = bold
    api.flagAnswers.push({ status: 503, body: { code: 'unavailable' } })
    await open()
    expect(await variant('hero')).toBe('Control')
    expect(await variant('hero')).toBe('Sail bolder')
  })

  it('are their fallback when no answer comes in time, and then nothing counts as seen', async () => {
    api.flags.hero = bold
    api.flagsDelayMs = 1000
    await open('data-timeout-ms="300"')
    const { value, tookMs } = await page.evaluate(async () => {
      const start = performance.now()
      const value = await window.fairlead?.variant('hero', 'Control')
      return { value, tookMs: performance.now() - start }
    })
    expect(value).toBe('Control')
    expect(tookMs).toBeLessThan(400)
    await page.waitForTimeout(1200)
    expect(api.named('experiment_viewed')).toEqual([])
    expect(await variant('hero')).toBe('Sail bolder')
    await until(() => expect(api.named('experiment_viewed')).toHaveLength(1))
    expect(api.contexts()).toHaveLength(1)
  })

  it('are asked for the subject after identify, and for somebody new after reset', async () => {
    api.flags.hero = bold
    await open('', '', "localStorage.setItem('fl_visitor','visitor-9')")
    await variant('hero')
    await page.evaluate(() => window.fairlead?.identify('cus_42', { token: 'jwt' }))
    await variant('hero')
    await until(() => expect(api.named('experiment_viewed')).toHaveLength(1))
    await page.evaluate(() => window.fairlead?.reset())
    await variant('hero')
    expect(api.contexts().map(({ targetingKey }) => targetingKey)).toEqual(['visitor-9', 'visitor-1', 'visitor-1'])
    expect(api.visitors).toBe(1)
    await until(() => expect(api.named('experiment_viewed').map(({ visitorId }) => visitorId)).toEqual(['visitor-9', 'visitor-1']))
  })

  it.each(['reset', 'denied'] as const)('are nobody’s when their answer comes after %s', async (end) => {
    api.flags.hero = bold
    api.flagsDelayMs = 700
    await open()
    const reading = variant('hero')
    await until(() => expect(api.contexts()).toHaveLength(1))
    await page.evaluate((end) => (end === 'reset' ? window.fairlead?.reset() : window.fairlead?.consent('denied')), end)
    expect(await reading).toBe('Control')
    await page.waitForTimeout(500)
    expect(api.named('experiment_viewed')).toEqual([])
  })

  it('may look at what the page tells of the visitor, and are asked again when that changes', async () => {
    await open('', '', "fairlead('attributes',{plan:'free'})")
    await variant('hero')
    await variant('hero')
    await page.evaluate(() => window.fairlead?.attributes({ plan: 'pro', targetingKey: 'not the page’s to say' }))
    await variant('hero')
    expect(api.contexts()).toMatchObject([{ plan: 'free' }, { plan: 'pro', targetingKey: 'visitor-1' }])
  })

  it('keep what they were assigned over pages, until reset or denial', async () => {
    api.sticky = 'kept once'
    await open()
    await variant('hero')
    api.sticky = 'kept twice'
    await page.goto(`${shopOrigin}/next?utm_source=letter`)
    await loaded()
    await variant('hero')
    api.sticky = undefined
    await page.evaluate(() => window.fairlead?.attributes({}))
    await variant('hero')
    expect(api.contexts().map(({ sticky }) => sticky)).toEqual(['', 'kept once', 'kept twice'])
    expect(api.contexts().map(({ url }) => url)).toEqual(['/home', '/next?utm_source=letter', '/next?utm_source=letter'])
    await page.evaluate(() => window.fairlead?.reset())
    await variant('hero')
    expect(api.contexts().at(-1)?.sticky).toBe('')
    api.sticky = 'kept once'
    await page.evaluate(() => window.fairlead?.attributes({}))
    await variant('hero')
    expect(await storage()).toContain('fl_sticky')
    await page.evaluate(() => window.fairlead?.consent('denied'))
    expect(await storage()).toEqual([])
  })

  it('are control without a request where consent is denied, and asked for once it is granted', async () => {
    api.flags.hero = bold
    await open('data-consent="denied"', '<h1 data-fl-variant="hero">Control</h1>')
    expect(await variant('hero')).toBe('Control')
    await page.waitForSelector('[data-fl-state=control]')
    expect(await page.locator('h1').textContent()).toBe('Control')
    expect(api.seen).toEqual([])
    await page.evaluate(() => window.fairlead?.consent('granted'))
    expect(await variant('hero')).toBe('Sail bolder')
  })

  it('work where the browser forbids storage', async () => {
    api.flags.hero = bold
    api.sticky = 'kept once'
    await open('', '', "Object.defineProperty(window,'localStorage',{get(){throw new Error('denied')}})")
    expect(await variant('hero')).toBe('Sail bolder')
    await until(() => expect(api.named('experiment_viewed')).toHaveLength(1))
  })

  const banners = '<p data-fl-variant="banner:bold" hidden>Bold</p><p data-fl-variant="banner:control">Plain</p><p id="bare">Bare</p>'
  const shown = () => page.locator('p:visible').allTextContents()

  it('fill marked elements with their value, or show the element of their variant', busyMachine, async () => {
    api.flags.hero = bold
    api.flags.banner = { value: true, variant: 'bold', metadata: { experimentId: 'banner@1', variantId: 'bold' } }
    await open('', `<h1 data-fl-variant="hero">Control</h1>${banners}`)
    await page.waitForSelector('h1[data-fl-state=bold]')
    expect(await page.locator('h1').textContent()).toBe('Sail bolder')
    expect(await shown()).toEqual(['Bold', 'Bare'])
    expect(api.contexts()).toHaveLength(1)
    await until(() => expect(api.named('experiment_viewed').map(({ experimentId }) => experimentId)).toEqual(['hero@3', 'banner@1']))
    await page.evaluate(() => {
      history.pushState({}, '', '/product')
      document.body.insertAdjacentHTML('beforeend', '<h2 data-fl-variant="hero">Control</h2>')
    })
    await page.waitForSelector('h2[data-fl-state=bold]')
    expect(await page.locator('h2').textContent()).toBe('Sail bolder')
  })

  it.each([
    ['which is control', { value: false, variant: 'control' }],
    ['for which the page has no element', { value: true, variant: 'newer' }],
    ['which is unknown', undefined],
  ])('leave the page as it is for a variant %s', busyMachine, async (_, flag) => {
    if (flag) api.flags.banner = flag
    await open('', `<h1 data-fl-variant="hero">Control</h1>${banners}`)
    await page.waitForSelector('p:visible[data-fl-state]:not([data-fl-state=asked])')
    await page.waitForSelector('h1[data-fl-state=control]')
    expect(await shown()).toEqual(['Plain', 'Bare'])
    expect(await page.locator('h1').textContent()).toBe('Control')
  })

  it('hide only marked elements, whose place is kept, and those for 300 ms at most', busyMachine, async () => {
    api.flags.banner = { value: true, variant: 'bold' }
    api.flagsDelayMs = 5000
    const watch = `
      window.changes = []
      new MutationObserver((records) => {
        for (const { target } of records)
          if (target.style) changes.push([performance.now(), target.style.visibility, target.dataset.flVariant, document.querySelector('#bare')?.offsetTop])
      }).observe(document, { subtree: true, attributes: true, attributeFilter: ['style'] })`
    await open('', banners, watch)
    await page.waitForSelector('p:visible[data-fl-state=control]')
    const changes = await page.evaluate(() => (window as unknown as { changes: [number, string, string, number][] }).changes)
    expect(new Set(changes.map(([, , mark]) => mark))).toEqual(new Set(['banner:bold', 'banner:control']))
    expect(new Set(changes.map(([, , , top]) => top)).size).toBe(1)
    const of = (visibility: string) => changes.filter(([, now]) => now === visibility).map(([at]) => at)
    // The timer is 300 ms; the rest is a frame and a busy machine.
    expect(Math.max(...of('')) - Math.min(...of('hidden'))).toBeLessThan(400)
    expect(await shown()).toEqual(['Plain', 'Bare'])
  })
})

describe('offers', () => {
  it('are none yet, and cost no request', async () => {
    await open('data-page-views="off"')
    expect(await page.evaluate(() => window.fairlead?.offers())).toEqual([])
    expect(api.seen).toEqual([])
  })
})
