import { describe, expect, it } from 'vitest'
import { freshPricing } from './fake-pricing.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)
const HOSTILE = '<img src=x onerror="window.hacked=1">'

describe('the list of prices', () => {
  it('shows each currency and country of a product with its bounds, cost, margin, rounding and running test', async () => {
    const { page, problems } = await open('/pricing')
    const rows = page.locator('[data-product="pro_bundle"] tr')
    await rows.first().waitFor()
    expect(await rows.count()).toBe(3)
    expect(await rows.nth(0).innerText()).toMatch(/JPY\s+¥75,000\s+no bounds\s+–\s+– \(≥ 50\.0%\)\s+charm\s+\$499 · \$449 · \$549/)
    expect(await rows.nth(1).innerText()).toMatch(/USD\s+\$499\s+\$399 – \$599\s+\$40\s+92\.0% \(≥ 50\.0%\)/)
    expect(await rows.nth(2).innerText()).toMatch(/India\s+\$199\s+as above\s+\$40\s+79\.9%/)
    expect(problems).toEqual([])
  })

  it('leads a page at a time through many products, and Back leads back', async () => {
    const ids = Array.from({ length: 120 }, (_, at) => `product_${String(at).padStart(3, '0')}`)
    const { page } = await open('/pricing', {
      state: (state) => {
        state.pricing = freshPricing(ids, 'T')
      },
    })
    await page.waitForSelector('[data-product="product_049"]')
    expect(await page.locator('[data-product]').count()).toBe(50)
    await page.click('text=Next page')
    await page.waitForSelector('[data-product="product_050"]')
    expect(query(page.url())).toEqual({ after: 'product_049' })
    await page.goBack()
    await page.waitForSelector('[data-product="product_000"]')
  })

  it('opens a product by its id, and says when there is none', async () => {
    const { page } = await open('/pricing')
    await page.fill('#find-product', 'nothing_here')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=Nothing is known by this id')
    await page.click('text=All products')
    await page.fill('#find-product', 'pro_bundle')
    await page.keyboard.press('Enter')
    await page.waitForSelector('h1 >> text=pro bundle')
    expect(new URL(page.url()).pathname).toBe('/pricing/products/pro_bundle')
  })

  it('teaches with a request that this shop takes as it stands while there is no product', async () => {
    const { page, api } = await open('/pricing', {
      state: ({ pricing }) => {
        pricing.products = []
      },
    })
    await page.waitForSelector('text=A price begins with a product')
    const code = await page.textContent('.teach code')
    expect(code).toContain(`"${api.url}/api/products/pro_bundle"`)
    expect(code).toContain(`-H "origin: ${api.url}" \\\n  -H "x-fairlead: 1"`)
  })
})

