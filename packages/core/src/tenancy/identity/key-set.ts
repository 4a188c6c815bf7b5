import { base64url, createLocalJWKSet, type JWK } from 'jose'
import { z } from 'zod'
import { canonicalJson, type JsonValue } from '../../json.ts'
import { longestKeyId, type TokenShape } from './token-shape.ts'

/** The most keys of a set. Issuers have two or three. */
export const mostKeys = 100
const fewestRsaBits = 2_048

/**
 * A public key that may verify tokens. Everything in it that decides nothing is dropped, such as `x5c` and `x5u`.
 * Refused: shared secrets; private keys, which were meant for nobody's eyes; RSA below 2048 bits.
 */
export const publicKeyForm: z.ZodType<JWK> = z
  .object({
    kty: z.enum(['RSA', 'EC', 'OKP']),
    kid: z.string().max(longestKeyId).exactOptional(),
    use: z.string().exactOptional(),
    key_ops: z.array(z.string()).exactOptional(),
    alg: z.string().exactOptional(),
    crv: z.string().exactOptional(),
    x: z.string().exactOptional(),
    y: z.string().exactOptional(),
    n: z.string().exactOptional(),
    e: z.string().exactOptional(),
    d: z.undefined('Must be a public key.').optional(),
  })
  .refine((key) => key.kty !== 'RSA' || modulusBits(key.n ?? '') >= fewestRsaBits, {
    path: ['n'],
    message: `Must have ${fewestRsaBits} bits or more.`,
  }) as unknown as z.ZodType<JWK>

/** Keys that don't change; a changed set is another object. */
export class KeySet {
  readonly #select: ReturnType<typeof createLocalJWKSet>
  /** The same for the same keys in the same order. */
  readonly fingerprint: string

  constructor(keys: readonly JWK[]) {
    this.#select = createLocalJWKSet({ keys: [...keys] })
    this.fingerprint = canonicalJson(keys as unknown as JsonValue)
  }

  /**
   * The one key that fits: its `kid` is the token's where the token has one, and its `kty`, `crv`, `alg`, `use` and `key_ops` are
   * for verifying that algorithm. Undefined when there is none, and when there are several: nothing is tried out.
   */
  async find({ algorithm, keyId }: TokenShape): Promise<CryptoKey | undefined> {
    try {
      return await this.#select({ alg: algorithm, ...(keyId === undefined ? {} : { kid: keyId }) })
    } catch {
      return undefined
    }
  }
}

function modulusBits(modulus: string): number {
  try {
    const bytes = base64url.decode(modulus)
    const first = bytes.findIndex((byte) => byte !== 0)
    return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24
  } catch {
    return 0
  }
}
