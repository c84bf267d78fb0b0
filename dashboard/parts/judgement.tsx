import type { ComponentChildren } from 'preact'
import type { Verdict } from '../../worker/contract/lists.ts'

interface JudgementProps {
  verdict: Verdict
  name: string
  /** What says it without colour. */
  mark: string
  /** About which variant it is. */
  about?: ComponentChildren
  sentence: string
  reasons: readonly string[]
  children?: ComponentChildren
}

/** What a test says, before any figure. */
export function Judgement({ verdict, name, mark, about, sentence, reasons, children }: JudgementProps) {
  // One that is the sentence itself need not be read twice.
  const further = reasons.filter((reason) => !sentence.toLowerCase().includes(reason.toLowerCase()))
  return (
    <section class={`panel judgement ${verdict}`} aria-labelledby="verdict-title" data-testid="verdict">
      <h2 id="verdict-title">
        <span class="mark" aria-hidden="true">
          {mark}
        </span>
        {name}
        {about}
      </h2>
      <p class="sentence">{sentence}</p>
      {further.length > 0 && (
        <ul>
          {further.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
      {children}
    </section>
  )
}

/** The verdict's sentence, without the word that stands above it. */
export function withoutVerdict(sentence: string, name: string): string {
  const rest = [`${name}: `, `${name} `].reduce((left, start) => (left.startsWith(start) ? left.slice(start.length) : left), sentence)
  return rest ? rest.charAt(0).toUpperCase() + rest.slice(1) : 'Nothing can be said yet.'
}
