import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { visit } from '../address.ts'
import { ask } from '../api.ts'
import { busy, type Refused } from '../attempts.ts'
import { listOf, numberOf, textOf } from '../form-values.ts'
import { plainMoney } from '../format.ts'
import { catalogue, currencyOf } from '../pricing.ts'
import { closed, productFilter, testPath } from '../pricing-address.ts'
import { startTest } from '../pricing-changes.ts'
import type { Product } from '../pricing-shapes.ts'
import { Choice, FormRefusal, goToRefused, Input } from './form-field.tsx'

type StartInput = Parameters<typeof startTest>[0]

/** A choice that leaves the server's default where nothing is said. */
const chosen = <T extends string>(form: FormData, name: string): T | undefined => (textOf(form, name) || undefined) as T | undefined
const typed = (form: FormData, name: string): number | undefined => numberOf(form, name) ?? undefined

function inputFrom(form: FormData): StartInput {
  const weights = listOf(textOf(form, 'weights')).map((share) => Number(share) / 100)
  return {
    productId: textOf(form, 'productId'),
    testPrices: listOf(textOf(form, 'testPrices')).map(Number),
    duration: numberOf(form, 'duration') ?? 0,
    name: chosen(form, 'name'),
    currency: chosen(form, 'currency'),
    weights: weights.length > 0 ? weights : undefined,
    mode: chosen(form, 'mode'),
    allocation: chosen(form, 'allocation'),
    metric: chosen(form, 'metric'),
    eligibility: chosen(form, 'eligibility'),
    segments: chosen(form, 'segments'),
    conversionWindow: typed(form, 'conversionWindow'),
    minimumSample: typed(form, 'minimumSample'),
    blockHours: typed(form, 'blockHours'),
  }
}

/** What the server would refuse with less help than can be given here. */
function flawOf({ productId, testPrices, duration }: StartInput): Refused | null {
  if (productId === '') return { field: 'productId', message: 'Name the product' }
  if (testPrices.some((price) => !Number.isFinite(price)) || testPrices.length < 2)
    return { field: 'testPrices', message: 'Give at least two prices, with commas between them' }
  if (!(duration > 0)) return { field: 'duration', message: 'Give the days it runs' }
  return null
}

