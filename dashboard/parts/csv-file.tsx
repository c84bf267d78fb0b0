import { csvOf } from '../csv.ts'

interface Props {
  /** Without its ending. */
  file: string
  /** What is in it, for whoever does not see where the link stands. */
  of: string
  columns: readonly string[]
  rows: readonly (readonly (string | number | null)[])[]
}

/** What stands on the page as a file, made where no route has one. */
export const CsvFile = ({ file, of, columns, rows }: Props) => (
  <a class="csv" href={`data:text/csv;charset=utf-8,${encodeURIComponent(csvOf(columns, rows))}`} download={`${file}.csv`}>
    CSV<span class="hidden"> of {of}</span>
  </a>
)
