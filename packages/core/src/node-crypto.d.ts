/**
 * The few functions of node:crypto that crypto.ts uses. Declared here, since Node's own types would bring `process`,
 * `Buffer` and every other built-in into core, where they must not compile.
 */
declare module 'node:crypto' {
  interface Cipher {
    setAAD(data: Uint8Array): void
    update(data: Uint8Array): Uint8Array
    final(): Uint8Array
    getAuthTag(): Uint8Array
  }
  interface Decipher {
    setAAD(data: Uint8Array): void
    setAuthTag(tag: Uint8Array): void
    update(data: Uint8Array): Uint8Array
    final(): Uint8Array
  }
  interface Digest {
    update(data: Uint8Array | string): Digest
    digest(encoding: 'hex' | 'base64url'): string
  }
  /** A key that is ready for use; Node calls it KeyObject. */
  export interface SecretKey {
    readonly type: 'secret'
  }
  export function createSecretKey(key: Uint8Array): SecretKey
  export function createCipheriv(algorithm: 'aes-256-gcm', key: SecretKey, nonce: Uint8Array): Cipher
  export function createDecipheriv(algorithm: 'aes-256-gcm', key: SecretKey, nonce: Uint8Array): Decipher
  export function hash(algorithm: 'sha256', data: Uint8Array | string, encoding: 'hex'): string
  export function createHash(algorithm: 'sha256'): Digest
  export function createHmac(algorithm: 'sha256', key: SecretKey): Digest
  export function hkdfSync(digest: 'sha256', key: Uint8Array, salt: Uint8Array, info: string, length: number): ArrayBuffer
  export function timingSafeEqual(left: Uint8Array, right: Uint8Array): boolean
}
