import { describe, expect, it } from 'vitest'
import { rejection } from '../../src/contracts/index.ts'
import {
  createPlatform,
  defineStreamConsumer,
  type LogFields,
  type Pattern,
  type Scope,
  type StreamBatch,
  StreamDeliveries,
  silentLog,
  TenantRegistry,
} from '../../src/index.ts'
import { offboardTenant } from '../../src/tenancy/offboard.ts'
import { TenancyBench } from '../tenancy/tenancy-bench.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const textOf = (data: Uint8Array): string => new TextDecoder().decode(data)

interface Taken extends StreamBatch {
  readonly scope: Scope
  readonly texts: readonly string[]
}

type Answer = (taken: Taken) => string | undefined

/** A consumer that keeps what it is given, or what a test says. */
class StreamBench extends TenancyBench {
  readonly taken: Taken[] = []
  readonly logged: LogFields[] = []
  deliveries: StreamDeliveries | undefined

  static async open(): Promise<StreamBench> {
    const bench = new StreamBench()
    for (const tenant of ['alpha', 'beta']) await bench.onboard(tenant)
    return bench
  }

  start(answers: readonly Answer[] = [({ entries }) => entries.at(-1)?.sequence], listens = true): StreamDeliveries {
    const streams = answers.map((answer, index) =>
      defineStreamConsumer({
        name: `test.consume-${index}`,
        summary: '',
        open: () => ({
          take: async (scope, batch) => {
            const taken = { ...batch, scope, texts: batch.entries.map(({ data }) => textOf(data)) }
            this.taken.push(taken)
            return { kept: answer(taken) }
          },
        }),
      }),
    )
    const pattern = { streams } as unknown as Pattern
    const log = { ...silentLog, error: (fields: LogFields) => void this.logged.push(fields) }
    this.deliveries = new StreamDeliveries({ platform: this.platform, patterns: [pattern], log, listens })
    return this.deliveries
  }

  async append(tenant: string, ...texts: readonly string[]): Promise<void> {
    await (await this.scope(tenant)).streams.append('readings/0', texts.map(bytes))
  }

  texts(tenant = 'alpha'): readonly string[] {
    return this.taken.filter(({ scope }) => scope.caller.tenant === tenant).flatMap(({ texts }) => texts)
  }

  log(tenant = 'alpha') {
    const log = [...this.memory.inner.stream.data.logs.values()].find((one) => one.tenant === tenant)
    if (!log) throw new Error('It is there.')
    return log
  }
}

describe('what a scope appends', () => {
  it('reaches the consumer opened, with the scope of its tenant, and lies sealed [X67, R110]', async () => {
    const bench = await StreamBench.open()
    bench.start()
    await bench.append('alpha', 'first reading', 'second reading')
    await bench.append('beta', 'of beta')
    await bench.clock.advance(0)
    expect(bench.texts('alpha')).toEqual(['first reading', 'second reading'])
    expect(bench.texts('beta')).toEqual(['of beta'])
    const [taken] = bench.taken
    expect(taken).toMatchObject({ partition: 'readings/0', keepNow: false })
    expect(taken?.scope.caller.user).toBe('worker')
    expect(taken?.scope.caller.permissions.size).toBe(0)
    expect(taken?.entries.map(({ sequence }) => sequence)).toEqual(bench.log().entries.map(({ sequence }) => sequence))
    for (const { data } of bench.log().entries) expect(new TextDecoder('latin1').decode(data)).not.toContain('reading')
  })

  it('opens in its own log only: another of its tenant, or another tenant’s, passes it over [X67, R107]', async () => {
    const bench = await StreamBench.open()
    await bench.append('alpha', 'of alpha')
    const [stolen] = bench.log().entries
    const data = stolen?.data ?? new Uint8Array()
    bench.start()
    await bench.clock.advance(0)
    const { stream } = bench.memory.adapters
    await stream?.append('beta', [{ partition: 'readings/0', data }])
    await stream?.append('alpha', [{ partition: 'readings/1', data }])
    await bench.clock.advance(0)
    expect(bench.texts('alpha')).toEqual(['of alpha'])
    expect(bench.texts('beta')).toEqual([])
    expect(bench.logged).toHaveLength(2)
  })

  it('is refused where a platform has no streams, in words of its own', async () => {
    const bench = await StreamBench.open()
    const { stream: _, ...adapters } = bench.memory.adapters
    const platform = createPlatform('memory', adapters, bench.platform.models)
    const { streams } = await bench.scope('alpha', platform)
    expect(await rejection(streams.append('readings/0', [bytes('a')]))).toMatchObject({ code: 'streams_off', retryable: true })
    await streams.remove('readings/0')
    const deliveries = new StreamDeliveries({ platform, patterns: [], log: silentLog })
    await deliveries.drain()
  })

  it('is gone when its partition is removed, and no other', async () => {
    const bench = await StreamBench.open()
    const { streams } = await bench.scope('alpha')
    await streams.append('readings/0', [bytes('a')])
    await streams.append('readings/1', [bytes('b')])
    await bench.append('beta', 'c')
    await streams.remove('readings/0')
    bench.start()
    await bench.clock.advance(0)
    expect([...bench.texts('alpha'), ...bench.texts('beta')]).toEqual(['b', 'c'])
  })
})

