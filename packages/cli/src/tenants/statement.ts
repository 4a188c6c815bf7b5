import { createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { InvalidInputError } from '@plinth/core'

/** The Ed25519 keys of a set, by their ids. */
export type StatementKeys = ReadonlyMap<string, KeyObject>

/** @throws InvalidInputError for what is no set of public keys. Keys of other kinds, which sign no statements, are passed over. */
export function statementKeys(set: unknown): StatementKeys {
  const { keys } = (set ?? {}) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) throw new InvalidInputError('This is no key set: it has no list of keys.', { field: 'jwks' })
  const found = new Map<string, KeyObject>()
  for (const key of keys as (JsonWebKey & { readonly kid?: unknown })[]) {
    const { kid, kty, crv, x, use = 'sig' } = key ?? {}
    if (typeof kid !== 'string' || kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || use !== 'sig') continue
    if (found.has(kid)) throw new InvalidInputError(`The key set has two keys ${kid}.`, { field: 'jwks' })
    found.set(kid, publicKey({ kty, crv, x }))
  }
  return found
}

/** What a statement came to. */
export type Opened =
  | { readonly claims: Readonly<Record<string, unknown>>; readonly keyId: string }
  | { readonly problem: 'malformed' | 'unknown_key' | 'forged' }

/**
 * Opens what a Plinth signed of itself: a compact JWS by EdDSA (RFC 7515, RFC 8037) with a key of the set. Algorithm and kind are
 * fixed, so its header decides nothing but which key; keys that it brings along are read by nothing.
 */
export function openStatement(statement: string, keys: StatementKeys): Opened {
  const [first, second, third, ...more] = statement.split('.').map(decode)
  const header = readObject(first)
  if (!header || !second || third?.byteLength !== 64 || more.length > 0) return { problem: 'malformed' }
  const { alg, kid, typ, crit } = header
  if (alg !== 'EdDSA' || typ !== 'plinth-statement+jwt' || crit !== undefined || typeof kid !== 'string')
    return { problem: 'malformed' }
  const key = keys.get(kid)
  if (!key) return { problem: 'unknown_key' }
  const signed = Buffer.from(statement.slice(0, statement.lastIndexOf('.')))
  if (!verify(null, signed, key, third)) return { problem: 'forged' }
  const claims = readObject(second)
  if (claims?.iss !== 'plinth' || claims.aud !== 'plinth-statement') return { problem: 'forged' }
  return { claims, keyId: kid }
}

function publicKey(key: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch (cause) {
    throw new InvalidInputError('The key set has a key that is none.', { field: 'jwks', cause })
  }
}

/** Undefined for a segment that is empty, or not as an encoder would write it (RFC 4648, 3.5). */
function decode(segment: string): Buffer | undefined {
  const bytes = Buffer.from(segment, 'base64url')
  return segment !== '' && bytes.toString('base64url') === segment ? bytes : undefined
}

function readObject(bytes: Buffer | undefined): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes?.toString('utf8') ?? '')
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined
  } catch {
    return undefined
  }
}
