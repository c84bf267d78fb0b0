import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { accessProblems, tabStops, useDashboard } from './setup.ts'

const openPage = useDashboard()
const open = (path: string) =>
  openPage(path, {
    state: (state) => {
      state.calculators = true
    },
  })
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)
const says = (page: Page) => page.innerText('[data-testid="says"]').then((text) => text.replaceAll('\u00a0', ' '))
const fact = (page: Page, name: string) => page.locator('.sums-line div', { hasText: name }).locator('dd').innerText()

describe('the sample size', () => {
  it('is a sentence first, then its numbers, as R and Evan Miller publish them', async () => {
    const { page, problems } = await open('/calculators?baseline=20&mde=5&relative=no&method=fixed&perDay=300')
    await page.waitForSelector('.calculation')
    expect(await says(page)).toBe(
      '2,188 people (1,094 in each variant) are needed to find an effect of +5.0 pp in 80.0% of tests, which takes 8 days.',
    )
    expect(await fact(page, 'People a variant')).toBe('1,094')
    expect(await fact(page, 'From, to')).toBe('20% → 25%')
    expect(problems).toEqual([])
  })

  it('has all that is typed in the address, and a link makes the same calculation', async () => {
    const { page, api } = await open('/calculators?period=7d')
    await page.waitForSelector('.calculation')
    await page.selectOption('[name="find"]', 'effect')
    await page.waitForSelector('[name="total"]')
    await page.fill('[name="total"]', '40000')
    await page.selectOption('[name="method"]', 'group_sequential')
    await page.fill('[name="looks"]', '4')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.looks tbody tr:nth-child(4)')
    expect(query(page.url())).toEqual({ period: '7d', find: 'effect', total: '40000', method: 'group_sequential', looks: '4' })
    const said = await says(page)
    expect(said).toMatch(/^With 40,000 people, \+\d+\.\d% is the smallest effect that 80\.0% of tests would find/)
    const again = await page.context().newPage()
    await again.goto(page.url())
    await again.waitForSelector('.calculation')
    expect(await says(again)).toBe(said)
    expect(await again.inputValue('[name="looks"]')).toBe('4')
    await page.goBack()
    await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[name="looks"]')?.value === '5')
    await page.click('nav[aria-label="Pages"] >> text=Revenue')
    await page.waitForFunction(() => location.pathname === '/revenue')
    expect(query(page.url())).toEqual({ period: '7d' })
    expect(api.asked.filter((path) => path === 'POST /api/analysis/sample-size').length).toBeGreaterThan(2)
  })

  it('tells the power of so many, of a mean by its deviation, and keeps what was typed where it still means the same', async () => {
    const { page } = await open('/calculators?find=power')
    await page.waitForSelector('.calculation')
    expect(await says(page)).toMatch(/^With 20,000 people, [\d.]+% of tests would find an effect of \+10\.0% where it is there/)
    await page.selectOption('[name="kind"]', 'mean')
    await page.waitForSelector('[name="standardDeviation"]')
    expect(await page.inputValue('[name="baseline"]')).toBe('12')
    await page.waitForFunction(() => document.querySelector('.sums-line')?.textContent?.includes('12 → 13.2'))
  })

  it('stands beside its field when it is refused', async () => {
    const { page } = await open('/calculators?power=120')
    await page.waitForSelector('#field-power-refusal >> text=A percentage above 0 and below 100')
    expect(await page.getAttribute('[name="power"]', 'aria-invalid')).toBe('true')
    expect(await page.locator('.calculation').count()).toBe(0)
    await page.fill('[name="power"]', '90')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.calculation')
    expect(await page.locator('.refusal').count()).toBe(0)
    expect(await says(page)).toContain('in 90.0% of tests')
  })

  it('can be asked for by a request that says the same', async () => {
    const { page, api } = await open('/calculators')
    await page.waitForSelector('.calculation')
    await page.click('text=As an API call')
    const code = await page.innerText('.calculation code')
    expect(code).toContain(`curl -X POST "${api.url}/api/analysis/sample-size"`)
    expect(code).toContain(`-d '{"metric":"proportion","baseline":0.05,"mde":0.1,"relative":true,"power":0.8,"alpha":0.05,`)
  })
})

