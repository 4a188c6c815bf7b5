import { describe, expect, it } from 'vitest'
import { getRequest } from '../../src/event-driven/manage.ts'
import { type Platform, PlinthError, processGenaiRequest, type Row, SealError } from '../../src/index.ts'
import { pooledKeyAlias, siloKeyAlias } from '../../src/scope/data-keys.ts'
import { changeTenant } from '../../src/tenancy/configure.ts'
import { long, prompts, requestOf, TenancyBench } from './tenancy-bench.ts'

const minute = 60_000
const own = siloKeyAlias('alpha')

/** Which keys wrap a tenant's data keys. */
async function wrappedBy(bench: TenancyBench, tenant = 'alpha'): Promise<unknown[]> {
  return (await bench.rows(tenant)).filter(({ collection }) => collection === 'data-keys').map(({ index }) => index.alias)
}

/** Whether everything of {@link TenancyBench.fill} opens for a process, as it was. */
async function opens(bench: TenancyBench, platform: Platform = bench.restarted(), tenant = 'alpha'): Promise<void> {
  const scope = await bench.scope(tenant, platform)
  for (const [id, prompt] of Object.entries(prompts)) expect(await (await getRequest(scope, id)).open('prompt')).toBe(prompt)
  expect(new TextDecoder().decode(await scope.objects.get('kept'))).toBe(long)
  // The digests of bodies and keys are the same, too.
  const again = await processGenaiRequest(scope, requestOf('short'), { idempotencyKey: 'short' })
  expect(again.request_id).toBe('short')
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  return PlinthError.is(error) ? error.code : expect.fail(`It worked, or failed with ${String(error)}.`)
}

describe("the key that wraps a tenant's data keys", () => {
  it('is its own for a silo tenant, the pooled one for others; one does nothing for the other [R106, X65]', async () => {
    const bench = new TenancyBench()
    const { keys } = bench.memory.adapters
    await bench.onboard('alpha', { isolation_level: 'silo' })
    await bench.onboard('beta')
    for (const tenant of ['alpha', 'beta']) await bench.fill(tenant)
    expect(own).toBe('alias/tenant-alpha-key')
    expect(await wrappedBy(bench)).toEqual([own])
    expect(await wrappedBy(bench, 'beta')).toEqual([pooledKeyAlias])
    expect(await keys.describe(siloKeyAlias('beta'))).toBeUndefined()
    await keys.disable(own)
    await bench.clock.advance(5 * minute)
    expect(await codeOf(opens(bench, bench.platform))).toBe('key_disabled')
    await opens(bench, bench.restarted(), 'beta')
    await keys.enable(own)
    await opens(bench)
  })

  it('changes with isolation_level, there and back: all opens, and the other key may go [R106, R107]', async () => {
    const bench = new TenancyBench()
    const { keys } = bench.memory.adapters
    await bench.onboard('alpha')
    await bench.fill('alpha')
    const wrapped = async (): Promise<string[]> =>
      (await bench.rows('alpha'))
        .filter(({ sealed }) => sealed.key)
        .map(({ sealed }) => Buffer.from(sealed.key ?? []).toString('hex'))
    const pooled = await wrapped()
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'silo' })
    expect(await wrappedBy(bench)).toEqual([own])
    expect(await wrapped()).not.toEqual(pooled)
    await opens(bench)
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'pool' })
    expect(await wrappedBy(bench)).toEqual([pooledKeyAlias])
    await keys.disable(own)
    await bench.clock.advance(5 * minute)
    await opens(bench, bench.platform)
    await opens(bench)
    await keys.enable(own)
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'silo' })
    await opens(bench)
  })

  it('is not needed any more by a tenant that got its own: its data keys unwrap without it', async () => {
    const bench = new TenancyBench()
    const { keys } = bench.memory.adapters
    await bench.onboard('alpha')
    await bench.fill('alpha')
    await bench.operator.dataKeys.rotate('alpha')
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'silo' })
    const { dataKeys } = bench.restarted().operate()
    await keys.disable(pooledKeyAlias)
    for (const version of [1, 2]) expect((await dataKeys.version('alpha', version)).key).toHaveLength(32)
    await keys.enable(pooledKeyAlias)
  })

  it('is changed to the end when the process dies in between, and someone says it again', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    await bench.fill('alpha')
    for (let version = 0; version < 3; version++) await bench.operator.dataKeys.rotate('alpha')
    const { adapters, hostile } = bench.memory
    await adapters.keys.ensure(own)
    const { registry } = bench.administration()
    await registry.change('alpha', (settings) => ({ ...settings, isolation_level: 'silo' }))
    hostile.unavailableNext(1)
    expect(await codeOf(bench.operator.dataKeys.rewrap('alpha'))).toBe('no_answer')
    await opens(bench)
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'silo' })
    expect(await wrappedBy(bench)).toEqual([own, own, own, own])
    await opens(bench)
  })
})

