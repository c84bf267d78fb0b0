import { DecisionList } from '../parts/decision-list.tsx'
import { PriceList } from '../parts/price-list.tsx'
import { Rules } from '../parts/rules.tsx'
import { Tests } from '../parts/tests.tsx'
import { Workbench } from '../parts/workbench.tsx'
import { missing } from '../pricing.ts'
import { item, listAt, PRICING_TABS, type PricingTab, pricingTab } from '../pricing-address.ts'
import '../style/pricing.css'
import { DecisionPage } from './price-decision.tsx'
import { ProductPage } from './price-product.tsx'
import { TestPage } from './price-test.tsx'

const TABS: Record<PricingTab, { name: string; says: string }> = {
  prices: { name: 'Prices', says: 'what a product costs before anything moves its price' },
  rules: { name: 'Rules', says: 'what moves a price, for whom and when' },
  tests: { name: 'Tests', says: 'which price earns more, found out with real visitors' },
  decisions: { name: 'Decisions', says: 'which price was shown, and why' },
}
const PAGES = { products: ProductPage, tests: TestPage, decisions: DecisionPage } as const
const OF_LIST = { products: 'prices', tests: 'tests', decisions: 'decisions' } as const

/** Prices with all that moves them: the lists, and the page of one product, test or decision. */
export function Pricing() {
  const page = item.value
  return (
    <Workbench class="pricing" head={<Head />}>
      {page ? <One kind={page.kind} id={page.id} /> : <List tab={pricingTab.value} />}
    </Workbench>
  )
}

function Head() {
  const page = item.value
  const present = page ? OF_LIST[page.kind] : pricingTab.value
  return (
    <>
      {!page && (
        <div class="toolbar">
          <div class="title">
            <h1>Pricing</h1>
            <p class="range">{TABS[present].says}</p>
          </div>
        </div>
      )}
      <nav class={page ? 'tabs under' : 'tabs'} aria-label="Pricing">
        {PRICING_TABS.map((id) => (
          <a key={id} href={listAt(id)} aria-current={id !== present ? undefined : page ? 'true' : 'page'}>
            {TABS[id].name}
          </a>
        ))}
      </nav>
    </>
  )
}

function One({ kind, id }: { kind: keyof typeof PAGES; id: string }) {
  if (missing.value !== id) {
    const Page = PAGES[kind]
    return <Page key={id} id={id} />
  }
  return (
    <section class="panel teach">
      <h1>Nothing is known by this id</h1>
      <p>
        There is no {kind.slice(0, -1)} <code>{id}</code>. Ids are compared letter by letter.
        {kind === 'decisions' && ' An imported decision is found only together with the customer it was made for.'}
      </p>
      <p class="actions">
        <a href={listAt(OF_LIST[kind])}>All {kind}</a>
      </p>
    </section>
  )
}

function List({ tab }: { tab: PricingTab }) {
  switch (tab) {
    case 'prices':
      return <PriceList />
    case 'rules':
      return <Rules />
    case 'tests':
      return <Tests />
    case 'decisions':
      return <DecisionList />
  }
}
