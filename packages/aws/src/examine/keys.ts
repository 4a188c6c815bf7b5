import {
  DescribeKeyCommand,
  EncryptCommand,
  GetKeyRotationStatusCommand,
  type KMSClient,
  ListAliasesCommand,
} from '@aws-sdk/client-kms'
import { faultName } from '../aws-fault.ts'
import { type Look, look } from './look.ts'

export interface KeyFacts {
  readonly id: string
  /** As KMS calls it, such as `Enabled` or `PendingDeletion`. */
  readonly state: string
  /** From when it can't be brought back, milliseconds UTC. */
  readonly deleted: number | undefined
}

interface Key {
  readonly client: KMSClient
  readonly key: string
}

export function examineKey({ client, key }: Key): Promise<Look<KeyFacts>> {
  return look(async (call) => {
    const { KeyMetadata: found } = await call('kms:DescribeKey', (abortSignal) =>
      client.send(new DescribeKeyCommand({ KeyId: key }), { abortSignal }),
    )
    return { id: found?.KeyId ?? key, state: found?.KeyState ?? 'unknown', deleted: found?.DeletionDate?.getTime() }
  })
}

/** Whether KMS gives the key new material every year. @param options.key its id: this takes no alias. */
export function examineRotation({ client, key }: Key): Promise<Look<boolean>> {
  return look(async (call) => {
    const { KeyRotationEnabled } = await call('kms:GetKeyRotationStatus', (abortSignal) =>
      client.send(new GetKeyRotationStatusCommand({ KeyId: key }), { abortSignal }),
    )
    return KeyRotationEnabled ?? false
  })
}

/** In the form that policies ask for; no tenant can be called so. */
const probe = { tenant_id: '_doctor', field_name: 'key' }

/**
 * Whether the key wraps what is bound to a tenant and a field. KMS is asked to look only (`DryRun`); where it wraps all the same, as emulators
 * do, what it gives is thrown away, and nothing is kept.
 * @returns undefined where it would, else the code of the refusal.
 */
export function examineKeyUse({ client, key }: Key): Promise<Look<string | undefined>> {
  const command = new EncryptCommand({ KeyId: key, Plaintext: new Uint8Array(32), EncryptionContext: probe, DryRun: true })
  return look((call) =>
    call('kms:Encrypt', async (abortSignal) => {
      try {
        await client.send(command, { abortSignal })
      } catch (error) {
        const name = faultName(error)
        if (name === 'DisabledException' || name === 'KMSInvalidStateException' || name === 'InvalidKeyUsageException')
          return name
        if (name !== 'DryRunOperationException') throw error
      }
      return undefined
    }),
  )
}

const tenantAlias = /^alias\/tenant-.+-key$/
/** A page has 100 aliases. */
const mostPages = 20

/** How many tenants have a key of their own; which, isn't told. */
export function examineTenantKeys(client: KMSClient): Promise<Look<{ readonly keys: number; readonly more: boolean }>> {
  return look(async (call) => {
    let keys = 0
    let marker: string | undefined
    for (let page = 0; page < mostPages; page++) {
      const command = new ListAliasesCommand({ Limit: 100, ...(marker === undefined ? {} : { Marker: marker }) })
      const {
        Aliases = [],
        NextMarker,
        Truncated,
      } = await call('kms:ListAliases', (abortSignal) => client.send(command, { abortSignal }))
      keys += Aliases.filter(({ AliasName = '' }) => tenantAlias.test(AliasName)).length
      if (!Truncated) return { keys, more: false }
      marker = NextMarker
    }
    return { keys, more: true }
  })
}
