import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { eventOf, rejection } from '../src/contracts/index.ts'
import {
  createPlatform,
  defineCollection,
  insert,
  type LogFields,
  type Operations,
  remove,
  Sweeper,
  silentLog,
  TenantRegistry,
} from '../src/index.ts'
import { sealedObjectPrefix } from '../src/scope/sealing.ts'
import { systemTenant } from '../src/tenancy/tenant.ts'
import { scriptedModels } from '../src/testing/index.ts'
import { StateBench } from './state-bench.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const long = 'long '.repeat(10_000)

const notes = defineCollection<{ readonly until?: number | undefined }, { body: string }>({
  name: 'notes',
  schema: 1,
  plain: z.strictObject({ until: z.number().optional() }),
  sealed: ['body'],
  lists: {},
  expires: (fields) => fields.until,
})

interface SweeperBench {
  readonly bench: StateBench
  readonly sweeper: Sweeper
  readonly log: { level: string; fields: LogFields }[]
  readonly objects: (tenant?: string) => Promise<string[]>
  /** As many records that end at a time, of tenant alpha. */
  readonly fill: (amount: number, until: number, body?: string) => Promise<void>
}

async function open(faults: Partial<Operations> = {}): Promise<SweeperBench> {
  const bench = new StateBench()
  const { operations } = bench.adapters
  const watched = new Proxy(operations, {
    get: (inner, name) => faults[name as keyof Operations] ?? inner[name as keyof Operations].bind(inner),
  })
  const operator = createPlatform(
    'memory',
    { ...bench.adapters, operations: watched },
    scriptedModels(() => ''),
  ).operate()
  for (const tenant of ['alpha', 'beta']) await new TenantRegistry(operator).create(tenant, tenant)
  const log: SweeperBench['log'] = []
  const at = (level: string) => (fields: LogFields) => void log.push({ level, fields })
  const sweeper = new Sweeper({ operator, log: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } })
  const objects = async (tenant = 'alpha'): Promise<string[]> =>
    (await bench.adapters.objects.list({ tenant, limit: 1_000 })).items.map(({ name }) => name)
  const fill = async (amount: number, until: number, body?: string): Promise<void> => {
    for (let index = 0; index < amount; index++) {
      await bench.state.commit({
        writes: [insert(notes, { partition: `${until}-${index}` }, { until }, body === undefined ? {} : { body })],
      })
    }
  }
  return { bench, sweeper, log, objects, fill }
}