describe('an entry that does not open', () => {
  it('is passed over and told of, and those around it are worked on [X49]', async () => {
    const bench = await StreamBench.open()
    await bench.append('alpha', 'a', 'broken', 'c')
    const entry = bench.log().entries[1]
    if (entry) entry.data[20] = (entry.data[20] ?? 0) ^ 1
    bench.start()
    await bench.clock.advance(0)
    expect(bench.texts()).toEqual(['a', 'c'])
    expect(bench.logged).toEqual([{ tenant_id: 'alpha', sequence: entry?.sequence }])
    expect(bench.log().kept).toBe(bench.log().entries[2]?.sequence)
  })

  it('at the end is kept with what came before it, as soon as all is to be kept [X49]', async () => {
    const bench = await StreamBench.open()
    await bench.append('alpha', 'a', 'broken')
    const [first, entry] = bench.log().entries
    if (entry) entry.data[20] = (entry.data[20] ?? 0) ^ 1
    const delivery = { tenant: 'alpha', partition: 'readings/0', entries: bench.log().entries }
    const deliveries = bench.start(undefined, false)
    expect(await deliveries.handle({ ...delivery, keepNow: false })).toEqual({ kept: first?.sequence })
    expect(await deliveries.handle({ ...delivery, keepNow: true })).toEqual({ kept: entry?.sequence })
  })

  it('for want of its key is no broken one: it waits', async () => {
    const bench = await StreamBench.open()
    await bench.onboard('own', { isolation_level: 'silo' })
    await bench.append('own', 'a')
    await bench.memory.adapters.keys.disable('alias/tenant-own-key')
    const platform = bench.restarted()
    const deliveries = new StreamDeliveries({
      platform,
      patterns: [{ streams: [] } as unknown as Pattern],
      log: silentLog,
      listens: false,
    })
    const { entries } = bench.log('own')
    const delivery = { tenant: 'own', partition: 'readings/0', entries, keepNow: true }
    expect(await deliveries.handle(delivery)).toEqual({ wait: 60_000 })
  })
})

describe('the entries of a tenant that', () => {
  it('is suspended wait, and are worked on when it is active again', async () => {
    const bench = await StreamBench.open()
    const registry = new TenantRegistry(bench.operator)
    await bench.append('alpha', 'a')
    await registry.setStatus('alpha', 'suspended')
    bench.start()
    await bench.append('beta', 'b')
    await bench.clock.advance(59_000)
    expect(bench.texts('alpha')).toEqual([])
    expect(bench.texts('beta')).toEqual(['b'])
    await registry.setStatus('alpha', 'active')
    await bench.clock.advance(1_000)
    expect(bench.texts('alpha')).toEqual(['a'])
    expect(bench.logged).toEqual([])
  })

  it('left are dropped, without a consumer being asked, and removed with the rest of it [R111]', async () => {
    const bench = await StreamBench.open()
    await bench.append('alpha', 'a')
    await bench.append('beta', 'b')
    await offboardTenant(bench.administration(), 'alpha')
    bench.start()
    await bench.clock.advance(0)
    expect(bench.texts('alpha')).toEqual([])
    expect(bench.log('alpha').kept).toBe(bench.log('alpha').entries[0]?.sequence)
    await bench.sweep()
    expect((await bench.left('alpha')).filter((one) => one.startsWith('log'))).toEqual([])
    expect(bench.log('beta').entries).toHaveLength(1)
  })

  it('leaves while they are worked on are no fault [R111]', async () => {
    const bench = await StreamBench.open()
    await bench.onboard('own', { isolation_level: 'silo' })
    await bench.append('own', 'a')
    const deliveries = bench.start(
      [
        () => {
          throw Object.assign(new Error('gone'), { plinthError: true, code: 'key_destroyed' })
        },
      ],
      false,
    )
    const { entries } = bench.log('own')
    const delivery = { tenant: 'own', partition: 'readings/0', entries, keepNow: false }
    const work = bench.offboard('own').then(() => bench.clock.advance(2_000))
    await work
    expect(await deliveries.handle(delivery)).toEqual({ kept: entries[0]?.sequence })
    expect(bench.logged).toEqual([])
  })
})

describe('consumers', () => {
  it('of several patterns each get everything, and the one furthest behind says what is kept', async () => {
    const bench = await StreamBench.open()
    let behind: string | undefined
    bench.start([({ entries }) => entries.at(-1)?.sequence, () => behind])
    await bench.append('alpha', 'a', 'b')
    await bench.clock.advance(0)
    expect(bench.texts()).toEqual(['a', 'b', 'a', 'b'])
    expect(bench.log().kept).toBeUndefined()
    behind = bench.log().entries[0]?.sequence
    await bench.append('alpha', 'c')
    await bench.clock.advance(0)
    expect(bench.log().kept).toBe(behind)
  })

  it('that throw get the same again, and the fault is logged without its words', async () => {
    const bench = await StreamBench.open()
    let failing = true
    bench.start([
      ({ entries, texts }) => {
        if (failing) throw new Error(`Unexpected token in ${texts.join()}`)
        return entries.at(-1)?.sequence
      },
    ])
    await bench.append('alpha', 'a secret')
    await bench.clock.advance(0)
    failing = false
    await bench.clock.advance(1_000)
    expect(bench.texts()).toEqual(['a secret', 'a secret'])
    expect(bench.logged).toMatchObject([{ tenant_id: 'alpha', code: 'internal' }])
    expect(JSON.stringify(bench.logged)).not.toContain('secret')
  })

  it('are offered what is not kept when the process ends', async () => {
    const bench = await StreamBench.open()
    let last: string | undefined
    const deliveries = bench.start([
      ({ entries, keepNow }) => {
        last = entries.at(-1)?.sequence ?? last
        return keepNow ? last : undefined
      },
    ])
    await bench.append('alpha', 'a')
    await bench.clock.advance(0)
    expect(bench.log().kept).toBeUndefined()
    await deliveries.drain()
    expect(bench.taken.at(-1)).toMatchObject({ keepNow: true, entries: [] })
    expect(bench.log().kept).toBe(last)
  })
})
