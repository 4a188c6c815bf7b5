import { describe, expect, it } from 'vitest'
import { getRequest } from '../../src/event-driven/manage.ts'
import { requests } from '../../src/event-driven/requests.ts'
import {
  type Adapters,
  createPlatform,
  patterns,
  processGenaiRequest,
  Relay,
  silentLog,
  type TenantSettings,
  UnavailableError,
  WorkerHost,
} from '../../src/index.ts'
import { siloKeyAlias } from '../../src/scope/data-keys.ts'
import { offboardTenant } from '../../src/tenancy/offboard.ts'
import { callerOf, long, prompts, TenancyBench } from './tenancy-bench.ts'

const minute = 60_000

/** Adapters whose process dies at the `at`-th thing that it changes: before it, or after it and before it heard so. */
function mortal(adapters: Adapters, at: number, when: 'before' | 'after'): { readonly adapters: Adapters; died(): boolean } {
  let changes = 0
  const changing = new Set([
    'commit',
    'add',
    'put',
    'delete',
    'ensure',
    'wrap',
    'rotate',
    'destroy',
    'removeTenant',
    'removeExpired',
    'remove',
  ])
  const dead = (): boolean => changes > at
  const watched = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: readonly unknown[]) => {
          if (dead()) throw new Error('The process is gone.')
          if (changing.has(String(name)) && ++changes > at) {
            if (when === 'after')
              return Promise.resolve(value.apply(target, given)).then(() => Promise.reject(new Error('Killed.')))
            throw new Error('Killed.')
          }
          return value.apply(target, given)
        }
      },
    })
  const { state, objects, keys, operations, stream } = adapters
  const ports = {
    state: watched(state),
    objects: watched(objects),
    keys: watched(keys),
    operations: watched(operations),
    ...(stream && { stream: watched(stream) }),
  }
  return { adapters: { ...adapters, ...ports }, died: dead }
}

describe.each(['pool', 'silo'] as const)('offboarding a tenant in a %s', (isolation_level) => {
  it('removes all of it but its trail, which still holds; others keep everything [R110, R111]', async () => {
    const bench = new TenancyBench()
    for (const tenant of ['alpha', 'alpha-2', 'beta']) {
      await bench.onboard(tenant, { isolation_level })
      await bench.fill(tenant)
    }
    const [before, neighbour] = [await bench.left('alpha'), await bench.left('alpha-2')]
    for (const kind of [
      'row data-keys',
      'row requests',
      'event',
      'job',
      'object objects',
      'object sealed',
      'log readings/0',
      'key',
    ])
      expect(
        before.some((one) => one.startsWith(kind)),
        kind,
      ).toBe(true)
    await bench.offboard('alpha')
    await bench.sweep()
    expect(await bench.left('alpha')).toEqual([])
    expect(await bench.trailHolds('alpha', bench.restarted())).toBe(true)
    expect(await bench.left('alpha-2')).toEqual(neighbour)
    const record = await getRequest(await bench.scope('alpha-2', bench.restarted()), 'long')
    expect(await record.open('prompt')).toBe(long)
  })

  it.each(['before', 'after'] as const)(
    'goes on by itself wherever its process dies, %s what it does there [R111]',
    async (when) => {
      const ends = new Set<TenantSettings['status']>()
      for (let at = 0; ; at++) {
        const bench = new TenancyBench()
        await bench.onboard('alpha', { isolation_level })
        await bench.fill('alpha')
        const { adapters, died } = mortal(bench.memory.adapters, at, when)
        const process = bench.restarted(adapters)
        await bench
          .offboard('alpha', process)
          .then(() => bench.sweep(process))
          .catch(() => {})
        const { status } = await bench.administration().registry.find('alpha')
        ends.add(status)
        if (status === 'active') {
          const record = await getRequest(await bench.scope('alpha', bench.restarted()), 'short')
          expect(await record.open('prompt'), `after ${at} changes`).toBe(prompts.short)
          continue
        }
        expect(status).toBe('offboarded')
        await bench.sweep(bench.restarted())
        expect(await bench.left('alpha'), `after ${at} changes`).toEqual([])
        expect(await bench.trailHolds('alpha', bench.restarted())).toBe(true)
        const { offboarding } = await bench.administration().registry.find('alpha')
        expect(offboarding, `after ${at} changes`).toEqual({
          at: bench.clock.now(),
          keys_unusable_at: expect.toSatisfy((time: number) => time > bench.clock.now()),
          keys_irrecoverable_at: expect.toSatisfy((time: number) => time > bench.clock.now()),
          data_removed_at: bench.clock.now(),
        })
        const own = await bench.memory.adapters.keys.describe(siloKeyAlias('alpha'))
        expect(own?.state, `after ${at} changes`).toBe(isolation_level === 'silo' ? 'destroyed' : undefined)
        expect(await bench.offboard('alpha', bench.restarted())).toMatchObject({ status: 'offboarded', offboarding })
        if (!died()) {
          expect(at).toBeGreaterThan(6)
          break
        }
      }
      expect(ends).toEqual(new Set(when === 'before' ? ['active', 'offboarded'] : ['offboarded']))
    },
  )

  it('asked for again after its process died gives the dates as well', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha', { isolation_level })
    await bench.fill('alpha')
    const { adapters } = mortal(bench.memory.adapters, 1, 'before')
    await expect(bench.offboard('alpha', bench.restarted(adapters))).rejects.toThrow()
    const again = await bench.offboard('alpha', bench.restarted())
    expect(again.offboarding?.keys_irrecoverable_at).toBeGreaterThan(0)
    expect(await bench.offboard('alpha', bench.restarted())).toEqual(again)
  })
})

