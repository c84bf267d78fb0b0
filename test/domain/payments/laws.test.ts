import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PROVIDERS as PROVIDER_IDS } from '../../../worker/contract/lists.ts'
import { DomainError } from '../../../worker/domain/error.ts'
import { MAXIMUM_AMOUNT_MINOR } from '../../../worker/domain/money.ts'
import { type Provider, TOLERANCE_SECONDS } from '../../../worker/domain/payments/provider.ts'
import { PROVIDERS } from '../../../worker/domain/payments/providers/index.ts'
import { holds } from '../../../worker/webhook-signature.ts'
import { claimOf, read, SECRETS, SIGN, STREAM_BASE, streamAt } from './webhooks.ts'

const NOW = Date.parse('2026-11-03T12:00:00.400Z')
const SECONDS = Math.floor(NOW / 1000)

/** Things each provider may say; of a new one, the first line of its tests. */
const PAYLOADS: Record<Provider['id'], unknown[]> = {
  stripe: streamAt(0),
  standard: [
    { type: 'purchase', timestamp: '2026-11-01T00:00:00Z', data: { customerId: 'c', transactionId: 't', amount: 4.99, currency: 'EUR' } },
    { type: 'refund', timestamp: '2026-11-01T00:00:00Z', data: { id: 'r', transactionId: 't', amount: 4.99, currency: 'EUR' } },
    { type: 'page_view', data: { visitorId: 'v' } },
  ],
}

it('lists every provider once, as the contract does', () => {
  expect(PROVIDERS.map(({ id }) => id)).toEqual([...PROVIDER_IDS])
})

