/** Errors of a store under load or in motion, which pass by themselves. */
export const isPassing = (error: unknown): boolean =>
  error instanceof Error && /overloaded|connection lost|reset|timed? ?out|storage caused object|starting up/i.test(error.message)
