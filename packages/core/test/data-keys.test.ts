import { describe, expect, it } from 'vitest'
import { type DataKey, DataKeys, pooledKeyAlias } from '../src/scope/data-keys.ts'
import { Sealing } from '../src/scope/sealing.ts'
import { type Change, type Key, type KeyService, KeyUnusableError, type Row, SealError } from '../src/index.ts'
import { collect, rejection } from '../src/contracts/index.ts'
import { FakeClock, HostileStateStore, Hostility, MemoryKeyService, MemoryObjectStore, MemoryStateStore } from '../src/testing/index.ts'

const minute = 60_000
const day = 24 * 3_600_000
const place: Key = { tenant: 'alpha', collection: 'notes', partition: 'one', sort: '@' }

class CountingKeys extends MemoryKeyService implements KeyService {
  readonly contexts: unknown[] = []
  unwraps = 0

  override wrap(...given: Parameters<KeyService['wrap']>): Promise<Uint8Array> {
    this.contexts.push([given[0], given[2]])
    return super.wrap(...given)
  }

  override unwrap(...given: Parameters<KeyService['unwrap']>): Promise<Uint8Array> {
    this.unwraps++
    return super.unwrap(...given)
  }
}

class CountingState extends HostileStateStore {
  commits = 0
  readonly loads: string[] = []

  override commit(change: Change): Promise<void> {
    this.commits++
    return super.commit(change)
  }

  override read(...given: Parameters<HostileStateStore['read']>): AsyncIterable<Row> {
    this.loads.push(given[0])
    return super.read(...given)
  }
}

interface Bench {
  readonly clock: FakeClock
  readonly hostile: Hostility
  readonly kms: CountingKeys
  readonly state: CountingState
  readonly dataKeys: DataKeys
  /** Another process on the same stores. */
  process(): DataKeys
  sealing(dataKeys?: DataKeys): Sealing
  rows(tenant?: string): Promise<Row[]>
}

