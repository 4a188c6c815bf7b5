import { DescribeKeyCommand, ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { describeKeyServiceContract } from '@plinth/core/contracts'
import { beforeEach, describe, expect, it } from 'vitest'
import { KmsKeyService } from '../src/kms-key-service.ts'
import {
  type Fault,
  operation,
  type ProxiedRequest,
  refusal,
  refuse,
  resetAfter,
  resetBefore,
  rewriteJson,
  useFaultProxy,
} from './support/fault-proxy.ts'
import { describeWithMoto, type Moto } from './support/moto.ts'

const dataKey = Uint8Array.from({ length: 32 }, (_, index) => index + 1)
const context = { tenant_id: 'acme', field_name: 'prompt' }
const day = 24 * 3_600_000

describeWithMoto('KmsKeyService', (moto) => {
  const proxy = useFaultProxy(moto)
  const open = (options?: { maxAttempts: number }) => new KmsKeyService({ client: proxy.clients(options).kms })

  /** The adapter as a whole, on a moto whose answers are made into those that AWS documents. */
  describe("with AWS's answers for keys that are disabled, destroyed or another's", () => {
    beforeEach(() => {
      proxy.inject(operation('Encrypt', 'Decrypt', 'EnableKey', 'DisableKey', 'RotateKeyOnDemand'), asAws(moto), Infinity)
    })
    describeKeyServiceContract("KmsKeyService with AWS's answers", {
      create: async () => {
        const { kms: client } = proxy.clients()
        const reopen = async () => new KmsKeyService({ client })
        return { port: await reopen(), reopen, dispose: async () => {} }
      },
    })
  })

  it('a tenant has a key by its alias, bound to tenant and field on the wire [R106, R107]', async () => {
    const alias = 'alias/tenant-acme-key'
    await open().ensure(alias)
    const { Aliases = [] } = await moto.clients.kms.send(new ListAliasesCommand())
    expect(Aliases.map(({ AliasName }) => AliasName)).toContain(alias)
    const other = open()
    expect(await other.unwrap(alias, await other.wrap(alias, dataKey, context), context)).toEqual(dataKey)
    for (const asked of proxy.requests.filter(operation('Encrypt', 'Decrypt'))) {
      expect(bodyOf(asked)).toMatchObject({ KeyId: alias, EncryptionContext: { tenant_id: 'acme', field_name: 'prompt' } })
    }
  })

  it('a key carries the alias that it was made for as a tag from its birth, and no other tag: policies ask for it [R106]', async () => {
    await open().ensure('alias/tenant-globex-key')
    expect(proxy.requests.filter(operation('CreateKey')).map(bodyOf)).toEqual([
      expect.objectContaining({ Tags: [{ TagKey: 'plinth:alias', TagValue: 'alias/tenant-globex-key' }] }),
    ])
    expect(proxy.requests.filter(operation('TagResource'))).toEqual([])
  })

  describe('an alias that stands for a key made elsewhere', () => {
    it('is used and described, whatever its name there [R106]', async () => {
      await open().ensure('alias/from-cdk')
      const keys = new KmsKeyService({ client: proxy.clients().kms, aliases: { 'alias/pooled': 'alias/from-cdk' } })
      expect(await keys.ensure('alias/pooled')).toEqual({ alias: 'alias/pooled', state: 'enabled', generation: 1 })
      const wrapped = await keys.wrap('alias/pooled', dataKey, context)
      expect(await open().unwrap('alias/from-cdk', wrapped, context)).toEqual(dataKey)
    })

    it('is never made', async () => {
      const keys = new KmsKeyService({ client: proxy.clients().kms, aliases: { 'alias/pooled': 'alias/forgotten' } })
      const error = { code: 'aws_missing', retryable: true, message: expect.stringContaining('alias/forgotten') }
      await expect(keys.ensure('alias/pooled')).rejects.toMatchObject(error)
      expect(proxy.requests.filter(operation('CreateKey'))).toEqual([])
    })
  })

  describe('making a key', () => {
    const createAlias = operation('CreateAlias')

    it('in two processes at once gives one, and the other is deleted', async () => {
      const alias = 'alias/raced'
      // Both have found no key, and have made one, before either gives it the name.
      const overtake: Fault = async (_, forward) => {
        await open().ensure(alias)
        return forward()
      }
      proxy.inject(createAlias, overtake)
      const slow = open()
      expect(await slow.ensure(alias)).toEqual({ alias, state: 'enabled', generation: 1 })
      expect(await statesOf(alias)).toEqual(['Enabled', 'PendingDeletion'])
      expect(await open().unwrap(alias, await slow.wrap(alias, dataKey, context), context)).toEqual(dataKey)
    })

    it('many times at once in one process makes one', async () => {
      const keys = open()
      await Promise.all(Array.from({ length: 20 }, () => keys.ensure('alias/once')))
      expect(await statesOf('alias/once')).toEqual(['Enabled'])
    })

    it.each([1, 2])('keeps a key that has its name, though nobody said so (%i tries)', async (maxAttempts) => {
      const alias = `alias/unsaid-${maxAttempts}`
      const lost = proxy.inject(createAlias, resetAfter)
      await open({ maxAttempts }).ensure(alias)
      expect(lost.met).toBe(1)
      expect(await statesOf(alias)).toEqual(['Enabled'])
    })

    it('keeps a key that may have got its name', async () => {
      proxy.inject(createAlias, resetBefore)
      await expect(open().ensure('alias/unknown')).rejects.toMatchObject({ code: 'aws_unavailable', retryable: true })
      expect(await statesOf('alias/unknown')).toEqual(['Enabled'])
    })

    it('deletes a key that was refused its name', async () => {
      proxy.inject(createAlias, refuse(400, 'AccessDeniedException'))
      const error = { code: 'aws_denied', message: expect.stringContaining('kms:CreateAlias') }
      await expect(open().ensure('alias/refused')).rejects.toMatchObject(error)
      expect(await statesOf('alias/refused')).toEqual(['PendingDeletion'])
    })

    /** The states of all keys that were made for an alias. */
    async function statesOf(alias: string): Promise<readonly unknown[]> {
      const { Keys = [] } = await moto.clients.kms.send(new ListKeysCommand())
      const described = await Promise.all(Keys.map(({ KeyId }) => moto.clients.kms.send(new DescribeKeyCommand({ KeyId }))))
      const made = described.filter(({ KeyMetadata }) => KeyMetadata?.Description === `Plinth ${alias}`)
      return made.map(({ KeyMetadata }) => KeyMetadata?.KeyState).sort()
    }
  })

  it('a destroyed key can be brought back for seven days, the fewest that KMS allows', async () => {
    const keys = open()
    await keys.ensure('alias/destroyed')
    const before = Date.now()
    const { irrecoverableAt } = await keys.destroy('alias/destroyed')
    expect(irrecoverableAt).toBeGreaterThanOrEqual(before + 7 * day - 1000)
    expect(irrecoverableAt).toBeLessThanOrEqual(Date.now() + 7 * day + 1000)
    expect(await keys.describe('alias/destroyed')).toMatchObject({ state: 'destroyed', irrecoverableAt })
  })

  it('a key is destroyed once, though the first answer is lost', async () => {
    await open().ensure('alias/destroyed-once')
    const lost = proxy.inject(operation('ScheduleKeyDeletion'), resetAfter)
    const { irrecoverableAt } = await open().destroy('alias/destroyed-once')
    expect(lost.met).toBe(1)
    expect(await open().destroy('alias/destroyed-once')).toEqual({ irrecoverableAt })
  })

  it('a rotation that has begun counts, before KMS lists it', async () => {
    await open().ensure('alias/rotating')
    await open().rotate('alias/rotating')
    const begun = { KeyRotationEnabled: false, OnDemandRotationStartDate: Date.now() / 1000 }
    proxy.inject(
      operation('GetKeyRotationStatus'),
      rewriteJson(() => begun),
    )
    expect(await open().describe('alias/rotating')).toMatchObject({ generation: 3 })
  })

  describe('a key that KMS refuses to use', () => {
    it('for a reason that passes is unavailable', async () => {
      await open().ensure('alias/busy')
      for (const [status, code] of [
        [400, 'KMSInvalidStateException'],
        [400, 'ThrottlingException'],
        [500, 'KMSInternalException'],
      ] as const) {
        proxy.inject(operation('Decrypt'), refuse(status, code))
        const error = { code: 'aws_unavailable', retryable: true }
        await expect(open().unwrap('alias/busy', new Uint8Array(80), context), code).rejects.toMatchObject(error)
      }
    })

    it('for want of a permission names the action, and is no broken seal', async () => {
      proxy.inject(operation('Encrypt', 'Decrypt'), refuse(400, 'AccessDeniedException'), 2)
      for (const [action, call] of [
        ['kms:Encrypt', () => open().wrap('alias/denied', dataKey, context)],
        ['kms:Decrypt', () => open().unwrap('alias/denied', dataKey, context)],
      ] as const) {
        const error: unknown = await call().catch((reason: unknown) => reason)
        expect(error).toMatchObject({ code: 'aws_denied', retryable: true, message: expect.stringContaining(action) })
        expect(String(error)).not.toContain('acme')
      }
    })
  })

  it('what can be no ciphertext of KMS is a broken seal, and KMS is not asked', async () => {
    for (const length of [0, 6145]) {
      const error = { code: 'seal_broken' }
      await expect(open().unwrap('alias/any', new Uint8Array(length), context)).rejects.toMatchObject(error)
    }
    expect(proxy.requests).toEqual([])
  })
})

/**
 * What AWS documents (developer guide, "Key states of AWS KMS keys"; API reference, Decrypt) and moto leaves out: it keeps the
 * states of keys, and doesn't act by them.
 */
function asAws(moto: Moto): Fault {
  return async (asked, forward) => {
    const { KeyId } = bodyOf(asked)
    const { KeyMetadata } = await moto.clients.kms
      .send(new DescribeKeyCommand({ KeyId }))
      .catch(() => ({ KeyMetadata: undefined }))
    const { KeyState, Arn } = KeyMetadata ?? {}
    if (KeyState === 'PendingDeletion') return refusal(asked, 400, 'KMSInvalidStateException', `${Arn} is pending deletion.`)
    if (KeyState === 'Disabled' && !operation('EnableKey', 'DisableKey')(asked))
      return refusal(asked, 400, 'DisabledException', `${Arn} is disabled.`)
    const answer = await forward()
    const isWrongKey = asked.operation === 'Decrypt' && answer.body.includes('AccessDeniedException')
    return isWrongKey
      ? refusal(asked, 400, 'IncorrectKeyException', 'The key ID in the request does not identify the key.')
      : answer
  }
}

function bodyOf(asked: ProxiedRequest): { readonly KeyId: string; readonly EncryptionContext?: object } {
  return JSON.parse(asked.body.toString())
}
