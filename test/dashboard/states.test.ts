import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { SDK } from './fake-api.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'

describe('an import', () => {
  const importing = { importId: 'demo', label: 'Demo shop', total: 42_000, done: 10_500, updatedAt: 0, finished: false, stalled: false }

  it('shows its progress on every page until it is done', async () => {
    const { page, api } = await open('/', {
      state: ({ status }) => {
        status.imports = [importing]
      },
    })
    const bar = page.locator('[role="progressbar"]')
    await bar.waitFor()
    expect(await bar.getAttribute('aria-valuenow')).toBe('10500')
    expect(await bar.getAttribute('aria-valuemax')).toBe('42000')
    expect(await page.textContent('.import')).toContain('10,500 of 42,000 events · 25.0%')
    await page.click('nav[aria-label="Pages"] >> text=Set-up')
    await page.waitForSelector('h1 >> text=Set-up')
    expect(await bar.count()).toBe(1)
    api.state.status.imports = [{ ...importing, done: 42_000, finished: true }]
    await page.waitForSelector('text=Demo shop: imported')
    await page.click('[aria-label="Dismiss Demo shop"]')
    expect(await bar.count()).toBe(0)
  })

  it.each([
    { width: 1280, height: 900 },
    { width: 360, height: 740 },
  ])('that begins later covers no control at $width pixels, and goes by itself', async (viewport) => {
    const { page, api } = await open('/', { viewport, clock: true })
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    api.state.status.imports = [importing]
    api.dropSockets()
    await page.clock.fastForward(30_000)
    await page.waitForSelector('.import', { timeout: 10_000 })
    for (const control of ['nav[aria-label="Period"] >> text=7d', '.toggle', 'select'])
      await page.click(control, { trial: true, timeout: 1000 })
    expect(await page.evaluate(() => document.querySelector('.imports')?.getBoundingClientRect().bottom)).toBe(viewport.height)
    api.state.status.imports = [{ ...importing, done: 42_000, finished: true }]
    await page.waitForSelector('text=Demo shop: imported')
    await page.clock.fastForward(8000)
    await page.waitForSelector('.import', { state: 'detached', timeout: 5000 })
  })

  it('of old orders is found from a period that has none', async () => {
    const { page } = await open('/', {
      state: (state) => {
        state.currencies = [{ currency: 'USD', firstDay: '1997-01-01', lastDay: '1998-06-30' }]
      },
    })
    await page.waitForSelector('text=No orders in USD in this period. There are some from Jan 1, 1997 to Jun 30, 1998')
    await page.click('text=show them')
    await page.waitForURL('**/?period=all&to=1998-06-30&currency=USD')
    await page.waitForSelector('.notice', { state: 'detached' })
  })

  it('lets figures appear as they come in', async () => {
    const { page, api } = await open('/', {
      state: (state) => {
        state.status.imports = [importing]
        state.socket = false
      },
    })
    const value = '[data-figure="netRevenue"] .value'
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    const before = await page.textContent(value)
    api.state.bonus = 77
    api.state.status.events += 500
    await page.waitForFunction(
      ({ selector, old }) => document.querySelector(selector)?.textContent !== old,
      { selector: value, old: before },
      { timeout: 5000 },
    )
  })
})

describe('an empty database', () => {
  it('teaches with the real key and gives way to figures by itself', async () => {
    const { page, api } = await open('/', {
      clock: true,
      state: ({ status }) => {
        status.events = 0
      },
    })
    await page.waitForSelector('text=waiting for it')
    await page.clock.fastForward(8000)
    await page.waitForSelector('text=data-key="pk_demo_storefront"')
    expect(await page.getAttribute('.teach a.primary', 'href')).toBe('/demo')
    api.state.status.events = 1
    await page.waitForSelector('[data-figure="netRevenue"] summary', { timeout: 5000 })
  })

  it('does not teach while the demo shop may be about to come', async () => {
    const { page, api } = await open('/', {
      state: ({ status }) => {
        status.events = 0
      },
    })
    await page.waitForSelector('text=waiting for it')
    expect(await page.locator('.teach').count()).toBe(0)
    api.state.status.imports = [{ importId: 'demo', label: 'Demo shop', total: 9, done: 1, updatedAt: 0, finished: false, stalled: false }]
    await page.waitForSelector('[data-figure="netRevenue"] summary', { timeout: 5000 })
  })

  it('teaches at once in production', async () => {
    const { page } = await open('/', {
      state: ({ status }) => {
        status.events = 0
        status.environment = 'production'
      },
    })
    await page.waitForSelector('.teach', { timeout: 3000 })
  })

  it.each([
    { path: '/revenue', title: 'Revenue begins with the first purchase' },
    { path: '/customers', title: 'A customer is a visitor who has said who they are' },
    { path: '/forecast', title: 'A forecast begins with the first whole month' },
  ])('teaches on $path too', async ({ path, title }) => {
    const { page } = await open(path, {
      clock: true,
      state: ({ status }) => {
        status.events = 0
      },
    })
    await page.waitForSelector('text=waiting for it')
    await page.clock.fastForward(8000)
    await page.waitForSelector(`text=${title}`)
    await page.waitForSelector('text=npm run import')
  })
})

