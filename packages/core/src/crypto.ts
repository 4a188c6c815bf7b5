/**
 * The one file in core that touches node: built-ins. node:crypto is several times cheaper than WebCrypto here, and does
 * its work in place where WebCrypto would break every batch into awaits (docs/decisions).
 * @module
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hash,
  hkdfSync,
  type SecretKey,
  timingSafeEqual,
} from 'node:crypto'
import { SealError } from './errors.ts'

const nonceBytes = 12
const tagBytes = 16
const text = new TextEncoder()

// Making a cipher from raw bytes costs four times the sealing of a short text, from a prepared key it doesn't (measured:
// 23 µs against 5 for 300 bytes). Keys are never changed in place.
const prepared = new WeakMap<Uint8Array, SecretKey>()
function prepare(key: Uint8Array): SecretKey {
  let secret = prepared.get(key)
  if (!secret) {
    secret = createSecretKey(key)
    prepared.set(key, secret)
  }
  return secret
}

/**
 * AES-256-GCM: nonce (12 bytes), ciphertext, tag (16 bytes).
 * @param key 32 bytes. One key seals at most 2^32 values with random nonces (NIST SP 800-38D, 8.3).
 * @param context authenticated with the content: opening under another context fails.
 * @param room so many bytes in front are left to the caller, who would copy everything again to put something there.
 */
export function seal(key: Uint8Array, nonce: Uint8Array, content: Uint8Array, context: string, room = 0): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', prepare(key), nonce)
  cipher.setAAD(text.encode(context))
  const sealed = new Uint8Array(room + nonceBytes + content.byteLength + tagBytes)
  sealed.set(nonce, room)
  sealed.set(cipher.update(content), room + nonceBytes)
  cipher.final()
  sealed.set(cipher.getAuthTag(), sealed.byteLength - tagBytes)
  return sealed
}

/** The content of what {@link seal} made. @throws SealError, which doesn't say what was wrong. */
export function open(key: Uint8Array, sealed: Uint8Array, context: string): Uint8Array {
  if (sealed.byteLength < nonceBytes + tagBytes) throw new SealError()
  try {
    const decipher = createDecipheriv('aes-256-gcm', prepare(key), sealed.subarray(0, nonceBytes))
    decipher.setAAD(text.encode(context))
    decipher.setAuthTag(sealed.subarray(sealed.byteLength - tagBytes))
    const content = decipher.update(sealed.subarray(nonceBytes, sealed.byteLength - tagBytes))
    decipher.final()
    return content
  } catch (cause) {
    throw new SealError({ cause })
  }
}

/** SHA-256, lower-case hexadecimal. */
export function sha256(content: Uint8Array | string): string {
  return hash('sha256', content, 'hex')
}

/** SHA-256 of what comes piece by piece. */
export class Sha256 {
  readonly #hash = createHash('sha256')

  update(content: Uint8Array | string): void {
    this.#hash.update(content)
  }

  /** Lower-case hexadecimal; ends it. */
  digest(): string {
    return this.#hash.digest('hex')
  }
}

/** HMAC-SHA-256, base64url. */
export function hmac(key: Uint8Array, content: Uint8Array | string): string {
  return createHmac('sha256', prepare(key)).update(content).digest('base64url')
}

/** A key for one purpose, 32 bytes, from a key that serves several (HKDF-SHA-256, RFC 5869). */
export function deriveKey(key: Uint8Array, purpose: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), purpose, 32))
}

/** Whether two byte strings are equal, in a time that doesn't depend on where they differ. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.byteLength === right.byteLength && timingSafeEqual(left, right)
}
