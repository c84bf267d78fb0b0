/** localStorage, which may be missing, full or forbidden: then nothing is remembered and nothing fails. */
const attempt = <T>(use: (storage: Storage) => T): T | undefined => {
  try {
    return use(localStorage)
  } catch {
    return undefined
  }
}

export const read = (name: string): string | null => attempt((storage) => storage.getItem(name)) ?? null

/** Null removes. */
export const write = (name: string, value: string | null): void =>
  attempt((storage) => (value === null ? storage.removeItem(name) : storage.setItem(name, value)))

export const names = (prefix: string): string[] => (attempt(Object.keys) ?? []).filter((name) => name.startsWith(prefix))
