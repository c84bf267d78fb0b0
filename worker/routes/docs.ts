import { PROBLEM_CODES } from '../contract/problem.ts'

/** As much of an OpenAPI document as a page of documentation shows. */
interface Document {
  info: { title: string; version: string; description?: string }
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Schemas }
}
interface Operation {
  tags?: string[]
  summary?: string
  description?: string
  security?: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { content?: Record<string, { schema?: unknown }> }
  responses?: Record<string, { description?: string; content?: Record<string, { schema?: unknown }> }>
}

interface Parameter {
  name: string
  in: string
  required?: boolean
  schema?: { type?: string; enum?: unknown[]; description?: string; example?: unknown }
}
interface Schemas {
  [name: string]: { example?: unknown } | undefined
}

const escaped = (text: unknown): string => String(text ?? '').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)

/** The documentation as one page without scripts, made from the OpenAPI document, so it cannot say anything else. */
export function docsPage(document: Document): string {
  const schemas = document.components?.schemas ?? {}
  const byTag = new Map<string, [path: string, method: string, operation: Operation][]>()
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = operation.tags?.[0] ?? 'other'
      byTag.set(tag, [...(byTag.get(tag) ?? []), [path, method, operation]])
    }
  }
  const sections = [...byTag].map(
    ([tag, operations]) =>
      `<section id="tag-${escaped(tag.replaceAll(' ', '-'))}"><h2>${escaped(tag)}</h2>${operations.map((each) => operationOf(...each, schemas)).join('')}</section>`,
  )
  const menu = [...byTag.keys()].map((tag) => `<li><a href="#tag-${escaped(tag.replaceAll(' ', '-'))}">${escaped(tag)}</a></li>`).join('')
  const codes = PROBLEM_CODES.map((code) => `<li id="${code}"><code>${code}</code> ${escaped(code.replaceAll('_', ' '))}</li>`).join('')
  const shownSchemas = Object.entries(schemas)
    .map(
      ([name, schema]) =>
        `<details id="schema-${escaped(name)}"><summary><code>${escaped(name)}</code></summary><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></details>`,
    )
    .join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escaped(document.info.title)} API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs.css"></head>
<body><header><h1>${escaped(document.info.title)} API</h1><p>${escaped(document.info.description)}</p>
<p>Version ${escaped(document.info.version)} · <a href="/openapi.json">openapi.json</a> · <a href="/">dashboard</a></p></header>
<nav aria-label="Sections"><ul>${menu}<li><a href="#problems">problem codes</a></li><li><a href="#schemas">schemas</a></li></ul></nav>
<main>${sections.join('')}
<section id="problems"><h2>Problem codes</h2><p>Every refusal is <code>application/problem+json</code> with one of these codes and, where it applies, the field.</p><ul class="codes">${codes}</ul></section>
<section id="schemas"><h2>Schemas</h2>${shownSchemas}</section></main></body></html>`
}

function operationOf(path: string, method: string, operation: Operation, schemas: Schemas): string {
  const parameters = (operation.parameters ?? [])
    .map(
      ({ name, in: where, required, schema }) =>
        `<tr><td><code>${escaped(name)}</code></td><td>${escaped(where)}${required ? ', required' : ''}</td><td>${escaped(schema?.enum?.join(' | ') ?? schema?.type)}</td><td>${escaped(schema?.description)}</td></tr>`,
    )
    .join('')
  const table =
    parameters === ''
      ? ''
      : `<table><thead><tr><th>Name</th><th>In</th><th>Type</th><th>Meaning</th></tr></thead><tbody>${parameters}</tbody></table>`
  const body = referenceOf(operation.requestBody?.content)
  const scope = operation.security?.[0]?.key?.[0]
  const needed = scope === undefined ? '' : `<p>Needs the scope <code>${escaped(scope)}</code></p>`
  const responses = Object.entries(operation.responses ?? {})
    .map(([status, { description, content }]) => `<li><code>${escaped(status)}</code> ${escaped(description)} ${referenceOf(content)}</li>`)
    .join('')
  return `<article><h3><span class="method">${escaped(method.toUpperCase())}</span> <code>${escaped(path)}</code></h3><p>${escaped(operation.summary)}</p>