function bench(): Bench {
  const clock = new FakeClock()
  const hostile = new Hostility(clock)
  const inner = new MemoryStateStore({ clock })
  const [kms, state, objects] = [new CountingKeys({ clock }), new CountingState(inner, hostile), new MemoryObjectStore({ clock })]
  const process = (): DataKeys => new DataKeys({ state, keys: kms, clock })
  const dataKeys = process()
  const sealing = (keys = dataKeys): Sealing => new Sealing({ keys, objects, clock })
  const rows = (tenant = 'alpha'): Promise<Row[]> => collect(inner.read(tenant, 'data-keys', 'data-keys'))
  return { clock, hostile, kms, state, dataKeys, process, sealing, rows }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

describe('data keys', () => {
  it('are made once, however many ask at the same time, in however many processes [X62]', async () => {
    const { dataKeys, process, rows } = bench()
    const processes = [dataKeys, process(), process()]
    const asked = Array.from({ length: 60 }, (_, index) => (processes[index % 3] ?? dataKeys).current('alpha'))
    const keys = await Promise.all(asked)
    expect(new Set(keys.map((key) => `${key.version} ${hex(key.key)}`)).size).toBe(1)
    expect(await rows()).toHaveLength(1)
  })

  it('are made once when conflicts come out of nothing', async () => {
    const { dataKeys, process, hostile, rows } = bench()
    hostile.conflictNext(3)
    const key = await dataKeys.current('alpha')
    expect(await process().current('alpha')).toEqual(key)
    expect(await rows()).toHaveLength(1)
  })

  it('are made once when the answer of the commit is lost', async () => {
    const { dataKeys, hostile, rows } = bench()
    hostile.ambiguousNext()
    await rejection(dataKeys.current('alpha'))
    const key = await dataKeys.current('alpha')
    expect((await rows()).map((row) => row.sort)).toEqual(['00000001'])
    expect(key.version).toBe(1)
  })

  it('differ from tenant to tenant, and are wrapped under the tenant [R107, X67]', async () => {
    const { dataKeys, kms } = bench()
    const [alpha, beta] = [await dataKeys.current('alpha'), await dataKeys.current('beta')]
    expect(hex(alpha.key)).not.toBe(hex(beta.key))
    expect(alpha.key.byteLength).toBe(32)
    expect(kms.contexts).toEqual([
      [pooledKeyAlias, { tenant_id: 'alpha' }],
      [pooledKeyAlias, { tenant_id: 'beta' }],
    ])
  })

  it("don't open in another tenant's rows [R107, X67]", async () => {
    const { dataKeys, process, state, rows } = bench()
    await dataKeys.current('alpha')
    const [row] = await rows()
    if (!row) throw new Error('There is a row.')
    await state.commit({ writes: [{ put: { ...row, tenant: 'beta' } }] })
    expect(await rejection(process().current('beta'))).toBeInstanceOf(SealError)
  })

  it('stand in no row in the clear [X62]', async () => {
    const { dataKeys, rows } = bench()
    const { key } = await dataKeys.current('alpha')
    const text = JSON.stringify((await rows()).map((row) => ({ ...row, sealed: Object.values(row.sealed).map(hex) })))
    expect(text).toContain(pooledKeyAlias)
    const base64 = btoa(String.fromCharCode(...key))
    for (const form of [hex(key), base64, base64.slice(0, 20), JSON.stringify([...key]), hex(key.subarray(0, 8))]) expect(text).not.toContain(form)
  })

  it('ask the key service once for a hundred at the same time, also when the cache has run out', async () => {
    const { dataKeys, process, kms, clock } = bench()
    await dataKeys.current('alpha')
    const other = process()
    const hundred = (): Promise<DataKey[]> => Promise.all(Array.from({ length: 100 }, () => other.current('alpha')))
    await hundred()
    expect(kms.unwraps).toBe(1)
    await clock.advance(3 * minute)
    await hundred()
    expect(kms.unwraps).toBe(1)
    await clock.advance(2 * minute)
    await hundred()
    expect(kms.unwraps).toBe(2)
  })
})

describe('the rotation of data keys', () => {
  it('comes after 90 days, keeps what is old readable and lookups equal [X65]', async () => {
    const { clock, rows, sealing, process } = bench()
    const old = await sealing().sealField(place, 'body', 'old')
    const lookup = await sealing().lookup('alpha', 'name', 'Ada')
    clock.jump(clock.now() + 90 * day - minute)
    await sealing().sealField(place, 'body', 'not yet')
    expect(await rows()).toHaveLength(1)
    clock.jump(clock.now() + 10 * minute)
    const young = await sealing().sealField(place, 'body', 'young')
    expect((await rows()).map((row) => row.sort)).toEqual(['00000001', '00000002'])
    expect([old[4], young[4]]).toEqual([1, 2])
    for (const reader of [sealing(), sealing(process())]) {
      expect(await reader.openField(place, 'body', old)).toBe('old')
      expect(await reader.openField(place, 'body', young)).toBe('young')
      expect(await reader.lookup('alpha', 'name', 'Ada')).toBe(lookup)
    }
    clock.jump(clock.now() + 91 * day)
    expect((await sealing().sealField(place, 'body', 'third'))[4]).toBe(3)
    expect(await sealing().openField(place, 'body', old)).toBe('old')
  })

  it('happens once when many processes notice at the same time', async () => {
    const { clock, rows, dataKeys, process } = bench()
    await dataKeys.current('alpha')
    clock.jump(clock.now() + 100 * day)
    const keys = await Promise.all([dataKeys, process(), process(), process()].map((one) => one.current('alpha')))
    expect(new Set(keys.map((key) => `${key.version} ${hex(key.key)}`)).size).toBe(1)
    expect(await rows()).toHaveLength(2)
  })

  it('by another process is noticed by who meets what it sealed, though its own cache is fresh', async () => {
    const { clock, sealing, process } = bench()
    const [slow, quick] = [sealing(), sealing(process())]
    await slow.sealField(place, 'body', 'old')
    clock.jump(clock.now() + 90 * day - minute)
    await slow.sealField(place, 'body', 'still old')
    clock.jump(clock.now() + 2 * minute)
    const young = await quick.sealField(place, 'body', 'young')
    expect(young[4]).toBe(2)
    expect(await slow.openField(place, 'body', young)).toBe('young')
  })

  it('of the wrapping key keeps everything readable', async () => {
    const { kms, sealing, process } = bench()
    const sealed = await sealing().sealField(place, 'body', 'text')
    await kms.rotate(pooledKeyAlias)
    expect(await sealing(process()).openField(place, 'body', sealed)).toBe('text')
  })
})

describe('lookups', () => {
  it('are equal for equal values of one tenant and purpose only [X67]', async () => {
    const { sealing } = bench()
    const one = sealing()
    const same = await one.lookup('alpha', 'name', 'Ada')
    expect(await one.lookup('alpha', 'name', 'Ada')).toBe(same)
    const others = [one.lookup('beta', 'name', 'Ada'), one.lookup('alpha', 'nickname', 'Ada'), one.lookup('alpha', 'name', 'ada')]
    expect(new Set([same, ...(await Promise.all(others))]).size).toBe(4)
    expect(same).toMatch(/^[A-Za-z0-9_-]{43}$/)
  })
})

describe('a key that may not be used', () => {
  it('stops sealing and opening within five minutes, until it is enabled again [X65]', async () => {
    const { clock, kms, sealing } = bench()
    const sealed = await sealing().sealField(place, 'body', 'text')
    await kms.disable(pooledKeyAlias)
    await clock.advance(5 * minute)
    for (const work of [sealing().sealField(place, 'body', 'more'), sealing().openField(place, 'body', sealed), sealing().lookup('alpha', 'name', 'Ada')]) {
      expect(await rejection(work)).toMatchObject({ name: 'KeyUnusableError', code: 'key_disabled' })
    }
    // What failed isn't kept: no waiting after it is enabled.
    await kms.enable(pooledKeyAlias)
    expect(await sealing().openField(place, 'body', sealed)).toBe('text')
  })

  it('stays in use for four minutes at most, however often it is used meanwhile [X65]', async () => {
    const { clock, kms, dataKeys } = bench()
    await dataKeys.current('alpha')
    await kms.disable(pooledKeyAlias)
    let failed: number | undefined
    const from = clock.now()
    for (let second = 0; second < 400 && failed === undefined; second++) {
      await clock.advance(1_000)
      await dataKeys.current('alpha').catch(() => (failed = clock.now() - from))
    }
    expect(failed).toBe(4 * minute)
  })

  it('cannot be used for good once it is destroyed, and no other takes its place [X65]', async () => {
    const { clock, kms, sealing, rows, dataKeys } = bench()
    const sealed = await sealing().sealField(place, 'body', 'text')
    await kms.destroy(pooledKeyAlias)
    await clock.advance(5 * minute)
    for (const work of [sealing().openField(place, 'body', sealed), dataKeys.current('alpha'), dataKeys.current('gamma')]) {
      const error = await rejection(work)
      expect(error).toBeInstanceOf(KeyUnusableError)
      expect(error).toMatchObject({ code: 'key_destroyed' })
    }
    expect(await rows()).toHaveLength(1)
    expect(await rows('gamma')).toEqual([])
  })
})

describe('the cache of data keys', () => {
  it('holds 10 000 tenants, and forgets the one that came first [R112]', async () => {
    const { dataKeys, state } = bench()
    for (let tenant = 0; tenant <= 10_000; tenant++) await dataKeys.current(`tenant-${tenant}`)
    state.loads.length = 0
    for (const tenant of ['tenant-1', 'tenant-10000', 'tenant-0']) await dataKeys.current(tenant)
    expect(state.loads).toEqual(['tenant-0'])
  })
})
