import { useSignal } from '@preact/signals'
import { go } from './route.tsx'
import { ask } from './shop-server.ts'
import { customer, decisions, sdk, token as signed } from './state.ts'

export function SignIn() {
  const problem = useSignal('')
  const enter = async (event: SubmitEvent) => {
    event.preventDefault()
    const customerId = String(new FormData(event.target as HTMLFormElement).get('customerId')).trim()
    try {
      const { token } = await ask<{ token: string }>('sign-in', { customerId })
      const identified = await (await sdk)?.identify(customerId, { token })
      if (!identified) throw new Error('identity was not confirmed; it needs consent and the Worker')
      decisions.value = []
      customer.value = customerId
      signed.value = token
      go('/')
    } catch (error) {
      problem.value = (error as Error).message
    }
  }
  return (
    <main class="narrow">
      <h1 tabIndex={-1}>Sign in</h1>
      <p>No password here: the shop's server signs a token for any name, and the SDK ties this browser to it.</p>
      <form onSubmit={enter}>
        <label>
          Customer <input name="customerId" required maxLength={100} value="ada@yard.example" autocomplete="username" />
        </label>
        <p class="problem" role="alert">
          {problem}
        </p>
        <button type="submit" class="primary">
          Sign in
        </button>
      </form>
    </main>
  )
}
