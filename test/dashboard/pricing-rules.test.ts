import { describe, expect, it } from 'vitest'
import { useDashboard } from './setup.ts'

const open = useDashboard()
const query = (url: string) => Object.fromEntries(new URL(url).searchParams)

describe('the list of rules', () => {
  it('says of each in words when it holds and what it does', async () => {
    const { page, problems } = await open('/pricing?tab=rules')
    await page.waitForSelector('[data-rule]')
    const row = (id: string) => page.innerText(`[data-rule="${id}"]`)
    expect(await row('germany')).toMatch(/Market\s+country is Germany or Austria, and weekday is at least Saturday\s+-5\.0%\s+all/)
    expect(await row('winback')).toMatch(/Segment\s+behaviour has price_sensitive, and has not bought yet\s+-10\.0%/)
    expect(await row('winback')).toMatch(/and 1 more\s+5\s+until Jan 31, 2027[\s\S]*Personal/)
    expect(await row('stock')).toMatch(/Inventory\s+always\s+follows inventory × 0\.5, usual stock 200, from -10\.0% to \+10\.0%/)
    await page.waitForSelector('text=Market signals')
    expect(problems).toEqual([])
  })

  it('teaches while there is none, and its one action opens the form', async () => {
    const { page } = await open('/pricing?tab=rules', {
      state: ({ pricing }) => {
        pricing.rules = []
      },
    })
    await page.waitForSelector('text=No rule moves a price yet')
    expect(await page.textContent('.teach code')).toContain('/api/price-rules/germany')
    await page.click('text=Make a rule')
    await page.waitForSelector('.editor')
    expect(query(page.url())).toEqual({ tab: 'rules', new: 'rule' })
    await page.goBack()
    await page.waitForSelector('.teach')
  })

  it('removes a rule only after a yes, and says that it did', async () => {
    const { page, api } = await open('/pricing?tab=rules')
    await page.click('[aria-label="Remove Win back"]')
    await page.click('dialog >> text=Cancel')
    expect(api.state.pricing.sent).toEqual([])
    await page.click('[aria-label="Remove Win back"]')
    await page.click('dialog >> text=Remove the rule')
    await page.waitForSelector('[role="status"] >> text=Removed: Win back')
    await page.waitForSelector('[data-rule="winback"]', { state: 'detached' })
  })
})

