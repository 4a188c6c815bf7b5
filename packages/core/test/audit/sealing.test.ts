import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import { sha256 } from '../../src/crypto.ts'
import { ConflictError, UnavailableError } from '../../src/errors.ts'
import { canonicalJson, type JsonObject, jsonBytes } from '../../src/json.ts'
import type { LogFields } from '../../src/log.ts'
import type { StateStore } from '../../src/ports/state-store.ts'
import { AuditRounds } from '../../src/tenancy/audit/audit-rounds.ts'
import type { AuditSealer } from '../../src/tenancy/audit/audit-sealer.ts'
import { FakeClock } from '../../src/testing/index.ts'
import { AuditBench } from './audit-bench.ts'

/** A store of which a test may change single methods. */
function watched(store: StateStore, changes: Partial<StateStore>): StateStore {
  return new Proxy(store, {
    get: (inner, name) =>
      changes[name as keyof StateStore] ?? (Reflect.get(inner, name) as (() => unknown) | undefined)?.bind(inner),
  })
}

describe('sealing', () => {
  it('moves what waits into blocks of sixty, each with the hash of the one before, and anchors the last [R102, X69]', async () => {
    const bench = await AuditBench.open()
    const { acts, sealer, verify } = bench.process()
    await acts(130)
    const written = await bench.ids()
    expect(await sealer.seal('alpha')).toBe(130)
    expect(await bench.pending()).toEqual([])
    expect(await bench.ids()).toEqual(written)
    const blocks = (await bench.blocks()).map(({ index }) => index)
    expect(blocks.map(({ sequence, total, entries }) => [sequence, total, (entries as []).length])).toEqual([
      [1, 60, 60],
      [2, 120, 60],
      [3, 130, 10],
    ])
    let previous = '0'.repeat(64)
    for (const { hash, mac, ...content } of blocks) {
      expect(content.previous).toBe(previous)
      expect(hash).toBe(sha256(canonicalJson(['plinth audit block', content as JsonObject])))
      previous = String(hash)
    }
    expect((await bench.head())?.index).toMatchObject({ sequence: 3, hash: previous, total: 130 })
    const [newest = ''] = await bench.anchors()
    const anchor = await bench.objects.get({ tenant: '_system', name: newest })
    expect(JSON.parse(new TextDecoder().decode(anchor))).toEqual((await bench.head())?.index)
    expect(await verify()).toEqual({ valid: true, entries: 130, pending: 0, anchored: 3, faults: [] })
    expect(await sealer.seal('alpha')).toBe(0)
    expect(await bench.blocks()).toHaveLength(3)
  })

  it('keeps a block of the largest entries far below the limits of a row', async () => {
    const bench = await AuditBench.open()
    const { act, sealer } = bench.process()
    const detail = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`${index}`.padStart(24, 'n'), 'v'.repeat(64)]))
    const long = '\u4e2d'.repeat(1_000)
    for (let entry = 0; entry < 60; entry++) await act({ who: long, resource: long, correlation_id: long, key_id: long, detail })
    await sealer.seal('alpha')
    const [block] = await bench.blocks()
    expect(jsonBytes(block?.index ?? {})).toBeGreaterThan(90_000)
    expect(jsonBytes(block?.index ?? {})).toBeLessThan(200_000)
  })

  it('stops where it was told to, and goes on there', async () => {
    const bench = await AuditBench.open()
    const { acts, sealer, verify } = bench.process()
    await acts(200)
    expect(await sealer.seal('alpha', { most: 100 })).toBe(120)
    const stopped = new AbortController()
    stopped.abort()
    expect(await sealer.seal('alpha', { signal: stopped.signal })).toBe(60)
    expect(await sealer.sealAll({ most: 20 })).toMatchObject({ entries: 20, left: ['alpha'] })
    expect(await sealer.sealAll({ most: 20 })).toMatchObject({ entries: 0, left: [] })
    expect(await verify()).toMatchObject({ valid: true, entries: 200, pending: 0 })
  })

  it('keeps the last five anchors', async () => {
    const bench = await AuditBench.open()
    const { act, sealer } = bench.process()
    for (let block = 0; block < 12; block++) {
      await act()
      await sealer.seal('alpha')
    }
    expect((await bench.anchors()).map((name) => 999_999_999_999 - Number(name.split('/').at(-1)))).toEqual([12, 11, 10, 9, 8])
  })

  it('asks for little when nobody else seals: two reads, a commit, an anchor', async () => {
    const bench = await AuditBench.open()
    const calls: string[] = []
    const counted = <Port extends object>(port: Port): Port =>
      new Proxy(port, {
        get: (inner, name) => {
          const method = Reflect.get(inner, name) as (...given: unknown[]) => unknown
          return (...given: unknown[]) => {
            calls.push(String(name))
            return Reflect.apply(method, inner, given)
          }
        },
      })
    const { act, sealer } = bench.process({ state: counted(bench.memory.adapters.state), objects: counted(bench.objects) })
    for (let block = 0; block < 6; block++) {
      await act()
      await sealer.seal('alpha')
    }
    await act()
    calls.length = 0
    await sealer.seal('alpha')
    expect(calls).toEqual(['read', 'get', 'commit', 'put', 'delete'])
  })

  it('is done once when two do it at the same time, and every entry is in one block [X69]', async () => {
    const bench = await AuditBench.open()
    const [one, two, three] = [bench.process(), bench.process(), bench.process()]
    await one.acts(75)
    await two.acts(75)
    const written = await bench.ids()
    const sealed = await Promise.all([one, two, three].map(({ sealer }) => sealer.seal('alpha')))
    expect(sealed.reduce((sum, entries) => sum + entries)).toBe(150)
    expect((await bench.ids()).toSorted()).toEqual(written)
    expect(await bench.blocks()).toHaveLength(3)
    for (const process of [one, two, three]) {
      expect(process.log).toEqual([])
      expect(await process.verify()).toMatchObject({ valid: true, entries: 150, anchored: 3 })
    }
  })

  it('takes nobody who seals meanwhile for somebody who tampers', async () => {
    const bench = await AuditBench.open()
    const other = bench.process()
    await other.acts(1)
    await other.sealer.seal('alpha')
    let sealing = true
    const objects = new Proxy(bench.objects, {
      get: (inner, name) => {
        const method = (Reflect.get(inner, name) as (...given: unknown[]) => unknown).bind(inner)
        return async (...given: unknown[]) => {
          for (let block = 0; name === 'list' && sealing && block < 3; block++) {
            await other.acts(1)
            await other.sealer.seal('alpha')
          }
          if (name === 'list') sealing = false
          return method(...given)
        }
      },
    })
    const { sealer, log, verify } = bench.process({ objects })
    await other.acts(1)
    await sealer.seal('alpha')
    expect(sealing).toBe(false)
    expect(log).toEqual([])
    expect(await verify()).toMatchObject({ valid: true, pending: 0, faults: [] })
  })

  it('moves the anchor on when it died between commit and anchor, before anything else is sealed [X69]', async () => {
    const bench = await AuditBench.open()
    const { acts, sealer, verify } = bench.process()
    await acts(3)
    await sealer.seal('alpha')
    await acts(2)
    bench.failObjects = () => new UnavailableError('down', 'Down.')
    expect(await rejection(sealer.seal('alpha'))).toMatchObject({ code: 'down' })
    // The block is there, and its anchor isn't: as it may be.
    expect(await verify().catch(() => 'down')).toBe('down')
    bench.failObjects = undefined
    expect(await verify()).toEqual({ valid: true, entries: 5, pending: 0, anchored: 1, faults: [] })
    const other = bench.process()
    await other.acts(1)
    bench.failObjects = () => new UnavailableError('down', 'Down.')
    expect(await rejection(other.sealer.seal('alpha'))).toMatchObject({ code: 'down' })
    expect(await bench.blocks()).toHaveLength(2)
    bench.failObjects = undefined
    await other.sealer.seal('alpha')
    expect(await other.verify()).toEqual({ valid: true, entries: 6, pending: 0, anchored: 3, faults: [] })
    expect(other.log).toEqual([])
  })

  it('moves the anchor on when there is nothing to seal, too', async () => {
    const bench = await AuditBench.open()
    const { acts, sealer } = bench.process()
    await acts(1)
    await sealer.seal('alpha')
    for (const name of (await bench.anchors()).slice(0, 1)) await bench.objects.delete({ tenant: '_system', name })
    const other = bench.process()
    expect(await other.verify()).toMatchObject({ valid: true, anchored: 0 })
    expect(await other.sealer.seal('alpha')).toBe(0)
    expect(await other.verify()).toMatchObject({ valid: true, anchored: 1 })
  })

  it('never sets an anchor back, however slow it is', async () => {
    const bench = await AuditBench.open()
    const [slow, fast] = [bench.process(), bench.process()]
    await slow.acts(1)
    let hold = true
    let go = (): void => {}
    const held = bench.process({
      objects: new Proxy(bench.objects, {
        get:
          (inner, name) =>
          async (...given: unknown[]) => {
            const [key] = given as [{ name: string }]
            if (name === 'put' && hold && key.name.endsWith('999999999998')) await new Promise<void>((resolve) => (go = resolve))
            return Reflect.apply(Reflect.get(inner, name) as () => unknown, inner, given)
          },
      }),
    })
    const sealing = held.sealer.seal('alpha')
    await bench.clock.advance(0)
    expect(await bench.blocks()).toHaveLength(1)
    for (let block = 0; block < 8; block++) {
      await fast.acts(1)
      await fast.sealer.seal('alpha')
    }
    hold = false
    go()
    await sealing
    expect((await bench.anchors())[0]).toMatch(/999999999990$/)
    expect(await fast.verify()).toMatchObject({ valid: true, entries: 9, anchored: 9 })
  })

  it('comes through conflicts out of nothing and answers that are lost [X69]', async () => {
    const bench = await AuditBench.open({ hostile: { conflict: 0.3, ambiguousCommit: 0.2 } })
    const { sealer, act, verify } = bench.process()
    let failed = 0
    for (let round = 0; round < 40; round++) {
      await act().catch(() => {})
      await sealer.seal('alpha').catch((error) => {
        expect(error).toMatchObject({ retryable: true })
        failed++
      })
    }
    expect(failed).toBeGreaterThan(0)
    const ids = await bench.ids()
    expect(new Set(ids).size).toBe(ids.length)
    expect(await verify()).toMatchObject({ valid: true })
  })

  it('leaves out no tenant, nor the system, and none for the fault of another', async () => {
    const bench = await AuditBench.open()
    const { act, sealer, verify, log } = bench.process()
    for (const tenant of ['alpha', 'beta', '_system']) await act({}, tenant)
    expect(await sealer.sealAll()).toEqual({ entries: 3, failed: 0, left: [] })
    for (const tenant of ['alpha', 'beta', '_system'])
      expect(await verify(tenant)).toMatchObject({ valid: true, entries: 1, pending: 0 })
    for (const tenant of ['alpha', 'beta', '_system']) await act({}, tenant)
    const store = bench.memory.adapters.state
    const half = bench.process({
      state: watched(store, {
        commit: (change) => {
          const [write] = change.writes
          const own = write && 'put' in write && write.put.tenant === 'alpha'
          return own ? Promise.reject(new Error('secret words')) : store.commit(change)
        },
      }),
    })
    expect(await half.sealer.sealAll()).toEqual({ entries: 2, failed: 1, left: [] })
    expect(half.log).toMatchObject([{ level: 'error', fields: { tenant: 'alpha' } }])
    expect(JSON.stringify(half.log)).not.toContain('secret')
    expect(log).toEqual([])
    const stopped = new AbortController()
    stopped.abort()
    expect(await sealer.sealAll({ signal: stopped.signal })).toEqual({ entries: 0, failed: 0, left: [] })
  })

  it('gives up after some tries when somebody is always faster', async () => {
    const bench = await AuditBench.open()
    const store = bench.memory.adapters.state
    const { act } = bench.process()
    await act()
    const { sealer } = bench.process({ state: watched(store, { commit: () => Promise.reject(new ConflictError('x')) }) })
    expect(await rejection(sealer.seal('alpha'))).toMatchObject({ code: 'conflict' })
  })
})

