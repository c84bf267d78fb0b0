import { createRoute } from '@hono/zod-openapi'
import { actorOf, allow } from '../auth.ts'
import { compileConfiguration, newQuoteKey, readConfiguration } from '../config.ts'
import { IdentitySecretAnswer, SettingsAnswer, SettingsPatch, SigningKeyAnswer } from '../contract/admin.ts'
import type { Settings } from '../contract/configuration.ts'
import { readSettings, saveSettings } from '../db/configuration.ts'
import { replaceSecret } from '../db/snapshot.ts'
import { randomText } from '../digest.ts'
import { DEFAULT_PRICING } from '../domain/configuration.ts'
import { DomainError } from '../domain/error.ts'
import { parseCurrency } from '../domain/money.ts'
import { validateTiers } from '../domain/pricing/validate.ts'
import { MINUTE_MS } from '../domain/time.ts'
import { settingsOf } from '../domain/wire.ts'
import { answers, jsonBody, limitBody, MAXIMUM_ADMIN_BODY_BYTES, needs, refusals, router } from '../http.ts'

const tags = ['configuration']
const withDefaults = (stored: Record<string, unknown>) => ({ ...settingsOf(DEFAULT_PRICING), exchangeRates: {}, ...stored }) as Settings

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

const rotateSigningKey = createRoute({
  method: 'post',
  path: '/signing-key',
  tags,
  summary: 'Make a new key for quotes; it signs in two minutes, and quotes of the key before stay good until they expire',
  security: needs('admin'),
  middleware: [allow('admin')] as const,
  responses: { 200: answers('The new key’s name, as the JWKS shows it', SigningKeyAnswer), ...refusals },
})

/** @throws DomainError unknown_currency, invalid_amount  a currency we do not take, or a rate of nothing */
const parseRates = (rates: Settings['exchangeRates']): Settings['exchangeRates'] =>
  Object.fromEntries(
    Object.entries(rates).map(([code, rate]) => {
      const field = `exchangeRates.${code}`
      if (!/[1-9]/.test(rate)) throw new DomainError('invalid_amount', 'a rate is more than 0', field)
      return [parseCurrency(code, field), rate]
    }),
  )

/** By then every isolate has read the new key, and pages that cache the JWKS for five minutes meet it before long. */
const ACTIVE_AFTER_MS = 2 * MINUTE_MS
/** The key that signs now, and the one before it: a quote lives for a quarter of an hour. */
const OLDER_KEYS_KEPT = 2

export const settings = router()
  .openapi(getSettings, async (c) => c.json({ success: true as const, settings: withDefaults(await readSettings(c.env.DB)) }, 200))
  .openapi(patchSettings, async (c) => {
    const patch = c.req.valid('json')
    if (patch.defaultCurrency !== undefined) patch.defaultCurrency = parseCurrency(patch.defaultCurrency, 'defaultCurrency')
    if (patch.exchangeRates !== undefined) patch.exchangeRates = parseRates(patch.exchangeRates)
    if (patch.purchasingPowerTiers !== undefined) validateTiers(patch.purchasingPowerTiers)
    const before = withDefaults(await readSettings(c.env.DB))
    // Rates are quoted in the default currency: in another one they would say something else.
    if (patch.defaultCurrency !== undefined && patch.defaultCurrency !== before.defaultCurrency) patch.exchangeRates ??= {}
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
  .openapi(rotateSigningKey, async (c) => {
    const now = Date.now()
    const { secrets } = await readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise))
    const key = await newQuoteKey(now + ACTIVE_AFTER_MS)
    const keys = [key, ...secrets.signing.slice(0, OLDER_KEYS_KEPT)]
    const line = { at: now, actor: actorOf(c), action: 'signing_key.rotated', subject: key.kid }
    await replaceSecret(c.env.DB, 'signing', JSON.stringify(keys), now, line)
    await compileConfiguration(c.env, now)
    return c.json({ success: true as const, message: 'published now, and signs in two minutes', kid: key.kid, activeAt: key.activeAt }, 200)
  })
