import { ListShardsCommand, MergeShardsCommand, PutRecordCommand, type Shard, SplitShardCommand } from '@aws-sdk/client-kinesis'
import type { EventStream, StreamConsumption, StreamDelivery, StreamHandler } from '@plinth/core'
import { afterEach, expect, it } from 'vitest'
import { until } from '../../../test/e2e/support/until.ts'
import { describeWithKinesalite } from './support/kinesalite.ts'
import { recordingLog } from './support/recording-log.ts'
import { active, makeStream, openStream, systemState } from './support/stream-bench.ts'

const partitions = Array.from({ length: 8 }, (_, index) => `machine/${index}`)

describeWithKinesalite('[X49] a stream of Kinesis, read by a process', (kinesalite) => {
  const consumptions: StreamConsumption[] = []
  let count = 0
  afterEach(async () => {
    await Promise.all(consumptions.splice(0).map((consumption) => consumption.drain()))
  })

  it('splits and merges keep each partition in order, and lose and repeat nothing; after that it goes on where it was', async () => {
    const stream = await made(2)
    const system = systemState()
    const writer = openStream(kinesalite.client, stream, { system })
    const reader = follow(openStream(kinesalite.client, stream, { system }))
    await append(writer, 0, 10)
    const [one, other] = await openShards(stream)
    await split(stream, one)
    await append(writer, 10, 20)
    const again = (await openShards(stream)).filter(({ ShardId }) => ShardId !== other?.ShardId)
    const [left, right] = again
    await kinesalite.client.send(
      new MergeShardsCommand({ StreamName: stream, ShardToMerge: left?.ShardId, AdjacentShardToMerge: right?.ShardId }),
    )
    await active(kinesalite.client, stream)
    await append(writer, 20, 30)
    await split(stream, other)
    await append(writer, 30, 40)
    await until('all came', () => reader.total() === 40 * partitions.length, { within: 20_000 })
    for (const partition of partitions) {
      expect(reader.texts(partition)).toEqual(Array.from({ length: 40 }, (_, index) => `${index}`))
      const sequences = reader.sequences(partition)
      expect(sequences).toEqual(sequences.toSorted())
    }
    // Both parts of the key space saw a parent and its children.
    expect((await shardsOf(stream)).length).toBe(7)
    await reader.stop()
    const later = follow(openStream(kinesalite.client, stream, { system }))
    await append(writer, 40, 41)
    await until('the last came', () => later.total() >= partitions.length)
    expect(partitions.map((partition) => later.texts(partition))).toEqual(partitions.map(() => ['40']))
  })

  it('a shard that was split is not left before all of it is kept, in whatever process', async () => {
    const stream = await made(1)
    const system = systemState()
    const writer = openStream(kinesalite.client, stream, { system })
    await append(writer, 0, 1)
    await split(stream, (await openShards(stream))[0])
    await append(writer, 1, 2)
    const holding = follow(openStream(kinesalite.client, stream, { system }), { keeps: false })
    await until('the parent was read', () => holding.total() === partitions.length)
    // Its children would be read within half a second, were they begun.
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(holding.total()).toBe(partitions.length)
    await holding.stop()
    const keeping = follow(openStream(kinesalite.client, stream, { system }))
    await until('all came', () => keeping.total() === 2 * partitions.length)
    for (const partition of partitions) expect(keeping.texts(partition)).toEqual(['0', '1'])
  })

  it('what a handler took and did not keep comes again after a crash, and nothing before it', async () => {
    const stream = await made(1)
    const system = systemState()
    const writer = openStream(kinesalite.client, stream, { system })
    await append(writer, 0, 3)
    const first = follow(openStream(kinesalite.client, stream, { system }), {
      // Of one partition nothing is kept, so that nothing behind its first entry may be left out.
      keeps: ({ partition }) => partition !== partitions[0],
    })
    await until('all came', () => first.total() === 3 * partitions.length)
    await first.stop()
    const second = follow(openStream(kinesalite.client, stream, { system }))
    await until('the rest came', () => second.texts(partitions[0] ?? '').length === 3)
    expect(second.texts(partitions[0] ?? '')).toEqual(['0', '1', '2'])
    for (const partition of partitions)
      expect(second.texts(partition)).toEqual(['0', '1', '2'].slice(-second.texts(partition).length))
  })

  it('a record that nobody knows is passed over and logged, without what it holds; a handler that throws holds up its own partition alone', async () => {
    const stream = await made(1)
    const log = recordingLog()
    const system = systemState()
    const writer = openStream(kinesalite.client, stream, { system })
    await kinesalite.client.send(new PutRecordCommand({ StreamName: stream, Data: Buffer.from('secret'), PartitionKey: 'x' }))
    await append(writer, 0, 2)
    const failing = new Set([partitions[3]])
    const reader = follow(openStream(kinesalite.client, stream, { system, log }), {
      before: ({ partition }) => {
        if (failing.has(partition)) throw new Error('secret')
      },
    })
    await until('the others came', () => reader.total() === 2 * (partitions.length - 1))
    expect(reader.texts(partitions[3] ?? '')).toEqual([])
    failing.clear()
    await until('it came, too', () => reader.texts(partitions[3] ?? '').length === 2)
    expect(reader.texts(partitions[3] ?? '')).toEqual(['0', '1'])
    expect(log.lines.some((line) => line.includes('passed over'))).toBe(true)
    expect(log.lines.join('\n')).not.toContain('secret')
  })

  it('two processes at once read everything each, and how far it is kept never goes back', async () => {
    const stream = await made(2)
    const system = systemState()
    const writer = openStream(kinesalite.client, stream, { system })
    const both = [1, 2].map(() => follow(openStream(kinesalite.client, stream, { system })))
    await append(writer, 0, 5)
    await until('all came twice', () => both.every((one) => one.total() === 5 * partitions.length))
    await Promise.all(both.map((one) => one.stop()))
    const third = follow(openStream(kinesalite.client, stream, { system }))
    await append(writer, 5, 6)
    await until('the last came', () => third.total() >= partitions.length)
    expect(partitions.map((partition) => third.texts(partition))).toEqual(partitions.map(() => ['5']))
  })

  async function made(shards: number): Promise<string> {
    const name = `stream-${++count}`
    await makeStream(kinesalite.client, name, shards)
    return name
  }

  /** Numbers from `from` to `to`, each to every partition. */
  async function append(writer: EventStream, from: number, to: number): Promise<void> {
    for (let number = from; number < to; number++) {
      const data = new TextEncoder().encode(`${number}`)
      const results = await writer.append(
        'acme',
        partitions.map((partition) => ({ partition, data })),
      )
      expect(results.every((result) => 'sequence' in result)).toBe(true)
    }
  }

  function follow(
    stream: EventStream,
    {
      keeps = true,
      before = () => {},
    }: {
      readonly keeps?: boolean | ((delivery: StreamDelivery) => boolean)
      readonly before?: (delivery: StreamDelivery) => void
    } = {},
  ) {
    const seen = new Map<string, { readonly sequence: string; readonly text: string }[]>()
    const handle: StreamHandler = async (delivery) => {
      before(delivery)
      const list = seen.get(delivery.partition) ?? []
      seen.set(delivery.partition, list)
      for (const { sequence, data } of delivery.entries) list.push({ sequence, text: new TextDecoder().decode(data) })
      const last = delivery.entries.at(-1)
      const isKept = typeof keeps === 'boolean' ? keeps : keeps(delivery)
      return isKept && last ? { kept: last.sequence } : {}
    }
    const consumption = stream.consume(handle)
    consumptions.push(consumption)
    const of = (partition: string) => seen.get(partition) ?? []
    return {
      total: () => [...seen.values()].reduce((sum, list) => sum + list.length, 0),
      texts: (partition: string) => of(partition).map(({ text }) => text),
      sequences: (partition: string) => of(partition).map(({ sequence }) => sequence),
      stop: () => consumption.drain(),
    }
  }

  async function shardsOf(stream: string): Promise<readonly Shard[]> {
    return (await kinesalite.client.send(new ListShardsCommand({ StreamName: stream }))).Shards ?? []
  }

  /** Those that take records, by the beginning of their part of the keys. */
  async function openShards(stream: string): Promise<readonly Shard[]> {
    const open = (await shardsOf(stream)).filter(({ SequenceNumberRange: range }) => range?.EndingSequenceNumber === undefined)
    return open.toSorted((one, two) => (begin(one) < begin(two) ? -1 : 1))
  }

  async function split(stream: string, shard: Shard | undefined): Promise<void> {
    const { StartingHashKey = '0', EndingHashKey = '0' } = shard?.HashKeyRange ?? {}
    const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n
    await kinesalite.client.send(
      new SplitShardCommand({ StreamName: stream, ShardToSplit: shard?.ShardId, NewStartingHashKey: String(middle) }),
    )
    await active(kinesalite.client, stream)
  }
})

function begin({ HashKeyRange: range }: Shard): bigint {
  return BigInt(range?.StartingHashKey ?? '0')
}