describe('a row of data keys of schema 1', () => {
  it('was wrapped under the tenant alone, and still unwraps; wrapped anew it has the field as well [R107]', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    await bench.fill('alpha')
    const { keys, state } = bench.memory.adapters
    const current = (await bench.rows('alpha')).find(({ collection }) => collection === 'data-keys')
    if (!current) expect.fail('It is there.')
    const { key } = await bench.operator.dataKeys.current('alpha')
    const wrapped = await keys.wrap(pooledKeyAlias, key, { tenant_id: 'alpha' })
    await state.commit({ writes: [{ put: { ...current, schema: 1, sealed: { key: wrapped } } }] })
    await opens(bench)
    await changeTenant(bench.administration(), 'alpha', { isolation_level: 'silo' })
    const after = (await bench.rows('alpha')).find(({ collection }) => collection === 'data-keys')
    expect(after?.schema).toBe(2)
    expect(await keys.unwrap(own, after?.sealed.key ?? new Uint8Array(), { tenant_id: 'alpha', field_name: 'key' })).toEqual(key)
    await opens(bench)
  })
})

describe('a ciphertext', () => {
  it('opens nowhere but where it was written: in no other field, row, collection or tenant [R107, X67]', async () => {
    const bench = new TenancyBench()
    for (const tenant of ['alpha', 'beta']) {
      await bench.onboard(tenant)
      await bench.fill(tenant)
    }
    const places = [...(await sealedFields(bench, 'alpha')), ...(await sealedFields(bench, 'beta'))]
    expect(places.length).toBe(10)
    let tried = 0
    for (const from of places) {
      for (const to of places) {
        const state = bench.operator.state(to.row.tenant)
        const moved = { ...to.row, sealed: { [to.field]: from.sealed } }
        if (from === to) expect(await state.reveal(moved)).toHaveProperty(to.field)
        else await expect(state.reveal(moved), `${from.name} in ${to.name}`).rejects.toBeInstanceOf(SealError)
        tried++
      }
    }
    expect(tried).toBe(places.length ** 2)
  })

  it('opens as nothing else: with no other kind, version, byte or length', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    await bench.fill('alpha')
    await bench.operator.dataKeys.rotate('alpha')
    const state = bench.operator.state('alpha')
    for (const { row, field, sealed } of await sealedFields(bench, 'alpha')) {
      const revealed = (changed: Uint8Array) => state.reveal({ ...row, sealed: { [field]: changed } })
      for (let at = 0; at < Math.min(sealed.byteLength, 60); at++) {
        const changed = sealed.slice()
        changed[at] = (changed[at] ?? 0) ^ (at === 4 ? 3 : 1)
        await expect(revealed(changed), `${row.collection}.${field}, byte ${at}`).rejects.toBeInstanceOf(SealError)
      }
      for (const length of [0, 1, 4, 5, 32, sealed.byteLength - 1])
        await expect(revealed(sealed.slice(0, length))).rejects.toBeInstanceOf(SealError)
    }
  })
})

