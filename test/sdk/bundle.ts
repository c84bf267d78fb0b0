import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createBuilder } from 'vite'

const configFile = fileURLToPath(new URL('../../client-sdk/vite.config.ts', import.meta.url))
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' }

type Output = 'script' | 'module' | 'client'

/** Files of some outputs, built in memory from the same configuration that `dist` is built from. */
async function bundle(names: Output[], minify?: boolean): Promise<Record<string, string>> {
  const environments = Object.fromEntries(names.map((name) => [name, { build: { minify } }]))
  const builder = await createBuilder({
    configFile,
    logLevel: 'silent',
    build: { write: false },
    ...(minify !== undefined && { environments }),
  })
  const files: Record<string, string> = {}
  for (const name of names) {
    const environment = builder.environments[name]
    if (!environment) throw new Error(`the build has no environment ${name}`)
    const built = await builder.build(environment)
    const [output] = Array.isArray(built) ? built : [built]
    if (!output || !('output' in output)) throw new Error(`the build of ${name} answers no output`)
    for (const file of output.output) files[file.fileName] = file.type === 'chunk' ? file.code : String(file.source)
  }
  return files
}

/** The script, the module, their pinned copies and the manifest, by name; as shops get them, or with `SDK=readable` not minified. */
export const bundleSdk = (): Promise<Record<string, string>> =>
  bundle(['script', 'module'], process.env.SDK === 'readable' ? false : undefined)

/** The storefront as served under `/demo`, by path. */
export async function bundleDemo(): Promise<Record<string, { type: string; text: string }>> {
  const files = await bundle(['client'])
  const asIs = (name: string) => readFileSync(new URL(`../../client-sdk/example/public/${name}`, import.meta.url), 'utf8')
  return Object.fromEntries(
    Object.entries({ ...files, 'icon.svg': asIs('icon.svg'), 'early.js': asIs('early.js') }).map(([name, text]) => [
      `/demo/${name === 'index.html' ? '' : name}`,
      { type: TYPES[name.split('.').at(-1) as string] ?? 'text/plain', text },
    ]),
  )
}
