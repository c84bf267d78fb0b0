import { useSignal } from '@preact/signals'
import { ask, inWords, signedOut } from '../api.ts'
import { refreshFigures } from '../figures.ts'
import { readStatus } from '../status.ts'

export function SignIn() {
  const problem = useSignal<string | null>(null)
  const busy = useSignal(false)
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token')
    busy.value = true
    problem.value = null
    try {
      await ask('/api/session', { method: 'POST', body: { token } })
      signedOut.value = false
      await readStatus()
      refreshFigures()
    } catch (error) {
      problem.value = inWords(error)
    }
    busy.value = false
  }
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>
          <img src="/app/icon.svg" alt="" width="28" height="28" /> Fairlead
        </h1>
        <label for="token">Admin token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" required aria-describedby="token-hint" />
        <p id="token-hint" class="muted small">
          The value of the secret ADMIN_TOKEN that was set when this Worker was deployed
        </p>
        {problem.value && (
          <p class="notice" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" class="primary" disabled={busy.value}>
          Sign in
        </button>
      </form>
    </main>
  )
}
