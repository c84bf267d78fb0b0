import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'

interface Question {
  title: string
  /** What happens then, a sentence a paragraph. */
  consequences: readonly string[]
  /** On the button that does it. */
  action: string
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | null>(null)

/** Asks before something that customers will notice. Esc is no. */
export const confirmed = (question: Question): Promise<boolean> =>
  new Promise((answer) => {
    asked.value = { ...question, answer }
  })

export function Confirm() {
  const dialog = useRef<HTMLDialogElement>(null)
  const question = asked.value
  useEffect(() => {
    if (question && !dialog.current?.open) dialog.current?.showModal()
  }, [question])
  // Whoever leaves the page has not said yes.
  useEffect(() => () => settle(false), [])
  return (
    <dialog ref={dialog} class="confirm" aria-labelledby="confirm-title" onClose={() => settle(dialog.current?.returnValue === 'yes')}>
      {question && (
        <form method="dialog">
          <h2 id="confirm-title">{question.title}</h2>
          {question.consequences.map((each) => (
            <p key={each}>{each}</p>
          ))}
          <p class="actions">
            <button type="submit" value="no">
              Cancel
            </button>
            <button type="submit" value="yes" class="primary">
              {question.action}
            </button>
          </p>
        </form>
      )}
    </dialog>
  )
}

function settle(yes: boolean): void {
  const question = asked.peek()
  asked.value = null
  question?.answer(yes)
}
