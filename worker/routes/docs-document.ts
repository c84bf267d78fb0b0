export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  anyOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  description?: string
  example?: unknown
}
export type Schemas = Record<string, Schema | undefined>

type Content = Record<string, { schema?: unknown }>

export interface Operation {
  tags?: string[]
  summary?: string
  description?: string
  security?: Record<string, string[]>[]
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[]
  requestBody?: { content?: Content }
  responses?: Record<string, { description?: string; content?: Content }>
}

/** The schema of the first media type. */
export const schemaOf = (content: Content | undefined): Schema | undefined => Object.values(content ?? {})[0]?.schema as Schema | undefined
