import type * as z from 'zod'
import { Identifier, isIdentifier } from './contract/events.ts'

type Check = (value: unknown) => boolean

/**
 * How each field of an object is checked when it stands alone. For schemas whose fields may all be missing and where none
 * depends on another: then only those that are there need a look, which is far quicker than a parse. What does not pass
 * is for the schema to refuse, in its own words.
 */
export const fieldChecks = (shape: z.ZodRawShape): Map<string, Check> =>
  new Map(
    Object.entries(shape).map(([name, schema]) => {
      const isId = (schema as z.ZodOptional<z.ZodType>).unwrap() === (Identifier as unknown)
      return [name, isId ? isIdentifier : (value) => (schema as z.ZodType).safeParse(value).success]
    }),
  )