describe.each(PROVIDERS)('$id', (provider) => {
  const secret = SECRETS[provider.id]
  const key = provider.keyOf(secret)
  const keys = key ? [key] : []
  const sign = SIGN[provider.id]
  const body = JSON.stringify(PAYLOADS[provider.id][0], null, 2)
  const holdsAt = async (atSeconds: number, now = NOW) => {
    const claim = claimOf(provider, await sign(body, secret, atSeconds))
    return claim !== null && holds(claim, keys, now)
  }

  it('takes what its own library signs, and nothing that is five minutes off in either direction', async () => {
    expect(key).not.toBeNull()
    for (const offset of [0, TOLERANCE_SECONDS, -TOLERANCE_SECONDS])
      expect([offset, await holdsAt(SECONDS + offset)]).toEqual([offset, true])
    for (const offset of [301, -301, 86_400, -86_400]) expect([offset, await holdsAt(SECONDS + offset)]).toEqual([offset, false])
  })

  it('refuses another secret, any changed byte, and a body that was read and written again', async () => {
    const delivery = await sign(body, secret, SECONDS)
    const isTaken = (text: string) => {
      const claim = claimOf(provider, { ...delivery, body: text })
      return claim !== null && holds(claim, keys, NOW)
    }
    expect(isTaken(body)).toBe(true)
    expect(isTaken(JSON.stringify(JSON.parse(body)))).toBe(false)
    fc.assert(
      fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 127 }), (at, by) => {
        const changed = body.slice(0, at) + String.fromCharCode(body.charCodeAt(at) ^ by) + body.slice(at + 1)
        expect(isTaken(changed)).toBe(false)
      }),
    )
    const other = secret.replace(/.(?=.{6}$)/, (letter) => (letter === 'A' ? 'B' : 'A'))
    const claim = claimOf(provider, await sign(body, other, SECONDS))
    expect(claim && holds(claim, keys, NOW)).toBe(false)
  })

  it('takes any of several signatures, and either secret while one replaces the other', async () => {
    const [ours, theirs] = [
      await sign(body, secret, SECONDS),
      await sign(body, SECRETS[provider.id].replace(/.{9}$/, 'AAAAAAAA='), SECONDS),
    ]
    const both = Object.fromEntries(
      Object.entries(theirs.headers).map(([name, value]) => {
        const own = ours.headers[name] as string
        return [name, value === own ? value : provider.id === 'stripe' ? `${value},${own.split(',')[1]}` : `${value} ${own}`]
      }),
    )
    const claim = claimOf(provider, { headers: both, body })
    expect(claim?.signatures).toHaveLength(2)
    expect(claim && holds(claim, keys, NOW)).toBe(true)
    expect(claim && holds(claim, [], NOW)).toBe(false)
  })

  it('claims nothing without its headers, or with headers that say nothing', async () => {
    const { headers } = await sign(body, secret, SECONDS)
    for (const name of Object.keys(headers)) {
      const { [name]: _, ...rest } = headers
      expect(claimOf(provider, { headers: rest, body })).toBeNull()
      expect(claimOf(provider, { headers: { ...headers, [name]: '' }, body })).toBeNull()
    }
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (...values) => {
        const names = Object.keys(headers)
        const claim = claimOf(provider, { headers: Object.fromEntries(names.map((name, at) => [name, values[at] ?? ''])), body })
        expect(claim !== null && holds(claim, keys, NOW)).toBe(false)
      }),
    )
  })

  it('takes only secrets of its own form', () => {
    for (const text of ['', 'sk_live_123', 'whsec_', 'whsec_ü', ` ${secret}`, `${secret} `])
      expect([text, provider.keyOf(text)]).toEqual([text, null])
  })

  it('reads the same from the same, in names of its own, and money only as whole numbers', () => {
    for (const payload of PAYLOADS[provider.id]) {
      const event = read(provider, payload)
      expect(read(provider, structuredClone(payload))).toEqual(event)
      expect(event.id).not.toBe('')
      for (const fact of event.facts) {
        expect(fact.id.startsWith(`${provider.id}:`)).toBe(true)
        expect(fact).toMatchObject({ origin: 'provider', verified: true })
        expect(Number.isSafeInteger(fact.occurredAt)).toBe(true)
        const { amountMinor } = fact.body as { amountMinor?: number | null }
        if (typeof amountMinor === 'number')
          expect(amountMinor).toSatisfy((amount: number) => amount >= 0 && amount <= MAXIMUM_AMOUNT_MINOR && Number.isInteger(amount))
      }
      expect(new Set(event.facts.map(({ id }) => id)).size).toBe(event.facts.length)
    }
  })

  it('reads from anything at all either an event or a refusal with a code, and breaks over nothing', () => {
    const types = fc.constantFrom(...PAYLOADS[provider.id].map((payload) => (payload as { type: string }).type))
    const broken = fc.oneof(
      fc.anything(),
      fc.record({ id: fc.string(), type: types, created: fc.anything(), data: fc.anything() }),
      fc.record({ id: fc.constant('evt'), type: types, created: fc.nat(), data: fc.record({ object: fc.object({ maxDepth: 4 }) }) }),
      // A real one with one member, wherever it is, made something else.
      fc
        .tuple(fc.constantFrom(...PAYLOADS[provider.id]), fc.nat(), fc.anything())
        .map(([payload, which, instead]) => mutated(payload, which, instead)),
    )
    fc.assert(
      fc.property(broken, (payload) => {
        try {
          const { id, type, facts } = read(provider, payload)
          expect([typeof id, typeof type]).toEqual(['string', 'string'])
          for (const { body } of facts)
            if ('amountMinor' in body && body.amountMinor !== null) expect(Number.isSafeInteger(body.amountMinor)).toBe(true)
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

function mutated(payload: unknown, which: number, instead: unknown): unknown {
  const copy = structuredClone(payload)
  const places: [Record<string, unknown>, string][] = []
  const walk = (value: unknown) => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, inner] of Object.entries(value)) {
      places.push([value as Record<string, unknown>, name])
      walk(inner)
    }
  }
  walk(copy)
  const [holder, name] = places[which % places.length] as [Record<string, unknown>, string]
  holder[name] = instead
  return copy
}

it('has a stream of Stripe’s in which everything happens within the days that are open', () => {
  const times = streamAt(0).map(({ created }) => created - STREAM_BASE)
  expect(Math.min(...times)).toBeGreaterThan(0)
  expect(Math.max(...times)).toBeLessThanOrEqual(40 * 3_600)
})
