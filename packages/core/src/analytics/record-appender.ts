import { LimitError, TooLargeError, UnavailableError } from '../errors.ts'
import { sleep } from '../ports/clock.ts'
import type { AppendResult } from '../ports/event-stream.ts'
import type { Uses } from '../scope/scope.ts'
import { entryBytes, packEntry } from './entry.ts'
import { type Line, lineLimit } from './read-lines.ts'
import { isFault, type RecordFault, readRecord, recordFault, tooLarge } from './read-records.ts'
import type { StreamRecord } from './record.ts'
import { beginStream, findStream } from './set-up-stream.ts'
import { shardOf, shardPartition } from './shards/shard-of.ts'
import type { StreamFields } from './streams.ts'

export interface RejectedRecord {
  /** Of the record in the call, or of the line in the body, from 0. */
  readonly index: number
  readonly error: RecordFault
}

/** What became of records that were sent together. */
export interface AppendedRecords {
  readonly accepted: number
  /** By their index; the first {@link mostRejected} that were found. */
  readonly rejected: readonly RejectedRecord[]
  /** How many there were, where that is more. */
  readonly rejected_count?: number
}

const mostRejected = 1_000
/** So many records are put together before they are appended, or so much text of lines. */
const together = { records: 5_000, characters: 1024 * 1024 } as const
/** How often a producer that has to be slowed down is made to wait before what it sends is given back. */
const mostWaits = 6
const longestWait = 5_000
const usualRecordBytes = 128
/** How far entries are filled: records differ. */
const fill = 0.8
/** Seconds. */
const usualRetryAfter = 1

type Refusal = Extract<AppendResult, { refused: unknown }>['refused']

/** A record on its way. */
interface Pending {
  readonly index: number
  readonly record: StreamRecord
}

/** An entry on its way, and the records in it. */
interface Entry {
  readonly records: readonly Pending[]
  readonly data: Uint8Array
}

/** Reads the records of one call, puts them together by shard, and appends them in entries. */
export class RecordAppender {
  readonly #scope: Uses<'state' | 'streams'>
  readonly #stream: string
  readonly #patient: boolean
  readonly #numbers: readonly string[]
  #fields: StreamFields | undefined
  #pending: Pending[] = []
  #characters = 0
  #recordBytes = usualRecordBytes
  #accepted = 0
  readonly #rejected: RejectedRecord[] = []
  #rejectedCount = 0
  readonly #reached = new Map<string, string>()
  #refusal: Refusal | undefined

  /** @param manner whether it waits for a stream that is busy, or gives back what isn't taken at once. */
  static async open(scope: Uses<'state' | 'streams'>, stream: string, manner: 'hasty' | 'patient'): Promise<RecordAppender> {
    return new RecordAppender(scope, stream, manner, (await findStream(scope, stream))?.fields)
  }

  private constructor(
    scope: Uses<'state' | 'streams'>,
    stream: string,
    manner: 'hasty' | 'patient',
    fields: StreamFields | undefined,
  ) {
    this.#scope = scope
    this.#stream = stream
    this.#patient = manner === 'patient'
    this.#fields = fields
    this.#numbers = Object.entries(fields?.fields ?? {}).flatMap(([name, kind]) => (kind === 'number' ? [name] : []))
  }

