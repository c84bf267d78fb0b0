import { price, prices } from './prices.ts'
import { disclosure, timeoutMs } from './settings.ts'
import { attempt } from './store.ts'
import type { Pricing } from './types.ts'
import { readFlag } from './variants.ts'

/** Longest time an element may stay hidden. */
const HIDDEN_MS = 300

const marked = (name: string) => [...document.querySelectorAll<HTMLElement>(`[data-fl-${name}]:not([data-fl-state])`)]

/** Hides an element, whose place is kept, until what it shows is decided. */
async function reveal({ dataset, style }: HTMLElement, decided: Promise<string>): Promise<void> {
  dataset.flState = 'asked'
  style.visibility = 'hidden'
  dataset.flState = await decided
  style.visibility = ''
}

/**
 * Fills what the page has marked, never later than 300 ms: `<b data-fl-price="pro_bundle">$499</b>` keeps its list price,
 * and `<h1 data-fl-variant="hero">` its text, when no decision comes in time. One product on the page is a view of it;
 * several are a listing. Of elements marked `hero:bold` and `hero:control` only that of the variant is shown.
 */
export function fill(): void {
  const options = { timeoutMs: Math.min(HIDDEN_MS, timeoutMs) }
  const elements = marked('price')
  const ids = [...new Set(elements.map(({ dataset }) => dataset.flPrice as string))]
  const asked = ids[1] ? prices(ids, options) : Promise.all(ids.map((id) => price(id, options)))
  const showPrice = async (element: HTMLElement) => {
    const {
      fallback,
      optimizedPrice,
      currency,
      disclosure: note,
    } = (await asked)[ids.indexOf(element.dataset.flPrice as string)] as Pricing
    if (fallback) return 'list'
    element.textContent = amountText(optimizedPrice, currency, element.textContent as string)
    if (note && disclosure) disclose(element, note)
    return 'priced'
  }
  const variants = marked('variant')
  const showVariant = async (element: HTMLElement) => {
    const [key, name] = (element.dataset.flVariant as string).split(':')
    const { variant, value } = (await readFlag(key as string, options.timeoutMs)) ?? {}
    if (!name) {
      if (/string|number/.test(typeof value)) element.textContent = value as string
      // A variant that has no element of its own leaves the page as it is, rather than empty.
    } else if (variants.some(({ dataset }) => dataset.flVariant === `${key}:${variant}`)) element.hidden = name !== variant
    return variant ?? 'control'
  }
  for (const element of elements) reveal(element, showPrice(element))
  for (const element of variants) reveal(element, showVariant(element))
}

/** The amount in the page's language, with decimals only if it has some or the list price showed some. */
function amountText(amount: number, currency: string, listText: string): string {
  const minimumFractionDigits = amount % 1 || /[.,]\d\d?(?!\d)/.test(listText) ? undefined : 0
  const language = document.documentElement.lang || undefined
  const text = attempt(() => amount.toLocaleString(language, { style: 'currency', currency, minimumFractionDigits }))
  // A page in the language "en_US", say, which is no language tag.
  return text ?? `${currency} ${amount}`
}

function disclose(element: HTMLElement, text: string): void {
  const note = document.createElement('small')
  element.after(' ', Object.assign(note, { className: 'fl-disclosure', role: 'note', textContent: text }))
}
