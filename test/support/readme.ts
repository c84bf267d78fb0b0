import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../client-sdk/cli/child.ts'

export const README = readFileSync(join(ROOT, 'README.md'), 'utf8')

const section = /^## Server client\n([\s\S]*?)^## /m.exec(README)?.[1] ?? ''
const beginning = /^```ts\n([\s\S]*?)^```/m.exec(section)?.[1] ?? ''

/** Examples of the server client by the system they are of: the first block makes a client, and each of these goes on from there. */
export const serverExamples = [...section.matchAll(/^\*\*(.+)\*\*.*\n+```ts\n([\s\S]*?)^```/gm)].map(([, system = '', block]) => ({
  system,
  text: `${beginning}\n${block}`,
}))
