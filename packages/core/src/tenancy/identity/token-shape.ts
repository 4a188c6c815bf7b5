import { base64url } from 'jose'
import { isObject, type JsonObject } from '../../json.ts'
import { parseStrictJson } from './strict-json.ts'

/** The most characters of a token. */
export const longestToken: number = 8 * 1024
/** The most characters of a key's id, and of an issuer's name. */
export const longestKeyId = 256
export const longestIssuer = 512

/**
 * What may be known of a token whose signature nobody has looked at: what is needed to choose the key, and no claim besides.
 * `issuer` only chooses among key sets; whether it is true shows by the signature.
 */
export interface TokenShape {
  readonly algorithm: string
  readonly keyId: string | undefined
  readonly issuer: string
}

/**
 * The strict gate in front of jose, which alone also takes white space in segments, other spellings of the same base64 and keys
 * that are there twice. Three segments that are not empty, each in the one canonical spelling of base64url (so that lists and
 * caches of tokens know all spellings of one); header and claims are UTF-8, JSON objects, without a key twice; and no extension
 * that must be understood (`crit`, `b64`). Keys or addresses of keys that a token brings along (`jwk`, `jku`, `x5u`, `x5c`) are
 * read by nothing.
 * @returns undefined for any other text, whatever its length.
 */
export function readTokenShape(token: string): TokenShape | undefined {
  if (token.length > longestToken) return undefined
  const [first, second, signature, ...more] = token.split('.').map(decode)
  if (!signature || more.length > 0) return undefined
  const [header, claims] = [readObject(first), readObject(second)]
  if (!header || !claims) return undefined
  const { alg, kid, crit, b64 } = header
  if (crit !== undefined || b64 !== undefined) return undefined
  if (typeof alg !== 'string' || !isName(claims.iss, longestIssuer)) return undefined
  if (kid !== undefined && !isName(kid, longestKeyId)) return undefined
  return { algorithm: alg, keyId: kid, issuer: claims.iss }
}

/** The bytes of a segment; undefined when it is empty or not as an encoder would write it (RFC 4648, 3.5). */
function decode(segment: string): Uint8Array | undefined {
  if (segment === '') return undefined
  try {
    const bytes = base64url.decode(segment)
    return base64url.encode(bytes) === segment ? bytes : undefined
  } catch {
    return undefined
  }
}

// A byte order mark stays in the text, where JSON has no place for it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readObject(bytes: Uint8Array | undefined): JsonObject | undefined {
  if (!bytes) return undefined
  try {
    const value = parseStrictJson(utf8.decode(bytes))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isName(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value.length <= longest
}
