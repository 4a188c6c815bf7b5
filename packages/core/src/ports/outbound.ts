import { PlinthError } from '../errors.ts'

/** One HTTP request to somebody else's server. */
export interface OutboundRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** For all of it, from looking up the name to the last byte of the answer; milliseconds. */
  readonly timeout: number
  /** The most bytes of the answer's body. */
  readonly maxBytes: number
  /** Fires when nobody waits for the answer any more. */
  readonly signal?: AbortSignal
}

export interface OutboundResponse {
  readonly status: number
  /** Names in lower case; what came several times is joined by commas. */
  readonly headers: Readonly<Record<string, string>>
  /** As it came: nothing is unpacked. */
  readonly body: Uint8Array
}

/**
 * Why there is no answer:
 * - `url_invalid`: no http or https URL, or one with a user in it;
 * - `address_refused`: the host is, or its name leads to, an address that may not be called;
 * - `unreachable`: no such name, nobody listens, the connection broke, a certificate that doesn't hold;
 * - `timeout`, `too_large`, `response_malformed`, and `cancelled` by the caller's signal.
 */
export type OutboundCode =
  | 'url_invalid'
  | 'address_refused'
  | 'unreachable'
  | 'timeout'
  | 'too_large'
  | 'response_malformed'
  | 'cancelled'

const messages: Readonly<Record<OutboundCode, string>> = {
  url_invalid: 'The URL must be http or https, without a user or password, and at most 2048 characters long.',
  address_refused: 'The host is or leads to an address that may not be called from here.',
  unreachable: 'The host could not be reached.',
  timeout: 'There was no whole answer in time.',
  too_large: 'The answer was larger than is read.',
  response_malformed: 'The answer was no HTTP.',
  cancelled: 'The call was cancelled.',
}

/** There is no whole answer. Its message names neither URL nor address: both may hold what is private. */
export class OutboundError extends PlinthError {
  declare readonly code: OutboundCode
  /** The answer's status, when it came before the rest failed. */
  readonly status: number | undefined
  /** The system's own word for it, such as `ECONNREFUSED` or `CERT_HAS_EXPIRED`. */
  readonly reason: string | undefined

  constructor(code: OutboundCode, options: { readonly status?: number | undefined; readonly reason?: string | undefined } = {}) {
    super(code, messages[code], code !== 'url_invalid' && code !== 'address_refused')
    this.status = options.status
    this.reason = options.reason
  }
}

/**
 * HTTP to servers that somebody else names, such as webhooks: no way to look around in the network that we run in.
 *
 * Promises:
 * - Only addresses that are open to everyone are called: nothing private, loopback, link-local, shared, reserved or of many
 *   receivers, in whatever spelling; unless the one who runs it allowed it. Every address that a name leads to must be good, and the one
 *   that is called is one of those looked at, so that a name can't change its mind in between.
 * - `checkUrl` refuses at once what can be seen without looking up a name; `send` refuses all.
 * - A redirect is an answer like any other: it is never followed. No cookies, no credentials, no proxy.
 * - `send` gives the whole answer or fails with OutboundError within `timeout`, and with at most `maxBytes` read into memory.
 * - Nothing is sent twice but what a receiver never answered on a connection that it had closed already.
 */
export interface Outbound {
  /** @throws OutboundError `url_invalid`, `address_refused`. */
  checkUrl(url: string): void
  /** @throws OutboundError; any status is an answer. */
  send(request: OutboundRequest): Promise<OutboundResponse>
}

const longestUrl = 2_048

/**
 * What is the same on every platform; adapters call it first. The URL that comes back spells every numeric host in the one
 * usual way (WHATWG URL): `http://0x7f.1` has the hostname 127.0.0.1.
 * @throws OutboundError `url_invalid`
 */
export function parseOutboundUrl(text: string): URL {
  // What a URL parser passes over in silence is refused: what people read and what is called must be one.
  if (text.length > longestUrl || /[\s\\\p{Cc}]/u.test(text) || !URL.canParse(text)) throw new OutboundError('url_invalid')
  const url = new URL(text)
  const web = url.protocol === 'https:' || url.protocol === 'http:'
  if (!web || url.username !== '' || url.password !== '' || url.hostname === '') throw new OutboundError('url_invalid')
  return url
}
