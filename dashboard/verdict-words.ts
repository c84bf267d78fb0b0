import type { Verdict } from '../worker/contract/lists.ts'

/** A verdict with the mark that says it without colour. */
export const VERDICT_WORDS: Record<Verdict, { name: string; mark: string }> = {
  ship: { name: 'Ship', mark: '▲' },
  roll_back: { name: 'Roll back', mark: '▼' },
  keep_running: { name: 'Keep running', mark: '…' },
  inconclusive: { name: 'Inconclusive', mark: '=' },
  invalid: { name: 'Invalid', mark: '!' },
}
