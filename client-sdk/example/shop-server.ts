/** What the shop's server refused, with its code. */
export class Refusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** One request to the shop's own server. @throws Refusal with its sentence */
export async function ask<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(`/demo/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Refusal(answer.code ?? '', answer.error ?? `the shop's server answered ${response.status}`)
  return answer
}
