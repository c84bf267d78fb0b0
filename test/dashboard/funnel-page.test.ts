import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { roughly } from '../../dashboard/funnel-words.ts'
import { accessProblems, tabStops, useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)
const rows = (page: Page, of: string) => page.locator(`${of} tbody tr`).allInnerTexts()

const experiment = { key: 'checkout', name: 'Short checkout', variants: [{ key: 'control' }, { key: 'short', name: 'One page' }] }
const withExperiments = (page: Page, experiments: unknown[] = [experiment]) =>
  page.route('**/api/experiments?*', (route) => route.fulfill({ json: { success: true, experiments, next: null } }))

describe('the funnel page', () => {
  it('says first who came through and where most are lost, then each step with both denominators, losses and times', async () => {
    const { page, problems } = await open('/funnel')
    await page.waitForSelector('[data-step="purchased"]')
    expect(await page.textContent('[data-testid="through"]')).toMatch(
      /^Of [\d,]+ people who entered, [\d,]+ \(6\.0%\) came to “Purchased”, .* against the period before\. Most are lost at “Visited”: [\d,]+ people, 42\.0% of those who reached it, came no further\.$/,
    )
    expect(await page.locator('.steps thead th').allTextContents()).toEqual([
      'Step',
      'People',
      'of step before',
      'of all who entered',
      'median time to it',
    ])
    expect((await rows(page, '.steps'))[2]).toMatch(
      /Added to cart\s+[\d,]+\s+−[\d,]+ left\s+36\.2%\s+[-+\d.]+ pp[\s\S]*21\.0%[\s\S]*7\.5 min/,
    )
    expect(await page.textContent('[data-testid="revenue"]')).toMatch(/^\$[\d,]+\.00$/)
    expect(problems).toEqual([])
  })

  it('marks optional steps, says how far a new funnel has counted, and where chance explains every loss', async () => {
    const { page } = await open('/funnel?funnel=trial&compare=off', {
      state: ({ funnels }) => {
        funnels.drivers = []
      },
    })
    await page.waitForSelector('[data-step="help"] >> text=optional')
    expect(await page.locator('.steps >> text=optional').count()).toBe(1)
    expect(await page.getAttribute('[role="progressbar"]', 'aria-valuetext')).toBe('1,250 of 5,000 customers')
    expect(await page.locator('.steps .drop >> text=pp').count()).toBe(0)
    expect(await page.innerText('.drivers')).toContain('any more than chance explains')
  })

  it('has all it shows in the address: funnel, period and breakdown, and Back leads back', async () => {
    const { page, api } = await open('/funnel')
    await page.selectOption('.choices select >> nth=0', { label: 'Trial to plan' })
    await page.waitForSelector('[data-step="help"]')
    await page.selectOption('.choices select >> nth=1', 'device')
    await page.waitForSelector('.groups table')
    await page.click('text=Last 7 days')
    await page.waitForFunction(() => location.search.includes('7d'))
    expect(query(page.url())).toEqual({ funnel: 'trial', by: 'device', period: '7d' })
    const again = await page.context().newPage()
    await again.goto(page.url())
    await again.waitForSelector('.groups table')
    expect(await again.inputValue('.choices select >> nth=0')).toBe('trial@2')
    expect(api.asked.some((path) => path.startsWith('GET /api/funnel?timeframe=7d&funnel=trial&by=device'))).toBe(true)
    await page.goBack()
    await page.goBack()
    await page.waitForSelector('.groups', { state: 'detached' })
  })

  it('moves the period by the arrow keys, and stops comparing by X', async () => {
    const { page } = await open('/funnel')
    await page.waitForSelector('.steps .drop >> text=pp')
    await page.keyboard.press('ArrowLeft')
    await page.waitForFunction(() => location.search.includes('to='))
    await page.keyboard.press('x')
    await page.waitForSelector('.steps .drop >> text=pp', { state: 'detached' })
    expect(query(page.url())).toMatchObject({ compare: 'off', to: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) })
  })

  it('has the days of entry as charts with a table, and says which may still rise', async () => {
    const { page } = await open('/funnel')
    await page.waitForSelector('.field')
    const names = await page.locator('.field').evaluateAll((fields) => fields.map((field) => field.getAttribute('aria-label')))
    expect(names).toEqual([
      'People who entered by day; the table below has the numbers',
      'Share who came through by day of entry; the table below has the numbers',
    ])
    const table = '[aria-label="People by day of entry"]'
    expect((await rows(page, table)).length).toBe(30)
    expect((await rows(page, table)).filter((row) => row.includes('so far')).length).toBe(8)
  })

  it('gives its tables as files, in which nothing runs as a formula', async () => {
    const { page } = await open('/funnel?by=source')
    await page.waitForSelector('.groups tbody tr')
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('.groups .csv')])
    expect(file.suggestedFilename()).toBe('funnel-default-by-source.csv')
    const text = await readFile((await file.path()) as string, 'utf8')
    expect(text.split('\r\n')[0]).toBe('value,step,entered,of_previous,of_first,dropped_off,revenue,revenue_per_entry,currency')
    expect(text).toContain(`"'=HYPERLINK(""http://x"")",visited,`)
  })

  it('shows the default funnel where the one of the address is not known', async () => {
    const { page } = await open('/funnel?funnel=gone')
    await page.waitForSelector('text=There is no such funnel')
    await page.click('text=The default funnel')
    await page.waitForSelector('[data-step="purchased"]')
  })

  it('teaches where nobody entered, with the event that enters it', async () => {
    const { page } = await open('/funnel?funnel=trial', {
      state: ({ funnels }) => {
        funnels.visited = false
      },
    })
    await page.waitForSelector('text=Nobody entered this funnel in the period')
    expect(await page.textContent('.teach code >> nth=-1')).toContain('"event":"view_item"')
    expect(await page.locator('.drivers').count()).toBe(0)
  })

  it('is where the overview leads to', async () => {
    const { page } = await open('/?period=7d')
    await page.click('.funnel a')
    await page.waitForSelector('h1 >> text=Funnel')
    expect(query(page.url())).toEqual({ period: '7d' })
  })
})

