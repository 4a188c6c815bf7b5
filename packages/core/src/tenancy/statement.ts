/** What a Plinth signs of itself, such as the end of an export: how it is signed, and how anyone can see that it holds. @module */
import { compactVerify, decodeProtectedHeader, importJWK, type JWK, SignJWT } from 'jose'
import { InvalidInputError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { KeySet, publicKeyForm } from './identity/key-set.ts'
import { parseStrictJson } from './identity/strict-json.ts'
import { readTokenShape } from './identity/token-shape.ts'

/** `aud` of a statement, which makes it no token. */
const statementAudience = 'plinth-statement'
const statementType = 'plinth-statement+jwt'
const statementAlgorithm = 'EdDSA'

/** Signs claims in the name of an issuer, as a compact JWS by EdDSA (RFC 7515, RFC 8037). */
export async function signStatement(
  claims: Readonly<Record<string, string | number>>,
  by: { readonly issuer: string; readonly privateJwk: JWK },
): Promise<string> {
  const { issuer, privateJwk } = by
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg: statementAlgorithm, kid: String(privateJwk.kid), typ: statementType })
    .setIssuer(issuer)
    .setAudience(statementAudience)
    .sign(await importJWK(privateJwk, statementAlgorithm))
}

/** The public keys that statements are looked at with. */
export type StatementKeys = KeySet

/**
 * The keys of a set, such as that of `/.well-known/jwks.json`. Those of other kinds, which sign no statements, are passed over.
 * @throws InvalidInputError for what is no set of public keys, and for two keys of one id.
 */
export async function statementKeys(set: unknown): Promise<StatementKeys> {
  const { keys } = (set ?? {}) as { readonly keys?: unknown }
  if (!Array.isArray(keys)) throw new InvalidInputError('This is no key set: it has no list of keys.', { field: 'jwks' })
  const found = keys
    .flatMap((key) => publicKeyForm.safeParse(key).data ?? [])
    .filter(({ crv, kid }) => crv === 'Ed25519' && kid !== undefined)
  const ids = found.map(({ kid }) => kid)
  const twice = ids.find((id, index) => ids.indexOf(id) < index)
  if (twice !== undefined) throw new InvalidInputError(`The key set has two keys ${twice}.`, { field: 'jwks' })
  for (const key of found) await checkKey(key)
  return new KeySet(found)
}

async function checkKey(key: JWK): Promise<void> {
  try {
    await importJWK(key, statementAlgorithm)
  } catch (cause) {
    throw new InvalidInputError('The key set has a key that is none.', { field: 'jwks', cause })
  }
}

/** What a statement came to. */
export type OpenedStatement =
  | { readonly claims: JsonObject; readonly keyId: string }
  | { readonly problem: 'malformed' | 'unknown_key' | 'forged' }

/**
 * Opens what {@link signStatement} signed, in the one spelling that it has. Algorithm and kind are fixed, so its header decides
 * nothing but which key; keys that it brings along are read by nothing.
 */
export async function openStatement(
  statement: string,
  by: { readonly issuer: string; readonly keys: StatementKeys },
): Promise<OpenedStatement> {
  const shape = readTokenShape(statement)
  if (
    shape?.algorithm !== statementAlgorithm ||
    shape.keyId === undefined ||
    decodeProtectedHeader(statement).typ !== statementType
  )
    return { problem: 'malformed' }
  const key = await by.keys.find(shape)
  if (!key) return { problem: 'unknown_key' }
  const verified = await compactVerify(statement, key, { algorithms: [statementAlgorithm] }).catch(() => undefined)
  if (!verified) return { problem: 'forged' }
  const claims = parseStrictJson(utf8.decode(verified.payload)) as JsonObject
  if (claims.iss !== by.issuer || claims.aud !== statementAudience) return { problem: 'forged' }
  return { claims, keyId: shape.keyId }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
