/**
 * A version as a text whose order is the order of versions: `v`, build and separators go, numbers are padded to five
 * places, and a full version sorts after its pre-releases ('~' is the last character of ASCII). What is neither text nor number is '0'.
 *
 * @example paddedVersion('v1.2.3-rc.1+build5') // => '    1-    2-    3-rc-    1'
 */
export function paddedVersion(version: unknown): string {
  const text = typeof version === 'number' ? String(version) : version
  const parts = (typeof text === 'string' && text !== '' ? text : '0').replace(/^v|\+.*$/g, '').split(/[-.]/)
  if (parts.length === 3) parts.push('~')
  return parts.map((part) => (/^[0-9]+$/.test(part) ? part.padStart(5, ' ') : part)).join('-')
}

/** Orders of padded versions by operator. */
export const VERSION_ORDERS: ReadonlyMap<string, (version: string, wanted: string) => boolean> = new Map([
  ['$veq', (version, wanted) => version === wanted],
  ['$vne', (version, wanted) => version !== wanted],
  ['$vgt', (version, wanted) => version > wanted],
  ['$vgte', (version, wanted) => version >= wanted],
  ['$vlt', (version, wanted) => version < wanted],
  ['$vlte', (version, wanted) => version <= wanted],
])
