import {
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  type KeyMetadata,
  type KMSClient,
  ListKeyRotationsCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import {
  checkAlias,
  checkDataKey,
  type EncryptionContext,
  type KeyDescription,
  type KeyService,
  KeyUnusableError,
  SealError,
  UnavailableError,
} from '@plinth/core'
import { type AwsFault, isFault, unavailable } from './aws-fault.ts'
import { keyTag } from './environment.ts'

export interface KmsKeyServiceOptions {
  readonly client: KMSClient
  /**
   * Aliases of the port that stand for keys which were made elsewhere (by the CDK stack): to the alias, id or ARN in KMS. Such a
   * key is used and described, never made.
   */
  readonly aliases?: Readonly<Record<string, string>>
}

/** A key as KMS knows it. */
interface KmsKey {
  /** Most of what changes a key takes its id, not an alias. */
  readonly id: string
  readonly state: KeyDescription['state']
  readonly irrecoverableAt: number | undefined
}

/** The shortest that KMS allows. */
const waitingDays = 7
/** The longest ciphertext that KMS reads. */
const wrappedBytes = 6144

/**
 * KeyService on KMS: an alias of the port is an alias there, the context the encryption context that policies and CloudTrail see.
 *
 * Changes of a key reach all of KMS within seconds as a rule, within 5 minutes at the most. `rotate` begins a rotation, which KMS
 * ends moments later, and takes 25 times a key at the most. A destroyed key is useless at once and can be brought back by an
 * administrator until the date, 7 days later; from then on KMS has forgotten it together with its alias.
 */
export class KmsKeyService implements KeyService {
  readonly #client: KMSClient
  readonly #aliases: Readonly<Record<string, string>>
  /** The ids of keys that this process made: a new alias isn't known to all of KMS at once, a new key's id mostly is. */
  readonly #ids = new Map<string, string>()
  readonly #ensuring = new Map<string, Promise<KmsKey>>()

  constructor(options: KmsKeyServiceOptions) {
    this.#client = options.client
    this.#aliases = options.aliases ?? {}
  }

  async ensure(alias: string): Promise<KeyDescription> {
    checkAlias(alias)
    // Once for all who ask at the same time here; of several processes the first to name its key wins.
    const ensuring = this.#ensuring.get(alias) ?? this.#findOrMake(alias).finally(() => this.#ensuring.delete(alias))
    this.#ensuring.set(alias, ensuring)
    return this.#description(alias, living(alias, await ensuring))
  }

  async describe(alias: string): Promise<KeyDescription | undefined> {
    checkAlias(alias)
    const key = await this.#find(alias)
    return key && this.#description(alias, key)
  }

  async wrap(alias: string, dataKey: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    checkAlias(alias)
    checkDataKey(dataKey)
    const command = new EncryptCommand({ KeyId: this.#name(alias), Plaintext: dataKey, EncryptionContext: context })
    const { CiphertextBlob } = await this.#use(alias, 'kms:Encrypt', () => this.#client.send(command))
    return bytesOf(CiphertextBlob, 'kms:Encrypt')
  }

  async unwrap(alias: string, wrapped: Uint8Array, context: EncryptionContext): Promise<Uint8Array> {
    checkAlias(alias)
    // KMS says of these what it says of any malformed call.
    if (wrapped.byteLength === 0 || wrapped.byteLength > wrappedBytes) throw new SealError()
    // Without the key's name, KMS would open what any key of the account has wrapped.
    const command = new DecryptCommand({ KeyId: this.#name(alias), CiphertextBlob: wrapped, EncryptionContext: context })
    const { Plaintext } = await this.#use(alias, 'kms:Decrypt', () => this.#client.send(command))
    return bytesOf(Plaintext, 'kms:Decrypt')
  }

  async rotate(alias: string): Promise<KeyDescription> {
    checkAlias(alias)
    const key = living(alias, await this.#find(alias))
    if (key.state === 'disabled') throw new KeyUnusableError(alias, 'disabled')
    const command = new RotateKeyOnDemandCommand({ KeyId: key.id })
    await this.#use(alias, 'kms:RotateKeyOnDemand', () => this.#client.send(command))
    return this.#description(alias, key)
  }

  async disable(alias: string): Promise<void> {
    checkAlias(alias)
    const { id } = living(alias, await this.#find(alias))
    await this.#use(alias, 'kms:DisableKey', () => this.#client.send(new DisableKeyCommand({ KeyId: id })))
  }

  async enable(alias: string): Promise<void> {
    checkAlias(alias)
    const { id } = living(alias, await this.#find(alias))
    await this.#use(alias, 'kms:EnableKey', () => this.#client.send(new EnableKeyCommand({ KeyId: id })))
  }

  async destroy(alias: string): Promise<{ readonly irrecoverableAt: number }> {
    checkAlias(alias)
    const { id, irrecoverableAt } = existing(alias, await this.#find(alias))
    if (irrecoverableAt !== undefined) return { irrecoverableAt }
    try {
      return { irrecoverableAt: await this.#schedule(id) }
    } catch (error) {
      // Another was first, or a call of ours took effect and its answer was lost.
      const found = await this.#find(alias)
      if (found?.irrecoverableAt !== undefined) return { irrecoverableAt: found.irrecoverableAt }
      throw unavailable(error, 'kms:ScheduleKeyDeletion')
    }
  }

  #name(alias: string): string {
    return this.#aliases[alias] ?? this.#ids.get(alias) ?? alias
  }

  async #find(alias: string): Promise<KmsKey | undefined> {
    try {
      const { KeyMetadata } = await this.#client.send(new DescribeKeyCommand({ KeyId: this.#name(alias) }))
      return KeyMetadata && keyOf(KeyMetadata)
    } catch (error) {
      if (isFault(error, 'NotFoundException')) return undefined
      throw unavailable(error, 'kms:DescribeKey')
    }
  }

  async #findOrMake(alias: string): Promise<KmsKey> {
    const found = await this.#find(alias)
    if (found) return found
    const elsewhere = this.#aliases[alias]
    if (elsewhere) throw new UnavailableError('aws_missing', `KMS has no ${elsewhere}, which is to be the key ${alias}.`)
    const { KeyMetadata } = await this.#use(alias, 'kms:CreateKey', () =>
      this.#client.send(new CreateKeyCommand({ Description: `Plinth ${alias}`, Tags: [{ TagKey: keyTag, TagValue: alias }] })),
    )
    const made = keyOf(present(KeyMetadata, 'kms:CreateKey'))
    const named = await this.#nameKey(alias, made)
    this.#ids.set(alias, named.id)
    return named
  }

  /** Gives a new key its alias. Where another has it, that one is the key; ours goes, since unused keys cost as used ones do. */
  async #nameKey(alias: string, made: KmsKey): Promise<KmsKey> {
    try {
      await this.#client.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: made.id }))
      return made
    } catch (error) {
      // The answer to a call that took effect may be lost; its repetition finds the alias taken, by ours. A key that may have got
      // the alias must stay: whatever is wrapped with it would be lost.
      const refused = isRefusal(error) && !isFault(error, 'AlreadyExistsException')
      const named = refused ? undefined : await this.#find(alias)
      if (named?.id === made.id) return made
      if (named || refused) await this.#schedule(made.id).catch(() => undefined)
      if (named) return named
      throw unavailable(error, 'kms:CreateAlias')
    }
  }

  async #schedule(id: string): Promise<number> {
    const command = new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: waitingDays })
    const { DeletionDate } = await this.#client.send(command)
    return present(DeletionDate, 'kms:ScheduleKeyDeletion').getTime()
  }

  async #description(alias: string, { id, state, irrecoverableAt }: KmsKey): Promise<KeyDescription> {
    const [{ Rotations = [] }, { OnDemandRotationStartDate }] = await this.#use(alias, 'kms:ListKeyRotations', () =>
      Promise.all([
        this.#client.send(new ListKeyRotationsCommand({ KeyId: id, Limit: 1000 })),
        this.#client.send(new GetKeyRotationStatusCommand({ KeyId: id })),
      ]),
    )
    // The list has those that are complete; one that has begun can't be called back, and counts.
    const generation = 1 + Rotations.length + (OnDemandRotationStartDate ? 1 : 0)
    return { alias, state, generation, ...(irrecoverableAt === undefined ? {} : { irrecoverableAt }) }
  }

  /** Says in the port's terms what KMS refuses. */
  async #use<Result>(alias: string, action: string, call: () => Promise<Result>): Promise<Result> {
    try {
      return await call()
    } catch (error) {
      if (isFault(error, 'InvalidCiphertextException', 'IncorrectKeyException')) throw new SealError({ cause: error })
      if (isFault(error, 'NotFoundException')) throw new KeyUnusableError(alias, 'absent')
      // Either may stand for a key that waits for its deletion.
      if (isFault(error, 'DisabledException', 'KMSInvalidStateException')) {
        const state = (await this.#find(alias))?.state
        if (state === 'destroyed') throw new KeyUnusableError(alias, 'destroyed')
        if (state === 'disabled' || isFault(error, 'DisabledException')) throw new KeyUnusableError(alias, 'disabled')
      }
      throw unavailable(error, action)
    }
  }
}

