import { busy } from '../attempts.ts'
import { conditionWords } from '../condition-words.ts'
import { count, dateTime, words } from '../format.ts'
import { marketSignals, rules } from '../pricing.ts'
import { closed, creating, listAt, openRule, productPath } from '../pricing-address.ts'
import { removeRule } from '../pricing-changes.ts'
import type { PriceRule } from '../pricing-shapes.ts'
import { effectWords, LAW_WORDS, RULE_KIND_WORDS, windowWords } from '../pricing-words.ts'
import { confirmed } from './confirm.tsx'
import { RuleEditor } from './rule-editor.tsx'
import { ScrollBox } from './scroll-box.tsx'
import { Ghosts, Lesson } from './teaching.tsx'

export function Rules() {
  const all = rules.value
  const open = openRule.value
  if (creating.value === 'rule') return <RuleEditor key="new" rule={null} taken={all?.map(({ id }) => id) ?? []} />
  if (open !== null && all) {
    const rule = all.find(({ id }) => id === open)
    if (rule) return <RuleEditor key={rule.id} rule={rule} taken={[]} />
    return (
      <p class="notice" role="alert">
        There is no rule {open}. <a href={closed()}>All rules</a>
      </p>
    )
  }
  if (all?.length === 0) {
    return (
      <Lesson
        title="No rule moves a price yet"
        name="First rule"
        request={{
          method: 'PUT',
          at: '/api/price-rules/germany',
          body: { kind: 'market', name: 'Germany', condition: { country: 'DE' }, multiplier: 0.95 },
        }}
        action={{ href: listAt('rules', { new: 'rule' }), says: 'Make a rule' }}
      >
        A rule moves the prices of some products, in some places or for some people, within the floor, ceiling and margin of each. Before it
        is saved you see what it would have done to the last thousand decisions.
      </Lesson>
    )
  }
  return (
    <>
      <section class="panel" aria-labelledby="rules-title">
        <div class="panel-head">
          <h2 id="rules-title">
            Rules <span class="muted">of each kind the first that holds is applied, highest priority first</span>
          </h2>
          <a class="primary button" href={listAt('rules', { new: 'rule' })}>
            New rule
          </a>
        </div>
        <ScrollBox labelledBy="rules-title">
          <table class="numbers text rules">
            <thead>
              <tr>
                <th scope="col">Rule</th>
                <th scope="col">Kind</th>
                <th scope="col">When</th>
                <th scope="col">Effect</th>
                <th scope="col">Products</th>
                <th scope="col">Priority</th>
                <th scope="col">From – until</th>
                <th scope="col">In law</th>
                <th scope="col">
                  <span class="hidden">Change</span>
                </th>
              </tr>
            </thead>
            {all ? (
              <tbody>
                {[...all].sort(inOrder).map((rule) => (
                  <Row key={rule.id} rule={rule} />
                ))}
              </tbody>
            ) : (
              <Ghosts rows={4} columns={9} />
            )}
          </table>
        </ScrollBox>
      </section>
      <Signals />
    </>
  )
}

/** As they are applied: by kind, then priority, then id. */
const inOrder = (left: PriceRule, right: PriceRule): number =>
  Object.keys(RULE_KIND_WORDS).indexOf(left.kind) - Object.keys(RULE_KIND_WORDS).indexOf(right.kind) ||
  right.priority - left.priority ||
  (left.id < right.id ? -1 : 1)

function Row({ rule }: { rule: PriceRule }) {
  const remove = async () => {
    const yes = await confirmed({
      title: `Remove “${rule.name}”?`,
      consequences: [
        `It ${effectWords(rule) === 'leaves the price' ? 'leaves prices as they are' : `moves prices (${effectWords(rule)})`} when: ${conditionWords(rule.condition)}.`,
        'Without it, prices go back to what the other rules make of them, within a minute. Quotes already given are honoured.',
      ],
      action: 'Remove the rule',
    })
    if (yes) await removeRule(rule)
  }
  const law = rule.lawClass
  return (
    <tr data-rule={rule.id}>
      <th scope="row">
        {rule.name} <span class="muted id">{rule.id}</span>
      </th>
      <td>{RULE_KIND_WORDS[rule.kind].name}</td>
      <td class="words">{conditionWords(rule.condition)}</td>
      <td class="words">{effectWords(rule)}</td>
      <td class="words">{rule.productIds === null ? 'all' : <Products ids={rule.productIds} />}</td>
      <td>{rule.priority}</td>
      <td class="words">{windowWords(rule.startsAt, rule.endsAt)}</td>
      <td title={LAW_WORDS[law]}>{words(law)}</td>
      <td>
        <a href={listAt('rules', { rule: rule.id })} aria-label={`Edit ${rule.name}`}>
          Edit
        </a>{' '}
        <button type="button" class="quiet-button" aria-label={`Remove ${rule.name}`} disabled={busy.value} onClick={remove}>
          Remove
        </button>
      </td>
    </tr>
  )
}

const SHOWN = 3

const Products = ({ ids }: { ids: readonly string[] }) => (
  <>
    {ids.slice(0, SHOWN).map((id) => (
      <a key={id} class="amount" href={productPath(id)}>
        {id}
      </a>
    ))}
    {ids.length > SHOWN && <span class="muted">and {count(ids.length - SHOWN)} more</span>}
  </>
)

/** What inventory and competitor rules follow, as it was reported last. */
function Signals() {
  const told = marketSignals.value
  const asks = rules.value?.some(({ kind }) => kind === 'inventory' || kind === 'competitor')
  if (!told || (told.length === 0 && !asks)) return null
  return (
    <section class="panel" aria-labelledby="signals-title">
      <h2 id="signals-title">
        Market signals <span class="muted">what inventory and competitor rules follow</span>
      </h2>
      {told.length === 0 ? (
        <p class="lesson">
          None has been reported, so the rules that follow one leave prices alone. Your stock system reports with{' '}
          <code>PUT /api/market-signals</code>.
        </p>
      ) : (
        <ScrollBox labelledBy="signals-title" class="short">
          <table class="numbers">
            <thead>
              <tr>
                <th scope="col">Product</th>
                <th scope="col">Signal</th>
                <th scope="col">Value</th>
                <th scope="col">Reported</th>
              </tr>
            </thead>
            <tbody>
              {told.map(({ productId, signal, value, updatedAt }) => (
                <tr key={`${productId} ${signal}`}>
                  <th scope="row">{productId ?? 'all'}</th>
                  <td>{words(signal)}</td>
                  <td>{value}</td>
                  <td>{dateTime(updatedAt)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </section>
  )
}