describe('what an index keeps elsewhere', () => {
  it('goes with its tenant alone, while the records that name it are there, and is asked for again after a fault [R111]', async () => {
    const bench = new TenancyBench()
    const segments = bench.operator.search
    const forgotten: string[] = []
    const platform = bench.restarted({
      ...bench.memory.adapters,
      search: (state) => ({
        capabilities: segments.capabilities,
        put: (...call) => segments.put(...call),
        putVectors: (...call) => segments.putVectors(...call),
        remove: (...call) => segments.remove(...call),
        dropSpace: (...call) => segments.dropSpace(...call),
        search: (...call) => segments.search(...call),
        status: (...call) => segments.status(...call),
        maintain: (...call) => segments.maintain(...call),
        forget: async (tenant) => {
          const there = await state(tenant).get(requests, { partition: 'short' })
          forgotten.push(`${tenant}, ${there ? 'its records there' : 'its records gone'}`)
          if (forgotten.length === 1) throw new UnavailableError('search_away', 'The index is away.')
        },
      }),
    })
    for (const tenant of ['alpha', 'beta']) {
      await bench.onboard(tenant)
      await bench.fill(tenant)
    }
    await bench.offboard('alpha', platform)
    await bench.sweep(platform)
    expect((await bench.administration().registry.find('alpha')).offboarding?.data_removed_at).toBeUndefined()
    await bench.sweep(platform)
    expect(forgotten).toEqual(['alpha, its records there', 'alpha, its records there'])
    expect(await bench.left('alpha')).toEqual([])
  })
})

describe('a tenant of another region', () => {
  it('goes there, where its data and keys are, and not before that sweeper was there [R109, R111]', async () => {
    const bench = new TenancyBench()
    const { adapters } = new TenancyBench().memory
    const there = createPlatform('memory', adapters, bench.models, { region: 'eu-central-1', home: bench.platform })
    await bench.onboard('alpha', { data_residency_region: 'eu-central-1' })
    const [usual, operator] = [bench.administration(), there.operate()]
    const administration = { ...usual, operatorOf: () => operator }
    const scope = there.scope(callerOf(await usual.registry.find('alpha'), 'ada'))
    await processGenaiRequest(scope, { prompt: 'x', request_id: 'x' })
    await usual.keys.create(usual.caller, 'alpha', {})
    expect((await operator.operations.rows('alpha', { limit: 10 })).items.length).toBeGreaterThan(2)
    await offboardTenant(administration, 'alpha')
    await bench.sweep()
    expect((await usual.registry.find('alpha')).offboarding?.data_removed_at).toBeUndefined()
    await bench.sweep(there)
    expect((await usual.registry.find('alpha')).offboarding?.data_removed_at).toBeDefined()
    expect((await operator.operations.rows('alpha', { limit: 10 })).items).toEqual([])
    expect(await bench.left('alpha')).toEqual([])
  })
})

describe('what was let in before a tenant left, and comes late', () => {
  it('is removed a quarter of an hour later', async () => {
    const bench = new TenancyBench()
    await bench.onboard('alpha')
    await bench.fill('alpha')
    const scope = await bench.scope('alpha')
    const { keys, caller } = bench.administration()
    await bench.offboard('alpha')
    await bench.sweep()
    const removed = (await bench.administration().registry.find('alpha')).offboarding?.data_removed_at
    expect(removed).toBe(bench.clock.now())
    await processGenaiRequest(scope, { prompt: 'late', request_id: 'late' }, {}).catch(() => {})
    await scope.objects.put('late', new Uint8Array(3)).catch(() => {})
    await keys.create(caller, 'alpha', {})
    await bench.clock.advance(14 * minute)
    await bench.sweep()
    expect((await bench.left('alpha')).length).toBeGreaterThan(0)
    await bench.clock.advance(minute)
    await bench.sweep()
    expect(await bench.left('alpha')).toEqual([])
    expect(await bench.trailHolds('alpha')).toBe(true)
    const { offboarding } = await bench.administration().registry.find('alpha')
    expect(offboarding?.data_removed_at).toBe(bench.clock.now())
    // It is over then: nothing is looked at again, once a minute for ever.
    await bench.clock.advance(60 * minute)
    await bench.sweep()
    expect((await bench.administration().registry.find('alpha')).offboarding).toEqual(offboarding)
  })

  it('does no harm when it is a call of a model that ends then', async () => {
    const answer = Promise.withResolvers<string>()
    const bench = new TenancyBench(() => answer.promise)
    const { platform, clock } = bench.memory
    await bench.onboard('alpha')
    const host = new WorkerHost({ platform, patterns, log: silentLog })
    const relay = new Relay({ operator: platform.operate(), log: silentLog })
    await processGenaiRequest(await bench.scope('alpha'), { prompt: 'slow', request_id: 'slow' })
    for (let step = 0; step < 10; step++) await clock.advance(100)
    expect((await getRequest(await bench.scope('alpha'), 'slow')).fields.attempts).toBe(1)
    await bench.offboard('alpha')
    await bench.sweep()
    answer.resolve('too late')
    for (let step = 0; step < 120; step++) await clock.advance(1_000)
    await clock.advance(15 * minute)
    await bench.sweep()
    expect(await bench.left('alpha')).toEqual([])
    const drained = host.drain()
    await clock.advance(1_000)
    await Promise.all([drained, relay.stop()])
    expect(bench.models.calls).toHaveLength(1)
  })
})