describe('a product', () => {
  it('shows its ladder with the lowest price a cut is told against, and its demand with a table each', async () => {
    const { page, problems } = await open('/pricing/products/pro_bundle')
    await page.waitForSelector('.demand .field')
    expect(await page.textContent('[data-testid="lowest"]')).toBe('$449.10')
    expect(await page.locator('.ladder tbody tr').first().innerText()).toMatch(
      /USD\s+\$499\s+-9\.1%\s+Arm control of price test pt_N52 shipped/,
    )
    expect(await page.locator('.ladder tbody tr').count()).toBe(4)
    expect(await page.getAttribute('.ladder .field', 'aria-label')).toContain('List price in USD')
    expect(await page.locator('.demand .dot').count()).toBe(3)
    expect(await page.locator('.demand tbody tr').first().innerText()).toMatch(/\$449\.00\s+1,795\s+95\s+5\.3%\s+4\.4% – 6\.4%/)
    expect(problems).toEqual([])
  })

  it('gives the gain of the suggested price as an interval, and says when it may be nothing', async () => {
    const { page } = await open('/pricing/products/pro_bundle')
    const said = await page.textContent('[data-testid="suggestion"]')
    expect(said).toContain('$549, which is to bring +$0.80 a visitor (-$0.012 to +$1.62), which may as well be nothing')
    expect(said).toContain('the nearest within')
  })

  it('keeps observational slopes apart, under a name that says what they are', async () => {
    const { page } = await open('/pricing/products/pro_bundle')
    const apart = await page.innerText('.observational')
    expect(apart).toMatch(/Observational\s+not from a test/)
    expect(apart).toMatch(/Pooled[\s\S]*−1\.60 \(−2\.20 to −1\.00\)[\s\S]*Within[\s\S]*−0\.40 \(−1\.30 to 0\.50\)/)
  })

  it('calls a demand that comes from the past observational, and its counts views and orders', async () => {
    const { page } = await open('/pricing/products/pro_yearly')
    await page.waitForSelector('.demand .field')
    const text = await page.innerText('.demand')
    expect(text).toMatch(/Demand\s+observational: orders a view/)
    expect(text).toContain('No price is suggested. The past alone suggests no price.')
    expect(text).toContain('From history, not from a test')
    expect(text).toMatch(/Price\s+Views\s+Orders\s+Orders a view/)
    expect(text).toMatch(/Within[\s\S]*too few to say/)
  })

  it('tells the elasticity of each segment, or why there is none', async () => {
    const { page } = await open('/pricing/products/pro_bundle')
    const table = page.locator('table:has(caption:text("By segment"))')
    expect(await table.innerText()).toMatch(
      /mobile\s+4,000\s+190\s+−0\.90 \(−1\.80 to 0\.00\)\s+tablet\s+40\s+1\s+Too few people have bought/,
    )
  })

  it('is told in the currency of the address', async () => {
    const { page } = await open('/pricing/products/pro_bundle?currency=JPY')
    await page.waitForSelector('.demand .lesson')
    expect(await page.textContent('.big-price')).toContain('¥75,000')
    expect(await page.locator('.ladder tbody tr').first().innerText()).toContain('¥75,000')
    await page.selectOption('select[aria-label="Currency"]', 'USD')
    await page.waitForSelector('.demand .field')
    expect(query(page.url())).toEqual({ currency: 'USD' })
  })

  it('stays whole where ladder and demand are not answered', async () => {
    const { page } = await open('/pricing/products/pro_bundle', {
      state: ({ pricing }) => {
        pricing.parts = false
      },
    })
    await page.waitForSelector('text=The price ladder could not be read')
    await page.waitForSelector('text=The demand could not be read')
    expect(await page.textContent('.big-price')).toContain('$499')
  })

  it('changes its list price after a question, and leaves everything else of it as it was', async () => {
    const { page, api } = await open('/pricing/products/pro_bundle')
    await page.fill('[name="amount"]', '519')
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    expect(await dialog.innerText()).toContain('pro bundle: $499 → $519?')
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(api.state.pricing.sent).toEqual([])

    const before = structuredClone(api.state.pricing.products[0])
    await page.click('text=Change…')
    await page.click('dialog >> text=Change the list price')
    await page.waitForSelector('[role="status"] >> text=pro bundle costs $519 now')
    await page.waitForFunction(() => document.querySelector('.big-price')?.textContent?.includes('$519'))
    const prices = before?.prices.map((price) => (price.currency === 'USD' ? { ...price, amount: 519 } : price))
    expect(api.state.pricing.products[0]).toEqual({ ...before, prices })
  })

  it('says at the field why a list price is refused', async () => {
    const { page } = await open('/pricing/products/pro_bundle', {
      state: ({ pricing }) => {
        pricing.refusals['PUT /api/products/pro_bundle'] = {
          status: 422,
          code: 'price_out_of_bounds',
          error: 'the list price is above the ceiling',
          field: 'prices.1.amount',
        }
      },
    })
    await page.fill('[name="amount"]', '900')
    await page.click('text=Change…')
    await page.click('dialog >> text=Change the list price')
    await page.waitForSelector('.refusal >> text=the list price is above the ceiling')
    expect(await page.getAttribute('[name="amount"]', 'aria-invalid')).toBe('true')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe('amount')
  })
})

describe('texts from outside', () => {
  it('stay text on every page of pricing', async () => {
    const { page, api, problems } = await open('/pricing', {
      state: (state) => {
        state.pricing = freshPricing([HOSTILE], HOSTILE)
        for (const item of state.pricing.tests) item.results.sentence = HOSTILE
        for (const each of state.pricing.decisions) each.reason = HOSTILE
      },
    })
    for (const [path, ready] of [
      ['/pricing', 'tbody th a'],
      [`/pricing/products/${encodeURIComponent(HOSTILE)}`, '.ladder tbody tr'],
      ['/pricing?tab=rules', '[data-rule]'],
      ['/pricing?tab=tests', '[data-test]'],
      ['/pricing/tests/t1', '.judgement'],
      ['/pricing?tab=decisions', '[data-decision]'],
      [`/pricing/decisions/${encodeURIComponent(HOSTILE)}`, '.why li'],
    ] as const) {
      await page.goto(api.url + path)
      await page.waitForSelector(ready)
      expect(await page.innerText('main')).toContain('onerror')
    }
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false)
    expect(problems).toEqual([])
  })
})
