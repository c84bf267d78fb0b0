import { signal } from '@preact/signals'
import type { AuditAnswer, KeysAnswer, ProductsAnswer, SettingsAnswer } from '../worker/contract/admin.ts'
import type { DeadLettersAnswer } from '../worker/contract/dead-letters.ts'
import type { PriceTestsAnswer } from '../worker/contract/price-tests.ts'
import type { SdkManifest } from '../worker/contract/sdk.ts'
import { ask, inWords } from './api.ts'

export const settings = signal<SettingsAnswer['settings'] | null>(null)
export const keys = signal<KeysAnswer['keys'] | null>(null)
export const products = signal<ProductsAnswer['products'] | null>(null)
export const priceTests = signal<PriceTestsAnswer['tests'] | null>(null)
export const audit = signal<AuditAnswer['entries'] | null>(null)
export const deadLetters = signal<DeadLettersAnswer['deadLetters'] | null>(null)
export const sdk = signal<SdkManifest | null>(null)
/** Why a list could not be read or a change was refused. */
export const trouble = signal<string | null>(null)

async function told(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    trouble.value = inWords(error)
  }
}

const readSettings = async () => {
  settings.value = (await ask<SettingsAnswer>('/api/settings')).settings
}
const readKeys = async () => {
  keys.value = (await ask<KeysAnswer>('/api/keys')).keys
}
const readProducts = async () => {
  products.value = (await ask<ProductsAnswer>('/api/products')).products
}
const readPriceTests = async () => {
  priceTests.value = (await ask<PriceTestsAnswer>('/api/price-tests')).tests
}
const readAudit = async () => {
  audit.value = (await ask<AuditAnswer>('/api/audit')).entries
}
const readDeadLetters = async () => {
  deadLetters.value = (await ask<DeadLettersAnswer>('/api/dead-letters')).deadLetters.filter(({ replayedAt }) => replayedAt === null)
}
const readSdk = async () => {
  sdk.value = await ask<SdkManifest>('/sdk.json')
}

/** Everything the set-up page shows; each list comes by itself, so that one failure leaves the others. */
export async function readConfiguration(): Promise<void> {
  trouble.value = null
  await Promise.all([readSettings, readKeys, readProducts, readPriceTests, readAudit, readDeadLetters, readSdk].map(told))
}

/** The kill switch. The audit log is read again, since it now has one line more. */
export const setOptimization = (optimizationEnabled: boolean): Promise<void> =>
  told(async () => {
    trouble.value = null
    settings.value = (await ask<SettingsAnswer>('/api/settings', { method: 'PATCH', body: { optimizationEnabled } })).settings
    await readAudit()
  })