describe('the comparison', () => {
  it('reads two shares once and at every look, side by side', async () => {
    const { page, problems } = await open('/calculators?tab=compare')
    await page.waitForSelector('.calculation')
    expect(await says(page)).toMatch(
      /^new_checkout is at -9\.4% \(-13\.1% to -5\.7%\): worse than the control, and that holds however often it was looked at\.$/,
    )
    const rows = await page.locator('.calculation .forest tbody tr').allInnerTexts()
    expect(rows.map((row) => /looked at \w+/.exec(row)?.[0])).toEqual(['looked at once', 'looked at any'])
    expect(await page.locator('.calculation .forest .worse .reach').count()).toBe(2)
    expect(await page.innerText('.calculation')).toContain('z -4.702')
    expect(problems).toEqual([])
  })

  it('says when only a planned look would have been sure, and what several treatments bring forth by chance', async () => {
    const { page, api } = await open('/calculators?tab=compare&arms=a,10000,500;b,10000,575')
    await page.waitForSelector('.calculation')
    expect(await says(page)).toMatch(/^b is at .*: better than the control if this was planned as the only look; looked at along the way/)
    await page.goto(`${api.url}/calculators?tab=compare&arms=a,10000,500;b,10000,575;c,10000,505`)
    await page.waitForSelector('text=p is adjusted for 2 treatments (Holm)')
    const [first, second] = (await says(page)).split('\n').filter(Boolean)
    expect(first).toMatch(
      /^b is at .* against the control, which may as well be chance: of several treatments one does this now and then\.$/,
    )
    expect(second).toMatch(/^c is at .* against the control, which may as well be chance\.$/)
    expect(await page.locator('.calculation .forest .either .reach').count()).toBe(4)
  })

  it('takes variants in and out, and means or sums in place of counts', async () => {
    const { page } = await open('/calculators?tab=compare')
    await page.waitForSelector('.calculation')
    await page.click('text=Add a variant')
    await page.fill('[name="row.2.name"]', 'third, of three')
    await page.fill('[name="row.2.cell0"]', '4100')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.calculation >> text=third of three')
    expect(query(page.url()).arms).toBe('control,17293,3785;new_checkout,17260,3423;third of three,17260,4100')
    await page.click('[aria-label="Remove new_checkout"]')
    await page.waitForSelector('[name="row.2.n"]', { state: 'detached' })
    expect(await page.inputValue('[name="row.1.name"]')).toBe('third of three')
    await page.selectOption('[name="of"]', 'means')
    await page.waitForSelector('.calculation >> text=A person')
    expect(query(page.url())).toEqual({ tab: 'compare', of: 'means' })
    expect(await page.innerText('.calculation table >> nth=0')).toMatch(/control\s+4,000\s+12\.4\s+0\.648/)
  })

  it('stands beside the cell when the server refuses it', async () => {
    const { page } = await open('/calculators?tab=compare&arms=a,100,5;b,100,500')
    await page.waitForSelector('#field-row-1-cell0-refusal')
    expect(await page.innerText('#field-row-1-cell0-refusal')).toBe('✕ more conversions than customers')
    await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'row.1.cell0')
  })
})

describe('the sample ratio', () => {
  it('says whether chance splits people so, with those expected', async () => {
    const { page } = await open('/calculators?tab=sample-ratio&counts=821588,815482')
    await page.waitForSelector('.calculation')
    expect(await says(page)).toMatch(/^People were not split as planned: .* No figure of this test can be trusted/)
    expect(await page.innerText('.calculation tbody')).toMatch(/1\s+821,588\s+818,535\s+\+0\.4%\s+2\s+815,482\s+818,535\s+-0\.4%/)
    await page.fill('[name="counts"]', '5010 4990')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=People were split as planned')
  })
})

describe('the looks', () => {
  it('have their boundaries, by their number or their shares', async () => {
    const { page } = await open('/calculators?tab=sequential')
    await page.waitForSelector('.looks')
    expect(await says(page)).toBe('At the first of 5 looks the result must lie 4.877 standard errors from zero to stop, at the last 2.031.')
    await page.fill('[name="looks"]', '0.5, 1')
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.querySelectorAll('.looks tbody tr').length === 2)
    expect(await page.innerText('.looks tbody')).toMatch(/1\s+50\.0%\s+± 2\.963\s+0\.0031\s+0\.31%\s+2\s+100\.0%\s+± 1\.969\s+0\.049\s+5%/)
  })

  it('say of one look whether it is more than chance at every other', async () => {
    const { page } = await open('/calculators?tab=sequential&show=now&effect=0.02')
    await page.waitForSelector('.calculation')
    expect(await says(page)).toMatch(
      /^0\.02 \(\+0\.00\d+ to \+0\.03\d+\), p < 0\.001: this is more than chance, at this look and every other/,
    )
  })
})

describe('everybody', () => {
  it.each([
    { path: '/calculators?method=group_sequential', ready: '.looks' },
    { path: '/calculators?tab=compare&arms=a,100,5;b,100,8;c,100,9', ready: '.calculation' },
  ])('can use $path: axe finds nothing in both themes and at 360 pixels, where nothing scrolls sideways', async ({ path, ready }) => {
    const { page } = await open(path)
    await page.waitForSelector(ready)
    await page.click('text=As an API call')
    expect(await accessProblems(page)).toEqual([])
  })

  it('can tour it by Tab alone, each stop visible, from the experiments that lead to it', async () => {
    const { page } = await open('/experiments')
    await page.click('nav[aria-label="Experiments and metrics"] >> text=Calculators')
    await page.waitForSelector('.calculation')
    expect(await page.title()).toBe('Calculators · Fairlead')
    expect(await page.getAttribute('nav[aria-label="Pages"] [aria-current]', 'href')).toBe('/experiments')
    const stops = await tabStops(page, 60)
    expect(stops.filter((stop) => stop.startsWith('invisible'))).toEqual([])
    expect(stops.length).toBeGreaterThan(20)
  })
})
