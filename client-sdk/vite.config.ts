import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const assets = here('../dist/assets')

/** Bytes the script may cost a shop's page, compressed. */
export const MAXIMUM_GZIP_BYTES = 4096

/** Fails the build when the script outgrows its budget. */
const budget: Plugin = {
  name: 'size-budget',
  generateBundle(_options, bundle) {
    const script = bundle['sdk.js']
    if (script?.type !== 'chunk') return
    const bytes = gzipSync(script.code).byteLength
    this.info(`sdk.js is ${bytes} bytes gzip of ${MAXIMUM_GZIP_BYTES}`)
    if (bytes > MAXIMUM_GZIP_BYTES) this.error(`sdk.js is ${bytes} bytes gzip, ${bytes - MAXIMUM_GZIP_BYTES} above its budget`)
  },
}

const library = (entry: string, file: string, format: 'iife' | 'es') => ({
  build: {
    outDir: assets,
    emptyOutDir: false,
    copyPublicDir: false,
    target: 'es2020',
    minify: true,
    rolldownOptions: { input: here(entry), output: { format, entryFileNames: file }, preserveEntrySignatures: 'strict' as const },
  },
})

/** Three outputs of one command: the script tag, the module, the demo storefront. */
export default defineConfig({
  root: here('example'),
  base: '/demo/',
  plugins: [budget],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  environments: {
    script: { consumer: 'client', ...library('script.ts', 'sdk.js', 'iife') },
    module: { consumer: 'client', ...library('index.ts', 'sdk.mjs', 'es') },
    client: { build: { outDir: `${assets}/demo`, emptyOutDir: true, target: 'es2022', modulePreload: { polyfill: false } } },
  },
  builder: {
    async buildApp(builder) {
      for (const name of ['script', 'module', 'client']) {
        const environment = builder.environments[name]
        if (environment) await builder.build(environment)
      }
    },
  },
})
