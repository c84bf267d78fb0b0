import { useSignal } from '@preact/signals'
import type { DecisionAnswer } from '../../worker/contract/operations.ts'
import { withQuery } from '../address.ts'
import { ask, inWords } from '../api.ts'
import { ExplainSteps } from './explain-steps.tsx'

interface Explained extends Pick<DecisionAnswer, 'explain' | 'replay'> {
  configVersion: number
}

function verdict({ replay, configVersion }: Explained, isImported: boolean): string {
  if (isImported) return 'Imported: what is known of it stands above.'
  if (replay === null) return `The configuration ${configVersion} it was made with is not kept any more.`
  if (replay.identical) return `Decided again from the record and configuration ${configVersion}: the same.`
  return `Decided again from the record, it differs: ${replay.differences.join(', ')}.`
}

interface Props {
  decisionId: string
  customerId: string
  currency: string
  /** Made elsewhere, so there is nothing to decide again from. */
  isImported: boolean
}

/** Why this price: each step of its decision, and whether the record, decided again, says the same. Read when it is opened. */
export function Why({ decisionId, customerId, currency, isImported }: Props) {
  const found = useSignal<Explained | null>(null)
  const trouble = useSignal<string | null>(null)
  const read = async () => {
    if (found.value) return
    try {
      const who = new URLSearchParams({ customerId, replay: isImported ? '0' : '1' })
      found.value = await ask<Explained>(`/api/decisions/${encodeURIComponent(decisionId)}?${who}`)
      trouble.value = null
    } catch (error) {
      trouble.value = inWords(error)
    }
  }
  return (
    <details class="why" onToggle={(event) => event.currentTarget.open && void read()}>
      <summary>Why this price</summary>
      {trouble.value !== null && <p role="alert">The record could not be read: {trouble}</p>}
      {found.value === null && trouble.value === null && <p class="muted">Reading the record…</p>}
      {found.value && (
        <>
          <ExplainSteps steps={found.value.explain} currency={currency} />
          <p class="small muted">
            {verdict(found.value, isImported)} <code>{decisionId}</code>{' '}
            <a
              href={withQuery(
                { before: null, customerId: isImported ? customerId : null },
                `/pricing/decisions/${encodeURIComponent(decisionId)}`,
              )}
            >
              With all its inputs
            </a>
          </p>
        </>
      )}
    </details>
  )
}
