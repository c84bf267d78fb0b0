import { describe, expect, it } from 'vitest'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

describe('the list of decisions', () => {
  it('leads from the newest to the older ones and back, in the address', async () => {
    const { page, api, problems } = await open('/pricing?tab=decisions')
    await page.waitForSelector('[data-decision]')
    expect(await page.locator('[data-decision]').count()).toBe(50)
    const first = await page.locator('[data-decision]').nth(1).innerText()
    expect(first).toMatch(/pro_bundle\s+\$449\s+\$499\s+Price test\s+Variant 1 p 33\.3%\s+Randomised\s+United States\s+mobile/)
    await page.click('text=Older')
    await page.waitForSelector('text=Back to the newest')
    await page.waitForFunction(() => document.querySelector('[data-decision]')?.getAttribute('data-decision')?.endsWith('_50'))
    expect(query(page.url()).before).toBe(String(api.state.pricing.decisions[49]?.decidedAt))
    await page.goBack()
    await page.waitForFunction(() => document.querySelector('[data-decision]')?.getAttribute('data-decision')?.endsWith('_0'))
    expect(problems).toEqual([])
  })

  it('is narrowed to a product and a test through the address', async () => {
    const { page, api } = await open('/pricing?tab=decisions')
    await page.fill('[name="product"]', 'starter_bundle')
    await page.fill('[name="test"]', 't1')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('[data-decision]').length === 20)
    expect(query(page.url())).toEqual({ tab: 'decisions', product: 'starter_bundle', test: 't1' })
    expect(api.asked.some((path) => path.includes('productId=starter_bundle&testId=t1'))).toBe(true)
    await page.reload()
    expect(await page.inputValue('[name="product"]')).toBe('starter_bundle')
    await page.click('text=Show all')
    await page.waitForFunction(() => document.querySelectorAll('[data-decision]').length === 50)
  })

  it('teaches while there is none, and does not where only the filter finds none', async () => {
    const nothing = await open('/pricing?tab=decisions', {
      state: ({ pricing }) => {
        pricing.decisions = []
      },
    })
    await nothing.page.waitForSelector('text=No decision has been sampled yet')
    expect(await nothing.page.textContent('.teach code')).toContain('Bearer pk_demo_storefront')
    const { page } = await open('/pricing?tab=decisions&product=unknown')
    await page.waitForSelector('text=None of these')
  })
})

describe('the page of a decision', () => {
  it('shows each step with the price before and after, what it went by, and what it was', async () => {
    const { page, problems } = await open('/pricing?tab=decisions')
    await page.click('[data-decision]:nth-child(2) th a')
    await page.waitForSelector('.why li')
    expect(await page.innerText('h1')).toBe('$449.00 for pro_bundle')
    const steps = await page.locator('.why li').allInnerTexts()
    expect(steps[2]).toMatch(/Test\s+Arm variant_1 of 3: drawn with probability 33\.3 %\s+\$499\.00 → \$449\.00/)
    const about = await page.innerText('section:has(#about-title)')
    expect(about).toMatch(
      /List price\s+\$499\.00[\s\S]*t1, version 1[\s\S]*Variant 1[\s\S]*Propensity\s+33\.3%[\s\S]*Randomised[\s\S]*This price was set by an experiment/,
    )
    expect(about).toMatch(/Configuration\s+version 7/)
    const inputs = await page.innerText('.inputs')
    expect(inputs).toMatch(/Region\s+US-NY[\s\S]*Behavior flags\s+returning[\s\S]*Profiling refused\s+no/)
    expect(inputs).toMatch(/Contracts\s+none[\s\S]*Arms: t1: arm\s+variant_1[\s\S]*Last quote: amount\s+\$449\.00/)
    expect(problems).toEqual([])
  })

  it.each([
    { differences: [], says: /Identical: every step/ },
    { differences: ['priceMinor', 'explain'], says: /Different in 2 fields:\s+priceMinor\s+explain/ },
    { differences: null, says: /Configuration 7 is not kept any more/ },
  ])('replays it: $differences', async ({ differences, says }) => {
    const { page, api } = await open('/pricing/decisions/d1_0', {
      state: ({ pricing }) => {
        pricing.differences = differences
      },
    })
    await page.waitForSelector('.why li')
    expect(api.asked.some((path) => path.includes('replay=1'))).toBe(false)
    await page.click('[data-testid="replay"]')
    await page.waitForFunction(() => document.querySelector('[data-testid="replayed"]')?.textContent?.match(/Identical|Different|not kept/))
    expect(await page.innerText('[data-testid="replayed"]')).toMatch(says)
    expect(query(page.url())).toEqual({ replay: '1' })
    await page.goBack()
    await page.waitForFunction(() => document.querySelector('[data-testid="replayed"]')?.textContent === '')
  })

  it('says when nothing is known of it', async () => {
    const { page } = await open('/pricing/decisions/nobody')
    await page.waitForSelector('text=There is no decision nobody')
    await page.click('text=All decisions')
    await page.waitForSelector('[data-decision]')
  })

  it('is reached from a customer, an imported one with the customer it was made for', async () => {
    const { page, api } = await open('/customers/cus_001')
    await page.locator('.why summary').first().click()
    await page.click('text=With all its inputs')
    await page.waitForSelector('.inputs')
    await page.goto(`${api.url}/pricing/decisions/imported?customerId=cus_001`)
    await page.waitForSelector('.inputs')
    expect(api.asked.some((path) => path === 'GET /api/decisions/imported?customerId=cus_001')).toBe(true)
  })
})
