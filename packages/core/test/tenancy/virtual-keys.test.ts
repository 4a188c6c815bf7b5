import { beforeEach, describe, expect, it } from 'vitest'
import type { Key } from '../../src/index.ts'
import { type Caller, mintCaller } from '../../src/scope/caller.ts'
import { newTenant } from '../../src/tenancy/tenant.ts'
import { type VirtualKeyFields, VirtualKeys, virtualKeyLimit } from '../../src/tenancy/virtual-keys.ts'
import { type MemoryPlatform, memoryPlatform, scriptedModels } from '../../src/testing/index.ts'

const maker: Caller = mintCaller({
  settings: newTenant('home', 'Home', 0),
  user: 'maker',
  permissions: new Set(['*']),
  correlationId: 'test',
})
const some = { permissions: ['requests:read'] }

let memory: MemoryPlatform
let keys: VirtualKeys
/** What was asked of the store. */
let reads: string[]

beforeEach(() => {
  memory = memoryPlatform({ models: scriptedModels(() => '') })
  keys = new VirtualKeys(memory.platform.operate())
  reads = []
  const { state } = memory.adapters
  const get = state.get.bind(state)
  Object.assign(state, {
    get: (key: Key) => {
      reads.push(`get ${key.tenant} ${key.collection}`)
      return get(key)
    },
  })
})

async function make(tenant = 'acme', more: object = {}): Promise<{ readonly key: string; readonly fields: VirtualKeyFields }> {
  return keys.create(maker, tenant, { ...some, ...more })
}

/** The same key with another part. */
function altered(key: string, change: { readonly tenant?: string; readonly id?: string; readonly secret?: string }): string {
  const [, tenant, id, secret] = /^plk_([^_]+)_([^_]+)_(.+)$/.exec(key) ?? expect.fail(key)
  return `plk_${change.tenant ?? tenant}_${change.id ?? id}_${change.secret ?? secret}`
}

const otherLetter = (letter: string | undefined): string => (letter === 'A' ? 'B' : 'A')

describe('a virtual key', () => {
  it('is kept as a digest alone, by which nobody finds it [X64]', async () => {
    const { key, fields } = await make()
    const [, , , secret = ''] = key.split(/_(?=.)/, 4)
    const text = JSON.stringify(
      await memory.inner.state.get({ tenant: '_system', collection: 'virtual-keys', partition: 'acme', sort: fields.key_id }),
    )
    expect(text).toContain(fields.digest)
    expect(text).not.toContain(secret)
    expect(text).not.toContain(key)
    const plainHash = async (content: string): Promise<string> =>
      Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(content))).toString('base64url')
    for (const guess of [key, secret, key.slice(4)]) expect(fields.digest).not.toBe(await plainHash(guess))
  })

  it('opens nothing when any one of its letters is another, or it is longer or shorter', async () => {
    const { key } = await make()
    expect(await keys.find(key)).toMatchObject({ tenant: 'acme' })
    for (let at = 0; at < key.length; at++)
      expect(await keys.find(key.slice(0, at) + otherLetter(key[at]) + key.slice(at + 1)), `letter ${at}`).toBeUndefined()
    for (let length = 0; length < key.length; length++) expect(await keys.find(key.slice(0, length))).toBeUndefined()
    for (const more of ['A', '=', ' ', '\n', '\0', '_', `_${key}`]) expect(await keys.find(key + more)).toBeUndefined()
    for (const more of ['plk_', ' ', '\n']) expect(await keys.find(more + key)).toBeUndefined()
    expect(await keys.find(key.toUpperCase())).toBeUndefined()
  })

  it("opens no other tenant, also under that tenant's name and with its own secret elsewhere", async () => {
    const [mine, theirs] = [await make('acme'), await make('umbrella')]
    expect(await keys.find(altered(mine.key, { tenant: 'umbrella' }))).toBeUndefined()
    expect(await keys.find(altered(mine.key, { tenant: 'umbrella', id: theirs.fields.key_id }))).toBeUndefined()
    expect(await keys.find(altered(mine.key, { id: theirs.fields.key_id }))).toBeUndefined()
    for (const tenant of ['_system', '', '-', '..', 'acme/umbrella'])
      expect(await keys.find(altered(mine.key, { tenant }))).toBeUndefined()
    expect(await keys.find(mine.key)).toMatchObject({ tenant: 'acme', keyId: mine.fields.key_id })
  })

  it('moved in the store to another tenant or id opens nothing', async () => {
    const { key, fields } = await make()
    const { state } = memory.inner
    const row = await state.get({ tenant: '_system', collection: 'virtual-keys', partition: 'acme', sort: fields.key_id })
    if (!row) expect.fail('It is there.')
    const other = 'f'.repeat(24)
    await state.commit({ writes: [{ put: { ...row, partition: 'umbrella' } }, { put: { ...row, sort: other } }] })
    expect(await keys.find(altered(key, { tenant: 'umbrella' }))).toBeUndefined()
    expect(await keys.find(altered(key, { id: other }))).toBeUndefined()
  })

  it('is refused from the moment of its expiry and of its revocation on', async () => {
    const { clock } = memory
    const { key, fields } = await make('acme', { expires_at: clock.now() + 60_000 })
    await clock.advance(59_999)
    expect(await keys.find(key)).toBeDefined()
    await clock.advance(1)
    const ended = { keyId: fields.key_id, ended: 'expired', at: clock.now() }
    expect(await keys.find(key)).toEqual(ended)
    const second = await make()
    expect(await keys.find(second.key)).toBeDefined()
    await new VirtualKeys(memory.platform.operate()).revoke('acme', second.fields.key_id)
    expect(await keys.find(second.key)).toEqual({ keyId: second.fields.key_id, ended: 'revoked', at: clock.now() })
    await keys.revoke('acme', second.fields.key_id)
    expect((await keys.list('acme')).find(({ key_id }) => key_id === second.fields.key_id)?.revoked).toBe(clock.now())
  })

  it('that is good no more is told from none to whoever has all of it, and to nobody else', async () => {
    const { clock } = memory
    const { key, fields } = await make('acme', { expires_at: clock.now() + 1 })
    await clock.advance(1)
    expect(await keys.find(key)).toMatchObject({ ended: 'expired' })
    for (const end of ['expired', 'revoked']) {
      if (end === 'revoked') await keys.revoke('acme', fields.key_id)
      for (let at = 0; at < key.length; at++)
        expect(await keys.find(key.slice(0, at) + otherLetter(key[at]) + key.slice(at + 1)), `letter ${at}`).toBeUndefined()
    }
    // Somebody's word counts for more than the time that was set.
    expect(await keys.find(key)).toMatchObject({ ended: 'revoked' })
  })
})

