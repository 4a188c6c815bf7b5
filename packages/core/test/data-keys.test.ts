import { describe, expect, it } from 'vitest'
import { rejection } from '../src/contracts/index.ts'
import { SealError } from '../src/index.ts'
import { type DataKey, pooledKeyAlias } from '../src/scope/data-keys.ts'

const minute = 60_000

import { hex, keyBench } from './key-bench.ts'

describe('data keys', () => {
  it('are made once, however many ask at the same time, in however many processes [X62]', async () => {
    const { dataKeys, process, rows } = keyBench()
    const processes = [dataKeys, process(), process()]
    const asked = Array.from({ length: 60 }, (_, index) => (processes[index % 3] ?? dataKeys).current('alpha'))
    const keys = await Promise.all(asked)
    expect(new Set(keys.map((key) => `${key.version} ${hex(key.key)}`)).size).toBe(1)
    expect(await rows()).toHaveLength(1)
  })

  it('are made once when conflicts come out of nothing', async () => {
    const { dataKeys, process, hostile, rows } = keyBench()
    hostile.conflictNext(3)
    const key = await dataKeys.current('alpha')
    expect(await process().current('alpha')).toEqual(key)
    expect(await rows()).toHaveLength(1)
  })

  it('are made once when the answer of the commit is lost', async () => {
    const { dataKeys, hostile, rows } = keyBench()
    hostile.ambiguousNext()
    await rejection(dataKeys.current('alpha'))
    const key = await dataKeys.current('alpha')
    expect((await rows()).map((row) => row.sort)).toEqual(['00000001'])
    expect(key.version).toBe(1)
  })

  it('differ from tenant to tenant, and are wrapped under the tenant [R107, X67]', async () => {
    const { dataKeys, kms } = keyBench()
    const [alpha, beta] = [await dataKeys.current('alpha'), await dataKeys.current('beta')]
    expect(hex(alpha.key)).not.toBe(hex(beta.key))
    expect(alpha.key.byteLength).toBe(32)
    expect(kms.contexts).toEqual([
      [pooledKeyAlias, { tenant_id: 'alpha', field_name: 'key' }],
      [pooledKeyAlias, { tenant_id: 'beta', field_name: 'key' }],
    ])
  })

  it("don't open in another tenant's rows [R107, X67]", async () => {
    const { dataKeys, process, state, rows } = keyBench()
    await dataKeys.current('alpha')
    const [row] = await rows()
    if (!row) throw new Error('There is a row.')
    await state.commit({ writes: [{ put: { ...row, tenant: 'beta' } }] })
    expect(await rejection(process().current('beta'))).toBeInstanceOf(SealError)
  })

  it('stand in no row in the clear [X62]', async () => {
    const { dataKeys, rows } = keyBench()
    const { key } = await dataKeys.current('alpha')
    const text = JSON.stringify((await rows()).map((row) => ({ ...row, sealed: Object.values(row.sealed).map(hex) })))
    expect(text).toContain(pooledKeyAlias)
    const base64 = btoa(String.fromCharCode(...key))
    for (const form of [hex(key), base64, base64.slice(0, 20), JSON.stringify([...key]), hex(key.subarray(0, 8))])
      expect(text).not.toContain(form)
  })

  it('ask the key service once for a hundred at the same time, also when the cache has run out', async () => {
    const { dataKeys, process, kms, clock } = keyBench()
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

describe('the cache of data keys', () => {
  it('asks again when the clock was set back, so that a disabled key is none for longer', async () => {
    const { dataKeys, clock, kms } = keyBench()
    await dataKeys.current('alpha')
    await kms.disable(pooledKeyAlias)
    clock.jump(clock.now() - 24 * 60 * minute)
    expect(await rejection(dataKeys.current('alpha'))).toMatchObject({ code: 'key_disabled' })
  })

  it('holds 10 000 tenants, and forgets the one that came first [R112]', async () => {
    const { dataKeys, state } = keyBench()
    for (let tenant = 0; tenant <= 10_000; tenant++) await dataKeys.current(`tenant-${tenant}`)
    state.loads.length = 0
    for (const tenant of ['tenant-1', 'tenant-10000', 'tenant-0']) await dataKeys.current(tenant)
    expect(state.loads).toEqual(['tenant-0'])
  })
})