describe('a sweep', () => {
  it('removes all rows that have expired, however many, and no others [X21]', async () => {
    const { bench, sweeper, fill } = await open()
    const now = bench.clock.now()
    await fill(2_100, now + 10)
    await fill(5, now + 20)
    expect(await sweeper.sweep()).toMatchObject({ rows: 0 })
    bench.clock.jump(now + 10)
    expect(await sweeper.sweep()).toEqual({ rows: 2_100, events: 0, streamEntries: 0, objects: 0 })
    expect(await sweeper.sweep()).toMatchObject({ rows: 0 })
    expect(await bench.state.get(notes, { partition: `${now + 20}-4` })).toBeDefined()
    await sweeper.stop()
  })

  it('trims events of before 30 days, once they are settled', async () => {
    const { bench, sweeper } = await open()
    const { state, operations } = bench.adapters
    const now = bench.clock.now()
    for (const [index, tenant] of ['alpha', 'beta', 'alpha', 'alpha'].entries()) {
      await state.commit({ writes: [], emit: [eventOf(tenant, `event-${index}`, { time: now + index })] })
    }
    const pending = await operations.pending(10)
    await operations.settle(pending.slice(0, 3).map((entry) => entry.position))
    bench.clock.jump(now + 30 * day + 1)
    // Only what is older than 30 days: the first one, by a millisecond.
    expect(await sweeper.sweep()).toMatchObject({ events: 1 })
    bench.clock.jump(now + 60 * day)
    expect(await sweeper.sweep()).toMatchObject({ events: 2 })
    expect((await bench.state.events({ after: 0, limit: 10 })).map((event) => event.id)).toEqual(['event-3'])
    // What wasn't sent yet stays, however old, until it is.
    await operations.settle(pending.map((entry) => entry.position))
    expect(await sweeper.sweep()).toMatchObject({ events: 1 })
    await sweeper.stop()
  })

  it('lets go of entries of streams that are kept, ten minutes after they came, and of no others', async () => {
    const { bench, sweeper } = await open()
    const { stream } = bench.memory.inner
    const entry = { partition: 'p', data: new Uint8Array(1) }
    await stream.append('alpha', [entry, entry, entry])
    const log = [...stream.data.logs.values()][0]
    if (log) log.kept = log.entries[1]?.sequence
    bench.clock.jump(bench.clock.now() + 10 * minute)
    expect(await sweeper.sweep()).toMatchObject({ streamEntries: 0 })
    bench.clock.jump(bench.clock.now() + 1)
    expect(await sweeper.sweep()).toMatchObject({ streamEntries: 2 })
    bench.clock.jump(bench.clock.now() + day)
    expect(await sweeper.sweep()).toMatchObject({ streamEntries: 0 })
    expect(log?.entries).toHaveLength(1)
    await sweeper.stop()
  })

  it('removes objects to which no record refers, an hour after they were written, and no others', async () => {
    const { bench, sweeper, objects } = await open()
    const make = (partition: string, until?: number): Promise<unknown> =>
      bench.state.commit({ writes: [insert(notes, { partition }, { until }, { body: long })] })
    await make('living')
    await make('removed')
    await make('expiring', bench.clock.now() + 10 * minute)
    // A commit that failed leaves what it had spilled: this record was there before.
    await rejection(make('living'))
    await bench.adapters.objects.put({ tenant: 'alpha', name: 'objects/report' }, new Uint8Array(1))
    await bench.adapters.objects.put({ tenant: 'alpha', name: 'sealed/odd' }, new Uint8Array(1))
    const record = await bench.state.get(notes, { partition: 'removed' })
    if (!record) throw new Error('It is there.')
    await bench.state.commit({ writes: [remove(notes, record)] })
    expect(await objects()).toHaveLength(6)
    bench.clock.jump(bench.clock.now() + hour - 1)
    expect(await sweeper.sweep()).toMatchObject({ objects: 0 })
    // All of a tenant's were looked at; the next time is an hour later.
    bench.clock.jump(bench.clock.now() + hour - 1)
    expect(await sweeper.sweep()).toMatchObject({ objects: 0 })
    bench.clock.jump(bench.clock.now() + 1)
    expect(await sweeper.sweep()).toMatchObject({ objects: 3 })
    const prefix = (partition: string): string =>
      sealedObjectPrefix({ tenant: 'alpha', collection: 'notes', partition, sort: '@' })
    const left = await objects()
    expect(left).toEqual(expect.arrayContaining(['objects/report', 'sealed/odd']))
    expect(left.filter((name) => name.startsWith(prefix('living')))).toHaveLength(1)
    for (const partition of ['removed', 'expiring']) expect(left.filter((name) => name.startsWith(prefix(partition)))).toEqual([])
    expect(await (await bench.state.get(notes, { partition: 'living' }))?.open('body')).toBe(long)
    await sweeper.stop()
  })

  it("removes no object of a tenant for another's record of the same name, and looks at the system's own [X67]", async () => {
    const { bench, sweeper, objects } = await open()
    for (const tenant of ['alpha', 'beta', systemTenant]) {
      await bench.of(tenant).commit({ writes: [insert(notes, { partition: 'same' }, {}, { body: long })] })
    }
    for (const tenant of ['alpha', systemTenant]) {
      const record = await bench.of(tenant).get(notes, { partition: 'same' })
      if (!record) throw new Error('It is there.')
      await bench.of(tenant).commit({ writes: [remove(notes, record)] })
    }
    bench.clock.jump(bench.clock.now() + 2 * hour)
    expect(await sweeper.sweep()).toMatchObject({ objects: 2 })
    expect([await objects('alpha'), await objects(systemTenant)]).toEqual([[], []])
    expect(await objects('beta')).toHaveLength(1)
    await sweeper.stop()
  })

  it('gets through more objects than fit into a page, one page a round', async () => {
    const { bench, sweeper, objects } = await open()
    const prefix = (partition: number): string =>
      sealedObjectPrefix({ tenant: 'alpha', collection: 'notes', partition: `gone-${partition}`, sort: '@' })
    for (let object = 0; object < 2_500; object++)
      await bench.adapters.objects.put({ tenant: 'alpha', name: `${prefix(object)}x` }, new Uint8Array(1))
    bench.clock.jump(bench.clock.now() + 2 * hour)
    const removed: number[] = []
    for (let round = 0; round < 4; round++) removed.push((await sweeper.sweep()).objects)
    expect(removed).toEqual([1_000, 1_000, 500, 0])
    expect(await objects()).toEqual([])
    await bench.adapters.objects.put({ tenant: 'alpha', name: `${prefix(1)}y` }, new Uint8Array(1))
    bench.clock.jump(bench.clock.now() + 2 * hour)
    expect(await sweeper.sweep()).toMatchObject({ objects: 1 })
    await sweeper.stop()
  })
})