interface RoundsBench {
  readonly clock: FakeClock
  readonly rounds: AuditRounds
  readonly calls: string[]
  readonly log: LogFields[]
  fail: boolean
}

function openRounds(sealing: Partial<AuditSealer> = {}): RoundsBench {
  const clock = new FakeClock()
  const calls: string[] = []
  const log: LogFields[] = []
  const bench = { clock, calls, log, fail: false }
  const sealer = {
    seal: async (tenant: string) => {
      calls.push(tenant)
      if (bench.fail) throw new Error('down')
      return 1
    },
    sealAll: async () => {
      calls.push('all')
      if (bench.fail) throw new Error('down')
      return { entries: 0, failed: 0, left: [] }
    },
    ...sealing,
  }
  const warn = (fields: LogFields): void => void log.push(fields)
  const rounds = new AuditRounds({ sealer, clock, log: { debug() {}, info() {}, warn, error: warn } })
  return Object.assign(bench, { rounds })
}

describe('the rounds', () => {
  it('look at all tenants at the start and once a minute, and otherwise at nothing', async () => {
    const { clock, rounds, calls } = openRounds()
    await clock.advance(0)
    expect(calls).toEqual(['all'])
    await clock.advance(59_999)
    expect(calls).toEqual(['all'])
    await clock.advance(1)
    expect(calls).toEqual(['all', 'all'])
    await rounds.stop()
    await clock.advance(600_000)
    expect(calls).toEqual(['all', 'all'])
    expect(clock.timers).toBe(0)
  })

  it('seal a tenant once, some seconds after its first entry, however many follow [R102]', async () => {
    const { clock, rounds, calls } = openRounds()
    await clock.advance(0)
    calls.length = 0
    for (let entry = 0; entry < 5; entry++) rounds.touch('alpha')
    await clock.advance(2_000)
    rounds.touch('beta')
    expect(calls).toEqual([])
    await clock.advance(1_000)
    expect(calls).toEqual(['alpha', 'beta'])
    await clock.advance(10_000)
    expect(calls).toEqual(['alpha', 'beta'])
    rounds.touch('alpha')
    await clock.advance(3_000)
    expect(calls).toEqual(['alpha', 'beta', 'alpha'])
    await rounds.stop()
  })

  it('give every trail its turn where one has more than a turn takes, and go on with that one soon', async () => {
    const { clock, rounds, calls } = openRounds({
      seal: async (tenant, { most = 0 } = {}) => {
        calls.push(tenant)
        return tenant === 'busy' && calls.filter((each) => each === tenant).length < 4 ? most : 1
      },
    })
    await clock.advance(0)
    calls.length = 0
    for (const tenant of ['busy', 'calm']) rounds.touch(tenant)
    await clock.advance(3_000)
    expect(calls).toEqual(['busy', 'calm'])
    await clock.advance(1_000)
    expect(calls).toEqual(['busy', 'calm', 'busy', 'busy', 'busy'])
    rounds.touch('calm')
    await clock.advance(2_999)
    expect(calls).toHaveLength(5)
    await clock.advance(1)
    expect(calls).toHaveLength(6)
    await rounds.stop()
  })

  it('go on beside a trail whose store has no answer, and stop within a second of sealing', async () => {
    const { clock, rounds, calls } = openRounds({
      seal: async (tenant, { signal } = {}) => {
        calls.push(tenant)
        if (tenant === 'slow') await new Promise((resolve) => signal?.addEventListener('abort', resolve))
        return 1
      },
    })
    await clock.advance(0)
    for (const tenant of ['slow', 'other']) rounds.touch(tenant)
    await clock.advance(3_000)
    expect(calls).toEqual(['all', 'slow', 'other'])
    rounds.touch('slow')
    let isStopped = false
    const stopped = rounds.stop().then(() => {
      isStopped = true
    })
    await clock.advance(999)
    expect(isStopped).toBe(false)
    await clock.advance(1)
    await stopped
    expect(clock.timers).toBe(0)
  })

  it('try again after growing pauses, and soon again once it went well', async () => {
    const bench = openRounds()
    const { clock, rounds, calls, log } = bench
    await clock.advance(0)
    calls.length = 0
    bench.fail = true
    rounds.touch('alpha')
    for (const pause of [3_000, 6_000, 12_000, 24_000]) {
      calls.length = 0
      await clock.advance(pause - 1)
      expect(calls).toEqual([])
      await clock.advance(1)
      expect(calls).toEqual(['alpha'])
    }
    expect(log[0]).toMatchObject({ tenant: 'alpha', error: { name: 'Error' } })
    bench.fail = false
    await clock.advance(48_000)
    calls.length = 0
    rounds.touch('alpha')
    await clock.advance(3_000)
    expect(calls).toEqual(['alpha'])
    await rounds.stop()
  })

  it('go on when a look at all fails', async () => {
    const bench = openRounds()
    bench.fail = true
    await bench.clock.advance(120_000)
    bench.fail = false
    await bench.clock.advance(60_000)
    expect(bench.calls).toEqual(['all', 'all', 'all', 'all'])
    expect(bench.log).toHaveLength(2)
    await bench.rounds.stop()
  })

  it('seal what waits before they stop, after what they are at', async () => {
    let release = (): void => {}
    const { clock, rounds, calls } = openRounds({
      sealAll: () =>
        new Promise((resolve) => {
          release = () => resolve({ entries: 0, failed: 0, left: [] })
        }),
    })
    rounds.touch('alpha')
    await clock.advance(0)
    let stopped = false
    const stop = rounds.stop().then(() => {
      stopped = true
    })
    await clock.advance(10_000)
    expect([stopped, calls]).toEqual([false, []])
    release()
    await stop
    expect(calls).toEqual(['alpha'])
    expect(clock.timers).toBe(0)
    rounds.touch('beta')
    await clock.advance(600_000)
    expect(calls).toEqual(['alpha'])
  })

  it('set no timer once they are stopped, whatever failed and whoever comes', async () => {
    const bench = openRounds()
    await bench.clock.advance(0)
    await bench.rounds.stop()
    bench.rounds.touch('alpha')
    expect(bench.clock.timers).toBe(0)
    const failing = openRounds()
    failing.rounds.touch('alpha')
    failing.fail = true
    await failing.rounds.stop()
    expect(failing.calls).toEqual(['all', 'alpha'])
    expect(failing.clock.timers).toBe(0)
  })
})
