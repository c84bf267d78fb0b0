import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { API, NodeBuilderFlags } from 'typescript/unstable/sync'
import { ROOT } from './child.ts'

const CONFIG = join(ROOT, 'client-sdk/tsconfig.json')
const TYPES = join(ROOT, 'client-sdk/types.ts')
const INDEX = join(ROOT, 'client-sdk/index.ts')
const IMPORT = /^import type \{ (.+) \} from .*\n/gm
const CREATE_CLIENT = /\/\*\*(?:(?!\*\/)[\s\S])*\*\/\nexport (?=(function createClient\([^)]*\): \w+))/
/** All of a type's text, over several lines, and of an alias what it stands for. */
const IN_FULL = NodeBuilderFlags.NoTruncation | NodeBuilderFlags.MultilineObjectLiterals | NodeBuilderFlags.InTypeAlias

/**
 * Text of `sdk.d.ts`: the public types as they are written, and what they import spelled out by the compiler, so that a
 * shop needs neither our sources nor their schema library.
 *
 * @throws Error when the sources do not look as expected
 */
export function declarations(): string {
  const types = readFileSync(TYPES, 'utf8')
  const [comment, signature] = CREATE_CLIENT.exec(readFileSync(INDEX, 'utf8')) ?? []
  if (!signature) throw new Error('client-sdk/index.ts exports no createClient with a comment')
  const parts = [...importsOf(types), types.replace(IMPORT, '').trim(), `${comment}declare ${signature}`]
  return `/* Types of the browser SDK, made by the build. */\n\n${parts.join('\n\n')}\n`
}

function importsOf(types: string): string[] {
  const names = [...types.matchAll(IMPORT)].flatMap(([, list]) => (list as string).split(', '))
  const api = new API({ cwd: ROOT })
  try {
    const { checker } = api.updateSnapshot({ openProjects: [CONFIG] }).getProject(CONFIG) ?? {}
    return names.map((name) => {
      const imported = checker?.getSymbolAtPosition(TYPES, types.search(new RegExp(`\\b${name}\\b`)))
      const type = imported && checker?.getDeclaredTypeOfSymbol(checker.getAliasedSymbol(imported))
      if (!type) throw new Error(`client-sdk/types.ts imports ${name}, which the compiler does not know`)
      return `type ${name} = ${checker?.typeToString(type, undefined, IN_FULL)}`
    })
  } finally {
    api.close()
  }
}
