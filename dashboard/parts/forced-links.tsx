import type { ExperimentAnswer } from '../../worker/contract/experiments.ts'
import { status } from '../status.ts'
import { ScrollBox } from './scroll-box.tsx'

/** How to see a variant without being drawn into it. */
export function ForcedLinks({ experiment: { key, variants } }: { experiment: ExperimentAnswer }) {
  const isDemo = status.value?.environment === 'development'
  return (
    <section class="panel" aria-labelledby="forced-title">
      <h2 id="forced-title">
        See a variant yourself <span class="muted">whoever asks for one by address is never analysed</span>
      </h2>
      <p class="small">Put this at the end of the address of any page of yours that asks for the variant:</p>
      <ScrollBox labelledBy="forced-title">
        <table class="numbers text">
          <thead class="hidden">
            <tr>
              <th scope="col">Variant</th>
              <th scope="col">Address</th>
              <th scope="col">Answers</th>
            </tr>
          </thead>
          <tbody>
            {variants.map((variant, at) => {
              const ending = `?${encodeURIComponent(key)}=${at}`
              return (
                <tr key={variant.key}>
                  <th scope="row">{variant.name}</th>
                  <td>
                    {isDemo ? (
                      <a href={`/demo${ending}`}>
                        <code>{ending}</code>
                      </a>
                    ) : (
                      <code>{ending}</code>
                    )}
                  </td>
                  <td class="words">
                    <code>{JSON.stringify(variant.config)}</code>
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}
