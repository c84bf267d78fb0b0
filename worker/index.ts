import { app } from './app.ts'
import type { ProjectionMessage } from './domain/customer/projection.ts'
import { type Env, variables } from './env.ts'
import { consume } from './jobs/queue.ts'
import { runSchedule } from './jobs/schedule.ts'

export { CustomerObject } from './objects/customer.ts'
export { LiveObject } from './objects/live.ts'

export default {
  fetch(request, env, ctx) {
    variables(env)
    return app.fetch(request, env, ctx)
  },
  queue: (batch, env, ctx) => consume(batch, env, (work) => ctx.waitUntil(work)),
  scheduled: (controller, env) => runSchedule(controller.cron, controller.scheduledTime, env),
} satisfies ExportedHandler<Env, ProjectionMessage>
