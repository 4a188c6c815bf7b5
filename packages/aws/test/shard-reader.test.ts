import { GetRecordsCommand, type KinesisClient } from '@aws-sdk/client-kinesis'
import { type Clock, silentLog, UnavailableError } from '@plinth/core'
import { FakeClock } from '@plinth/core/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { entrySequence } from '../src/kinesis/entry-sequence.ts'
import { HeldRecords } from '../src/kinesis/held-records.ts'
import { packRecord } from '../src/kinesis/kinesis-record.ts'
import { type ShardPosition, ShardPositions } from '../src/kinesis/shard-positions.ts'
import { ShardReader } from '../src/kinesis/shard-reader.ts'
import { systemState } from './support/stream-bench.ts'

const stream = 'plinth'
const shard = 'shardId-0'

/** Positions that can't be written for a while. */
class FailingPositions extends ShardPositions {
  failures = 0

  override async move(name: string, position: ShardPosition): Promise<void> {
    if (this.failures-- > 0) throw new UnavailableError('aws_unavailable', 'The table does not answer.')
    return super.move(name, position)
  }
}

describe('how far a shard is kept', () => {
  const stop = new AbortController()
  afterEach(() => stop.abort())

  it('is put down again where that failed, and where the clock went back', async () => {
    const { fake, skew, positions, keep } = open(stop.signal)
    positions.failures = 1
    await keep('1')
    await fake.advance(30_000)
    expect(await positions.all()).toEqual(new Map([[shard, { sequence: '1', ended: false }]]))
    skew(-3_600_000)
    await keep('2')
    await fake.advance(30_000)
    expect(await positions.all()).toEqual(new Map([[shard, { sequence: '2', ended: false }]]))
  })
})

/** Reads a shard until the signal fires; `keep` brings a record and has it kept. */
function open(signal: AbortSignal) {
  const fake = new FakeClock()
  let skewed = 0
  const clock: Clock = {
    now: () => fake.now() + skewed,
    random: () => fake.random(),
    randomBytes: (length) => fake.randomBytes(length),
    setTimer: (delay, run) => fake.setTimer(delay, run),
  }
  const system = systemState()
  const positions = new FailingPositions(() => system, stream)
  const held = new HeldRecords()
  const brought: object[] = []
  const send = async (command: object): Promise<object> =>
    command instanceof GetRecordsCommand ? { Records: brought.splice(0), NextShardIterator: 'next' } : { ShardIterator: 'first' }
  const client = { send } as unknown as KinesisClient
  const parts = { client, stream, clock, log: silentLog, positions, held, wake: () => {}, signal }
  void new ShardReader(parts, shard, undefined).run()
  const keep = async (sequence: string): Promise<void> => {
    const Data = packRecord({ tenant: 'acme', partition: 'a/0', entries: [new Uint8Array(1)] })
    brought.push({ SequenceNumber: sequence, Data, ApproximateArrivalTimestamp: new Date(fake.now()) })
    await fake.advance(1_000)
    await held.keep('acme', 'a/0', entrySequence(sequence, 0))
  }
  const skew = (milliseconds: number): void => {
    skewed = milliseconds
  }
  return { fake, skew, positions, keep }
}