describe('rotation', () => {
  it.each(['pool', 'silo'] as const)(
    'in a %s under load fails nothing: all of before and after opens [X65]',
    async (isolation_level) => {
      const bench = new TenancyBench()
      await bench.onboard('alpha', { isolation_level })
      const processes = [bench.platform, bench.restarted(), bench.restarted()]
      const ids: string[] = []
      const work = async (worker: number): Promise<void> => {
        const scope = await bench.scope('alpha', processes[worker % processes.length])
        for (let number = 0; number < 20; number++) {
          const request_id = `${worker}-${number}`
          await processGenaiRequest(scope, { prompt: `prompt ${request_id}`, request_id }, { idempotencyKey: request_id })
          ids.push(request_id)
        }
      }
      const rotate = async (): Promise<void> => {
        for (let round = 0; round < 5; round++) await processes[round % processes.length]?.operate().dataKeys.rotate('alpha')
      }
      await Promise.all([...Array.from({ length: 6 }, (_, worker) => work(worker)), rotate()])
      expect(await wrappedBy(bench)).toHaveLength(6)
      for (const platform of [...processes, bench.restarted()]) {
        const scope = await bench.scope('alpha', platform)
        for (const id of ids) expect(await (await getRequest(scope, id)).open('prompt')).toBe(`prompt ${id}`)
        await processGenaiRequest(scope, { prompt: 'prompt 0-0', request_id: '0-0' }, { idempotencyKey: '0-0' })
      }
      const versions = new Set(
        (await bench.rows('alpha')).filter(({ collection }) => collection === 'requests').map(({ sealed }) => sealed.prompt?.[4]),
      )
      expect(versions.size).toBeGreaterThan(1)
    },
  )
})

describe('after a tenant left', () => {
  it.each(['pool', 'silo'] as const)(
    'in a %s a copy of its rows opens for no process once its keys are unusable [R111]',
    async (isolation_level) => {
      const bench = new TenancyBench()
      await bench.onboard('alpha', { isolation_level })
      await bench.fill('alpha')
      const other = bench.restarted()
      await opens(bench, other)
      const fields = await sealedFields(bench, 'alpha')
      const { offboarding } = await bench.offboard('alpha')
      await bench.clock.advance((offboarding?.keys_unusable_at ?? 0) - bench.clock.now())
      for (const platform of [bench.platform, other, bench.restarted()]) {
        for (const { row, field, sealed } of fields)
          expect(['seal_broken', 'key_destroyed', 'key_absent']).toContain(
            await codeOf(
              platform
                .operate()
                .state('alpha')
                .reveal({ ...row, sealed: { [field]: sealed } }),
            ),
          )
      }
    },
  )

  it('in a silo not even with the rows of its data keys put back, once they are irrecoverable [R111]', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha', { isolation_level: 'silo' })
    await bench.fill('alpha')
    const copy = await bench.rows('alpha')
    const fields = await sealedFields(bench, 'alpha')
    const { offboarding } = await bench.offboard('alpha')
    await bench.clock.advance((offboarding?.keys_irrecoverable_at ?? 0) - bench.clock.now())
    await putBack(bench, copy)
    for (const { row, field, sealed } of fields)
      expect(
        await codeOf(
          bench
            .restarted()
            .operate()
            .state('alpha')
            .reveal({ ...row, sealed: { [field]: sealed } }),
        ),
      ).toBe('key_destroyed')
  })

  it('in a pool nobody else loses anything: the pooled key goes on', async () => {
    const bench = new TenancyBench()
    for (const tenant of ['alpha', 'beta']) {
      await bench.onboard(tenant)
      await bench.fill(tenant)
    }
    await bench.offboard('alpha')
    await opens(bench, bench.restarted(), 'beta')
    expect(await bench.memory.adapters.keys.describe(pooledKeyAlias)).toMatchObject({ state: 'enabled' })
  })
})

interface SealedField {
  readonly name: string
  readonly row: Row
  readonly field: string
  readonly sealed: Uint8Array
}

async function sealedFields(bench: TenancyBench, tenant: string): Promise<SealedField[]> {
  return (await bench.rows(tenant))
    .filter(({ collection }) => collection !== 'data-keys')
    .flatMap((row) =>
      Object.entries(row.sealed).map(([field, sealed]) => ({
        name: `${tenant} ${row.collection}/${row.partition}.${field}`,
        row,
        field,
        sealed,
      })),
    )
}

async function putBack(bench: TenancyBench, rows: readonly Row[]): Promise<void> {
  for (const { version: _, ...row } of rows) await bench.memory.inner.state.commit({ writes: [{ put: row }] })
}