describe('looking for a thousand keys that are none', () => {
  it('reads the store no differently for an id that is not there and one that is', async () => {
    const { key } = await make()
    await keys.find(key)
    reads.length = 0
    const seen = new Map<string, Set<string>>()
    const look = async (kind: string, token: string): Promise<void> => {
      reads.length = 0
      expect(await keys.find(token)).toBeUndefined()
      seen.set(kind, (seen.get(kind) ?? new Set()).add(reads.join(', ')))
    }
    for (let number = 0; number < 250; number++) {
      const secret = Buffer.from(memory.clock.randomBytes(32)).toString('base64url')
      const id = Buffer.from(memory.clock.randomBytes(12)).toString('hex')
      await look('a wrong secret', altered(key, { secret }))
      await look('an absent id', altered(key, { id, secret }))
      await look('an absent tenant', altered(key, { tenant: `nobody-${number}`, secret }))
      await look('no key at all', `plk_${secret}`)
    }
    const one = new Set(['get _system virtual-keys'])
    expect(Object.fromEntries(seen)).toEqual({
      'a wrong secret': one,
      'an absent id': one,
      'an absent tenant': one,
      'no key at all': new Set(['']),
    })
  })
})

describe('the keys of a tenant', () => {
  it('that are good are a thousand at most; revoked and expired ones do not count', async () => {
    const { fields } = await make('acme', { expires_at: memory.clock.now() + 1_000 })
    const { state } = memory.inner
    const row = await state.get({ tenant: '_system', collection: 'virtual-keys', partition: 'acme', sort: fields.key_id })
    if (!row) expect.fail('It is there.')
    const { expires: _, ...lasting } = row.index
    for (let number = 1; number < virtualKeyLimit; number++) {
      const key_id = String(number).padStart(24, '0')
      await state.commit({ writes: [{ put: { ...row, sort: key_id, index: { ...lasting, key_id } } }] })
    }
    await expect(make()).rejects.toMatchObject({ code: 'too_many_keys', retryable: true })
    await make('umbrella')
    await memory.clock.advance(1_000)
    await make()
    await expect(make()).rejects.toMatchObject({ code: 'too_many_keys' })
    await keys.revoke('acme', '1'.padStart(24, '0'))
    await make()
  })

  it('that are good no more are shown for 400 days, whose usage can be looked through, and then removed', async () => {
    const { clock } = memory
    const day = 86_400_000
    const lasting = await make()
    const revoked = await make()
    const over = await make('acme', { expires_at: clock.now() + 30 * day })
    await keys.revoke('acme', revoked.fields.key_id)
    const shown = async (): Promise<readonly string[]> => (await keys.list('acme')).map(({ key_id }) => key_id).sort()
    const idsOf = (...made: readonly (typeof lasting)[]): readonly string[] => made.map(({ fields }) => fields.key_id).sort()
    clock.jump(clock.now() + 399 * day)
    expect(await shown()).toEqual(idsOf(lasting, revoked, over))
    clock.jump(clock.now() + 2 * day)
    expect(await shown()).toEqual(idsOf(lasting, over))
    clock.jump(clock.now() + 30 * day)
    expect(await shown()).toEqual(idsOf(lasting))
    expect(await keys.find(lasting.key)).toBeDefined()
  })

  it('are removed all, and only those', async () => {
    await make('acme')
    const gone = await make('acme')
    const stays = await make('acme-too')
    await keys.removeAll('acme')
    expect(await keys.list('acme')).toEqual([])
    expect(await keys.find(gone.key)).toBeUndefined()
    expect(await keys.find(stays.key)).toBeDefined()
  })
})
