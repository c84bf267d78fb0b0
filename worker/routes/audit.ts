import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { AuditAnswer, LogQuery } from '../contract/admin.ts'
import { readAudit } from '../db/audit.ts'
import { answers, needs, refusals, router } from '../http.ts'

const listAudit = createRoute({
  method: 'get',
  path: '/',
  tags: ['configuration'],
  summary: 'Who changed what, newest first',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { query: LogQuery },
  responses: { 200: answers('A page of the audit log', AuditAnswer), ...refusals },
})

export const audit = router().openapi(listAudit, async (c) => {
  const { before, limit } = c.req.valid('query')
  const found = await readAudit(c.env.DB, { before, limit: limit + 1 })
  const entries = found.slice(0, limit)
  return c.json({ success: true as const, entries, next: found.length > limit ? (entries.at(-1)?.id ?? null) : null }, 200)
})