describe('the sweeper', () => {
  it('works once a minute, by the clock, until it is stopped [X75]', async () => {
    let swept = 0
    const { bench, sweeper, log } = await open({
      removeExpired: async () => {
        swept++
        return 0
      },
    })
    await bench.clock.advance(minute - 1)
    expect(swept).toBe(0)
    await bench.clock.advance(1)
    expect(swept).toBe(1)
    for (let passed = 0; passed < 10; passed++) await bench.clock.advance(minute)
    expect(swept).toBe(11)
    expect(log.map(({ level }) => level)).toEqual(new Array(11).fill('debug'))
    await sweeper.stop()
    await bench.clock.advance(hour)
    expect(swept).toBe(11)
    expect(bench.clock.timers).toBe(0)
  })

  it('goes on after a failure, whatever failed [R19]', async () => {
    const { bench, sweeper, log, fill } = await open({
      trimEvents: () => (log.length < 3 ? Promise.reject(new Error('busy')) : Promise.resolve(0)),
    })
    await fill(3, bench.clock.now() + 1)
    for (let passed = 0; passed < 5; passed++) await bench.clock.advance(minute)
    expect(log.map(({ level }) => level)).toEqual(['error', 'error', 'error', 'debug', 'debug'])
    await sweeper.stop()
  })

  it('gives others twice as long as a step took, however much there is to remove', async () => {
    let steps = 0
    const { bench, sweeper } = await open({
      removeExpired: async () => {
        bench.clock.jump(bench.clock.now() + 50)
        return ++steps < 3 ? 100 : 0
      },
    })
    const swept = sweeper.sweep()
    await bench.clock.advance(99)
    expect(steps).toBe(1)
    await bench.clock.advance(1)
    expect(steps).toBe(2)
    await bench.clock.advance(1_000)
    expect(steps).toBe(3)
    expect(await swept).toMatchObject({ rows: 200 })
  })

  it('does not take a clock that is set for a step that took long', async () => {
    let [steps, isOver] = [0, false]
    const { bench, sweeper } = await open({
      removeExpired: async () => {
        if (++steps === 1) bench.clock.jump(bench.clock.now() + hour)
        return steps === 1 ? 100 : 0
      },
    })
    void sweeper.sweep().then(() => {
      isOver = true
    })
    await bench.clock.advance(11_000)
    expect(isOver).toBe(true)
    await sweeper.stop()
  })

  it('stops in the midst of much that is to be removed', async () => {
    let steps = 0
    const { bench, sweeper } = await open({
      removeExpired: async () => {
        steps++
        bench.clock.jump(bench.clock.now() + 50)
        return 100
      },
    })
    await bench.clock.advance(minute)
    expect(steps).toBe(1)
    await sweeper.stop()
    expect(steps).toBe(1)
    expect(bench.clock.timers).toBe(0)
  })

  it('begins with nothing more once it is to stop: no tenant, and no object', async () => {
    let stopped: Promise<void> | undefined
    const { bench, sweeper, objects } = await open({
      trimEvents: async () => {
        stopped = sweeper.stop()
        return 0
      },
    })
    const prefix = sealedObjectPrefix({ tenant: 'alpha', collection: 'notes', partition: 'gone', sort: '@' })
    await bench.adapters.objects.put({ tenant: 'alpha', name: `${prefix}x` }, new Uint8Array(1))
    bench.clock.jump(bench.clock.now() + 2 * hour)
    expect(await sweeper.sweep()).toMatchObject({ objects: 0 })
    await stopped
    expect(await objects()).toHaveLength(1)
  })

  it('does not run twice at the same time, and ends what it does before it stops', async () => {
    const waiting: (() => void)[] = []
    let most = 0
    const { bench, sweeper } = await open({
      removeExpired: () =>
        new Promise<number>((resolve) => {
          waiting.push(() => resolve(0))
          most = Math.max(most, waiting.length)
        }),
    })
    for (let passed = 0; passed < 5; passed++) await bench.clock.advance(minute)
    expect([waiting.length, most]).toEqual([1, 1])
    let stopped = false
    const stop = sweeper.stop().then(() => {
      stopped = true
    })
    await bench.clock.advance(1_000)
    expect(stopped).toBe(false)
    waiting[0]?.()
    await bench.clock.advance(1_000)
    await stop
    await bench.clock.advance(hour)
    expect(waiting).toHaveLength(1)
    expect(bench.clock.timers).toBe(0)
  })

  it('may be two: together they remove what one would', async () => {
    const { bench, sweeper, fill, objects } = await open()
    const other = new Sweeper({
      operator: createPlatform(
        'memory',
        bench.adapters,
        scriptedModels(() => ''),
      ).operate(),
      log: silentLog,
    })
    await fill(20, bench.clock.now() + 1, long)
    await bench.state.commit({ writes: [insert(notes, { partition: 'living' }, {}, { body: long })] })
    bench.clock.jump(bench.clock.now() + 2 * hour)
    const [one, two] = await Promise.all([sweeper.sweep(), other.sweep()])
    expect(one.rows + two.rows).toBe(20)
    expect(await objects()).toHaveLength(1)
    await Promise.all([sweeper.stop(), other.stop()])
  })
})
