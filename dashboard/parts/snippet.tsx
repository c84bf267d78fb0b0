import { useSignal } from '@preact/signals'
import { ScrollBox } from './scroll-box.tsx'

/** A piece of code to take away. */
export function Snippet({ code, name }: { code: string; name: string }) {
  const copied = useSignal(false)
  const copy = async () => {
    await navigator.clipboard.writeText(code)
    copied.value = true
    setTimeout(() => {
      copied.value = false
    }, 2000)
  }
  return (
    <div class="snippet">
      <ScrollBox class="code" label={name}>
        <pre>
          <code>{code}</code>
        </pre>
      </ScrollBox>
      {typeof navigator.clipboard !== 'undefined' && (
        <button type="button" onClick={copy}>
          {copied.value ? 'Copied' : 'Copy'}
        </button>
      )}
    </div>
  )
}