  take(index: number, value: unknown): void {
    const read = readRecord(value, { now: this.#scope.clock.now(), numbers: this.#numbers })
    if (isFault(read)) this.#reject(index, read)
    else this.#pending.push({ index, record: read })
  }

  /** Of one that is no record at all. */
  refuse(index: number, fault: RecordFault): void {
    this.#reject(index, fault)
  }

  /** An empty line is none. */
  takeLine(index: number, line: Line): void {
    if ('broken' in line) {
      this.#reject(index, line.broken === 'too_long' ? tooLongLine : notUtf8)
      return
    }
    if (line.text.trim() === '') return
    let value: unknown
    try {
      value = JSON.parse(line.text)
    } catch {
      this.#reject(index, notJson)
      return
    }
    this.#characters += line.text.length
    this.take(index, value)
  }

  /** The last sequence that was kept in each partition. */
  get reached(): ReadonlyMap<string, string> {
    return this.#reached
  }

  get isFull(): boolean {
    return this.#pending.length >= together.records || this.#characters >= together.characters
  }

  /** Appends what was taken so far. */
  async flush(): Promise<void> {
    const pending = this.#pending
    if (pending.length === 0) return
    this.#pending = []
    this.#characters = 0
    this.#fields ??= await beginStream(this.#scope, this.#stream)
    const byShard = new Map<number, Pending[]>()
    for (const each of pending) {
      const shard = shardOf(each.record.key, this.#fields.shards)
      const before = byShard.get(shard)
      if (before) before.push(each)
      else byShard.set(shard, [each])
    }
    await Promise.all([...byShard].map(([shard, records]) => this.#append(shardPartition(this.#stream, shard), records)))
  }

  /** @throws LimitError, UnavailableError when nothing was taken, and some of it could be later. */
  async end(): Promise<AppendedRecords> {
    await this.flush()
    if (this.#accepted === 0 && this.#refusal) throw refused(this.#stream, this.#refusal)
    const rejected = this.#rejected.toSorted((one, other) => one.index - other.index)
    const more = this.#rejectedCount > rejected.length
    return { accepted: this.#accepted, rejected, ...(more ? { rejected_count: this.#rejectedCount } : {}) }
  }

  async #append(partition: string, records: readonly Pending[]): Promise<void> {
    const { streams, clock } = this.#scope
    let entries = this.#entriesOf(records)
    for (let attempt = 1; ; attempt++) {
      const results = await streams.append(
        partition,
        entries.map(({ data }) => data),
      )
      const left: Entry[] = []
      let refusal: Refusal | undefined
      for (const [index, entry] of entries.entries()) {
        const result = results[index]
        if (result && 'sequence' in result) {
          this.#accepted += entry.records.length
          this.#reached.set(partition, result.sequence)
        } else {
          left.push(entry)
          refusal ??= result?.refused
        }
      }
      if (!refusal) return
      if (!this.#patient || attempt > mostWaits) return this.#giveBack(left, refusal)
      entries = left
      await sleep(clock, Math.min(longestWait, (refusal.retryAfter ?? usualRetryAfter) * 1_000))
    }
  }

  /** Fills entries, in order. How many records go in one is guessed from the one before; where that was too many, it is cut in two. */
  #entriesOf(records: readonly Pending[]): readonly Entry[] {
    const entries: Entry[] = []
    for (let from = 0; from < records.length; ) {
      const most = Math.max(1, Math.floor((entryBytes * fill) / this.#recordBytes))
      const filled = pack(records.slice(from, from + most))
      const [first] = filled
      if (first) this.#recordBytes = first.data.byteLength / first.records.length
      entries.push(...filled)
      from += most
    }
    return entries
  }

  #giveBack(entries: readonly Entry[], refusal: Refusal): void {
    this.#refusal = refusal
    for (const { records } of entries) for (const { index } of records) this.#reject(index, busy)
  }

  #reject(index: number, error: RecordFault): void {
    this.#rejectedCount += 1
    if (this.#rejected.length < mostRejected) this.#rejected.push({ index, error })
  }
}

const notJson = recordFault('A line is one record as JSON.')
const notUtf8 = recordFault('A line is UTF-8.')
const tooLongLine = tooLarge(`A line holds at most ${lineLimit / 1024} KiB.`)
const busy: RecordFault = {
  code: 'stream_busy',
  message: 'More comes than is worked. Send it again in a moment.',
  retryable: true,
}

function refused(stream: string, { code, retryAfter = usualRetryAfter }: Refusal): LimitError | UnavailableError {
  if (code === 'throttled') return new LimitError(stream, 'stream_busy', busy.message, { retryAfter })
  return new UnavailableError('stream_unavailable', 'Records can not be kept now.', { retryAfter })
}

function pack(records: readonly Pending[]): readonly Entry[] {
  try {
    return [{ records, data: packEntry(records.map(({ record }) => record)) }]
  } catch (error) {
    if (!(error instanceof TooLargeError) || records.length < 2) throw error
    const half = Math.ceil(records.length / 2)
    return [...pack(records.slice(0, half)), ...pack(records.slice(half))]
  }
}