export function TestForm() {
  const refused = useSignal<Refused | null>(null)
  const productId = useSignal(productFilter.value ?? '')
  const currency = useSignal('')
  const mode = useSignal('randomised')
  const found = useSignal<Product | null>(null)
  const id = productId.value
  useEffect(() => {
    if (id === '') return
    const abort = new AbortController()
    ask<{ product: Product }>(`/api/products/${encodeURIComponent(id)}`, { signal: abort.signal }).then(
      ({ product }) => {
        found.value = product
      },
      // The server says so again when the test is started.
      () => {
        found.value = null
      },
    )
    return () => abort.abort()
  }, [id])
  const product = found.value?.id === id ? found.value : null
  const code = product && (product.prices.some((price) => price.currency === currency.value) ? currency.value : currencyOf(product))
  const price = product?.prices.find((each) => each.currency === code)
  const start = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const input = inputFrom(new FormData(form))
    refused.value = flawOf(input)
    if (refused.value === null) {
      const { value, refused: why } = await startTest(input)
      if (value) return visit(testPath(value.testId))
      refused.value = why
    }
    requestAnimationFrame(() => goToRefused(form))
  }
  const wrong = refused.value
  return (
    <section class="panel editor" aria-labelledby="test-form-title">
      <h2 id="test-form-title">A new price test</h2>
      <form class="form-grid" onSubmit={start} noValidate>
        <FormRefusal refused={wrong} />
        <Input
          name="productId"
          label="Product"
          required
          value={productFilter.value ?? ''}
          refused={wrong}
          list="known-products"
          placeholder="pro_bundle"
          hint={
            price && code
              ? `List price ${plainMoney(price.amount, code)}${price.floor === undefined ? '' : `, floor ${plainMoney(price.floor, code)}`}${price.ceiling === undefined ? '' : `, ceiling ${plainMoney(price.ceiling, code)}`}`
              : 'Its id'
          }
          onChange={(value) => {
            productId.value = value.trim()
          }}
        />
        <datalist id="known-products">
          {catalogue.value?.products.map(({ id: known, name }) => (
            <option key={known} value={known}>
              {name}
            </option>
          ))}
        </datalist>
        <Input
          name="testPrices"
          label="Prices"
          required
          refused={wrong}
          placeholder={price ? suggestedPrices(price.amount) : '449, 499, 549'}
          hint="Two to ten, with commas between them. The list price is the control and must be among them"
        />
        <Input
          name="duration"
          label="Days"
          type="number"
          required
          value={14}
          min="1"
          max="365"
          refused={wrong}
          fields={['duration', 'endsAt']}
          hint="Whole weeks, so that each weekday counts alike"
        />
        <Choice
          name="allocation"
          label="Who sees which price"
          refused={wrong}
          options={[
            { value: 'fixed', label: 'fixed shares' },
            { value: 'thompson', label: 'bandit: more and more see what earns more' },
          ]}
        />
        <Choice
          name="metric"
          label="What it is to raise"
          refused={wrong}
          hint="A visitor, not a sale: a price that sells less often may earn more"
          options={[
            { value: 'net_revenue', label: 'net revenue' },
            { value: 'margin', label: 'margin: net revenue less unit cost' },
          ]}
        />
        {product && product.prices.length > 1 && (
          <Choice
            name="currency"
            label="Currency"
            value={code ?? ''}
            refused={wrong}
            options={product.prices.map((each) => ({ value: each.currency, label: each.currency }))}
            onChange={(value) => {
              currency.value = value
            }}
          />
        )}
        <details class="wide-field more">
          <summary>More choices</summary>
          <div class="form-grid">
            <Input name="name" label="Name" refused={wrong} placeholder={product ? `Price of ${product.name}` : ''} />
            <Choice
              name="mode"
              label="Mode"
              refused={wrong}
              hint="Switchback, where the law takes no price by person"
              options={[
                { value: 'randomised', label: 'by visitor' },
                { value: 'switchback', label: 'switchback: everybody in turn' },
              ]}
              onChange={(value) => {
                mode.value = value
              }}
            />
            {mode.value === 'switchback' && <Input name="blockHours" label="Hours of one price" type="number" value={6} refused={wrong} />}
            <Choice
              name="eligibility"
              label="Whom it is for"
              refused={wrong}
              options={[
                { value: 'new', label: 'new visitors' },
                { value: 'all', label: 'everybody without a contract' },
              ]}
            />
            <Choice
              name="segments"
              label="Read apart by"
              refused={wrong}
              options={[
                { value: '', label: 'nothing' },
                { value: 'device', label: 'device' },
                { value: 'country', label: 'country' },
              ]}
            />
            <Input name="weights" label="Shares, %" refused={wrong} placeholder="equal" hint="One a price, in its order, 100 in all" />
            <Input
              name="conversionWindow"
              label="Days in which purchases count"
              type="number"
              refused={wrong}
              placeholder="14"
              hint="After a visitor first saw the price"
            />
            <Input
              name="minimumSample"
              label="Visitors a price must have"
              type="number"
              value={100}
              refused={wrong}
              hint="Before anything is said of it"
            />
          </div>
        </details>
        <p class="actions wide-field">
          <button type="submit" class="primary" disabled={busy.value}>
            Start the test
          </button>
          <a href={closed()}>Cancel</a>
        </p>
      </form>
    </section>
  )
}

/** Ten per cent to both sides, as an example. */
const suggestedPrices = (amount: number): string =>
  [0.9, 1, 1.1].map((factor) => (factor === 1 ? amount : Math.round(amount * factor))).join(', ')
