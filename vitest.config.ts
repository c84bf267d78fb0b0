import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** Three worlds: pure rooms in Node, the Worker in real workerd, and built pages in a real browser. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'pure',
          include: ['test/domain/**/*.test.ts', 'test/simulation/**/*.test.ts', 'test/*.test.ts'],
          // Properties run thousands of cases, and a busy machine is no failure of theirs.
          testTimeout: 30_000,
        },
      },
      {
        // Packages that ship maps without the sources they point to would fill the output.
        logLevel: 'error',
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                ENVIRONMENT: 'development',
                ADMIN_TOKEN: 'test-admin-token',
                PRICE_BUDGET: '5000',
                FIRST_PRICE_BUDGET: '10000',
                MIGRATIONS: await readD1Migrations('drizzle'),
              },
            },
          })),
        ],
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts'],
          setupFiles: ['test/worker/setup.ts'],
          globalSetup: ['test/support/build.ts'],
          // Whoever reads a figure waits for every outbox; a busy machine takes three times as long as a quiet one.
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/sdk/**/*.test.ts', 'test/dashboard/**/*.test.ts', 'test/e2e/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