${operation.description ? `<p>${escaped(operation.description)}</p>` : ''}${needed}${table}${body === '' ? '' : `<p>Body: ${body}</p>`}<pre><code>${escaped(exampleOf(path, method, operation, schemas))}</code></pre><ul class="answers">${responses}</ul></article>`
}

/** Names for the places in an address, so that an example runs as it stands on the local demo. */
const SAMPLES: Record<string, string> = {
  '/api/pricing/{productId}': 'pro_bundle',
  '/api/products/{id}': 'pro_bundle',
  '/api/price-rules/{id}': 'germany',
  '/api/price-tests/{id}': '<testId>',
  '/api/keys/{id}': '<keyId>',
  '/api/customers/{id}': 'cus_42',
  '/api/decisions/{id}': '<decisionId>',
}

/** Scopes of the demo shop's server key; for the rest the local demo takes its own pages' word. */
const SERVER_SCOPES = ['decide', 'behaviour', 'money', 'import', 'read']

/** A command that calls the operation on the local demo. */
function exampleOf(path: string, method: string, { security, parameters = [], requestBody }: Operation, schemas: Schemas): string {
  const sample = Object.entries(SAMPLES).find(([prefix]) => path.startsWith(prefix))?.[1] ?? ''
  const query = parameters.flatMap(({ name, in: where, schema }) =>
    where === 'query' && schema?.example !== undefined ? [`${name}=${schema.example}`] : [],
  )
  const url = `http://localhost:8787${path.replace(/\{\w+\}/, sample)}${query.length > 0 ? `?${query.join('&')}` : ''}`
  const scope = security?.[0]?.key?.[0]
  const changes = method !== 'get' && (scope === 'admin' || path === '/api/session')
  const schema = Object.values(requestBody?.content ?? {})[0]?.schema as { $ref?: string } | undefined
  const example = schemas[schema?.$ref?.split('/').at(-1) ?? '']?.example
  const lines = [
    `curl ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}'${url}'`,
    ...(scope !== undefined && SERVER_SCOPES.includes(scope) ? [`-H 'Authorization: Bearer sk_demo_server'`] : []),
    ...(changes ? [`-H 'Origin: http://localhost:8787' -H 'x-fairlead: 1'`] : []),
    ...(example === undefined ? [] : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(example)}'`]),
  ]
  return lines.join(' \\\n  ')
}

function referenceOf(content: Record<string, { schema?: unknown }> | undefined): string {
  const schema = Object.values(content ?? {})[0]?.schema as { $ref?: string } | undefined
  const name = schema?.$ref?.split('/').at(-1)
  return name ? `<a href="#schema-${escaped(name)}"><code>${escaped(name)}</code></a>` : ''
}

export const DOCS_STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --soft: #5a6675; --line: #d9dee5; --paper: #fff; --accent: #0b6e6e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --line: #2c3643; --paper: #11161d; --accent: #5cc9c0; } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 3rem; text-transform: capitalize } h3 { font-size: 1rem; margin: 0 0 .3rem; overflow-wrap: anywhere }
a { color: var(--accent) } header p { color: var(--soft) }
nav ul { display: flex; flex-wrap: wrap; gap: .3rem 1rem; list-style: none; padding: 0 }
article { border: 1px solid var(--line); border-radius: .6rem; padding: 1rem; margin: 1rem 0 }
.method { color: var(--accent); font-weight: 700 }
code, pre { font: .875em/1.5 ui-monospace, monospace } pre { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; padding: .8rem }
table { border-collapse: collapse; display: block; overflow-x: auto } th, td { border-bottom: 1px solid var(--line); padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top }
.codes, .answers { padding-left: 1.2rem } .codes { columns: 16rem } :target { outline: 2px solid var(--accent); outline-offset: .3rem }
`
