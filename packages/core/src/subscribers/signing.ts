import { fromBase64, toBase64 } from '../base64.ts'
import { hmac } from '../crypto.ts'
import type { Clock } from '../ports/clock.ts'

/**
 * How webhooks are signed: the rules of Standard Webhooks 1.0 (https://www.standardwebhooks.com), so that receivers can use a
 * library.
 * @module
 */

const prefix = 'whsec_'
const secretBytes = 32
/** How long a secret still signs after it was changed, beside the new one. */
export const overlapMilliseconds: number = 24 * 3_600_000

export interface SigningSecrets {
  readonly current: string
  /** As long as receivers may still know only this one. */
  readonly previous?: string
}

export function newSecret(clock: Clock): string {
  return prefix + toBase64(clock.randomBytes(secretBytes))
}

/**
 * The headers that prove who sent a message, and when.
 * @param message.id the same each time that it is sent.
 * @param message.at when it is sent, milliseconds UTC.
 */
export function signedHeaders(
  secrets: SigningSecrets,
  message: { readonly id: string; readonly at: number; readonly body: string },
): Readonly<Record<string, string>> {
  const timestamp = Math.floor(message.at / 1000).toString()
  const signed = `${message.id}.${timestamp}.${message.body}`
  const all = [secrets.current, ...(secrets.previous === undefined ? [] : [secrets.previous])]
  return {
    'webhook-id': message.id,
    'webhook-timestamp': timestamp,
    'webhook-signature': all.map((secret) => `v1,${signature(secret, signed)}`).join(' '),
  }
}

/** HMAC-SHA-256 in standard base64, with its padding. */
function signature(secret: string, text: string): string {
  const key = fromBase64(secret.slice(prefix.length))
  return `${hmac(key, text).replaceAll('-', '+').replaceAll('_', '/')}=`
}
