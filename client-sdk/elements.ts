import type { Client, ShownPricing } from './types.ts'

/** Longest time an element may stay hidden. */
const HIDDEN_MS = 300

/**
 * Fills `<b data-fl-price="pro_bundle">$499</b>`. The list price in it keeps its place while hidden, and stays when no
 * decision comes in time. One product on the page is a view of it; several are a listing.
 */
export async function fillPrices(client: Pick<Client, 'price' | 'prices'>, timeoutMs: number, disclosure: boolean): Promise<void> {
  const elements = [...document.querySelectorAll<HTMLElement>('[data-fl-price]:not([data-fl-state])')]
  const ids = [...new Set(elements.map((element) => element.dataset.flPrice as string))]
  if (!ids.length) return
  for (const element of elements) {
    element.dataset.flState = 'asked'
    element.style.visibility = 'hidden'
  }
  const options = { timeoutMs: Math.min(HIDDEN_MS, timeoutMs) }
  const prices = ids[1] ? await client.prices(ids, options) : [await client.price(ids[0] as string, options)]
  for (const element of elements) {
    const pricing = prices[ids.indexOf(element.dataset.flPrice as string)] as ShownPricing
    element.dataset.flState = pricing.fallback ? 'list' : 'priced'
    if (pricing.optimizedPrice !== null && !pricing.fallback) {
      element.textContent = amountText(pricing.optimizedPrice, pricing.currency, element.textContent ?? '')
      if (pricing.disclosure && disclosure) disclose(element, pricing.disclosure)
    }
    element.style.visibility = ''
  }
}

/** The amount in the page's language, with decimals only if it has some or the list price showed some. */
function amountText(amount: number, currency: string, listText: string): string {
  const whole = Number.isInteger(amount) && !/[.,]\d\d?(?!\d)/.test(listText)
  try {
    const language = document.documentElement.lang || undefined
    return new Intl.NumberFormat(language, { style: 'currency', currency, ...(whole && { minimumFractionDigits: 0 }) }).format(amount)
  } catch {
    // A page in the language "en_US", say, which is no language tag.
    return `${currency} ${amount}`
  }
}

function disclose(element: HTMLElement, text: string): void {
  const note = document.createElement('small')
  note.className = 'fl-disclosure'
  note.setAttribute('role', 'note')
  note.textContent = text
  element.after(' ', note)
}
