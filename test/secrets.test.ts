import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** What a secret looks like. Demo keys are no secrets: they open the local demo alone. */
const SECRETS: [name: string, pattern: RegExp][] = [
  ['a private key in PEM', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
  ['an Ed25519 private key in DER', /MC4CAQAwBQYDK2VwBCIEI[\w+/]{40}/],
  ['a secret key of ours', /\bsk_(?!demo_)[\w-]{32,}/],
  ['a key of a payment provider', /\b(?:sk|rk)_live_\w{16,}|\bwhsec_\w{24,}/],
  ['a token of Cloudflare', /\b(?:CLOUDFLARE_API_TOKEN|CF_API_TOKEN)\s*[=:]\s*["']?[\w-]{30,}/],
  ['a key of Amazon', /\bAKIA[0-9A-Z]{16}\b/],
]

const tracked = () =>
  execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path && existsSync(join(ROOT, path)) && statSync(join(ROOT, path)).size < 2_000_000)
const built = () => globSync('dist/{assets,worker}/**/*.{js,mjs,html,css,map}', { cwd: ROOT })

describe('no secret', () => {
  it.skipIf(!existsSync(join(ROOT, '.git')))('stands in the repository', () => {
    expect(tracked().length).toBeGreaterThan(200)
    expect(found(tracked().filter((path) => path !== 'test/secrets.test.ts'))).toEqual([])
  })

  it('stands in what is built', () => {
    expect(found(built())).toEqual([])
  })

  it('would go unseen', () => {
    const planted = 'const key = "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"'
    expect(SECRETS.filter(([, pattern]) => pattern.test(planted)).map(([name]) => name)).toEqual(['an Ed25519 private key in DER'])
  })
})

const found = (paths: readonly string[]): string[] =>
  paths.flatMap((path) => {
    const text = readFileSync(join(ROOT, path), 'latin1')
    return SECRETS.filter(([, pattern]) => pattern.test(text)).map(([name]) => `${path}: ${name}`)
  })
