import { KinesisClient } from '@aws-sdk/client-kinesis'
import { describe, expect, it } from 'vitest'
import { clientSettings } from '../src/clients.ts'
import { unpackRecord } from '../src/kinesis/kinesis-record.ts'
import { Answering, awsError, type GivenAnswer, nowhere, onlyOnAnAccount, type SentRequest } from './support/answering.ts'
import { openStream, systemState } from './support/stream-bench.ts'

interface Put {
  readonly PartitionKey: string
  readonly SequenceNumberForOrdering?: string
  readonly texts: readonly string[]
  readonly partition: string
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

/** What Kinesis is asked to keep. */
function putOf({ body }: SentRequest): Put {
  const { Data, ...rest } = JSON.parse(body.toString())
  const packed = unpackRecord(Buffer.from(Data, 'base64'))
  return { ...rest, partition: packed?.partition, texts: packed?.entries.map(textOf) }
}

/** A stream whose Kinesis answers what the test says; calls are counted from 1. */
function bench(answer: (put: Put, call: number) => GivenAnswer | Error | Promise<GivenAnswer | Error>, system = systemState()) {
  const puts: Put[] = []
  const handler = new Answering(onlyOnAnAccount('kinesis:PutRecord'), (request) => {
    const put = putOf(request)
    puts.push(put)
    return answer(put, puts.length)
  })
  const client = new KinesisClient({ ...clientSettings(nowhere), maxAttempts: 1, retryMode: 'standard', requestHandler: handler })
  return { puts, stream: openStream(client, 'plinth', { system }), other: () => openStream(client, 'plinth', { system }) }
}

const kept = (sequence: number): GivenAnswer => ({ body: { SequenceNumber: String(sequence), ShardId: 'shardId-0' } })
const throttled = awsError('ProvisionedThroughputExceededException')
const entry = (text: string, partition = 'a/0', size = 0) => ({
  partition,
  data: new Uint8Array(Buffer.from(text.padEnd(size, '.'))),
})
const refused = expect.objectContaining({ refused: expect.objectContaining({ code: 'throttled' }) })

describe('entries on their way into Kinesis', () => {
  it('of a partition lie together in as few records as hold them, each naming the one before', async () => {
    const { puts, stream } = bench((_, call) => kept(100 + call))
    const large = Array.from({ length: 5 }, (_, index) => entry(`${index}`, 'a/0', 400_000))
    const results = await stream.append('acme', [...large, entry('b', 'b/0')])
    expect(results.map((result) => 'sequence' in result)).toEqual([true, true, true, true, true, true])
    expect(puts.filter(({ partition }) => partition === 'b/0').map(({ texts }) => texts)).toEqual([['b']])
    const own = puts.filter(({ partition }) => partition === 'a/0')
    expect(own.map(({ texts }) => texts.map((text) => text[0]))).toEqual([['0', '1'], ['2', '3'], ['4']])
    expect(own[0]?.SequenceNumberForOrdering).toBeUndefined()
    for (const put of own.slice(1)) expect(put.SequenceNumberForOrdering).toMatch(/^10\d$/)
    const sequences = results.slice(0, 5).map((result) => ('sequence' in result ? result.sequence : ''))
    expect(sequences).toEqual(sequences.toSorted())
    expect(new Set(sequences).size).toBe(5)
  })

  it('that come while a record is under way wait for it, and go together in the next', async () => {
    const open: (() => void)[] = []
    const { puts, stream } = bench(async (_, call) => {
      await new Promise<void>((resolve) => open.push(resolve))
      return kept(call)
    })
    const appends = ['1', '2', '3'].map((text) => stream.append('acme', [entry(text)]))
    await expect.poll(() => open.length).toBe(1)
    open.shift()?.()
    await expect.poll(() => open.length).toBe(1)
    open.shift()?.()
    await Promise.all(appends)
    expect(puts.map(({ texts }) => texts)).toEqual([['1'], ['2', '3']])
  })

  it('[X54] that are throttled are offered again for a while; what stands behind one that stays refused is refused too, and others go on', async () => {
    const short = bench((_, call) => (call < 3 ? throttled : kept(call)))
    expect(await short.stream.append('acme', [entry('1')])).toEqual([{ sequence: expect.any(String) }])
    expect(short.puts).toHaveLength(3)

    const { puts, stream } = bench(({ partition, texts }, call) =>
      partition === 'a/0' && texts[0]?.startsWith('1') ? throttled : kept(call),
    )
    const results = await stream.append('acme', [entry('1', 'a/0', 900_000), entry('2', 'a/0', 900_000), entry('3', 'b/0')])
    expect(results).toEqual([refused, refused, { sequence: expect.any(String) }])
    expect(puts.flatMap(({ texts }) => texts).filter((text) => text.startsWith('2'))).toEqual([])
    // And what comes later isn't held up by it.
    expect(await stream.append('acme', [entry('4')])).toEqual([{ sequence: expect.any(String) }])
  })

  it.each([
    ['a lost connection', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
    ['a fault of Kinesis', awsError('InternalFailureException', 500)],
  ])('[X50] without an answer they are not sent twice, and nobody is told that they were not kept: %s', async (_, answer) => {
    const { puts, stream } = bench(() => answer)
    await expect(stream.append('acme', [entry('1')])).rejects.toMatchObject({ code: 'aws_unavailable', retryable: true })
    expect(puts).toHaveLength(1)
  })

  it.each([
    ['without leave', awsError('AccessDeniedException')],
    ['without the stream', awsError('ResourceNotFoundException')],
    ['without anybody who listens', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })],
  ])('%s they are refused, at once', async (_, answer) => {
    const { puts, stream } = bench(() => answer)
    const refusal = { refused: expect.objectContaining({ code: 'unavailable' }) }
    expect(await stream.append('acme', [entry('1'), entry('2')])).toEqual([refusal, refusal])
    expect(puts).toHaveLength(1)
  })

  it('go on when the stream was made anew, and the one before is of another', async () => {
    const { puts, stream } = bench(({ SequenceNumberForOrdering: before }, call) =>
      call > 1 && before !== undefined ? awsError('InvalidArgumentException') : kept(call),
    )
    await stream.append('acme', [entry('1')])
    expect(await stream.append('acme', [entry('2')])).toEqual([{ sequence: expect.any(String) }])
    expect(puts.map(({ SequenceNumberForOrdering: before }) => before)).toEqual([undefined, '1', undefined])
  })

  it('lie by a text that names nobody, the same in every process and another for each tenant and partition', async () => {
    const { puts, stream, other } = bench((_, call) => kept(call))
    await stream.append('acme', [entry('1', 'machine/0')])
    await stream.append('acme', [entry('2', 'machine/1')])
    await other().append('acme', [entry('3', 'machine/0')])
    await stream.append('globex', [entry('4', 'machine/0')])
    const keys = puts.map(({ PartitionKey }) => PartitionKey)
    expect(keys[2]).toBe(keys[0])
    expect(new Set(keys).size).toBe(3)
    for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/)
    // Under another Plinth's key it would be another one.
    const foreign = bench(() => kept(1), systemState(2))
    await foreign.stream.append('acme', [entry('1', 'machine/0')])
    expect(foreign.puts[0]?.PartitionKey).not.toBe(keys[0])
  })
})
