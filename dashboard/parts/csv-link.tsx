import type { ExportTable } from '../../worker/contract/exports.ts'
import { period } from '../address.ts'
import { analytics } from '../figures.ts'

/**
 * The same table as a file, of the same days and currency.
 *
 * @param of   what is in it, for whoever does not see where the link stands
 * @param says beside the word, where it stands alone
 */
export function CsvLink({ table, of, says }: { table: ExportTable; of: string; says?: string }) {
  const shown = analytics.value
  if (!shown) return null
  const query = new URLSearchParams({ timeframe: period.value, to: shown.period.to, currency: shown.currency })
  return (
    <a class="csv" href={`/api/export/${table}?${query}`} download>
      {says && <span aria-hidden="true">{says} </span>}CSV<span class="hidden"> of {of}</span>
    </a>
  )
}
