import { describe, expect, it } from 'vitest'
import type { StoredEntry, StreamDelivery, StreamProgress } from '../../src/index.ts'
import { type LogFields, PartitionTurns, silentLog } from '../../src/index.ts'
import { FakeClock } from '../../src/testing/index.ts'

const second = 1_000

/** Logs in memory that a test fills by hand; a delivery is two entries at most. */
class Bench {
  readonly clock: FakeClock = new FakeClock()
  readonly deliveries: (StreamDelivery & { readonly at: number })[] = []
  readonly logged: LogFields[] = []
  readonly turns: PartitionTurns
  readonly #logs = new Map<string, StoredEntry[]>()
  running = 0
  most = 0

  constructor(answer: (delivery: StreamDelivery) => StreamProgress | Promise<StreamProgress>) {
    this.turns = new PartitionTurns({
      clock: this.clock,
      log: { ...silentLog, warn: (fields) => void this.logged.push(fields) },
      handle: async (delivery) => {
        this.deliveries.push({ ...delivery, at: this.clock.now() })
        this.most = Math.max(this.most, ++this.running)
        try {
          return await answer(delivery)
        } finally {
          this.running--
        }
      },
      source: {
        read: (tenant, partition, after = '') =>
          (this.#logs.get(`${tenant} ${partition}`) ?? []).filter(({ sequence }) => sequence > after).slice(0, 2),
        taken: () => {},
        keep: async () => {},
      },
    })
  }

  append(tenant: string, partition: string, amount = 1): void {
    const log = this.#logs.get(`${tenant} ${partition}`) ?? []
    this.#logs.set(`${tenant} ${partition}`, log)
    for (let index = 0; index < amount; index++)
      log.push({ sequence: String(log.length + 1).padStart(4, '0'), at: this.clock.now(), data: new Uint8Array() })
    this.turns.wake(tenant, partition, undefined)
  }

  of(tenant: string, partition?: string): readonly string[] {
    return this.deliveries
      .filter((one) => one.tenant === tenant && (partition ?? one.partition) === one.partition)
      .map(({ entries }) => entries.map(({ sequence }) => Number(sequence)).join())
  }
}

const keepAll = ({ entries }: StreamDelivery): StreamProgress => {
  const kept = entries.at(-1)?.sequence
  return kept === undefined ? {} : { kept }
}

describe('deliveries by turns', () => {
  it('are of eight partitions at a time at most, and a tenant that floods waits for its turn like another', async () => {
    const bench = new Bench(async (delivery) => {
      await new Promise<void>((resolve) => bench.clock.setTimer(10, resolve))
      return keepAll(delivery)
    })
    for (let partition = 0; partition < 100; partition++) bench.append('flood', `${partition}`, 4)
    bench.append('small', 'one', 4)
    await bench.clock.advance(30)
    expect(bench.most).toBe(8)
    expect(bench.of('small')).toEqual(['1,2', '3,4'])
    expect(bench.of('flood').length).toBeLessThan(32)
    await bench.clock.advance(10 * second)
    expect(bench.of('flood')).toHaveLength(200)
  })

  it('pause for longer each time that one throws, a minute at most, and at once are quick again', async () => {
    let failures = 9
    const bench = new Bench((delivery) => {
      if (failures-- > 0) throw new Error('secret of a tenant')
      return keepAll(delivery)
    })
    bench.append('t', 'p')
    await bench.clock.advance(10 * 60 * second)
    const times = bench.deliveries.map(({ at }) => at)
    const pauses = times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / second)
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60])
    expect(JSON.stringify(bench.logged)).not.toContain('secret')
    failures = 1
    bench.append('t', 'p')
    await bench.clock.advance(second)
    expect(bench.of('t').slice(-2)).toEqual(['2', '2'])
  })

  it('that are to wait come again when they said, however soon, and are no fault', async () => {
    const bench = new Bench((delivery) => {
      const times = bench.deliveries.length
      return times === 1 ? { wait: 0 } : times === 2 ? { wait: 5 * second } : keepAll(delivery)
    })
    bench.append('t', 'p')
    await bench.clock.advance(1)
    await bench.clock.advance(60 * second)
    const [first = 0, ...times] = bench.deliveries.map(({ at }) => at)
    expect(times.map((at) => at - first)).toEqual([1, 5_001])
    expect(bench.logged).toEqual([])
  })

  it('are not hurried by what comes while a partition pauses', async () => {
    const bench = new Bench(() => {
      throw new Error('It fails.')
    })
    bench.append('t', 'p')
    await bench.clock.advance(0)
    for (let more = 0; more < 10; more++) bench.append('t', 'p')
    await bench.clock.advance(second - 1)
    expect(bench.deliveries).toHaveLength(1)
    await bench.clock.advance(1)
    expect(bench.of('t')).toEqual(['1', '1,2'])
  })

  it('have nothing kept now while entries keep coming, however slowly', async () => {
    const bench = new Bench(() => ({}))
    for (let entry = 0; entry < 20; entry++) {
      bench.append('t', 'p')
      await bench.clock.advance(10 * second)
    }
    expect(bench.deliveries.every(({ keepNow }) => !keepNow)).toBe(true)
    await bench.clock.advance(5 * second)
    expect(bench.deliveries.at(-1)).toMatchObject({ keepNow: true, entries: [] })
  })

  it('of a partition that was removed while one runs begin anew, behind it', async () => {
    const go = Promise.withResolvers<void>()
    const bench = new Bench(async (delivery) => {
      if (bench.deliveries.length === 1) await go.promise
      return keepAll(delivery)
    })
    bench.append('t', 'p')
    await bench.clock.advance(0)
    bench.turns.forget('t', 'p')
    bench.append('t', 'p')
    await bench.clock.advance(0)
    expect(bench.deliveries).toHaveLength(1)
    go.resolve()
    await bench.clock.advance(0)
    expect(bench.of('t')).toEqual(['1', '1,2'])
    expect(bench.most).toBe(1)
  })

  it('of a tenant that was removed come no more, and leave no timer', async () => {
    const bench = new Bench(() => ({}))
    for (const partition of ['a', 'b']) bench.append('t', partition)
    bench.append('stays', 'a')
    await bench.clock.advance(second)
    expect(bench.clock.timers).toBe(3)
    bench.turns.forget('t')
    expect(bench.clock.timers).toBe(1)
    await bench.clock.advance(60 * second)
    expect(bench.of('t')).toEqual(['1', '1'])
    expect(bench.of('stays')).toEqual(['1', ''])
  })

  it('end with an offer of each partition that is not kept, and none that is', async () => {
    const bench = new Bench((delivery) => (delivery.partition === 'kept' || delivery.keepNow ? keepAll(delivery) : {}))
    bench.append('t', 'kept')
    for (let partition = 0; partition < 20; partition++) bench.append('t', `${partition}`)
    await bench.clock.advance(0)
    const before = bench.deliveries.length
    await bench.turns.drain()
    const offers = bench.deliveries.slice(before)
    expect(offers.map(({ partition }) => partition).toSorted()).toEqual(
      Array.from({ length: 20 }, (_, index) => `${index}`).toSorted(),
    )
    expect(offers.every(({ keepNow, entries }) => keepNow && entries.length === 0)).toBe(true)
    expect(bench.most).toBeLessThanOrEqual(8)
    expect(bench.clock.timers).toBe(0)
  })
})
