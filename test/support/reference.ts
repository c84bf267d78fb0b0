import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const DIRECTORY = process.env.REFERENCE_DIR ?? join(import.meta.dirname, '../../../shared/reference')

/**
 * Text of a file that may not be copied into this repository, or null with a line that says what is skipped.
 * `REFERENCE_DIR` names its directory.
 */
export function readReference(file: string, what: string): string | null {
  const path = join(DIRECTORY, file)
  if (existsSync(path)) return readFileSync(path, 'utf8')
  console.log(`skipped: ${what}, as ${file} is not there (REFERENCE_DIR names its directory)`)
  return null
}
