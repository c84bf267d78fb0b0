import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type Plugin } from 'vite'
import { rolledTypes } from '../cli/rolled-types.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const file = (name: string) => `client-sdk/server/${name}.ts`

/** What the client takes and answers, for TypeScript; copied into a shop, the module's types are looked for in `.d.mts`. */
const types: Plugin = {
  name: 'types',
  writeBundle({ dir }) {
    const text = rolledTypes({
      config: 'client-sdk/server/tsconfig.json',
      spelled: file('words'),
      written: [file('types'), file('errors'), file('index')],
    })
    for (const name of ['index.d.ts', 'index.d.mts'])
      writeFileSync(`${dir}/${name}`, `/* Types of Fairlead's server client, made by the build. */\n\n${text}\n`)
  },
}

/** One module without dependencies and its types: not minified, so that a shop may read what it runs. */
export default defineConfig({
  root: here('.'),
  plugins: [types],
  build: {
    outDir: here('../../dist/server'),
    emptyOutDir: true,
    copyPublicDir: false,
    target: 'es2022',
    minify: false,
    lib: { entry: here('index.ts'), formats: ['es'], fileName: () => 'index.mjs' },
  },
})
