import { count, signedPercent } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

interface SplitTableProps {
  /** What a row is. */
  of: string
  rows: readonly { key: string; name: string; expected: number; exposed: number }[]
}

/** How often chance alone splits people so oddly, in a number that can be read. */
export const oneIn = (pValue: number): string => count(Math.min(1e9, 1 / Math.max(pValue, 1e-9)))

/** People a variant, as they were drawn and as they came. */
export const SplitTable = ({ of, rows }: SplitTableProps) => (
  <ScrollBox label={`People a ${of.toLowerCase()}, as expected and as they were`}>
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">{of}</th>
          <th scope="col">Expected</th>
          <th scope="col">Exposed</th>
          <th scope="col">Difference</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, expected, exposed }) => (
          <tr key={key}>
            <th scope="row">{name}</th>
            <td>{count(expected)}</td>
            <td>{count(exposed)}</td>
            <td>{expected > 0 ? signedPercent(exposed / expected - 1) : '–'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </ScrollBox>
)
