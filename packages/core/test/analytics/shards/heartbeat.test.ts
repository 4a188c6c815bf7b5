import { describe, expect, it } from 'vitest'
import { packEntry, unpackEntry } from '../../../src/analytics/entry.ts'
import { heartbeatJob } from '../../../src/analytics/shards/heartbeat.ts'
import type { HeartbeatBody } from '../../../src/analytics/shards/shard-jobs.ts'
import type { Scope } from '../../../src/index.ts'
import { record, ShardBench, start } from './shard-bench.ts'

interface Beat {
  readonly queue: string
  readonly body: HeartbeatBody
  readonly notBefore: number
}

async function beats(bench: ShardBench): Promise<Beat[]> {
  const pending = await bench.memory.inner.state.operations.pending(1_000)
  const all = pending.map((each) => each.entry as unknown as Beat)
  return all.filter(({ queue }) => queue === 'analytics.heartbeat')
}

/** Runs the newest job when it is due, or so much later, and delivers what it appended. */
async function beat(bench: ShardBench, work = bench.work(), late = 0): Promise<number> {
  const job = (await beats(bench)).at(-1) as Beat
  bench.clock.jump(job.notBefore + late)
  const scope = {
    ...bench.scope,
    streams: {
      append: async (_: string, entries: Uint8Array[]) => {
        for (const data of entries)
          bench.log.push({ sequence: String(bench.log.length + 1).padStart(6, '0'), at: bench.clock.now(), data })
        return [{ sequence: '1' }]
      },
    },
  } as unknown as Scope
  expect(await heartbeatJob.handle(scope, job.body, undefined as never)).toEqual({ done: true })
  await bench.take(work, 0, bench.log.length, true)
  return job.notBefore - start
}

/** A stream that has had a record a second for eight seconds. */
async function afterEightRecords() {
  const bench = await ShardBench.open()
  const work = bench.work()
  for (let at = 0; at < 8; at++) bench.append([record('a', at, { value: 1 })])
  bench.clock.jump(start + 8_000)
  await bench.take(work, 0, 8, true)
  return { bench, work }
}

describe('the heartbeat of a live stream', () => {
  it('closes windows and finds silences while no records come, and a replay comes to the same [X54]', async () => {
    const bench = await ShardBench.open()
    for (let at = 0; at < 8; at++) bench.append([record('a', at, { value: 1 })])
    bench.clock.jump(start + 8_000)
    await bench.take(bench.work(), 0, 8, true)
    expect((await bench.told()).results).toEqual([])
    // Fifteen seconds after it was told, then after twice as long.
    const due: number[] = []
    for (let times = 0; times < 4; times++) due.push((await beat(bench)) / 1_000)
    expect(due).toEqual([23, 39, 71, 135])
    expect(unpackEntry((bench.log.at(-1) as { data: Uint8Array }).data)).toEqual([])
    const told = await bench.told()
    expect(told.results).toHaveLength(2)
    expect(told.findings.map((text) => JSON.parse(text))).toMatchObject([
      { kind: 'silence', key: 'a', value: null, data_point: { value: 1 } },
    ])

    const again = await ShardBench.open()
    again.log.push(...bench.log)
    await again.run()
    expect(await again.told()).toEqual(told)
  })

  it('waits while records come, stops for good after a day, and one chain of jobs goes on', async () => {
    const bench = await ShardBench.open()
    bench.append([record('a', 0, { value: 1 })])
    await bench.take(bench.work(), 0, 1)
    const [first] = await beats(bench)
    expect(first?.notBefore).toBe(start + 15_000)
    for (let at = 1; at < 11; at++) bench.append([record('a', at, { value: 1 })])
    const work = bench.work()
    bench.clock.jump(start + 10_000)
    await bench.take(work, 0, 11, true)
    // Set anew by the process that knows nothing of the first: that one is nobody's now.
    expect(await beats(bench)).toHaveLength(2)
    const entries = bench.log.length
    await heartbeatJob.handle(bench.scope, (first as Beat).body, undefined as never)
    expect(await beats(bench)).toHaveLength(2)
    expect(await beat(bench, work)).toBe(25_000)
    expect(bench.log).toHaveLength(entries + 1)

    bench.append([record('a', 20, { value: 1 })])
    Object.assign(bench.log.at(-1) as object, { at: start + 26_000 })
    await bench.take(work, 0, bench.log.length)
    const before = bench.log.length
    await beat(bench, work)
    expect(bench.log).toHaveLength(before)
    expect((await beats(bench)).at(-1)?.notBefore).toBe(start + 41_000)

    let last = 0
    for (let times = 0; times < 200 && last < (await beats(bench)).length; times++) {
      last = (await beats(bench)).length
      await beat(bench, work)
    }
    const pauses = (await beats(bench)).map(({ notBefore }) => notBefore)
    expect((pauses.at(-1) ?? 0) - (pauses.at(-2) ?? 0)).toBe(600_000)
    expect((pauses.at(-1) ?? 0) - start).toBeGreaterThan(86_400_000)
    expect((pauses.at(-1) ?? 0) - start).toBeLessThan(87_200_000)
  })

  it("does not believe that a stream was silent for an hour, when this machine's clock was set or it was away: it looks again [X54]", async () => {
    const { bench, work } = await afterEightRecords()
    const hour = 3_600_000
    await beat(bench, work, hour)
    expect(bench.log).toHaveLength(8)
    expect((await beats(bench)).at(-1)?.notBefore).toBe(bench.clock.now() + 15_000)
    // Records go on, their own clocks being right.
    bench.append([record('a', 23, { value: 1 })])
    Object.assign(bench.log.at(-1) as object, { at: bench.clock.now() + 1_000 })
    await bench.take(work, 8, 9, true)
    await beat(bench, work)
    bench.append([record('a', 24, { value: 1 })])
    await bench.take(work, 9, bench.log.length, true)
    expect((await bench.head()).late).toBe(0)
  })

  it('tells of no silence that was a restart, where records go on behind it', async () => {
    const { bench, work } = await afterEightRecords()
    // Due 15 s after the last record; the process was away for 40.
    await beat(bench, work, 25_000)
    expect(bench.log).toHaveLength(8)
    bench.append([record('a', 49, { value: 1 })])
    Object.assign(bench.log.at(-1) as object, { at: bench.clock.now() + 1_000 })
    await bench.take(work, 8, 9, true)
    expect((await bench.told()).findings).toEqual([])
  })

  it('goes on after a time away, a pause later', async () => {
    const { bench, work } = await afterEightRecords()
    await beat(bench, work, 3_600_000)
    await beat(bench, work)
    expect(bench.log).toHaveLength(9)
    expect((await bench.told()).results).toHaveLength(2)
  })

  it('is not for a stream of old records', async () => {
    const bench = await ShardBench.open()
    bench.append([record('a', -301, { value: 1 })])
    await bench.take(bench.work(), 0, 1)
    expect(await beats(bench)).toEqual([])
    expect(packEntry([]).byteLength).toBeLessThan(40)
  })
})
