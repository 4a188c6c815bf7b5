import { type _Record, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-kinesis'
import { ConflictError, sleep } from '@plinth/core'
import { faultName, isFault } from '../aws-fault.ts'
import { type HeldRecords, ShardRecords } from './held-records.ts'
import type { KinesisParts } from './kinesis-parts.ts'
import { unpackRecord } from './kinesis-record.ts'
import type { ShardPosition, ShardPositions } from './shard-positions.ts'

/** Kinesis answers five reads a second of a shard, whoever asks. */
const pauseBehind = 200
const pauseIdle = 500
const firstPause = 500
const longestPause = 20_000
/** A position is put down so often; a crash has at most so much delivered again. */
const saveEvery = 5_000
/** More than this isn't read ahead of what is kept, by all readers of a process together. */
const mostBytes = 128 * 1024 * 1024

export interface ShardReaderParts extends KinesisParts {
  readonly positions: ShardPositions
  readonly held: HeldRecords
  /** There is something new of a partition. */
  wake(tenant: string, partition: string): void
  readonly signal: AbortSignal
}

/** Reads one shard on from where it is kept, and ends when it is told to, or when all of a shard that was split or merged is kept. */
export class ShardReader {
  readonly #parts: ShardReaderParts
  readonly #shard: string
  readonly #records = new ShardRecords()
  /** The record that was read last. */
  #read: string | undefined
  #iterator: string | undefined
  /** Kinesis has no more of it. */
  #atEnd = false
  #saved: string | undefined
  #savedAt: number
  #pause = firstPause

  constructor(parts: ShardReaderParts, shard: string, position: ShardPosition | undefined) {
    this.#parts = parts
    this.#shard = shard
    this.#read = this.#saved = position?.sequence
    this.#savedAt = parts.clock.now()
  }

  /** Never throws. @returns whether the shard is over. */
  async run(): Promise<boolean> {
    const { clock, signal, log, stream } = this.#parts
    while (!signal.aborted) {
      let pause = pauseIdle
      try {
        if (!this.#atEnd && this.#parts.held.bytes < mostBytes) pause = await this.#look()
        if (this.#atEnd && this.#records.isEmpty) return await this.#end()
        // A clock may jump back.
        if (Math.abs(clock.now() - this.#savedAt) >= saveEvery) await this.save()
        this.#pause = firstPause
      } catch (error) {
        if (signal.aborted) break
        log.warn({ stream, shard: this.#shard, fault: faultName(error) }, 'A shard could not be read; it is read again soon.')
        this.#iterator = undefined
        pause = this.#pause * (0.5 + clock.random() / 2)
        this.#pause = Math.min(2 * this.#pause, longestPause)
      }
      await sleep(clock, pause, signal).catch(() => {})
    }
    return false
  }

  /** Puts down how far it is kept, where that is news. */
  async save(): Promise<void> {
    this.#savedAt = this.#parts.clock.now()
    const { position } = this.#records
    if (position === undefined || position === this.#saved) return
    await this.#parts.positions.move(this.#shard, { sequence: position, ended: false }).catch((error: unknown) => {
      // Another process moved it just now: it is near enough.
      if (!(error instanceof ConflictError)) throw error
    })
    this.#saved = position
  }

  async #end(): Promise<boolean> {
    const sequence = this.#records.position ?? this.#saved
    await this.#parts.positions.move(this.#shard, { ...(sequence === undefined ? {} : { sequence }), ended: true })
    return true
  }

  /** @returns for how long there is nothing to look for, milliseconds. */
  async #look(): Promise<number> {
    const { client, signal } = this.#parts
    this.#iterator ??= await this.#begin()
    const command = new GetRecordsCommand({ ShardIterator: this.#iterator })
    const { Records = [], NextShardIterator, MillisBehindLatest = 0 } = await client.send(command, { abortSignal: signal })
    for (const record of Records) this.#take(record)
    this.#iterator = NextShardIterator
    this.#atEnd = !NextShardIterator
    return Records.length > 0 || MillisBehindLatest > 0 ? pauseBehind : pauseIdle
  }

  #take({ SequenceNumber, Data, ApproximateArrivalTimestamp }: _Record): void {
    const { held, wake, clock, log, stream } = this.#parts
    if (SequenceNumber === undefined || Data === undefined) return
    const packed = unpackRecord(Data)
    if (!packed) {
      const facts = { stream, shard: this.#shard, sequence: SequenceNumber }
      log.error(facts, 'A record of the stream is of no known form and was passed over.')
    }
    const at = ApproximateArrivalTimestamp?.getTime() ?? clock.now()
    this.#read = SequenceNumber
    if (held.add(this.#records, { sequence: SequenceNumber, at, bytes: Data.byteLength, packed }) && packed)
      wake(packed.tenant, packed.partition)
  }

  async #begin(): Promise<string> {
    const { client, stream, log } = this.#parts
    const ask = async (from: object): Promise<string> => {
      const place = { StreamName: stream, ShardId: this.#shard }
      const { ShardIterator = '' } = await client.send(
        new GetShardIteratorCommand({ ...place, ShardIteratorType: 'TRIM_HORIZON', ...from }),
      )
      return ShardIterator
    }
    if (this.#read === undefined) return ask({})
    try {
      return await ask({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: this.#read })
    } catch (error) {
      if (!isFault(error, 'InvalidArgumentException')) throw error
      log.warn({ stream, shard: this.#shard }, 'Where a shard was read to is gone from it; it is read from its beginning.')
      return ask({})
    }
  }
}