describe('the editor', () => {
  it('saves nothing before a preview, and what it saves is what was previewed', async () => {
    const { page, api } = await open('/pricing?tab=rules&new=rule')
    await page.fill('[name="name"]', 'Summer, DE')
    await page.fill('[name="countries"]', 'de, at')
    await page.check('[name="device"][value="mobile"]')
    await page.fill('[name="multiplier"]', '-5')
    await page.fill('[name="startsAt"]', '2027-06-01T00:00')
    const save = page.getByRole('button', { name: 'Save' })
    expect(await save.isDisabled()).toBe(true)
    await page.click('text=Preview >> visible=true')
    const preview = await page.textContent('[data-testid="preview"]')
    expect(preview).toContain('Of the last 1,000 sampled decisions it would have changed 120 (12.0%): 0 dearer, 120 cheaper')
    expect(preview).toContain('3 stopped at a guardrail')
    expect(preview).toContain('In 2 the law of the place takes no such price')
    expect(await page.locator('.preview tbody tr').first().innerText()).toMatch(
      /pro_bundle USD\s+640\s+120\s+\$491\.20\s+\$478\.35\s+-2\.6%/,
    )
    expect(await page.textContent('.preview')).toContain('Rule summer, price × 0.95')

    await page.fill('[name="priority"]', '7')
    expect(await save.isDisabled()).toBe(true)
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('[data-testid="preview"]')
    await save.click()
    await page.waitForSelector('[data-rule="summer-de"]')
    expect(query(page.url())).toEqual({ tab: 'rules' })
    await page.waitForSelector('[role="status"] >> text=Saved: Summer, DE')
    const rule = {
      kind: 'market',
      name: 'Summer, DE',
      productIds: null,
      priority: 7,
      condition: { country: { $in: ['DE', 'AT'] }, device: 'mobile' },
      multiplier: 0.95,
      sensitivity: null,
      minimum: null,
      maximum: null,
      reference: null,
      startsAt: '2027-06-01T00:00:00.000Z',
      endsAt: null,
    }
    const { sent } = api.state.pricing
    expect(sent.map(({ to }) => to)).toEqual([
      'POST /api/price-rules/preview',
      'POST /api/price-rules/preview',
      'PUT /api/price-rules/summer-de',
    ])
    expect(sent[1]?.body).toEqual({ id: 'summer-de', ...rule })
    expect(sent[2]?.body).toEqual(rule)
  })

  it('asks a rule that follows something for its bounds, and for what is usual', async () => {
    const { page, api } = await open('/pricing?tab=rules&new=rule')
    await page.fill('[name="name"]', 'Stock')
    await page.fill('[name="id"]', 'by-stock')
    await page.selectOption('[name="kind"]', 'inventory')
    expect(await page.locator('[name="multiplier"]').count()).toBe(0)
    await page.fill('[name="sensitivity"]', '0.3')
    await page.fill('[name="minimum"]', '-20')
    await page.fill('[name="maximum"]', '15')
    await page.fill('[name="reference"]', '250')
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('[data-testid="preview"]')
    expect(api.state.pricing.sent[0]?.body).toMatchObject({ multiplier: 1, sensitivity: 0.3, minimum: 0.8, maximum: 1.15, reference: 250 })
  })

  it('opens a rule that stands in the address, as JSON where the fields cannot say it, and keeps its id', async () => {
    const { page, api } = await open('/pricing?tab=rules&rule=germany')
    expect(JSON.parse(await page.inputValue('[name="condition"]'))).toEqual({ country: { $in: ['DE', 'AT'] }, weekday: { $gte: 6 } })
    expect(await page.getAttribute('[name="id"]', 'readonly')).not.toBeNull()
    await page.fill('[name="condition"]', '{ "country": ')
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('.refusal >> text=This is no condition')
    expect(api.state.pricing.sent).toEqual([])
    await page.fill('[name="condition"]', '{ "hour": { "$gte": 18 } }')
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('text=hour (UTC) is at least 18')
    expect(api.state.pricing.sent[0]?.body).toMatchObject({ id: 'germany', condition: { hour: { $gte: 18 } }, multiplier: 0.95 })
  })

  it.each([
    { field: 'maximum', name: 'maximum', kind: 'demand' },
    { field: 'condition.behaviorFlags.$all.0', name: 'flags', kind: 'segment' },
    { field: 'condition.country.$in.1', name: 'countries', kind: 'market' },
  ])('shows a refusal of $field at its field and goes there', async ({ field, name, kind }) => {
    const { page } = await open('/pricing?tab=rules&new=rule', {
      state: ({ pricing }) => {
        pricing.refusals['POST /api/price-rules/preview'] = { status: 422, code: 'invalid_field', error: 'that cannot be', field }
      },
    })
    await page.fill('[name="name"]', 'Odd')
    await page.selectOption('[name="kind"]', kind)
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('.refusal >> text=that cannot be')
    expect(await page.getAttribute(`[name="${name}"]`, 'aria-invalid')).toBe('true')
    const by = await page.getAttribute(`[name="${name}"]`, 'aria-describedby')
    expect(await page.textContent(`#${by?.split(' ')[0]}`)).toContain('that cannot be')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('name'))).toBe(name)
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true)
  })

  it('says above the form what was refused of no field in it', async () => {
    const { page } = await open('/pricing?tab=rules&new=rule', {
      state: ({ pricing }) => {
        pricing.refusals['POST /api/price-rules/preview'] = { status: 503, code: 'unavailable', error: 'a store does not answer' }
      },
    })
    await page.fill('[name="name"]', 'Odd')
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('.form-refusal >> text=a store does not answer')
  })

  it('does not replace a rule of the same id unseen', async () => {
    const { page, api } = await open('/pricing?tab=rules&new=rule')
    await page.waitForSelector('.editor')
    await page.fill('[name="name"]', 'Germany')
    await page.click('button:has-text("Preview")')
    await page.waitForSelector('.refusal >> text=A rule of this id exists')
    expect(api.state.pricing.sent).toEqual([])
  })
})
