import { describe, expect, it } from 'vitest'
import { fakeLinks } from './fake-customers.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)
const ids = 'td, .customers tbody th a'

describe('the list of customers', () => {
  it('leads a page at a time through all, and Back leads back', async () => {
    const { page, problems } = await open('/customers')
    await page.waitForSelector('.customers tbody tr')
    expect(await page.locator('.customers tbody tr').count()).toBe(50)
    await page.click('text=Next page')
    await page.waitForSelector('text=cus_051')
    expect(query(page.url())).toEqual({ after: '50' })
    await page.click('text=Next page')
    await page.waitForSelector('text=cus_120')
    expect(await page.locator('text=Next page').count()).toBe(0)
    await page.goBack()
    await page.waitForSelector('text=cus_051')
    expect(problems).toEqual([])
  })

  it('finds by the beginning of an id, and keeps that in the address', async () => {
    const { page, api } = await open('/customers?period=7d')
    await page.waitForSelector('.customers tbody tr')
    await page.fill('[name="search"]', 'cus_11')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('.customers tbody tr').length === 10)
    expect(query(page.url())).toEqual({ period: '7d', search: 'cus_11' })
    expect(api.asked).toContain('GET /api/customers?search=cus_11&limit=50')
    await page.reload()
    await page.waitForFunction(() => document.querySelectorAll('.customers tbody tr').length === 10)
    expect(await page.inputValue('[name="search"]')).toBe('cus_11')
    await page.fill('[name="search"]', 'nobody')
    await page.click('text=Find')
    await page.waitForSelector('text=No customer’s id begins with “nobody”')
    await page.click('text=Show all')
    await page.waitForFunction(() => document.querySelectorAll('.customers tbody tr').length === 50)
  })

  it('shows each currency by itself', async () => {
    const { page } = await open('/customers')
    await page.waitForSelector('.customers tbody tr')
    expect(await page.locator('.customers tbody tr').first().locator('.amount').allTextContents()).toEqual([
      '$449.50',
      '€459.00',
      '$79.00',
      '€0.00',
    ])
    expect(await page.locator('.customers tbody tr').nth(1).locator('.amount').allTextContents()).toEqual(['$449.50', '$79.00'])
  })

  it('does not take its place in the list along to another page', async () => {
    const { page } = await open('/customers?search=cus_0&currency=EUR')
    await page.waitForSelector(ids)
    await page.click('nav[aria-label="Pages"] >> text=Overview')
    await page.waitForSelector('[data-figure="netRevenue"] summary')
    expect(query(page.url())).toEqual({ currency: 'EUR' })
  })
})

describe('the page of a customer', () => {
  it('is reached from the list, and shows the whole way from the price to what is left', async () => {
    const { page, problems } = await open('/customers')
    await page.click('text=cus_007')
    await page.waitForSelector('.chain li')
    expect(new URL(page.url()).pathname).toBe('/customers/cus_007')
    expect(await page.textContent('h1')).toBe('cus_007')
    expect(await page.getAttribute('nav[aria-label="Pages"] >> text=Customers', 'aria-current')).toBe('true')
    const link = page.locator('[data-link="decision:d1"]')
    const stations = await link.locator('.links > li').allTextContents()
    const wanted: [string, string[]][] = [
      ['Price', ['$449.00', 'list $499.00', 'a price test', 'variant_1 of pt_3kQ9sLw2Xb0a', '33.3%']],
      ['Shown', ['On its own page']],
      ['Quote', ['Redeemed', 'ord_1001']],
      ['Paid', ['$449.00', 'order', 'ord_1001']],
      ['Given back', ['-$49.50', 'refund']],
    ]
    expect(stations).toHaveLength(wanted.length)
    wanted.forEach(([name, parts], at) => {
      for (const part of [name, ...parts]) expect(stations[at]).toContain(part)
    })
    expect(await link.locator('.net').textContent()).toContain('$399.50')
    expect(problems).toEqual([])
  })

  it('tells listings, prices that were never shown, disputes and renewals apart', async () => {
    const { page } = await open('/customers/cus_001')
    await page.waitForSelector('.chain li')
    const text = (id: string) => page.locator(`[data-link="${id}"]`).textContent()
    expect(await page.locator('.chain > li').count()).toBe(fakeLinks('').length)
    expect(await text('decision:d2')).toMatch(/On a listing only.*Expired.*not bought/s)
    expect(await text('decision:d3')).toMatch(/Never: it came too late.*Withdrawn/s)
    expect(await text('purchase:ord_1000')).toMatch(/-\$199\.00disputed.*\+\$199\.00dispute won/s)
    expect(await text('purchase:in_7')).toContain('renewal')
  })

  it('says why a price was what it was, step by step, and that it holds when decided again', async () => {
    const { page, api } = await open('/customers/cus_001')
    const why = page.locator('[data-link="decision:d1"] .why')
    await why.locator('summary').focus()
    await page.keyboard.press('Enter')
    await why.locator('li').first().waitFor()
    expect(await why.locator('li').nth(2).textContent()).toBe('TestArm variant_1 of 3: drawn with probability 33.3 %$499.00 → $449.00')
    expect(await why.textContent()).toContain('Decided again from the record and configuration 7: the same')
    expect(api.asked.some((path) => path.includes('/api/decisions/') && path.includes('customerId=cus_001&replay=1'))).toBe(true)
  })

  it('sums up money by currency, subscriptions, tests, and what does not count yet', async () => {
    const { page } = await open('/customers/cus_001')
    await page.waitForSelector('.sums')
    expect(await page.locator('.sums dd').allTextContents()).toEqual(['$697.50', '$747.00', '$49.50', '$0.00', '$79.00', '4'])
    await page.waitForSelector('text=$79.00 a month')
    expect(await page.textContent('[role="status"] >> text=Not counted')).toContain('$12.00 for ord_unknown')
    const exposures = page.locator('section[aria-labelledby="exposures-title"] tbody tr')
    expect(await exposures.locator('td:last-child').allTextContents()).toEqual(['$399.50', 'left out'])
  })

  it('goes on to what is older, in the address', async () => {
    const { page } = await open('/customers/cus_001')
    await page.click('text=Older')
    await page.waitForSelector('[data-link="purchase:first"]')
    expect(query(page.url()).before).toContain('purchase:in_7')
    await page.click('text=Back to the newest')
    await page.waitForSelector('[data-link="decision:d1"]')
  })

  it('says that nobody is known by an id, whatever the id', async () => {
    const { page } = await open(`/customers/${encodeURIComponent('<b>/?# ü')}`)
    await page.waitForSelector('text=Nobody is known by this id')
    expect(await page.textContent('code')).toBe('<b>/?# ü')
  })

  it('never shows one customer under the name of another', async () => {
    const { page } = await open('/customers/cus_001')
    await page.waitForSelector('.chain li')
    await page.route('**/api/customers/cus_002/**', () => {})
    await page.evaluate(() => {
      history.pushState(null, '', '/customers/cus_002')
      dispatchEvent(new PopStateEvent('popstate'))
    })
    await page.waitForSelector('h1 >> text=cus_002')
    expect(await page.locator('.chain li').count()).toBe(0)
  })
})
