import { afterEach, describe, expect, it } from 'vitest'
import { type ProcessedBatch, processStreamingData, type StreamingData } from '../../src/analytics/process-streaming-data.ts'
import type { StreamRecord } from '../../src/analytics/record.ts'
import { analyticsConsumer } from '../../src/analytics/shards/shard-consumer.ts'
import { toBase64 } from '../../src/base64.ts'
import { definePattern } from '../../src/define/pattern.ts'
import { silentLog } from '../../src/log.ts'
import { mintCaller } from '../../src/scope/caller.ts'
import type { Scope } from '../../src/scope/scope.ts'
import { TenantRegistry } from '../../src/tenancy/registry.ts'
import { type MemoryPlatform, memoryPlatform, scriptedModels } from '../../src/testing/index.ts'
import { StreamDeliveries } from '../../src/worker/stream-deliveries.ts'

const base = Date.UTC(2026, 0, 1)
const pattern = definePattern({
  ...{ name: 'analytics', title: 'Streams', summary: 'Their shards alone.' },
  ...{ collections: [], events: [], jobs: [], routes: [], streams: [analyticsConsumer] },
})

class Bench {
  readonly memory: MemoryPlatform = memoryPlatform({ models: scriptedModels(() => 'nothing') })
  #deliveries: StreamDeliveries | undefined

  async start(): Promise<void> {
    await new TenantRegistry(this.memory.platform.operate()).ensure('alpha', 'Alpha')
    this.#deliveries = new StreamDeliveries({ platform: this.memory.platform, patterns: [pattern], log: silentLog })
  }

  async scope(): Promise<Scope> {
    const settings = await new TenantRegistry(this.memory.platform.operate()).find('alpha')
    return this.memory.platform.scope(mintCaller({ settings, user: 'ada', permissions: new Set(['*']), correlationId: 'c' }))
  }

  /** Lets time pass until it is done. */
  async run(data: StreamingData): Promise<ProcessedBatch> {
    let isOver = false
    const done = processStreamingData(await this.scope(), data).finally(() => {
      isOver = true
    })
    done.catch(() => {})
    for (let turn = 0; !isOver && turn < 3_000; turn++) await this.memory.clock.advance(50)
    return done
  }

  async stop(): Promise<void> {
    let isOver = false
    const drained = this.#deliveries?.drain().finally(() => {
      isOver = true
    })
    for (let turn = 0; this.#deliveries && !isOver && turn < 1_000; turn++) await this.memory.clock.advance(100)
    await drained
  }
}

let bench: Bench
afterEach(() => bench.stop())

/** A quiet temperature, and the last one of 400 degrees. */
function readings(amount: number, last = 400): { readonly data: { readonly temperature: number }; readonly timestamp: number }[] {
  return Array.from({ length: amount }, (_, index) => ({
    data: { temperature: index === amount - 1 ? last : 20 + ((index * 7) % 5) / 10 },
    timestamp: base - (amount - index) * 10_000,
  }))
}

const ours = (amount: number, key: string, last?: number): StreamRecord[] =>
  readings(amount, last).map((each, index) => ({ ...each, key, id: `${key}-${index}` }))

describe('processStreamingData [R69, R71, R72, R74]', () => {
  it("gives the insights of the batch, of its own form and of Kinesis' [R76]", async () => {
    bench = new Bench()
    await bench.start()
    const Records = readings(300).map(({ data, timestamp }, index) => ({
      eventID: `shardId-000:${index}`,
      kinesis: {
        data: toBase64(new TextEncoder().encode(JSON.stringify(data))),
        partitionKey: 'pump-1',
        sequenceNumber: `4957${String(index).padStart(6, '0')}`,
        approximateArrivalTimestamp: timestamp / 1_000,
      },
    }))
    const seen = await bench.run({ Records })
    expect(seen).toMatchObject({ accepted: 300, rejected: [] })
    const insight = seen.insights.find(({ data_point }) => data_point.temperature === 400)
    expect(insight).toMatchObject({
      ...{ stream: 'default', key: 'pump-1', timestamp: base - 10_000 },
      analysis: {
        risk_level: expect.stringMatching(/^(medium|high)$/),
        patterns: expect.arrayContaining([expect.stringContaining('temperature anomaly')]),
      },
    })
    const other = await bench.run(ours(300, 'pump-2'))
    expect(other.insights.map(({ key }) => key)).toContain('pump-2')
    expect(other.insights.map(({ key }) => key)).not.toContain('pump-1')
  })

  it('changes nothing when the same batch comes again, and gives the same insights [X50]', async () => {
    bench = new Bench()
    await bench.start()
    const batch = ours(300, 'pump-1')
    const first = await bench.run(batch)
    expect(first.insights.length).toBeGreaterThan(0)
    const alerts = async () => (await (await bench.scope()).state.events({ after: 0, limit: 100 })).length
    const before = await alerts()
    expect(before).toBeGreaterThan(0)
    expect((await bench.run(batch)).insights).toEqual(first.insights)
    expect(await alerts()).toBe(before)
  })

  it('tells of bad records one by one, and works the others [X49]', async () => {
    bench = new Bench()
    await bench.start()
    const good = ours(300, 'pump-1')
    const bad = [
      { kinesis: { data: 'no base64!' } },
      { kinesis: { data: toBase64(new TextEncoder().encode('[1]')), partitionKey: 'k' } },
      { kinesis: null },
      { key: '', data: {} },
      { key: 'k', data: { x: 1 }, timestamp: Number.NaN },
      null,
    ] as unknown as StreamRecord[]
    const seen = await bench.run([...bad, ...good])
    expect(seen.accepted).toBe(300)
    expect(seen.rejected.map(({ index, error }) => [index, error.code, error.field])).toEqual([
      [0, 'invalid_record', 'kinesis.data'],
      [1, 'invalid_record', 'data'],
      [2, 'invalid_record', 'kinesis'],
      [3, 'invalid_record', 'key'],
      [4, 'invalid_record', 'timestamp'],
      [5, 'invalid_record', undefined],
    ])
    expect(seen.insights.length).toBeGreaterThan(0)
  })

  it('gives nothing for a batch without anything in it', async () => {
    bench = new Bench()
    await bench.start()
    expect(await bench.run([])).toEqual({ accepted: 0, rejected: [], insights: [] })
  })

  it('says so when no worker comes: what was accepted is kept', async () => {
    bench = new Bench()
    await new TenantRegistry(bench.memory.platform.operate()).ensure('alpha', 'Alpha')
    await expect(bench.run(ours(300, 'pump-1'))).rejects.toMatchObject({ code: 'stream_behind', retryable: true })
    await bench.start()
    expect((await bench.run(ours(300, 'pump-1'))).insights.length).toBeGreaterThan(0)
  })
})
