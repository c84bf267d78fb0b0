import { count, decimal, percent } from '../format.ts'
import { ScrollBox } from './scroll-box.tsx'

interface Look {
  fraction: number
  z: number
  nominalAlpha: number
  alphaSpent: number
  people?: number
}

/** How far from zero a result must lie at each planned look to stop the test. */
export const LooksTable = ({ looks }: { looks: readonly Look[] }) => (
  <ScrollBox label="Boundaries look by look">
    <table class="numbers looks">
      <thead>
        <tr>
          <th scope="col">Look</th>
          <th scope="col">Of the people</th>
          {looks[0]?.people !== undefined && <th scope="col">People so far</th>}
          <th scope="col">Standard errors from zero</th>
          <th scope="col">p that stops it</th>
          <th scope="col">Alpha spent so far</th>
        </tr>
      </thead>
      <tbody>
        {looks.map((look, at) => (
          <tr key={look.fraction}>
            <th scope="row">{at + 1}</th>
            <td>{percent(look.fraction)}</td>
            {look.people !== undefined && <td>{count(look.people)}</td>}
            <td>± {decimal(look.z)}</td>
            <td>{decimal(Number(look.nominalAlpha.toPrecision(2)))}</td>
            <td>{decimal(Number((look.alphaSpent * 100).toPrecision(2)))}%</td>
          </tr>
        ))}
      </tbody>
    </table>
  </ScrollBox>
)