describe('people told apart', () => {
  it('stand side by side where they are few, and in rows where they are many', async () => {
    const { page } = await open('/funnel?by=device')
    await page.waitForSelector('.side-by-side')
    expect(await page.locator('.side-by-side thead th').allTextContents()).toEqual(['Step', 'Mobile', 'Desktop', 'Tablet'])
    expect(await page.innerText('.side-by-side tfoot')).toMatch(/Revenue\s+\$[\d,.]+[\s\S]*Revenue per entry\s+\$[\d.]+/)
    await page.selectOption('.choices select >> nth=1', 'country')
    await page.waitForSelector('[data-group="DE"]')
    expect(await page.innerText('[data-group="DE"]')).toMatch(/^Germany\s+[\d,]+/)
    expect(await page.innerText('[data-group="other"]')).toMatch(/^All others/)
  })

  it('are the variants of an experiment, by their names, once one is chosen', async () => {
    const { page, api } = await open('/setup')
    await withExperiments(page)
    await page.goto(`${api.url}/funnel?by=variant`)
    await page.waitForSelector('text=Choose an experiment above')
    await page.selectOption('.choices select >> nth=2', 'checkout')
    await page.waitForSelector('.side-by-side')
    expect(query(page.url())).toEqual({ by: 'variant', experiment: 'checkout' })
    expect(await page.locator('.side-by-side thead th').allTextContents()).toEqual(['Step', 'control', 'One page'])
    expect(await page.innerText('.groups')).toContain('Whether a difference is more than chance')
  })

  it('are not told apart where the server cannot, and the rest of the page stands', async () => {
    const { page, api } = await open('/setup')
    await withExperiments(page, [])
    await page.route(/\/api\/funnel\?.*by=variant/, (route) =>
      route.fulfill({ status: 422, json: { success: false, code: 'not_found', error: 'there is no experiment "x"', field: 'experiment' } }),
    )
    await page.goto(`${api.url}/funnel?by=variant&experiment=x`)
    await page.waitForSelector('text=They cannot be told apart: there is no experiment "x".')
    expect(await page.locator('[data-step]').count()).toBe(6)
  })
})

describe('what goes along with being lost', () => {
  it('is a sentence with the difference, its interval, the adjusted p and the people at stake, and is not called a cause', async () => {
    const { page } = await open('/funnel')
    await page.waitForSelector('[data-driver]')
    const [first, second] = await rows(page, '.drivers')
    expect(first).toMatch(/Mobile\s+at “Viewed a product”, 2,104 people/)
    expect(first?.replaceAll('\u00a0', ' ')).toContain('-8.1 pp (-10.4 pp to -5.8 pp): 31.1% go on, of the others 39.2%; p < 0.001')
    expect(first).toContain('170 people at stake')
    expect(second).toMatch(/Did coupon refused[\s\S]*p\s0\.003/)
    expect(await page.locator('.drivers .worse .reach').count()).toBe(2)
    expect(await page.innerText('.drivers .sentence')).toContain('That need not be the cause')
  })
})

