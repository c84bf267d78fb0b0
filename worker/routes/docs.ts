import { PROBLEM_CODES } from '../contract/problem.ts'
import { type Operation, type Schema, type Schemas, schemaOf } from './docs-document.ts'
import { exampleOf } from './docs-example.ts'
import { PARAMETER_MEANINGS, PROBLEM_MEANINGS } from './docs-words.ts'

/** As much of an OpenAPI document as a page of documentation shows. */
interface Document {
  info: { title: string; version: string; description?: string }
  paths?: Record<string, Record<string, Operation>>
  components?: { schemas?: Schemas }
}

interface Entry {
  path: string
  method: string
  operation: Operation
  id: string
}

const escaped = (text: unknown): string => String(text ?? '').replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
/** Escaped text in which `code` is set as code. */
const prose = (text: unknown): string => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')
const slug = (text: string): string => text.replace(/\W+/g, '-').replace(/^-|-$/g, '')

/**
 * The documentation as one page without scripts, made from the OpenAPI document, so it cannot say anything else. Its
 * commands call `origin`, where the page came from.
 */
export function docsPage(document: Document, origin = 'http://localhost:8787'): string {
  const schemas = document.components?.schemas ?? {}
  const byTag = Map.groupBy(entriesOf(document), ({ operation }) => operation.tags?.[0] ?? 'other')
  const menu = [...byTag].map(
    ([tag, entries]) =>
      `<li><a href="#tag-${slug(tag)}">${escaped(tag)}</a><ul>${entries
        .map(
          ({ id, method, path }) =>
            `<li><a href="#${id}"><span class="method">${escaped(method.toUpperCase())}</span> ${escaped(path)}</a></li>`,
        )
        .join('')}</ul></li>`,
  )
  const sections = [...byTag].map(
    ([tag, entries]) =>
      `<section id="tag-${slug(tag)}"><h2>${escaped(tag)}</h2>${entries.map((entry) => article(entry, schemas, origin)).join('')}</section>`,
  )
  const codes = PROBLEM_CODES.map(
    (code) => `<div id="${code}"><dt><code>${code}</code></dt><dd>${prose(PROBLEM_MEANINGS[code])}</dd></div>`,
  ).join('')
  const shownSchemas = Object.entries(schemas)
    .map(
      ([name, schema]) =>
        `<details id="schema-${escaped(name)}"><summary><code>${escaped(name)}</code></summary><pre>${escaped(JSON.stringify(schema, null, 2))}</pre></details>`,
    )
    .join('')
  const { title, version, description } = document.info
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>${escaped(title)} API</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/docs.css"></head>
<body><a class="skip" href="#content">Skip to the content</a>
<header><h1>${escaped(title)} API</h1><p>${prose(description)}</p>
<p>Version ${escaped(version)} · <a href="/docs/embed">embedding guide</a> · <a href="/openapi.json">openapi.json</a> · <a href="/">dashboard</a></p></header>
<nav aria-label="Operations"><ul>${menu.join('')}<li><a href="#problems">problem codes</a></li><li><a href="#schemas">schemas</a></li></ul></nav>
<main id="content" tabindex="-1">${sections.join('')}
<section id="problems"><h2>Problem codes</h2><p>Every refusal is <code>application/problem+json</code> with one of these codes and, where it applies, the field.</p><dl>${codes}</dl></section>
<section id="schemas"><h2>Schemas</h2>${shownSchemas}</section></main></body></html>`
}

const entriesOf = ({ paths = {} }: Document): Entry[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation, id: `op-${slug(`${method}${path}`)}` })),
  )

function article({ path, method, operation, id }: Entry, schemas: Schemas, origin: string): string {
  const { summary, description, parameters = [], requestBody, responses = {}, security } = operation
  const scope = security?.[0]?.key?.[0]
  const named = parameters.map(
    ({ name, in: where, required, schema }): Row => ({
      name,
      note: `${where}${required ? ', required' : ''}`,
      type: typeOf(schema, schemas),
      meaning: schema?.description ?? PARAMETER_MEANINGS[name] ?? '',
    }),
  )
  const body = schemaOf(requestBody?.content)
  const answers = Object.entries(responses).filter(([status]) => !/^[45]/.test(status))
  const refusals = Object.keys(responses).filter((status) => /^[45]/.test(status))
  return `<article id="${id}"><h3><a href="#${id}"><span class="method">${escaped(method.toUpperCase())}</span> <code>${escaped(path)}</code></a></h3>
<p>${prose(summary)}</p>${description ? `<p>${prose(description)}</p>` : ''}${scope === undefined ? '' : `<p>Needs the scope <code>${escaped(scope)}</code></p>`}
${table('Parameters', named)}${body ? `<details><summary>Body</summary><p>${reference(body)}</p>${table('Fields', fieldsOf(body, schemas))}</details>` : ''}
<pre><code>${escaped(exampleOf(path, method, operation, schemas, origin))}</code></pre>
<ul class="answers">${answers.map(([status, { description: what, content }]) => `<li><code>${escaped(status)}</code> ${prose(what)} ${reference(schemaOf(content))}</li>`).join('')}</ul>
${refusals.length ? `<p class="soft">Refuses with ${escaped(refusals.join(', '))} and a <a href="#problems">problem code</a></p>` : ''}</article>`
}

interface Row {
  name: string
  note: string
  type: string
  meaning: string
}

const table = (caption: string, rows: Row[]): string =>
  rows.length === 0
    ? ''
    : `<table><caption>${caption}</caption><thead><tr><th scope="col">Name</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead><tbody>${rows
        .map(
          ({ name, note, type, meaning }) =>
            `<tr><th scope="row"><code>${escaped(name)}</code> <small>${escaped(note)}</small></th><td>${escaped(type)}</td><td>${prose(meaning)}</td></tr>`,
        )
        .join('')}</tbody></table>`

function fieldsOf(schema: Schema, schemas: Schemas): Row[] {
  const { properties = {}, required = [] } = resolved(schema, schemas)
  return Object.entries(properties).map(([name, field]) => ({
    name,
    note: required.includes(name) ? 'required' : '',
    type: typeOf(field, schemas),
    meaning: field.description ?? PARAMETER_MEANINGS[name] ?? '',
  }))
}

const nameOf = ({ $ref }: Schema): string | undefined => $ref?.split('/').at(-1)
const resolved = (schema: Schema, schemas: Schemas): Schema => schemas[nameOf(schema) ?? ''] ?? schema

/** A type in a few words, as in `string`, `a | b`, `number[]`. */
function typeOf(schema: Schema | undefined, schemas: Schemas): string {
  if (!schema) return ''
  const { type, enum: values, anyOf, items } = resolved(schema, schemas)
  if (values) return values.join(' | ')
  if (anyOf) return anyOf.map((option) => typeOf(option, schemas)).join(' | ')
  if (type === 'array') return `${typeOf(items, schemas)}[]`
  return [type ?? ''].flat().join(' | ')
}

function reference(schema: Schema | undefined): string {
  const name = schema && nameOf(schema)
  return name ? `<a href="#schema-${escaped(name)}"><code>${escaped(name)}</code></a>` : ''
}

export { DOCS_STYLE } from './docs-style.ts'
