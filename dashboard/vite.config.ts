import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import preact from '@preact/preset-vite'
import { defineConfig } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))
const assets = fileURLToPath(new URL('../dist/assets', import.meta.url))

/** Builds to `dist/assets/index.html` and `dist/assets/app/`. The SDK and the storefront build beside it, so only `app/` is emptied. */
export default defineConfig({
  root: here,
  plugins: [
    preact(),
    {
      name: 'empty-app',
      apply: 'build',
      buildStart: () => rmSync(`${assets}/app`, { recursive: true, force: true }),
    },
  ],
  build: {
    outDir: assets,
    emptyOutDir: false,
    assetsDir: 'app',
    assetsInlineLimit: 0,
    target: 'es2022',
    // light-dark() stays as it is written: rewriting it for older browsers would double the colours.
    cssTarget: ['chrome123', 'safari17.5', 'firefox121'],
    modulePreload: { polyfill: false },
  },
})