describe('the form of a funnel', () => {
  it('sends the steps in the order in which they stand, and shows the funnel that was made', async () => {
    const { page, api } = await open('/funnel?new=funnel')
    await page.fill('[name="name"]', 'To the cart')
    await page.fill('[name="steps.1.events"]', 'add_to_cart, wishlist')
    await page.click('[aria-label="Move step 3 up"]')
    await page.click('[aria-label="Remove step 1"]')
    await page.click('text=Add a step')
    await page.fill('[name="steps.2.name"]', 'Thanks')
    await page.fill('[name="steps.2.events"]', 'thanked')
    await page.check('[name="steps.1.optional"]')
    await page.fill('[name="steps.2.windowHours"]', '24')
    await page.fill('[name="steps.2.condition"]', '{"country": "DE"}')
    await page.click('text=Make the funnel')
    await page.waitForSelector('[role="status"] >> text=Made: To the cart, version 1')
    expect(api.state.funnels.sent).toEqual([
      {
        to: 'POST /api/funnels',
        body: {
          name: 'To the cart',
          order: 'ordered',
          steps: [
            { name: 'Purchase', events: ['purchase'], optional: false },
            { name: 'Cart', events: ['add_to_cart', 'wishlist'], optional: true },
            { name: 'Thanks', events: ['thanked'], optional: false, windowHours: 24, condition: { country: 'DE' } },
          ],
        },
      },
    ])
    expect(query(page.url())).toEqual({ funnel: 'to_the_cart' })
  })

  it('shows a refusal at its field, and a condition that is none before it is sent', async () => {
    const { page, api } = await open('/funnel?new=funnel', {
      state: ({ funnels }) => {
        funnels.refusals['POST /api/funnels'] = {
          status: 422,
          code: 'invalid_field',
          error: 'twice the same event',
          field: 'steps.1.events.0',
        }
      },
    })
    await page.fill('[name="name"]', 'X')
    await page.fill('[name="steps.2.condition"]', 'pro')
    await page.click('text=Make the funnel')
    await page.waitForSelector('#field-steps-2-condition-refusal')
    expect(api.state.funnels.sent).toEqual([])
    await page.fill('[name="steps.2.condition"]', '')
    await page.keyboard.press('Enter')
    expect(await page.textContent('#field-steps-1-events-refusal')).toBe('✕ twice the same event')
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'steps.1.events')
  })

  it('makes the next version of one, with the keys of its steps', async () => {
    const { page, api } = await open('/funnel?funnel=trial')
    await page.click('text=Change')
    await page.waitForSelector('h2 >> text=Trial to plan: version 3')
    await page.fill('[name="windowHours"]', '48')
    await page.click('text=Make this version')
    await page.waitForSelector('text=Made: Trial to plan, version 3')
    expect(api.state.funnels.sent[0]?.body).toMatchObject({
      id: 'trial',
      windowHours: 48,
      steps: [
        { key: 'pricing_page', condition: { 'metadata.plan': 'pro' } },
        { key: 'help', events: ['help_opened', 'chat_opened'], optional: true },
        { key: 'purchase', windowHours: 72 },
      ],
    })
  })

  it('archives one only after a yes', async () => {
    const { page, api } = await open('/funnel?funnel=trial')
    await page.click('text=Archive')
    await page.click('dialog >> text=Cancel')
    expect(api.state.funnels.sent).toEqual([])
    await page.click('.choices >> text=Archive')
    await page.click('dialog >> text=Archive it')
    await page.waitForSelector('[role="status"] >> text=Archived: Trial to plan')
    await page.waitForSelector('[data-step="purchased"]')
  })
})

describe('everybody', () => {
  it.each([
    { path: '/funnel?by=device&funnel=trial', ready: '.backfill' },
    { path: '/funnel?new=funnel', ready: '.editor' },
  ])('can use $path: axe finds nothing in both themes and at 360 pixels, where nothing scrolls sideways', async ({ path, ready }) => {
    const { page } = await open(path)
    await page.waitForSelector(ready)
    expect(await accessProblems(page)).toEqual([])
  })

  it('can tour it by Tab alone, each stop visible', async () => {
    const { page } = await open('/funnel?new=funnel')
    await page.waitForSelector('.editor')
    const stops = await tabStops(page, 80)
    expect(stops.filter((stop) => stop.startsWith('invisible'))).toEqual([])
    expect(stops.length).toBeGreaterThan(40)
  })
})

describe('a length of time', () => {
  it.each([
    [0, '0 sec'],
    [95.4, '95 sec'],
    [119, '120 sec'],
    [450, '7.5 min'],
    [8600, '2.4 hr'],
    [180_000, '2.1 days'],
  ])('of %d seconds is %s', (seconds, words) => {
    expect(roughly(seconds)).toBe(words)
  })
})
