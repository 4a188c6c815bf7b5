import { InvalidInputError } from '../errors.ts'

/** What a wrapped key is bound to; unwrapping with another context fails. Plain text, it shows in AWS's logs. */
export type EncryptionContext = Readonly<Record<string, string>>

export interface KeyDescription {
  readonly alias: string
  readonly state: 'enabled' | 'disabled' | 'destroyed'
  /** Counts rotations, from 1. */
  readonly generation: number
  /** Destroyed keys: the time (milliseconds UTC) from which nobody, the operator included, can bring it back. */
  readonly irrecoverableAt?: number
}

/**
 * Keys that never leave their keeper and wrap the data keys that do the work.
 *
 * Promises:
 * - `unwrap` gives back what `wrap` was given, only under the same alias and an equal context (whatever the order of its
 *   fields); else SealError. Nothing about the data key shows in the wrapped bytes.
 * - After `rotate` new wraps use new material, and what was wrapped before still unwraps.
 * - Within 5 minutes of `disable` both fail with KeyUnusableError, until `enable`.
 * - After `destroy` both fail at once and for good; the date says from when no one can undo it. `ensure`, `enable`, `disable`
 *   and `rotate` of a destroyed key fail with KeyUnusableError, a second `destroy` gives the same date.
 * - Whatever is asked of a key that doesn't exist, but `ensure` and `describe`, fails with KeyUnusableError.
 *
 * Limits: data keys of 16–64 bytes; an alias is `alias/` and 1–200 characters `A-Z a-z 0-9 / _ -`, and doesn't begin with
 * `alias/aws/`; else InvalidInputError.
 */
export interface KeyService {
  /** Makes the key unless it exists. Doing it twice, also at the same time, gives one key. */
  ensure(alias: string): Promise<KeyDescription>
  describe(alias: string): Promise<KeyDescription | undefined>
  wrap(alias: string, dataKey: Uint8Array, context: EncryptionContext): Promise<Uint8Array>
  unwrap(alias: string, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array>
  rotate(alias: string): Promise<KeyDescription>
  disable(alias: string): Promise<void>
  enable(alias: string): Promise<void>
  destroy(alias: string): Promise<{ readonly irrecoverableAt: number }>
}

const aliasPattern = /^alias\/(?!aws\/)[A-Za-z0-9/_-]{1,200}$/

/** Refuses an alias that some platform couldn't keep; adapters call it first. @throws InvalidInputError */
export function checkAlias(alias: string): void {
  if (aliasPattern.test(alias)) return
  throw new InvalidInputError('The alias of a key is alias/ and 1 to 200 characters A-Z a-z 0-9 / _ -, and not alias/aws/.', {
    code: 'invalid_key_alias',
  })
}

/** Refuses a data key of another length than the port allows. @throws InvalidInputError */
export function checkDataKey(dataKey: Uint8Array): void {
  if (dataKey.byteLength >= 16 && dataKey.byteLength <= 64) return
  throw new InvalidInputError('A data key has 16 to 64 bytes.', { code: 'invalid_data_key' })
}

/** The same text for equal contexts whatever the order of their fields, and another text for any other context. */
export function contextText(context: EncryptionContext): string {
  const fields = Object.keys(context).sort()
  return JSON.stringify(fields.map((field) => [field, context[field]]))
}
