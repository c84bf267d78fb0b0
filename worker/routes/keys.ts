import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow, KEY_SCOPES } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { Done, ItemRef, KeysAnswer, NewKeyAnswer, RotateInput } from '../contract/admin.ts'
import { KeyInput } from '../contract/configuration.ts'
import type { KeyKind, Scope } from '../contract/lists.ts'
import { addKey, endKey, readKey, readKeys, type StoredKey } from '../db/keys.ts'
import { randomText, sha256Hex } from '../digest.ts'
import { DomainError } from '../domain/error.ts'
import { SECOND_MS } from '../domain/time.ts'
import { variables } from '../env.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'

const tags = ['keys']
const PREFIX: Record<KeyKind, string> = { publishable: 'pk_', secret: 'sk_' }
const SHOWN_ONCE = 'keep this key; only its hash is stored, and it is not shown again'
const unknown = (id: string) => new DomainError('not_found', `key ${id} does not exist`)

/** What may be shown and logged of a key: all but its hash. */
const shown = ({ hash: _, ...key }: StoredKey) => key

/** A secret key changes the configuration only when that was asked for. */
const defaultScopes = (kind: KeyKind): Scope[] => KEY_SCOPES[kind].filter((scope) => scope !== 'admin')

const listKeys = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'All keys, without the keys themselves',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  responses: { 200: answers('The keys, oldest first', KeysAnswer), ...refusals },
})

const createKey = createRoute({
  method: 'post',
  path: '/',
  tags,
  summary: 'Make a key',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { body: jsonBody(KeyInput) },
  responses: { 200: answers('The key, shown this once', NewKeyAnswer), ...refusals },
})

const rotateKey = createRoute({
  method: 'post',
  path: '/{id}/rotate',
  tags,
  summary: 'Replace a key by a new one of the same kind and scopes',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { params: ItemRef, body: { ...jsonBody(RotateInput), required: false } },
  responses: { 200: answers('The new key, shown this once', NewKeyAnswer), ...refusals },
})

const revokeKey = createRoute({
  method: 'delete',
  path: '/{id}',
  tags,
  summary: 'Revoke a key; it stops working within a minute',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  request: { params: ItemRef },
  responses: { 200: answers('Revoked', Done), ...refusals },
})

function newKey(given: Pick<StoredKey, 'name' | 'kind' | 'scopes' | 'expiresAt'>, secret: string, now: number): StoredKey {
  return { ...given, id: `key_${randomText(9)}`, hash: sha256Hex(secret), createdAt: now, revokedAt: null, lastUsedDay: null }
}

export const keys = router()
  .openapi(listKeys, async (c) => c.json({ success: true as const, keys: (await readKeys(c.env.DB)).map(shown) }, 200))
  .openapi(createKey, async (c) => {
    const { name, kind, scopes = defaultScopes(kind), expiresAt, secret: known } = c.req.valid('json')
    const foreign = scopes.find((scope) => !KEY_SCOPES[kind].includes(scope))
    if (foreign) throw new DomainError('invalid_field', `a ${kind} key cannot have the scope ${foreign}`, 'scopes')
    if (known !== undefined && variables(c.env).environment !== 'development') {
      throw new DomainError('development_only', 'keys are made here, not brought along', 'secret')
    }
    const secret = known ?? PREFIX[kind] + randomText(32)
    if (!secret.startsWith(PREFIX[kind])) throw new DomainError('invalid_field', `a ${kind} key begins with ${PREFIX[kind]}`, 'secret')
    const now = Date.now()
    const endsAt = expiresAt === undefined ? null : Date.parse(expiresAt)
    if (endsAt !== null && endsAt <= now) throw new DomainError('invalid_time', 'a key expires in the future', 'expiresAt')
    const key = newKey({ name, kind, scopes: [...new Set(scopes)], expiresAt: endsAt }, secret, now)
    const line = { at: now, actor: actorOf(c), action: 'key.created', subject: key.id, after: shown(key) }
    if (!(await addKey(c.env.DB, key, line))) throw new DomainError('conflict', 'this key is there already', 'secret')
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: SHOWN_ONCE, key: shown(key), secret }, 200)
  })
  .openapi(rotateKey, async (c) => {
    const { id } = c.req.valid('param')
    const { graceSeconds = 0 } = c.req.valid('json') ?? {}
    const before = await readKey(c.env.DB, id)
    if (!before) throw unknown(id)
    if (before.revokedAt !== null) throw new DomainError('conflict', 'a revoked key cannot be replaced; make a new one')
    const now = Date.now()
    const secret = PREFIX[before.kind] + randomText(32)
    const key = newKey(before, secret, now)
    const graceEnd = Math.min(now + graceSeconds * SECOND_MS, before.expiresAt ?? Number.POSITIVE_INFINITY)
    const end = graceSeconds === 0 ? { revokedAt: now } : { expiresAt: graceEnd }
    const line = { at: now, actor: actorOf(c), action: 'key.rotated', subject: id, before: shown(before), after: shown(key) }
    await endKey(c.env.DB, id, end, line, key)
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: SHOWN_ONCE, key: shown(key), secret }, 200)
  })
  .openapi(revokeKey, async (c) => {
    const { id } = c.req.valid('param')
    const before = await readKey(c.env.DB, id)
    if (!before) throw unknown(id)
    const now = Date.now()
    if (before.revokedAt === null) {
      const line = { at: now, actor: actorOf(c), action: 'key.revoked', subject: id, before: shown(before) }
      await endKey(c.env.DB, id, { revokedAt: now }, line)
      await compileConfiguration(c.env, now)
    }
    return c.json({ success: true as const, message: `key ${before.name} is revoked` }, 200)
  })
