import { ConflictError } from '../errors.ts'
import type { StoredRecord } from '../scope/record.ts'
import { retryConflicts } from '../scope/retry-conflicts.ts'
import type { Uses } from '../scope/scope.ts'
import { insert } from '../scope/state.ts'
import { type SecretTexts, secretPlace, type WebhookSecretFields, webhookSecrets } from './records.ts'
import { newSecret, overlapMilliseconds, type SigningSecrets } from './signing.ts'

type SecretRecord = StoredRecord<WebhookSecretFields, SecretTexts>

/** A secret, and until when the one before it signs too (milliseconds UTC). */
export interface ShownSecret {
  readonly secret: string
  readonly previousUntil?: number
}

/** The tenant's own secret; made when it is first asked for. */
export async function tenantSecret(scope: Uses<'state'>): Promise<ShownSecret> {
  return showSecret(scope, await secretRecord(scope))
}

/** What signs a message to a callback URL now. */
export async function tenantSigningSecrets(scope: Uses<'state'>): Promise<SigningSecrets> {
  return signingSecrets(scope, await secretRecord(scope))
}

/** Changes the tenant's secret. For a day both sign, so that receivers can be told. */
export function rotateTenantSecret(scope: Uses<'state'>): Promise<ShownSecret> {
  return retryConflicts(async () => {
    const record = await secretRecord(scope)
    const fields = { ...record.fields, rotated: scope.clock.now() }
    const sealed = await nextSecrets(scope, record)
    return showSecret(scope, await scope.state.update(webhookSecrets, record, fields, { sealed }))
  })
}

/** The secrets of a record after a change of its secret. */
export async function nextSecrets(
  scope: Uses<'state'>,
  record: StoredRecord<{ readonly rotated?: number }, SecretTexts>,
): Promise<SecretTexts> {
  return { secret: newSecret(scope.clock), previous_secret: (await record.open('secret')) ?? '' }
}

export async function showSecret(
  scope: Uses<'state'>,
  record: StoredRecord<{ readonly rotated?: number }, SecretTexts>,
): Promise<ShownSecret> {
  const { rotated } = record.fields
  const previousUntil = rotated === undefined ? 0 : rotated + overlapMilliseconds
  const secret = (await record.open('secret')) ?? ''
  return previousUntil > scope.clock.now() ? { secret, previousUntil } : { secret }
}

export async function signingSecrets(
  scope: Uses<'state'>,
  record: StoredRecord<{ readonly rotated?: number }, SecretTexts>,
): Promise<SigningSecrets> {
  const { secret, previousUntil } = await showSecret(scope, record)
  const previous = previousUntil === undefined ? undefined : await record.open('previous_secret')
  return previous === undefined ? { current: secret } : { current: secret, previous }
}

async function secretRecord(scope: Uses<'state'>): Promise<SecretRecord> {
  return retryConflicts(async () => {
    const found = await scope.state.get(webhookSecrets, secretPlace)
    if (found) return found
    const write = insert(webhookSecrets, secretPlace, { made: scope.clock.now() }, { secret: newSecret(scope.clock) })
    const [made] = await scope.state.commit({ writes: [write] })
    if (!made) throw new ConflictError(secretPlace.partition)
    return made as unknown as SecretRecord
  })
}