function keyOf({ KeyId, KeyState, DeletionDate }: KeyMetadata): KmsKey {
  const state = KeyState === 'Enabled' ? 'enabled' : KeyState?.endsWith('Deletion') ? 'destroyed' : 'disabled'
  return { id: present(KeyId, 'kms:DescribeKey'), state, irrecoverableAt: DeletionDate?.getTime() }
}

function living(alias: string, found: KmsKey | undefined): KmsKey {
  const key = existing(alias, found)
  if (key.state === 'destroyed') throw new KeyUnusableError(alias, 'destroyed')
  return key
}

function existing(alias: string, key: KmsKey | undefined): KmsKey {
  if (!key) throw new KeyUnusableError(alias, 'absent')
  return key
}

/** Whether KMS answered that it didn't do it, rather than nothing or that something broke on the way. */
function isRefusal(error: unknown): boolean {
  const status = (error as Partial<AwsFault>).$metadata?.httpStatusCode ?? 500
  return status >= 400 && status < 500
}

/** A copy of its own: the SDK's may share its memory with other answers. */
function bytesOf(bytes: Uint8Array | undefined, action: string): Uint8Array {
  return new Uint8Array(present(bytes, action))
}

/** What AWS always sends, though the SDK's types don't say so. */
function present<Value>(value: Value | undefined, action: string): Value {
  if (value === undefined) throw new UnavailableError('aws_unavailable', `AWS answered ${action} without a result.`)
  return value
}
