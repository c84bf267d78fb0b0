import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import { version } from '../package.json'
import type { SdkManifest } from '../worker/contract/sdk.ts'
import { declarations } from './cli/declarations.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const assets = here('../dist/assets')

/** Bytes the script may cost a shop's page, compressed. */
export const MAXIMUM_GZIP_BYTES = 4096

/** Fails the build when the script outgrows its budget. */
const budget: Plugin = {
  name: 'size-budget',
  generateBundle(_options, bundle) {
    const script = bundle['sdk.js']
    if (script?.type !== 'chunk' || !this.environment.config.build.minify) return
    const bytes = gzipSync(script.code).byteLength
    this.info(`sdk.js is ${bytes} bytes gzip of ${MAXIMUM_GZIP_BYTES}`)
    if (bytes > MAXIMUM_GZIP_BYTES) this.error(`sdk.js is ${bytes} bytes gzip, ${bytes - MAXIMUM_GZIP_BYTES} above its budget`)
  },
}

/** Writes the script and the module a second time, under names that hold their hash, and the manifest that tells them. */
function pinned(): Plugin {
  let manifest: Partial<SdkManifest> = { version }
  return {
    name: 'pinned-copies',
    generateBundle(_options, bundle) {
      for (const [name, extension] of [
        ['sdk.js', 'js'],
        ['sdk.mjs', 'mjs'],
      ] as const) {
        const chunk = bundle[name]
        if (chunk?.type !== 'chunk') continue
        const digest = createHash('sha384').update(chunk.code).digest()
        const fileName = `sdk-${version}.${digest.toString('hex').slice(0, 8)}.${extension}`
        const integrity = `sha384-${digest.toString('base64')}`
        this.emitFile({ type: 'asset', fileName, source: chunk.code })
        const told = extension === 'js' ? { file: fileName, integrity } : { module: fileName, moduleIntegrity: integrity }
        manifest = { ...manifest, ...told }
      }
      if (manifest.file && manifest.module) this.emitFile({ type: 'asset', fileName: 'sdk.json', source: JSON.stringify(manifest) })
    },
  }
}

const library = (entry: string, file: string, format: 'iife' | 'es') => ({
  build: {
    outDir: assets,
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'es2021',
    minify: true,
    rolldownOptions: {
      input: here(entry),
      // Constants stay `const` at the top level: only then does the minifier put a number where its name stands.
      output: { format, entryFileNames: file, topLevelVar: false },
      preserveEntrySignatures: 'strict' as const,
    },
  },
})

/** Outputs of one command: the script tag and the module, each pinned too, their types, and the demo storefront. */
export default defineConfig({
  root: here('example'),
  base: '/demo/',
  plugins: [budget, pinned()],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  environments: {
    script: { consumer: 'client', ...library('script.ts', 'sdk.js', 'iife') },
    module: { consumer: 'client', ...library('index.ts', 'sdk.mjs', 'es') },
    client: { build: { outDir: `${assets}/demo`, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } } },
  },
  builder: {
    // One after another and with the same plugins, so that the manifest hears of both.
    sharedConfigBuild: true,
    async buildApp(builder) {
      for (const name of ['script', 'module', 'client']) {
        const environment = builder.environments[name]
        if (environment) await builder.build(environment)
      }
      // A module's types are looked for in `.d.mts`.
      for (const name of ['sdk.d.ts', 'sdk.d.mts']) writeFileSync(`${assets}/${name}`, declarations())
    },
  },
})
