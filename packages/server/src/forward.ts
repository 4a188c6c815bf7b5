import { type Caller, ForbiddenError, type LocalIssuer, PlinthError, peerIssuer, UnavailableError } from '@plinth/core'
import type { Answer, Arrival } from './exchange.ts'
import { bodyLimit, readBytes } from './json-body.ts'

/** Set on what one Plinth sends on to another; so that none goes in a circle. */
export const forwardedHeader = 'x-plinth-forwarded-from'

/** What a request takes along: nothing that is about this connection, and no cookie. */
const sent = [
  ...['content-type', 'accept', 'idempotency-key', 'if-none-match', 'last-event-id', 'x-correlation-id', 'cache-control'],
  ...['mcp-protocol-version', 'mcp-method', 'mcp-name'],
  ...['anthropic-version', 'anthropic-beta', 'amz-sdk-invocation-id', 'amz-sdk-request', 'user-agent'],
]
/** What an answer brings back. */
const returned =
  /^(?:content-type|cache-control|retry-after|retry-after-ms|x-should-retry|request-id|vary|www-authenticate|allow|x-amzn-.*|x-plinth-.*)$/

/** Seconds; long enough to arrive. A stream that has begun goes on without. */
const tokenLifetime = 60

/**
 * Sends a request on to the Plinth of its tenant's region, and gives back what that answers, as it comes. Nothing of it is kept or
 * logged here. Whoever asks was identified here; the peer is told by a token of ours, since it need not know theirs.
 * @throws UnavailableError `region_unavailable`; ForbiddenError `residency_refused` for a key with limits, which are only kept here.
 */
export async function forward(
  arrival: Arrival,
  peer: string,
  options: { readonly caller: Caller; readonly issuer: LocalIssuer; readonly region: string; readonly signal: AbortSignal },
): Promise<Answer> {
  const { caller, issuer, region, signal } = options
  if (Object.keys(caller.keyLimits ?? {}).length > 0)
    throw new ForbiddenError('residency_refused', 'A key with limits of its own is good in its own region only.')
  const query = arrival.query.toString()
  const headers = new Headers({ [forwardedHeader]: region, authorization: `Bearer ${await tokenFor(caller, issuer, region)}` })
  for (const name of sent) {
    const value = arrival.header(name)
    if (value !== undefined) headers.set(name, value)
  }
  const body = arrival.hasBody ? await readBytes(arrival, bodyLimit) : undefined
  try {
    const response = await fetch(`${peer}${arrival.path}${query === '' ? '' : `?${query}`}`, {
      method: arrival.method,
      headers,
      redirect: 'manual',
      signal,
      ...(body ? { body: body as Uint8Array<ArrayBuffer> } : {}),
    })
    // What it doesn't believe is us, not whoever asks.
    if (response.status === 401) {
      await response.body?.cancel()
      throw new UnavailableError('region_unavailable', "The Plinth of this tenant's region takes no requests from here.")
    }
    const back: Record<string, string> = {}
    response.headers.forEach((value, name) => {
      if (returned.test(name)) back[name] = value
    })
    return { status: response.status, headers: back, ...(response.body ? { stream: response.body } : {}) }
  } catch (cause) {
    if (PlinthError.is(cause)) throw cause
    throw new UnavailableError('region_unavailable', "The Plinth of this tenant's region can't be reached.", { cause })
  }
}

function tokenFor(caller: Caller, issuer: LocalIssuer, region: string): Promise<string> {
  const { tenant, user, permissions, groups } = caller
  return issuer.sign(
    { tenant, user, permissions: [...permissions], groups: [...groups], lifetime: tokenLifetime },
    peerIssuer(region),
  )
}
