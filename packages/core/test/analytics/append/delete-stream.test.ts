import { beforeEach, describe, expect, it } from 'vitest'
import { appendRecords } from '../../../src/analytics/append-records.ts'
import { deleteStream } from '../../../src/analytics/delete-stream.ts'
import { analytics } from '../../../src/analytics/pattern.ts'
import { findStream, setUpStream, streamCounts } from '../../../src/analytics/set-up-stream.ts'
import { showStream } from '../../../src/analytics/show-stream.ts'
import { streamLimits } from '../../../src/analytics/streams.ts'
import { patterns, type Scope, StreamDeliveries, silentLog } from '../../../src/index.ts'
import { count } from '../../../src/scope/state.ts'
import { EventBench } from '../../event-driven/bench.ts'

let bench: EventBench
let scope: Scope
let deliveries: StreamDeliveries

beforeEach(async () => {
  bench = await EventBench.open(() => '')
  scope = await bench.scope()
  deliveries = new StreamDeliveries({ platform: bench.memory.platform, patterns, log: silentLog })
})

/** Rows of the analytics pattern that name a stream, or lie in a partition of its. */
async function rowsOf(stream: string): Promise<string[]> {
  const names = new Set(analytics.collections.map(({ name }) => name))
  const found: string[] = []
  const { operations } = bench.memory.adapters
  for (let after: string | undefined, isOver = false; !isOver; ) {
    const page = await operations.rows('alpha', { limit: 1_000, ...(after === undefined ? {} : { after }) })
    for (const row of page.items) {
      const { partition, sort, index } = row
      const isNamed = [partition, sort, index.stream].includes(stream) || partition.startsWith(`${stream}/`)
      if (names.has(row.collection) && isNamed) found.push(row.collection)
    }
    after = page.after
    isOver = after === undefined
  }
  return [...new Set(found)].sort()
}

async function fill(stream: string): Promise<void> {
  const records = Array.from({ length: 600 }, (_, second) => ({
    key: `k${second % 2}`,
    timestamp: new Date(bench.memory.clock.now() - 700_000 + second * 1_000).toISOString(),
    data: { value: second === 500 ? 900 : 20 + (second % 5), state: 'on' },
  }))
  expect((await appendRecords(scope, stream, records)).accepted).toBe(600)
  await bench.pass(40_000)
}

describe('deleting a stream', () => {
  it('leaves nothing of it and all of the others, in the log and in rows', async () => {
    await fill('plant')
    await fill('other')
    const [before, others] = [await rowsOf('plant'), await rowsOf('other')]
    expect(before).toEqual(others)
    expect(before).toEqual(expect.arrayContaining(['stream-shards', 'stream-windows', 'streams']))
    await deleteStream(scope, 'plant')
    expect(await findStream(scope, 'plant')).toBeUndefined()
    await expect(deleteStream(scope, 'plant')).rejects.toMatchObject({ code: 'not_found' })
    await expect(appendRecords(scope, 'plant', [{ key: 'a', data: {} }])).rejects.toMatchObject({
      code: 'stream_leaving',
      retryAfter: 30,
    })
    await bench.pass(60_000)
    expect(await rowsOf('plant')).toEqual([])
    expect(await rowsOf('other')).toEqual(others)
    const partitions = [...bench.memory.inner.stream.data.logs.values()].filter(({ entries }) => entries.length > 0)
    expect(partitions.filter(({ partition }) => partition.startsWith('plant/'))).toEqual([])
    expect(partitions.length).toBeGreaterThan(0)
  })

  it('lets another begin under its name, which has nothing of the first', async () => {
    await fill('plant')
    await deleteStream(scope, 'plant')
    await bench.pass(60_000)
    await setUpStream(scope, 'plant', { shards: 2 })
    await appendRecords(scope, 'plant', [{ key: 'k0', data: { value: 1 } }])
    await bench.pass(2_000)
    const { fields } = (await findStream(scope, 'plant')) ?? expect.fail('no stream')
    expect(await showStream(scope, fields)).toMatchObject({ records: 1, late: 0, anomalies: 0, insights: 0, shards: 2 })
  })

  it('makes room for another one', async () => {
    await fill('plant')
    const counts = await scope.state.get(streamCounts, { partition: 'all' })
    expect(counts?.fields.streams).toBe(1)
    await scope.state.commit({ writes: [count(streamCounts, { partition: 'all' }, { streams: streamLimits.streams - 1 })] })
    await expect(setUpStream(scope, 'more', {})).rejects.toMatchObject({ code: 'too_many_streams' })
    await deleteStream(scope, 'plant')
    expect((await setUpStream(scope, 'more', {})).made).toBe(true)
  })

  it('that works of its consumer meanwhile leave nothing either', async () => {
    await fill('plant')
    // The consumer has it in memory, and saves it when it is gone already.
    await appendRecords(
      scope,
      'plant',
      Array.from({ length: 100 }, (_, index) => ({ key: `n${index}`, data: { value: index } })),
    )
    await deleteStream(scope, 'plant')
    await bench.pass(60_000)
    const drained = deliveries.drain()
    await bench.pass(2_000)
    await drained
    expect(await rowsOf('plant')).toEqual([])
  })
})
