import { computed, effect, signal } from '@preact/signals'
import type { AnalyticsAnswer } from '../worker/contract/analytics.ts'
import type { ForecastAnswer } from '../worker/contract/forecasts.ts'
import type { FunnelAnswer } from '../worker/contract/funnels.ts'
import { address, after, before, compare, currency, customerId, horizon, metric, path, period, search as searched, to } from './address.ts'
import { ask, inWords, Refusal, signedOut } from './api.ts'
import { bucketOf, gather } from './buckets.ts'
import { readChain, readCustomers } from './customers.ts'

export const analytics = signal<AnalyticsAnswer | null>(null)
export const funnel = signal<FunnelAnswer | null>(null)
/** The series of the period before, day beside day, when comparison is on. */
export const seriesBefore = signal<AnalyticsAnswer['series']>([])
/** Code in the address that the server takes for no currency; the figures are then in the default one. */
export const unknownCurrency = signal<string | null>(null)
/** The metric of the address, as far ahead as it says. */
export const outlook = signal<ForecastAnswer | null>(null)
export const bucket = computed(() => bucketOf(analytics.value?.period.days ?? 30))
/** The series as the chart, its table and the sparklines show it. */
export const rows = computed(() => gather(analytics.value?.series ?? [], bucket.value))
export const rowsBefore = computed(() => (compare.value ? gather(seriesBefore.value, bucket.value) : []))

export const reading = signal(false)
/** Why the figures on screen may be old, in words. */
export const failure = signal<string | null>(null)

const DEBOUNCE_MS = 300
const refreshes = signal(0)
let timer: ReturnType<typeof setTimeout> | undefined

/** Reads the figures again soon; many calls at once make one reading. */
export function refreshFigures(): void {
  if (timer) return
  timer = setTimeout(() => {
    timer = undefined
    refreshes.value++
  }, DEBOUNCE_MS)
}

const search = (values: Record<string, string | null>): string =>
  new URLSearchParams(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null)).toString()

/** An answer in the currency of the address, or in the default one where that is none. */
export async function askInCurrency<T>(at: string, asked: Record<string, string | null>, options: { signal: AbortSignal }): Promise<T> {
  const code = currency.peek()
  try {
    const answer = await ask<T>(`${at}?${search({ ...asked, currency: code })}`, options)
    unknownCurrency.value = null
    return answer
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'unknown_currency') throw error
    const answer = await ask<T>(`${at}?${search(asked)}`, options)
    unknownCurrency.value = code
    return answer
  }
}

async function readOverview(abort: AbortSignal): Promise<void> {
  const span = { timeframe: period.peek(), to: to.peek() }
  const options = { signal: abort }
  const withPrevious = compare.peek()
  const [figures, steps] = await Promise.all([
    askInCurrency<AnalyticsAnswer>('/api/analytics', span, options),
    ask<FunnelAnswer>(`/api/funnel?${search(span)}`, options),
  ])
  analytics.value = figures
  funnel.value = steps
  if (!withPrevious || !figures.previousPeriod.complete) {
    seriesBefore.value = []
    return
  }
  const earlier = search({ ...span, to: figures.previousPeriod.to, currency: figures.currency })
  seriesBefore.value = (await ask<AnalyticsAnswer>(`/api/analytics?${earlier}`, options)).series
}

async function readRevenue(abort: AbortSignal): Promise<void> {
  const asked = { timeframe: period.peek(), to: to.peek(), includeCohorts: 'true' }
  analytics.value = await askInCurrency<AnalyticsAnswer>('/api/analytics', asked, { signal: abort })
  seriesBefore.value = []
}

async function readOutlook(abort: AbortSignal): Promise<void> {
  const asked = { horizon: String(horizon.peek()) }
  outlook.value = await askInCurrency<ForecastAnswer>(`/api/forecasts/${metric.peek()}`, asked, { signal: abort })
}

type Reading = (abort: AbortSignal) => Promise<void>

/** What each page reads. */
const READINGS: Readonly<Record<string, Reading>> = {
  '/': readOverview,
  '/revenue': readRevenue,
  '/customers': readCustomers,
  '/forecast': readOutlook,
}

/** Sections that are read by code which comes with their pages, and by the whole of their address. */
const SECTIONS: Readonly<Record<string, Reading>> = {
  pricing: async (abort) => (await import('./pricing.ts')).readPricing(abort),
  funnel: async (abort) => (await import('./funnel.ts')).readFunnelPage(abort),
  calculators: async (abort) => (await import('./calculators.ts')).readCalculation(abort),
  experiments: async (abort) => (await import('./experiments.ts')).readExperiments(abort),
}
const sectionOf = (at: string): Reading | undefined => SECTIONS[at.split('/')[1] ?? '']

const readingOf = (at: string, customer: string | null): Reading | undefined =>
  sectionOf(at) ?? (customer === null ? READINGS[at] : readChain)

let running: { question: string; abort: AbortController } | null = null
let again = false

/** A new question ends the old one; the same question, asked again while it runs, runs once more afterwards. */
async function read(question: string): Promise<void> {
  if (running?.question === question) {
    again = true
    return
  }
  running?.abort.abort()
  const mine = { question, abort: new AbortController() }
  running = mine
  again = false
  reading.value = true
  try {
    await readingOf(path.peek(), customerId.peek())?.(mine.abort.signal)
    failure.value = null
  } catch (error) {
    if (running === mine && !signedOut.peek()) {
      failure.value = inWords(error)
      if (error instanceof Refusal && error.code === 'unreachable') setTimeout(refreshFigures, 3000)
    }
  }
  if (running !== mine) return
  running = null
  reading.value = false
  if (again) void read(question)
}

export function startFigures(): void {
  effect(() => {
    refreshes.value
    if (signedOut.value || !readingOf(path.value, customerId.value)) return
    if (sectionOf(path.value)) return void read(address.value)
    const figures = [period.value, to.value, currency.value, compare.value, metric.value, horizon.value]
    void read(JSON.stringify([path.value, searched.value, after.value, before.value, ...figures]))
  })
}
