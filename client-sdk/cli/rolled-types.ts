import { join } from 'node:path'
import type { ClassDeclaration, Node, SourceFile } from 'typescript/unstable/ast'
import {
  isClassDeclaration,
  isConstructorDeclaration,
  isFunctionDeclaration,
  isInterfaceDeclaration,
  isTypeAliasDeclaration,
} from 'typescript/unstable/ast/is'
import { API, ModifierFlags, NodeBuilderFlags, type Project } from 'typescript/unstable/sync'
import { ROOT } from './child.ts'

/** All of a type's text, over several lines, and of an alias what it stands for. */
const IN_FULL = NodeBuilderFlags.NoTruncation | NodeBuilderFlags.MultilineObjectLiterals | NodeBuilderFlags.InTypeAlias

interface Sources {
  /** The `tsconfig.json` they belong to. */
  config: string
  /** A file of type aliases, each of which is replaced by what it stands for. */
  spelled: string
  /** Files whose types, classes and functions are kept as they are written, without what these do. */
  written: string[]
}

/**
 * Text of one declaration file for shops, which have neither our sources nor their schema library. Paths are from the
 * package's root.
 *
 * @throws Error when a source does not look as expected
 */
export function rolledTypes({ config, spelled, written }: Sources): string {
  const api = new API({ cwd: ROOT })
  try {
    const project = api.updateSnapshot({ openProjects: [join(ROOT, config)] }).getProject(join(ROOT, config))
    if (!project) throw new Error(`${config} is no project`)
    const read = (path: string) => {
      const file = project.program.getSourceFile(join(ROOT, path))
      if (!file) throw new Error(`${path} does not belong to ${config}`)
      return file
    }
    return [...spell(project, read(spelled)), ...written.map(read).flatMap(declare)].join('\n\n')
  } finally {
    api.close()
  }
}

/** Each alias with what it stands for; a union that has a name, and stands in others, is named there. */
function spell({ checker }: Project, { statements }: SourceFile): string[] {
  const aliases = statements.filter(isTypeAliasDeclaration).map(({ name }) => {
    const symbol = checker.getSymbolAtLocation(name)
    if (!symbol) throw new Error(`the compiler does not know ${name.text}`)
    return { name: name.text, text: checker.typeToString(checker.getDeclaredTypeOfSymbol(symbol), undefined, IN_FULL) }
  })
  const unions = aliases.filter(({ text }) => text.startsWith('"'))
  const shortened = (name: string, text: string) =>
    unions.reduce((rest, union) => (union.name === name ? rest : rest.replaceAll(union.text, union.name)), text)
  return aliases.map(({ name, text }) => `export type ${name} = ${shortened(name, text)}`)
}

const isExported = ({ modifierFlags }: { modifierFlags: ModifierFlags }) => (modifierFlags & ModifierFlags.Export) !== 0

function declare({ text, statements }: SourceFile): string[] {
  return statements.flatMap((statement) => {
    if (isInterfaceDeclaration(statement) || isTypeAliasDeclaration(statement)) return [text.slice(statement.pos, statement.end).trim()]
    if (isFunctionDeclaration(statement) && isExported(statement)) return [declared(upTo(statement.body, statement, text))]
    if (isClassDeclaration(statement) && isExported(statement)) return [declared(withoutBodies(statement, text))]
    return []
  })
}

const declared = (text: string) => text.replace(/^export /m, 'export declare ')
/** A node's text with what stands before it, as far as its body. */
const upTo = (body: Node | undefined, node: Node, text: string) => text.slice(node.pos, body?.pos ?? node.end).trim()

function withoutBodies(statement: ClassDeclaration, text: string): string {
  const [first] = statement.members
  const members = statement.members.map((member) => `  ${upTo(isConstructorDeclaration(member) ? member.body : undefined, member, text)}`)
  return `${text.slice(statement.pos, first?.pos ?? statement.end).trim()}\n${members.join('\n')}\n}`
}
