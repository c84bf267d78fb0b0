import type { D1Migration } from 'cloudflare:test'
import type { Env as WorkerEnv } from '../../worker/env.ts'

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import('../../worker/index.ts')
    }
    /** Bindings of the Worker under test, and the migrations that `vitest.config.ts` reads for it. */
    interface Env extends WorkerEnv {
      MIGRATIONS: D1Migration[]
    }
  }
}