describe('set-up', () => {
  it('turns optimisation off through the settings', async () => {
    const { page, api } = await open('/setup')
    const control = page.getByRole('switch', { name: 'Price optimisation' })
    await page.waitForSelector('[role="switch"][aria-checked="true"]')
    await control.press('Space')
    await page.waitForSelector('[role="switch"][aria-checked="false"]')
    expect(api.state.optimizationEnabled).toBe(false)
    expect(api.asked).toContain('PATCH /api/settings')
    await page.waitForSelector('text=Off: list and contract prices only')
  })

  it('shows a tag whose file cannot change, beside the one that stays up to date', async () => {
    const { page, api } = await open('/setup')
    const code = (name: string) => page.locator(`.snippet:has([aria-label="${name}"]) code`)
    const pinned = (await code('Pinned script tag').textContent()) ?? ''
    expect(pinned).toContain(`src="${api.url}/${SDK.file}"`)
    expect(pinned).toContain(`integrity="${SDK.integrity}" crossorigin`)
    expect(pinned).toContain('data-key="pk_demo_storefront"')
    expect(await code('Script tag').textContent()).toContain(`src="${api.url}/sdk.js" data-key="pk_demo_storefront"`)
  })

  it('says in the audit log what has changed, and only that', async () => {
    const { page } = await open('/setup')
    await page.waitForSelector('.audit tbody tr')
    const [settings, key] = await page.locator('.audit tbody tr').all()
    expect(await settings?.locator('td').allTextContents()).toEqual([
      'demo',
      'Settings changed Storefront',
      'optimizationEnabled true → false',
    ])
    await key?.locator('summary').press('Enter')
    expect(await key?.locator('li').allTextContents()).toEqual(['name Storefront', 'kind publishable'])
  })

  it.each([1280, 360])('cuts nothing off its tables at %i pixels', async (width) => {
    const { page } = await open('/setup', { viewport: { width, height: 900 } })
    await page.waitForSelector('.audit tbody tr')
    const cut = await page
      .locator('.setup .scroll:not(.code)')
      .evaluateAll((boxes) => boxes.filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.textContent))
    expect(cut).toEqual([])
  })

  it('names what could not be applied', async () => {
    const letter = { object: 'abc', seq: 4, reason: 'amount overflows', parkedAt: Date.now(), replayedAt: null }
    const { page } = await open('/setup', {
      state: (state) => {
        state.deadLetters = [letter]
      },
    })
    await page.waitForSelector('text=amount overflows')
  })
})

describe('sign-in', () => {
  it('stands before everything until the token is right', async () => {
    const { page } = await open('/', {
      state: (state) => {
        state.signedIn = false
      },
    })
    await page.fill('input[name="token"]', 'wrong')
    await page.click('text=Sign in')
    await page.waitForSelector('[role="alert"] >> text=this token opens nothing')
    await page.fill('input[name="token"]', 'right')
    await page.click('text=Sign in')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
  })
})

describe('texts from outside', () => {
  it('stay text, whatever they hold', async () => {
    const { page, api, problems } = await open('/', {
      state: (state) => {
        state.productIds = [HOSTILE]
        state.countries = [HOSTILE]
        state.name = HOSTILE
        state.status.imports = [{ importId: HOSTILE, label: HOSTILE, total: 10, done: 1, updatedAt: 0, finished: false, stalled: false }]
      },
    })
    await page.waitForSelector('.products tbody tr')
    await page.waitForSelector('.feed li')
    expect(await page.textContent('.products tbody th')).toBe(HOSTILE)
    await page.goto(`${api.url}/customers/cus_001`)
    await page.waitForSelector('.chain li')
    expect(await page.locator('.link h3').nth(1).textContent()).toContain(HOSTILE)
    await page.goto(`${api.url}/setup?period=${encodeURIComponent(HOSTILE)}`)
    await page.waitForSelector('.audit tbody tr')
    expect(await page.textContent('.audit tbody td:nth-child(3)')).toContain(HOSTILE)
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
    expect(problems).toEqual([])
  })
})

describe('the build', () => {
  it('loads at most 60 KB of JavaScript, compressed', () => {
    const assets = new URL('../../dist/assets/', import.meta.url)
    const read = (path: string) => readFileSync(new URL(`.${path}`, assets), 'utf8')
    const paths = [...read('/index.html').matchAll(/(?:src|href)="([^"]+\.js)"/g)].map(([, path]) => path as string)
    const scripts = paths.map(read)
    // What is asked for later is named with `import(`; whatever else comes along with the first script must be counted here.
    const imported = scripts.flatMap((script) =>
      [...script.matchAll(/(?:^|[;}\s])import[\w{}\s,*$]*"\.\/([^"]+)"/g)].map(([, name]) => `/app/${name}`),
    )
    expect(imported.filter((path) => !paths.includes(path))).toEqual([])
    const bytes = scripts.reduce((sum, script) => sum + gzipSync(script).length, 0)
    expect(bytes).toBeGreaterThan(10_000)
    expect(bytes).toBeLessThanOrEqual(60 * 1024)
  })
})
