import { type ClientOptions, type Command, createClient, type Fairlead } from './index.ts'

const stub = window.fairlead
const script = document.currentScript as HTMLScriptElement | null

if (!script?.dataset.key) console.warn('fairlead: data-key: missing, it is pk_…')
// A second inclusion finds the first one's methods and leaves them alone.
else if (!stub?.price) {
  const client = createClient({
    host: script.src && new URL(script.src).origin,
    ...(script.dataset as unknown as ClientOptions),
    onDropped: (event, reason) => fairlead.onDropped?.(event, reason),
  })
  const command: Command = (method, ...parameters) => {
    const result = (client[method] as ((...parameters: unknown[]) => unknown) | undefined)?.(...parameters)
    // What is no function, `then` passes over.
    Promise.resolve(result).then(parameters.at(-1) as () => void)
    return result
  }
  const fairlead: Fairlead = Object.assign(command, stub, client)
  window.fairlead = fairlead
  for (const [method, ...parameters] of stub?.q ?? []) command(method, ...parameters)
}
