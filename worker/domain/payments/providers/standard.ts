import { type NormalEvent, normalise } from '../../customer/accept.ts'
import { DomainError } from '../../error.ts'
import { member, textAt } from '../json.ts'
import type { Claim, Name, Provider, ProviderEvent, Reading } from '../provider.ts'

/** Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
function claimOf(header: (name: string) => string | null, body: string): Claim | null {
  const messageId = header('webhook-id')
  const time = header('webhook-timestamp')
  const signatures = (header('webhook-signature') ?? '').split(' ').flatMap((each) => (each.startsWith('v1,') ? [each.slice(3)] : []))
  // A dot in the id would let its end be read as the beginning of the time.
  if (!messageId || /[.\s]/.test(messageId) || messageId.length > 200) return null
  if (!time || !/^\d{1,12}$/.test(time) || signatures.length === 0) return null
  return { messageId, sentAtSeconds: Number(time), content: `${messageId}.${time}.${body}`, signatures, encoding: 'base64' }
}

/** The secret is 24 to 64 random bytes in base64 behind `whsec_`. */
const SECRET = /^whsec_([A-Za-z0-9+/]{32,88}={0,2})$/

/**
 * `{type, timestamp, data}`, where `data` is an event of our own contract. A reversal may leave out whose it is: it is of
 * whoever bought.
 */
function read(payload: unknown, reading: Reading): ProviderEvent {
  const { messageId } = reading
  if (messageId === null) throw new DomainError('missing_field', 'the header webhook-id is missing', 'webhook-id')
  const name = textAt(payload, 'type')
  const sent = member(payload, 'data')
  if (typeof sent !== 'object' || sent === null) throw new DomainError('missing_field', 'data has to be an event', 'data')
  const input = reading.incoming(sent)
  const named = input.event ?? input.eventType ?? input.activity ?? input.type ?? name ?? undefined
  const at = member(payload, 'timestamp')
  const timestamp = input.timestamp ?? (typeof at === 'string' || typeof at === 'number' ? at : undefined)
  const event = normalise(
    { ...input, ...(named === undefined ? {} : { event: named }), ...(timestamp === undefined ? {} : { timestamp }) },
    {
      now: reading.now,
      mintedId: messageId,
      origin: 'provider',
      verified: true,
      defaultCurrency: reading.defaultCurrency,
      context: { country: null, device: null },
      body: null,
      extras: {},
      currenciesOf: () => null,
    },
  )
  return {
    id: messageId,
    type: named ?? event.type,
    livemode: true,
    ...whoseOf(input.customerId ?? input.userId ?? null, input.visitorId ?? null, event),
    facts: [{ ...event, id: `standard:${event.id}` }],
  }
}

function whoseOf(customerId: string | null, visitorId: string | null, { body }: NormalEvent): Pick<ProviderEvent, 'whose' | 'links'> {
  const names: Name[] = [...(customerId === null ? [] : [{ customerId }]), ...(visitorId === null ? [] : [{ visitorId }])]
  if (names.length > 0) {
    const links = body.kind === 'purchase' ? [{ objectId: body.transactionId, transactionId: body.transactionId }] : []
    return { whose: { names }, links }
  }
  if (body.kind === 'refund' || body.kind === 'dispute_opened' || body.kind === 'dispute_closed')
    return { whose: { objectId: body.transactionId }, links: [] }
  throw new DomainError('missing_field', 'an event needs a customerId or a visitorId', 'data.customerId')
}

export const standard: Provider = {
  id: 'standard',
  name: 'Standard Webhooks',
  variable: 'STANDARD_WEBHOOK_SECRET',
  secretForm: 'whsec_ and 24 to 64 random bytes in base64',
  keyOf(secret) {
    const text = SECRET.exec(secret)?.[1]
    return text === undefined ? null : { text, encoding: 'base64' }
  },
  claimOf,
  read,
}
