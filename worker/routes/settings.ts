import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration } from '../config.ts'
import { IdentitySecretAnswer, SettingsAnswer, SettingsPatch } from '../contract/admin.ts'
import type { Settings } from '../contract/configuration.ts'
import { readSettings, saveSettings } from '../db/configuration.ts'
import { replaceSecret } from '../db/snapshot.ts'
import { randomText } from '../digest.ts'
import { DEFAULT_PRICING } from '../domain/configuration.ts'
import { parseCurrency } from '../domain/money.ts'
import { settingsOf } from '../domain/wire.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'

const tags = ['configuration']
const withDefaults = (stored: Record<string, unknown>) => ({ ...settingsOf(DEFAULT_PRICING), ...stored }) as Settings

const getSettings = createRoute({
  method: 'get',
  path: '/',
  tags,
  summary: 'Settings in force',
  security: needs('read'),
  middleware: [allow('read')] as const,
  responses: { 200: answers('All settings', SettingsAnswer), ...refusals },
})

const patchSettings = createRoute({
  method: 'patch',
  path: '/',
  tags,
  summary: 'Change some settings, the kill switch among them',
  security: needs('admin'),
  middleware: [allow('admin'), limitBody(MAXIMUM_ADMIN_BODY_BYTES)] as const,
  request: { body: jsonBody(SettingsPatch) },
  responses: { 200: answers('All settings as they are now', SettingsAnswer), ...refusals },
})

const rotateIdentitySecret = createRoute({
  method: 'post',
  path: '/identity-secret',
  tags,
  summary: 'Make a new identity secret; tokens signed with the old one stop working within a minute',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  responses: { 200: answers('The new secret, shown this once', IdentitySecretAnswer), ...refusals },
})

export const settings = router()
  .openapi(getSettings, async (c) => c.json({ success: true as const, settings: withDefaults(await readSettings(c.env.DB)) }, 200))
  .openapi(patchSettings, async (c) => {
    const patch = c.req.valid('json')
    if (patch.defaultCurrency !== undefined) patch.defaultCurrency = parseCurrency(patch.defaultCurrency, 'defaultCurrency')
    const before = withDefaults(await readSettings(c.env.DB))
    const after = { ...before, ...patch }
    const now = Date.now()
    await saveSettings(c.env.DB, patch, { at: now, actor: actorOf(c), action: 'settings.changed', subject: 'settings', before, after })
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, settings: after }, 200)
  })
  .openapi(rotateIdentitySecret, async (c) => {
    const secret = randomText(32)
    const now = Date.now()
    await replaceSecret(c.env.DB, 'identity', secret, now, {
      at: now,
      actor: actorOf(c),
      action: 'identity_secret.rotated',
      subject: 'settings',
    })
    // A new version is what makes other isolates read the secrets again.
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: 'keep this secret on your server; it is not shown again', secret }, 200)
  })
