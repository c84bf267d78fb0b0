import { createRoute } from '@hono/zod-openapi'
import { allow } from '../auth.ts'
import { readConfiguration } from '../config.ts'
import { FunnelAnswer, FunnelQuery } from '../contract/funnels.ts'
import { readExtent, readReportedPurchases } from '../db/analytics.ts'
import { readExperiment } from '../db/experiments.ts'
import { readFunnelRevenue, readFunnelSums } from '../db/funnel-sums.ts'
import { readFunnels } from '../db/funnels.ts'
import { type Period, periodOf } from '../domain/analytics/period.ts'
import { DomainError } from '../domain/error.ts'
import { referenceOf } from '../domain/experiments/metric.ts'
import { findDrivers } from '../domain/funnel/drivers.ts'
import { featuresOf } from '../domain/funnel/features.ts'
import { lastStepOf, type Reached, stepsOf } from '../domain/funnel/figures.ts'
import { findFunnel, withDefault } from '../domain/funnel/find.ts'
import { groupAnswers, groupsBy } from '../domain/funnel/groups.ts'
import { parseCurrency, toMajor } from '../domain/money.ts'
import { addDays, dayOf } from '../domain/time.ts'
import { trustedDrivers } from '../evidence.ts'
import { answers, needs, refusals, router } from '../http.ts'

const getFunnel = createRoute({
  method: 'get',
  path: '/',
  tags: ['analytics'],
  summary: 'A funnel by day of entry, with both denominators, and what goes along with being lost',
  description:
    'People are counted once an attempt, under the day they entered. `by` tells them apart by what they were at entry, or, with `experiment`, by the variant they have been shown; revenue is of the purchases that ended the funnel, less refunds and disputes. `drivers` are associations corrected for all that was looked at, and no proof of a cause.',
  security: needs('read'),
  middleware: [allow('read')] as const,
  request: { query: FunnelQuery },
  responses: { 200: answers('Steps in order', FunnelAnswer), ...refusals },
})

export const funnel = router().openapi(getFunnel, async (c) => {
  const { timeframe, to, funnel: reference, by, experiment, currency: asked } = c.req.valid('query')
  if (by === 'variant' && experiment === undefined)
    throw new DomainError('missing_field', 'say of which experiment the variants are', 'experiment')
  const db = c.env.DB
  const now = Date.now()
  const [{ root }, stored, extent, tested] = await Promise.all([
    readConfiguration(c.env, now, (promise) => c.executionCtx.waitUntil(promise)),
    reference === 'default' ? [] : readFunnels(db),
    timeframe === 'all' ? readExtent(db) : null,
    by === 'variant' && experiment !== undefined ? readExperiment(db, experiment.replace(/@\d+$/, '')) : null,
  ])
  const found = findFunnel(withDefault(stored), reference)?.funnel
  if (!found) throw new DomainError('not_found', `funnel ${reference} does not exist`, 'funnel')
  const currency = asked === undefined ? root.pricing.defaultCurrency : parseCurrency(asked)
  const period: Period = periodOf(timeframe, to ?? dayOf(now), extent?.firstDay ?? null)
  const scope = referenceOf(found)
  const keys = found.steps.map(({ key }) => key)
  const sums = await readFunnelSums(db, scope, keys, period.from, period.to)
  const whole = wholeOf(sums.days)
  const variants = tested?.variants.map(({ key }) => key) ?? []
  const groups = by ? groupsBy(sums, by, experiment, whole, variants) : null
  if (by === 'variant' && !tested && groups?.known.length === 0)
    throw new DomainError('not_found', `experiment ${experiment} does not exist`, 'experiment')
  const [revenues, reportedPurchases] = await Promise.all([
    readFunnelRevenue(db, `${scope}:${currency}`, { dimension: by ?? null, values: groups?.names ?? [] }, period.from, period.to),
    readReportedPurchases(db, period.from, period.to),
  ])
  const revenueMinor = revenues.filter(({ dimension }) => dimension === '').reduce((total, { sum }) => total + sum, 0)
  const { id, version, name } = found
  return c.json(
    {
      success: true as const,
      funnel: { id, version, name },
      period,
      reportedPurchases,
      currency,
      revenue: toMajor(revenueMinor, currency),
      steps: stepsOf(found, whole, sums.times),
      days: daysOf(period, sums.days, keys[0] as string, lastStepOf(found)),
      groups: groups && groupAnswers(found, groups, revenues, revenueMinor, (minor) => toMajor(minor, currency)),
      drivers: await trustedDrivers(db, findDrivers(found, whole, featuresOf(sums, keys[0] as string, whole))),
    },
    200,
  )
})

function wholeOf(days: readonly { step: string; sum: number }[]): Reached {
  const whole = new Map<string, number>()
  for (const { step, sum } of days) whole.set(step, (whole.get(step) ?? 0) + sum)
  return whole
}

function daysOf({ from, days }: Period, sums: readonly { day: string; step: string; sum: number }[], first: string, last: string) {
  const of = new Map(sums.map(({ day, step, sum }) => [`${day}|${step}`, sum]))
  return Array.from({ length: days }, (_, at) => {
    const day = addDays(from, at)
    return { day, entered: of.get(`${day}|${first}`) ?? 0, converted: of.get(`${day}|${last}`) ?? 0 }
  })
}
