export type Currency = 'USD' | 'EUR'

/** What Harbour sells, at its own list prices: what it shows and charges when no decision comes in time. */
export interface Product {
  id: string
  name: string
  listPrice: Record<Currency, number>
  per: 'month' | 'year' | null
  line: string
  features: string[]
  art: 'buoy' | 'lighthouse' | 'dinghy' | 'sail' | 'fleet'
}

export const CATALOGUE: Product[] = [
  {
    id: 'starter_bundle',
    name: 'Starter bundle',
    listPrice: { USD: 199, EUR: 189 },
    per: null,
    line: 'Everything to open your books in an afternoon',
    features: ['40 invoice and quote templates', 'Guided import of your past year', 'Two hours with a bookkeeper'],
    art: 'buoy',
  },
  {
    id: 'pro_bundle',
    name: 'Pro bundle',
    listPrice: { USD: 499, EUR: 459 },
    per: null,
    line: 'The whole yard set up for you, kept for life',
    features: ['All 120 templates and workflows', 'We move your data, staff and stock', 'A named person for 90 days'],
    art: 'lighthouse',
  },
  {
    id: 'starter_monthly',
    name: 'Starter',
    listPrice: { USD: 29, EUR: 27 },
    per: 'month',
    line: 'For one person and a phone',
    features: ['Invoices, quotes, reminders', 'One calendar', 'Mail support'],
    art: 'dinghy',
  },
  {
    id: 'pro_monthly',
    name: 'Pro',
    listPrice: { USD: 79, EUR: 73 },
    per: 'month',
    line: 'For a crew that works together',
    features: ['Ten seats', 'Bookings and payments', 'Reports your accountant likes'],
    art: 'sail',
  },
  {
    id: 'pro_yearly',
    name: 'Pro, yearly',
    listPrice: { USD: 790, EUR: 730 },
    per: 'year',
    line: 'Pro, with two months on the house',
    features: ['Everything in Pro', 'Priority support', 'One invoice a year'],
    art: 'fleet',
  },
]

export const productOf = (id: string): Product | undefined => CATALOGUE.find((product) => product.id === id)
