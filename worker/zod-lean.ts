import { ZodType } from 'zod/v4'

/**
 * Stands in for `zod` in the Worker's bundle (`alias` in wrangler.toml). A library of ours imports zod's namespace object
 * `z`, which drags in every locale, a quarter of a megabyte; all it wants of it is the prototype it extends.
 */
export * from 'zod/v4'
export const z = { ZodType }
