import { describe, expect, it } from 'vitest'
import { fakeAnalytics, TODAY } from './fake-figures.ts'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const READY = '[data-figure="netRevenue"] summary'
const range = '[data-testid="range"]'
const back = (days: number) => new Date(Date.parse(TODAY) - days * 86_400_000).toISOString().slice(0, 10)
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

describe('the address', () => {
  it('reproduces period, last day, currency and comparison from a copied link', async () => {
    const to = back(40)
    const { page } = await open(`/?period=90d&to=${to}&currency=EUR&compare=off&chart=table`)
    await page.waitForSelector(READY)
    const { figures } = fakeAnalytics('90d', to, 'EUR', false, { bonus: 0, productIds: [], countries: [] })
    const euros = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'EUR' }).format(figures.netRevenue.value ?? 0)
    expect(await page.textContent('[data-figure="netRevenue"] .value')).toBe(euros)
    expect(await page.getAttribute('.toggle', 'aria-pressed')).toBe('false')
    expect(await page.locator('.chart table').count()).toBe(1)
    expect(await page.inputValue('select')).toBe('EUR')
  })

  it('goes back to the period before with the Back button', async () => {
    const { page } = await open('/')
    await page.waitForSelector(READY)
    const first = await page.textContent(range)
    await page.click('nav[aria-label="Period"] >> text=7d')
    await page.waitForFunction((old) => document.querySelector('[data-testid="range"]')?.textContent !== old, first)
    expect(query(page.url())).toEqual({ period: '7d' })
    await page.goBack()
    await page.waitForFunction((old) => document.querySelector('[data-testid="range"]')?.textContent === old, first)
    expect(query(page.url())).toEqual({})
  })

  it('keeps period and currency on the way to another page and back', async () => {
    const { page } = await open('/?period=7d&currency=EUR')
    await page.waitForSelector(READY)
    await page.click('nav[aria-label="Pages"] >> text=Revenue')
    await page.waitForSelector('.movements .segment')
    expect(query(page.url())).toEqual({ period: '7d', currency: 'EUR' })
    await page.goBack()
    await page.waitForSelector(READY)
    expect(new URL(page.url()).pathname).toBe('/')
  })

  it('ignores a period, a day and a currency that are none', async () => {
    const { page, api, problems } = await open('/?period=forever&to=2026-13-45&currency=%3Cb%3E')
    await page.waitForSelector(READY)
    expect(api.asked).toContain('GET /api/analytics?timeframe=30d')
    expect(problems).toEqual([])
  })

  it('shows the comparison of a copied link, whatever its reader chose before', async () => {
    const { page, api } = await open('/')
    await page.waitForSelector(READY)
    await page.keyboard.press('x')
    await page.waitForSelector('.toggle[aria-pressed="false"]')
    await page.goto(`${api.url}/?period=18m`)
    await page.waitForSelector(READY)
    expect(query(page.url())).toEqual({ period: '18m' })
    expect(await page.getAttribute('.toggle', 'aria-pressed')).toBe('true')
  })

  it('shows the default currency, and says so, where the one it names is none', async () => {
    const { page, problems } = await open('/?currency=ZZZ')
    await page.waitForSelector('[role="status"] >> text=ZZZ in the address is no currency we know')
    await page.waitForSelector(READY)
    expect(await page.inputValue('select')).toBe('USD')
    expect(await page.locator('.notice[role="alert"]').count()).toBe(0)
    expect(problems.filter((text) => !text.includes('422'))).toEqual([])
  })

  it('says that a page does not exist', async () => {
    const { page } = await open('/nowhere')
    await page.waitForSelector('text=There is no such page')
  })
})

describe('the keyboard', () => {
  it('moves a period of whole weeks by its own length and no further than today', async () => {
    const { page } = await open('/?period=7d')
    await page.waitForSelector(READY)
    await page.keyboard.press('ArrowRight')
    expect(query(page.url())).toEqual({ period: '7d' })
    await page.keyboard.press('ArrowLeft')
    expect(query(page.url())).toEqual({ period: '7d', to: back(7) })
    await page.waitForFunction(
      (day) => document.querySelector('[data-testid="range"]')?.textContent?.endsWith(day),
      new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', year: 'numeric', timeZone: 'UTC' }).format(Date.parse(back(7))),
    )
    await page.keyboard.press('ArrowRight')
    expect(query(page.url())).toEqual({ period: '7d' })
  })

  it('moves the period to the very days it was compared with', async () => {
    const { page } = await open('/')
    await page.waitForSelector(READY)
    const compared = await page.textContent('[data-testid="compared"]')
    await page.keyboard.press('ArrowLeft')
    expect(query(page.url())).toEqual({ to: back(35) })
    // The button is there with the address, the range with the figures.
    await expect.poll(async () => `Compared with ${await page.textContent(range)}, the same weekdays`, { timeout: 5_000 }).toBe(compared)
    await page.click('text=Back to today')
    expect(query(page.url())).toEqual({})
  })

  it('turns comparison off and on with X, and remembers it', async () => {
    const { page, api } = await open('/')
    await page.waitForSelector('.tile .change .good, .tile .change .bad')
    await page.keyboard.press('x')
    await page.waitForSelector('.toggle[aria-pressed="false"]')
    expect(await page.locator('.tile .change .good, .tile .change .bad').count()).toBe(0)
    await page.goto(api.url)
    await page.waitForSelector('.toggle[aria-pressed="false"]')
    await page.keyboard.press('X')
    await page.waitForSelector('.toggle[aria-pressed="true"]')
  })

  it('shows help with ? and gives way to fields', async () => {
    const { page } = await open('/')
    await page.waitForSelector(READY)
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog:not([open])', { state: 'attached' })
    await page.focus('select')
    await page.keyboard.press('x')
    expect(query(page.url())).toEqual({})
  })
})
