import { createRoute } from '@hono/zod-openapi'
import type { Context } from 'hono'
import * as z from 'zod'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration, readConfiguration } from '../config.ts'
import { Done, IdempotencyHeader } from '../contract/admin.ts'
import { FunnelInput, FunnelItem, FunnelsAnswer } from '../contract/funnels.ts'
import { readProgress } from '../db/definitions.ts'
import { addFunnel, archiveFunnel, readFunnels } from '../db/funnels.ts'
import { DomainError } from '../domain/error.ts'
import { referenceOf } from '../domain/experiments/metric.ts'
import { DEFAULT_FUNNEL } from '../domain/funnel/definition.ts'
import { findFunnel, funnelsInForce, type StoredFunnel, versionsInUse, withDefault } from '../domain/funnel/find.ts'
import { funnelAnswerOf, funnelOf, idOf, isSameFunnel } from '../domain/funnel/input.ts'
import { type AppEnv, answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'
import { idempotent } from '../idempotency.ts'
import { checkRoom } from './definition-room.ts'

const tags = ['experiments']

/** In force at a time: every customer is counted by each of them. */
const MAXIMUM_FUNNELS = 20

const FunnelRef = z.object({ funnel: z.string().min(1).max(64).describe('Id of a funnel, as `default`, or one version, as `default@1`') })

const listFunnels = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Funnels: the steps people take',
  security: needs('read'),
  middleware: [allow('read')] as const,
  responses: { 200: answers('The default funnel, then those of this deployment in force, every version', FunnelsAnswer), ...refusals },
})

const getFunnel = createRoute({
  method: 'get',
  path: '/{funnel}',
  tags,
  summary: 'One funnel: a version of it, or its newest',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { params: FunnelRef },
  responses: { 200: answers('The funnel', FunnelItem), ...refusals },
})

const saveFunnel = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Define a funnel, or the next version of one',
  description:
    'A funnel is never edited: another definition under its id is another version, counted apart. The same definition again answers the version there is. Who came before is counted by it from their first kept event on; `backfill` tells how far that is.',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES), idempotent()] as const,
  request: { headers: IdempotencyHeader, body: jsonBody(FunnelInput) },
  responses: { 200: answers('The funnel, with the version it has', FunnelItem), ...refusals },
})

const removeFunnel = createRoute({
  method: 'delete',
  path: '/{funnel}',
  tags,
  summary: 'Archive a funnel: nobody new is counted by it; what was counted stays',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: FunnelRef },
  responses: { 200: answers('It is archived', Done), ...refusals },
})

/** How far customers of before are counted by it; of one that is out of force, or that everybody has, there is nothing to tell. */
async function shown(c: Context<AppEnv>, { funnel, archivedAt }: StoredFunnel) {
  if (archivedAt !== null || funnel.id === DEFAULT_FUNNEL.id) return funnelAnswerOf(funnel, null)
  return funnelAnswerOf(funnel, await progressNow(c))
}

async function progressNow(c: Context<AppEnv>) {
  const { root } = await readConfiguration(c.env, Date.now(), (promise) => c.executionCtx.waitUntil(promise))
  return root.definitions ? readProgress(c.env.DB, root.definitions) : null
}

export const funnels = router()
  .openapi(listFunnels, async (c) => {
    const all = await readFunnels(c.env.DB)
    const backfill = all.length > 0 ? await progressNow(c) : null
    const own = versionsInUse(all).map(({ funnel, archivedAt }) => funnelAnswerOf(funnel, archivedAt === null ? backfill : null))
    return c.json({ success: true as const, funnels: [funnelAnswerOf(DEFAULT_FUNNEL, null), ...own] }, 200)
  })
  .openapi(getFunnel, async (c) => {
    const { funnel: reference } = c.req.valid('param')
    const found = findFunnel(withDefault(await readFunnels(c.env.DB)), reference)
    if (!found) throw new DomainError('not_found', `funnel ${reference} does not exist`)
    return c.json({ success: true as const, funnel: await shown(c, found) }, 200)
  })
  .openapi(saveFunnel, async (c) => {
    const input = c.req.valid('json')
    const id = idOf(input)
    const all = await readFunnels(c.env.DB)
    const newest = all.find(({ funnel }) => funnel.id === id)
    const funnel = funnelOf(input, id, (newest?.funnel.version ?? 0) + 1)
    if (newest?.archivedAt === null && isSameFunnel(newest.funnel, funnel))
      return c.json({ success: true as const, funnel: await shown(c, newest) }, 200)
    if (newest?.archivedAt !== null && funnelsInForce(all).length >= MAXIMUM_FUNNELS)
      throw new DomainError('conflict', `${MAXIMUM_FUNNELS} funnels in force are the most: archive one first`)
    await checkRoom(c.env.DB, funnel)
    const now = Date.now()
    const after = funnelAnswerOf(funnel, null)
    const before = newest && funnelAnswerOf(newest.funnel, null)
    const line = { at: now, actor: actorOf(c), action: 'funnel.saved', subject: referenceOf(funnel), before, after }
    if (!(await addFunnel(c.env.DB, funnel, now, line)))
      throw new DomainError('conflict', 'somebody has saved a version of this funnel meanwhile: read it again')
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, funnel: await shown(c, { funnel, archivedAt: null }) }, 200)
  })
  .openapi(removeFunnel, async (c) => {
    const { funnel: id } = c.req.valid('param')
    if (id === DEFAULT_FUNNEL.id) throw new DomainError('reserved_id', 'the default funnel is always in force', 'funnel')
    const now = Date.now()
    const before = findFunnel(await readFunnels(c.env.DB), id)
    const line = {
      at: now,
      actor: actorOf(c),
      action: 'funnel.archived',
      subject: id,
      before: before && funnelAnswerOf(before.funnel, null),
    }
    if (!(await archiveFunnel(c.env.DB, id, now, line))) throw new DomainError('not_found', `funnel ${id} is not in force`)
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: `${id} counts nobody any more; its figures stay` }, 200)
  })
