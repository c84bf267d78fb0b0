/**
 * What Node and Workers both have and this room uses. It compiles with nothing else, neither DOM nor Workers nor Node
 * types; a shop's own types of these names take their place.
 */

interface AbortSignal {
  readonly aborted: boolean
}
declare const AbortSignal: { timeout(delayMs: number): AbortSignal }

interface RequestInit {
  method?: string
  headers?: Record<string, string>
  body?: string
  redirect?: 'manual'
  signal?: AbortSignal
}
interface Response {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  text(): Promise<string>
}
declare function fetch(url: string, init?: RequestInit): Promise<Response>

declare class URL {
  constructor(url: string, base?: URL)
  readonly href: string
  readonly origin: string
  readonly protocol: string
  pathname: string
  search: string
  hash: string
}
declare class URLSearchParams {
  set(name: string, value: string): void
  toString(): string
}

interface CryptoKey {
  readonly type: string
}
declare const crypto: {
  randomUUID(): string
  readonly subtle: {
    importKey(
      format: 'raw',
      secret: Uint8Array,
      algorithm: { name: 'HMAC'; hash: 'SHA-256' },
      extractable: boolean,
      usages: ['sign'],
    ): Promise<CryptoKey>
    sign(algorithm: 'HMAC', key: CryptoKey, data: Uint8Array): Promise<ArrayBuffer>
  }
}

declare class TextEncoder {
  encode(text: string): Uint8Array
}
declare function btoa(binary: string): string
declare function setTimeout(callback: () => void, delayMs: number): unknown
