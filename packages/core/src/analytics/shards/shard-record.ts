import { ConflictError, UnavailableError } from '../../errors.ts'
import { uuid } from '../../ids.ts'
import type { StoredRecord } from '../../scope/record.ts'
import type { Uses } from '../../scope/scope.ts'
import { type Commit, check, insert, update } from '../../scope/state.ts'
import type { StreamFields } from '../streams.ts'
import { noMetrics } from './batch-metrics.ts'
import { noCounts, type ShardHeadFields, shardSort, streamShards } from './shard-head.ts'

type Head = StoredRecord<ShardHeadFields, { state: string }>

/** A commit is tried so often, as long as nobody else has written. */
const tries = 5

interface HeadChange extends Omit<Commit, 'writes'> {
  readonly writes?: Commit['writes']
  /** What is new in the head. */
  readonly fields?: Partial<ShardHeadFields>
  /** Its sealed state. */
  readonly state?: string
}

/**
 * A shard's head as one process holds it. All that the process writes goes in commits that prove that nobody else has written since: of two
 * that work on a shard, one stops.
 */
export class ShardRecord {
  #head: Head
  readonly #writer: string
  #written = 0

  private constructor(head: Head, writer: string) {
    this.#head = head
    this.#writer = writer
  }

  /** The head as it is; begun, with this state, where the stream has none. */
  static async open(scope: Uses<'state'>, stream: StreamFields, shard: number, state: string): Promise<ShardRecord> {
    const writer = uuid(scope.clock)
    const place = { partition: stream.name, sort: shardSort(shard) }
    const found = await scope.state.get(streamShards, place)
    if (found?.fields.created === stream.created) return new ShardRecord(found, writer)
    const fields = newHead(stream, shard, writer)
    const write = found ? update(streamShards, found, fields, { state }) : insert(streamShards, place, fields, { state })
    const [head] = await scope.state.commit({ writes: [write], durability: 'relaxed' })
    return new ShardRecord(head as Head, writer)
  }

  get fields(): ShardHeadFields {
    return this.#head.fields
  }

  /** The sealed state. */
  async state(): Promise<string> {
    return (await this.#head.open('state')) ?? ''
  }

  /**
   * Commits, if the head is as this process knows it. An answer that was lost is looked for; writes must bear to be repeated.
   * @throws ConflictError when another process has written; UnavailableError.
   */
  async commit(scope: Uses<'state'>, { writes = [], fields, state, ...rest }: HeadChange): Promise<void> {
    const writer = `${this.#writer}/${++this.#written}`
    for (let attempt = 1; ; attempt++) {
      const next = { ...this.#head.fields, ...fields, writer }
      const own = fields
        ? update(streamShards, this.#head, next, state === undefined ? {} : { state })
        : check(streamShards, this.#head)
      try {
        const [head] = await scope.state.commit({ ...rest, writes: [own, ...writes] })
        if (fields) this.#head = head as Head
        return
      } catch (error) {
        if (!(error instanceof ConflictError || error instanceof UnavailableError) || attempt === tries) throw error
        const found = await scope.state.get(streamShards, this.#head)
        if (fields && found?.fields.writer === writer) {
          this.#head = found
          return
        }
        if (found?.version !== this.#head.version) throw error
      }
    }
  }
}

function newHead({ name: stream, created }: StreamFields, shard: number, writer: string): ShardHeadFields {
  const never = { told: '', kept: '', newest: 0, accepted: 0, watermark: 0 }
  return { ...noCounts, ...never, stream, shard, created, writer, metrics: noMetrics }
}
